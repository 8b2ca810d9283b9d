"""What faults do to the world's own work: turns that are bent, renders that are fated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from nemovideo_contract.wire import Code
from nemovideo_mock.faults import Fault
from nemovideo_mock.faults.world_kinds import (
    CreditsRunOut,
    Noise,
    RenderFails,
    RenderLost,
    RenderSlow,
    RenderStuck,
    SessionLost,
    Silent,
    TokenExpires,
    TurnFails,
    TurnStuck,
    WorldEffect,
)
from nemovideo_mock.world import RenderFault, Session, Token, TurnFault


def _effects(faults: Sequence[Fault]) -> list[WorldEffect]:
    return [fault.effect for fault in faults if isinstance(fault.effect, WorldEffect)]


def turn_faults(faults: Sequence[Fault]) -> list[TurnFault]:
    """How a turn is bent by the faults that were drawn for it."""
    bent: list[TurnFault] = []
    for effect in _effects(faults):
        match effect:
            case TurnStuck():
                bent.append(TurnFault("stuck", effect.records))
            case TurnFails():
                bent.append(TurnFault("fails", effect.records, effect.code, effect.message))
            case CreditsRunOut():
                words = "The credits have run out before the work was done."
                bent.append(TurnFault("fails", effect.records, int(Code.INSUFFICIENT_CREDITS), words))
            case Silent():
                bent.append(TurnFault("silent"))
            case Noise():
                bent.append(TurnFault("noise", message=effect.text))
            case SessionLost() | TokenExpires() | RenderFails() | RenderStuck() | RenderLost() | RenderSlow():
                pass
            case _:
                assert_never(effect)
    return bent


def render_fault(faults: Sequence[Fault]) -> tuple[RenderFault | None, float]:
    """What becomes of a render, and how many times as long it takes."""
    fated: RenderFault | None = None
    factor = 1.0
    for effect in _effects(faults):
        if isinstance(effect, RenderSlow):
            factor *= effect.factor
        elif fated is None:
            if isinstance(effect, RenderFails):
                fated = RenderFault("fails", error=effect.error)
            elif isinstance(effect, RenderStuck):
                fated = RenderFault("stuck", progress=effect.progress)
            elif isinstance(effect, RenderLost):
                fated = RenderFault("lost", code=effect.code)
    return fated, factor


def happens_on_request(fault: Fault) -> bool:
    """Whether it strikes when a request comes, and not when work is accepted."""
    return isinstance(fault.effect, SessionLost | TokenExpires)


def happens_on_acceptance(fault: Fault) -> bool:
    """Whether it concerns a turn or a render, and so is drawn when one is accepted."""
    return not happens_on_request(fault)


def apply_world_fault(faults: Sequence[Fault], token: Token | None, session: Session | None, now: float) -> None:
    """Let the session or the token of a request be gone from now on."""
    for effect in _effects(faults):
        if isinstance(effect, SessionLost) and session is not None:
            session.lost = True
        elif isinstance(effect, TokenExpires) and token is not None:
            token.expires_at = now
