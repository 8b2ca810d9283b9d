"""Applies faults to the world's own work: to turns, renders, sessions and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from nemovideo_contract.wire import Code
from nemovideo_mock.faults import Fault
from nemovideo_mock.faults.work_kinds import (
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
    """Return the faults of a turn in the form of the world's rules."""
    found: list[TurnFault] = []
    for effect in _effects(faults):
        match effect:
            case TurnStuck():
                found.append(TurnFault("stuck", effect.records))
            case TurnFails():
                found.append(TurnFault("fails", effect.records, effect.code, effect.message))
            case CreditsRunOut():
                words = "The credits have run out before the work was done."
                found.append(TurnFault("fails", effect.records, int(Code.INSUFFICIENT_CREDITS), words))
            case Silent():
                found.append(TurnFault("silent"))
            case Noise():
                found.append(TurnFault("noise", message=effect.text))
            case SessionLost() | TokenExpires() | RenderFails() | RenderStuck() | RenderLost() | RenderSlow():
                pass
            case _:
                assert_never(effect)
    return found


def render_fault(faults: Sequence[Fault]) -> tuple[RenderFault | None, float]:
    """Return the fault of a render, if any, and a factor for its duration."""
    found: RenderFault | None = None
    factor = 1.0
    for effect in _effects(faults):
        if isinstance(effect, RenderSlow):
            factor *= effect.factor
        elif found is None:
            if isinstance(effect, RenderFails):
                found = RenderFault("fails", error=effect.error)
            elif isinstance(effect, RenderStuck):
                found = RenderFault("stuck", progress=effect.progress)
            elif isinstance(effect, RenderLost):
                found = RenderFault("lost", code=effect.code)
    return found, factor


def happens_on_request(fault: Fault) -> bool:
    """Return whether a fault applies when a request comes, not when work is accepted."""
    return isinstance(fault.effect, SessionLost | TokenExpires)


def happens_on_acceptance(fault: Fault) -> bool:
    """Return whether a fault applies to a turn or a render, and is drawn when the service accepts one."""
    return not happens_on_request(fault)


def apply_world_fault(faults: Sequence[Fault], token: Token | None, session: Session | None, now: float) -> None:
    """Make the session or the token of a request invalid from now on."""
    for effect in _effects(faults):
        if isinstance(effect, SessionLost) and session is not None:
            session.lost = True
        elif isinstance(effect, TokenExpires) and token is not None:
            token.expires_at = now
