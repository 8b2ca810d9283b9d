"""What came in and what went out of a world, bounded and without secrets."""

from __future__ import annotations

from nemovideo_mock.journal.bodies import Body
from nemovideo_mock.journal.entries import (
    AnyEntry,
    Control,
    End,
    EndHow,
    Entry,
    FilePart,
    Kind,
    Origin,
    Record,
    Request,
    Response,
)
from nemovideo_mock.journal.exchange import Exchange
from nemovideo_mock.journal.har import har
from nemovideo_mock.journal.journal import Follower, Journal

__all__ = [
    "AnyEntry",
    "Body",
    "Control",
    "End",
    "EndHow",
    "Entry",
    "Exchange",
    "FilePart",
    "Follower",
    "Journal",
    "Kind",
    "Origin",
    "Record",
    "Request",
    "Response",
    "har",
]
