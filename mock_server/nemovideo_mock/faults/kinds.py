"""The table of all kinds of faults: the name, the endpoints and an example of each."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from nemovideo_mock.faults.endpoints import (
    BEARERS,
    BODIES,
    ENDPOINTS,
    ENVELOPES,
    INTAKES,
    SESSION_REQUESTS,
    Endpoint,
)
from nemovideo_mock.faults.fault_fields import Parameter, parameters
from nemovideo_mock.faults.request_kinds import (
    Latency,
    NotJson,
    Refusal,
    RequestEffect,
    Reset,
    SlowAnswer,
    SlowBody,
    Status,
    TruncatedBody,
)
from nemovideo_mock.faults.stream_kinds import (
    Cut,
    Drip,
    Duplicate,
    HeartbeatsOnly,
    LineEnds,
    Malformed,
    NoHeartbeats,
    Oversized,
    Reorder,
    Silence,
    StreamEffect,
    StreamFailure,
    UnknownEvent,
)
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

#: The part of the fake that applies a fault: the request handling, the stream driver, or the world.
Layer = Literal["request", "stream", "world"]
Effect = RequestEffect | StreamEffect | WorldEffect


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault.

    `endpoints` are the endpoints that it can apply to; `default_on` are those of a fault without `on`. Of all faults
    with the same `slot`, at most one fires on a request: the first one that is due, in the order of addition. The
    others may fire on the next request. `example` is a whole fault as JSON; it changes only the defaults that need to
    be changed.
    """

    name: str
    layer: Layer
    effect: type[Effect]
    endpoints: tuple[Endpoint, ...]
    default_on: tuple[Endpoint, ...]
    slot: str | None
    example: Mapping[str, object]

    @property
    def meaning(self) -> str:
        """The effect in one sentence: the first line of the effect's docstring."""
        return inspect.cleandoc(self.effect.__doc__ or "").partition("\n")[0]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of this kind only, with defaults and meanings."""
        return parameters(self.effect)


def _request(
    name: str,
    effect: type[RequestEffect],
    endpoints: tuple[Endpoint, ...],
    slot: str | None,
    *,
    default_on: tuple[Endpoint, ...] = (),
    **example: object,
) -> FaultKind:
    return FaultKind(name, "request", effect, endpoints, default_on or endpoints, slot, {"kind": name, **example})


def _stream(name: str, effect: type[StreamEffect], **example: object) -> FaultKind:
    # No slot: a stream may have several of these faults at once.
    return FaultKind(name, "stream", effect, ("run_sse",), ("run_sse",), None, {"kind": name, **example})


def _world(
    name: str, effect: type[WorldEffect], endpoints: tuple[Endpoint, ...], slot: str | None, **example: object
) -> FaultKind:
    return FaultKind(name, "world", effect, endpoints, endpoints, slot, {"kind": name, **example})


_TURN: Final[tuple[Endpoint, ...]] = ("run_sse",)
_RENDER: Final[tuple[Endpoint, ...]] = ("submit_render",)
_FILES: Final[tuple[Endpoint, ...]] = ("download_render", "output")

_ALL: Final = (
    _request("status", Status, ENDPOINTS, "answer", on="state", status=502, body="<h1>Bad Gateway</h1>", first=2),
    _request("code", Refusal, ENVELOPES, "answer", on="run_sse", code=2001),
    _request("latency", Latency, ENDPOINTS, None, on="credits", delay=20, jitter=5),
    _request("reset", Reset, ENDPOINTS, "answer", on="run_sse", when="before", first=1),
    _request("slow_body", SlowBody, INTAKES, "intake", default_on=("upload",), seconds_per_mb=30),
    _request("slow_answer", SlowAnswer, BODIES, "pace", default_on=_FILES, bytes=65_536, pause=1),
    _request("truncated_body", TruncatedBody, BODIES, "answer", on="output", share=0.9, first=1),
    _request("not_json", NotJson, ENDPOINTS, "answer", on="credits"),
    _stream("cut", Cut, records=2, mid_record=True, how="abort"),
    _stream("stall", Silence, records=1, pause=120),
    _stream("heartbeats_only", HeartbeatsOnly, records=1),
    _stream("drip", Drip, bytes=7, pause=0.05),
    _stream("duplicate", Duplicate, record="each"),
    _stream("reorder", Reorder, record=1),
    _stream("malformed", Malformed, record=2, form="invalid_utf8"),
    _stream("crlf", LineEnds, ends="mix"),
    _stream("unknown_event", UnknownEvent, record=1, type="progress"),
    _stream("oversized", Oversized, record=2, bytes=4_194_304),
    _stream("stream_error", StreamFailure, records=2, code=500, message="Internal error"),
    _stream("no_heartbeats", NoHeartbeats),
    _world("turn_stuck", TurnStuck, _TURN, "turn", records=2),
    _world("turn_fails", TurnFails, _TURN, "turn", records=1, first=1),
    _world("silent", Silent, _TURN, "words", match="title"),
    _world("noise", Noise, _TURN, "noise", every=2),
    _world("credits_run_out", CreditsRunOut, _TURN, "turn", records=2),
    _world("session_lost", SessionLost, SESSION_REQUESTS, "access", on="state", after=3, first=1),
    _world("token_expires", TokenExpires, BEARERS, "access", after=5, first=1, per="account"),
    _world("render_fails", RenderFails, _RENDER, "render", error="invalid draft", first=1),
    _world("render_stuck", RenderStuck, _RENDER, "render", progress=90),
    _world("render_lost", RenderLost, _RENDER, "render", code=404),
    _world("render_slow", RenderSlow, _RENDER, None, factor=12),
)

#: The kinds by name, layer by layer.
KINDS: Final[Mapping[str, FaultKind]] = {kind.name: kind for kind in _ALL}
KIND_OF: Final[Mapping[type[Effect], FaultKind]] = {kind.effect: kind for kind in _ALL}
