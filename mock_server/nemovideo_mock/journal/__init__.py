"""What came in and what went out of a world, bounded and without secrets."""

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
from nemovideo_mock.journal.exchange import ExchangeRecorder
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
