"""Values of the expensive work that checks share: a session with a draft, a generated clip, a finished export.

`account` does the work.
"""

from __future__ import annotations

from dataclasses import dataclass

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import Json, JsonObject


@dataclass(slots=True)
class DraftSession:
    """A session whose photo has become a draft, with all answers on the way."""

    session_id: str
    task_id: str
    created: Answer
    uploaded: Answer
    empty: Answer
    turn: Answer
    state: Answer
    credits_before: int
    credits_after: int

    @property
    def draft(self) -> JsonObject:
        """The draft."""
        return self.state.mapping("data", "state", "draft")


@dataclass(slots=True)
class ClipSession:
    """A session with a clip that was generated from words."""

    session_id: str
    turn: Answer
    state: Answer
    credits_before: int
    credits_after: int


@dataclass(slots=True)
class FinishedExport:
    """An export that has ended: `answers` has the answer to the submit, then the answer to each poll."""

    render_id: str
    session_id: str
    answers: list[Answer]
    state_before: Json
    state_after: Json
    credits_before: int
    credits_after: int

    @property
    def last(self) -> Answer:
        """The answer that reported the end of the export."""
        return self.answers[-1]
