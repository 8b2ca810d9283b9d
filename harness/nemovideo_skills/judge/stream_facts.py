"""The facts of a stream that rules need: counts, text and times, without the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.journal import RecordEntry
from nemovideo_skills.judge import body_facts

#: A stream record whose time rules may ask for: its entry number, its virtual time, its real time, and its kind.
Mark = tuple[int, float, float, body_facts.RecordKind]
#: The number of marks that are kept of one stream; a longer stream keeps the first and the last ones.
MARKS: Final = 400


@dataclass(slots=True)
class StreamFacts:
    """The content of a stream: the number of records of each kind, the text, and the times.

    `texts` counts records with meaningful text. Blank records, and the notice of trouble that may follow any turn,
    count as `others`.
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
        """The number of records of all kinds."""
        return self.texts + self.calls + self.results + self.heartbeats + self.errors + self.others

    @property
    def silent(self) -> bool:
        """True if the stream had no meaningful text, no error, and no record that could be an unknown form of text."""
        worked = bool(self.calls or self.results)
        return not self.texts and not self.errors and (worked or not self.others)

    @property
    def progress(self) -> Mark | None:
        """The last record that was not a heartbeat."""
        return next((mark for mark in reversed(self.marks) if mark[3] != "heartbeat"), None)

    def add(self, entry: RecordEntry) -> None:
        """Count the next record."""
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
