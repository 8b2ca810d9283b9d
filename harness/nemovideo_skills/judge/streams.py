"""What a stream held, as far as rules ask: counts, words and times, and not its records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.journal import RecordEntry
from nemovideo_skills.judge import body_facts

#: An entry of a stream that rules may ask for the time of: its number in the journal, its times, and what it was.
Mark = tuple[int, float, float, body_facts.RecordKind]
#: Marks that are kept of one stream; of longer ones the first and the last.
MARKS: Final = 400


@dataclass(slots=True)
class StreamFacts:
    """What a stream held: how many records of each kind, its words, and when they came.

    `texts` counts records with words that say something; blank ones, and the words about trouble that may trail any
    turn, count as `others`.
    """

    texts: int = 0
    calls: int = 0
    results: int = 0
    heartbeats: int = 0
    errors: int = 0
    others: int = 0
    words: str = ""
    error_code: int | None = None
    marks: list[Mark] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many records there were, of every kind."""
        return self.texts + self.calls + self.results + self.heartbeats + self.errors + self.others

    @property
    def silent(self) -> bool:
        """Whether not one word came that says anything, nor anything else that may have been meant as one."""
        worked = bool(self.calls or self.results)
        return not self.texts and not self.errors and (worked or not self.others)

    @property
    def progress(self) -> Mark | None:
        """The last record that was more than a sign of life."""
        return next((mark for mark in reversed(self.marks) if mark[3] != "heartbeat"), None)

    def add(self, entry: RecordEntry) -> None:
        """The next record."""
        kind, words, code = body_facts.record_of(entry)
        match kind:
            case "text" if body_facts.is_noise(words):
                self.others += 1
            case "text":
                self.texts += bool(words.strip())
                self.others += not words.strip()
                self.words = (self.words + words)[: body_facts.TEXT_LIMIT]
            case "call":
                self.calls += 1
            case "result":
                self.results += 1
            case "heartbeat":
                self.heartbeats += 1
            case "error":
                self.errors += 1
                self.error_code = code
            case "other":
                self.others += 1
        if len(self.marks) == MARKS:
            del self.marks[MARKS // 2]
        self.marks.append((entry["n"], entry["virtual"], entry["real"], kind))
