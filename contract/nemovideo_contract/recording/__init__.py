"""Tapes: what a run against a server of the API was like, kept as plain JSON, played again, and compared.

`script` and `replay` say which call comes next, `keeping` takes down what came, `redaction` hides what is secret,
`paper` reads and writes, `compare` says what a caller sees otherwise in another recording. Nothing here sends anything.
"""

from __future__ import annotations

from nemovideo_contract.recording.capture import capture_exchange
from nemovideo_contract.recording.comparison import Comparison, Difference, compare
from nemovideo_contract.recording.facts import ABSENT
from nemovideo_contract.recording.recording import FORMAT, RecordedExchange, Recording, Skipped
from nemovideo_contract.recording.redaction import redact_recording
from nemovideo_contract.recording.serialization import RecordingError, read, write

__all__ = [
    "ABSENT",
    "FORMAT",
    "Comparison",
    "Difference",
    "RecordedExchange",
    "Recording",
    "RecordingError",
    "Skipped",
    "capture_exchange",
    "compare",
    "read",
    "redact_recording",
    "write",
]
