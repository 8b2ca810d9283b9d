"""Recordings: the calls and answers of one run as plain JSON, which can be replayed and compared.

`scripted_conversation` and `replay` yield the next call, and `capture` records what came. `redaction` hides secrets,
`serialization` reads and writes, and `comparison` says what a caller sees differently in another recording. Nothing
here sends a call.
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
