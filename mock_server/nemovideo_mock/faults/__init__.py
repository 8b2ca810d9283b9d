"""Faults: what goes wrong on demand, named, seeded and counted.

`KINDS` says what there is, `parse` reads one, a world's `Faults` draw which strike a request, and a `StreamShaper`
turns the records of a stream into what those of its layer make of them. Nothing here sends, waits or reads a clock.
"""

from __future__ import annotations

from nemovideo_mock.faults.endpoints import ENDPOINTS, Endpoint
from nemovideo_mock.faults.fault import Fault, FaultScope, FaultTrigger, Requester, parse
from nemovideo_mock.faults.fault_fields import FaultError, Parameter
from nemovideo_mock.faults.kinds import KINDS, Effect, FaultKind, Layer
from nemovideo_mock.faults.registry import Faults, FaultStatus
from nemovideo_mock.faults.request_kinds import (
    Latency,
    NotJson,
    Refusal,
    Reset,
    SlowAnswer,
    SlowBody,
    Status,
    TruncatedBody,
)
from nemovideo_mock.faults.stream_actions import Action, EndStream, FailStream, OnlyHeartbeats, Pause, SendBytes, Stall
from nemovideo_mock.faults.stream_shaper import StreamShaper
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
)

__all__ = [
    "ENDPOINTS",
    "KINDS",
    "Action",
    "CreditsRunOut",
    "Effect",
    "EndStream",
    "Endpoint",
    "FailStream",
    "Fault",
    "FaultError",
    "FaultKind",
    "FaultScope",
    "FaultStatus",
    "FaultTrigger",
    "Faults",
    "Latency",
    "Layer",
    "Noise",
    "NotJson",
    "OnlyHeartbeats",
    "Parameter",
    "Pause",
    "Refusal",
    "RenderFails",
    "RenderLost",
    "RenderSlow",
    "RenderStuck",
    "Requester",
    "Reset",
    "SendBytes",
    "SessionLost",
    "Silent",
    "SlowAnswer",
    "SlowBody",
    "Stall",
    "Status",
    "StreamShaper",
    "TokenExpires",
    "TruncatedBody",
    "TurnFails",
    "TurnStuck",
    "parse",
]
