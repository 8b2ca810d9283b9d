"""Faults: errors and delays on demand. Each fault has a name, a seed and counters.

`KINDS` is the table of kinds, and `parse` reads one fault. A world's `Faults` draw which faults fire on a request. A
`StreamShaper` applies the stream faults to a stream's records. Nothing here sends, waits or reads a clock.
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
