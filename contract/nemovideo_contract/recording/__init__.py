"""Tapes: what a run against a server of the API was like, kept as plain JSON, played again, and compared.

`script` and `replay` say which call comes next, `keeping` takes down what came, `redaction` hides what is secret,
`paper` reads and writes, `compare` says what a caller sees otherwise in another recording. Nothing here sends anything.
"""

from __future__ import annotations

from nemovideo_contract.recording.capture import kept
from nemovideo_contract.recording.comparison import Comparison, Difference, compare
from nemovideo_contract.recording.facts import ABSENT
from nemovideo_contract.recording.recording import FORMAT, Exchange, Skipped, Tape
from nemovideo_contract.recording.redaction import redacted
from nemovideo_contract.recording.serialization import TapeError, read, write

__all__ = [
    "ABSENT",
    "FORMAT",
    "Comparison",
    "Difference",
    "Exchange",
    "Skipped",
    "Tape",
    "TapeError",
    "compare",
    "kept",
    "read",
    "redacted",
    "write",
]
