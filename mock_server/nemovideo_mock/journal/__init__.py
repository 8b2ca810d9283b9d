"""The journal of a world: its requests and responses, without secrets.

Here live the recorder of exchanges, the entries, their redaction and the HAR export. The format of the entries lives in
`nemovideo_contract.journal`, and the words of redaction in `nemovideo_contract.redaction`.
"""

from __future__ import annotations

from nemovideo_contract.journal import EndHow, Kind
from nemovideo_mock.journal.bodies import JournalBody
from nemovideo_mock.journal.entries import (
    AnyEntry,
    ControlEntry,
    EndEntry,
    Entry,
    FilePart,
    Origin,
    RecordEntry,
    RequestEntry,
    ResponseEntry,
)
from nemovideo_mock.journal.exchange_recorder import ExchangeRecorder
from nemovideo_mock.journal.har import har
from nemovideo_mock.journal.journal import Follower, Journal

__all__ = [
    "AnyEntry",
    "ControlEntry",
    "EndEntry",
    "EndHow",
    "Entry",
    "ExchangeRecorder",
    "FilePart",
    "Follower",
    "Journal",
    "JournalBody",
    "Kind",
    "Origin",
    "RecordEntry",
    "RequestEntry",
    "ResponseEntry",
    "har",
]
