"""Transcripts: what the user of a caller saw, read from a text file.

A line is `[TIME] SPEAKER: words`; time and speaker may be missing. A time is ISO 8601, seconds since the epoch, or
`+SECONDS` from the caller's first call. The speaker is `user` (also `you`, `human`, or `>`) or `agent` (also
`assistant`, `skill`, `bot`). A line without a speaker continues the line before; the first lines belong to the agent.
Programs may write JSON lines with `kind` and `text` instead, as `nemo-harness chat --json` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal, cast

from nemovideo_contract.json_input import JsonInputError, parse

Speaker = Literal["user", "agent"]

#: The number of characters of a line that are read.
LINE_LIMIT: Final = 10_000

_TIME: Final = re.compile(r"\s*\[(?P<time>[^\]\s][^\]]{0,40})\]\s?")
_SPEAKER: Final = re.compile(
    r"\s*(?:[*_]{0,2}(?P<name>user|you|human|agent|assistant|skill|bot)[*_]{0,2}\s*[:：][*_]{0,2}|(?P<prompt>>)(?=\s))\s?",
    re.IGNORECASE,
)
_USERS: Final = frozenset({"user", "you", "human"})


class TranscriptError(ValueError):
    """A transcript that can't be judged; the message says why."""


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a transcript: its number in the file from 1, and its time in seconds since the epoch.

    If the file counts from the first call, `after` has those seconds and `time` is None.
    """

    number: int
    speaker: Speaker
    text: str
    time: float | None = None
    after: float | None = None

    def when(self, start: float) -> float | None:
        """Return the time of the line if the caller's first call was at `start`, or None if the file has no times."""
        return self.time if self.after is None else start + self.after


class Transcript:
    """The lines of a transcript, in order, without the empty ones."""

    def __init__(self, lines: Iterable[TranscriptLine]) -> None:
        self.lines = tuple(lines)

    def __repr__(self) -> str:
        return f"<Transcript of {len(self.lines)} lines>"

    @cached_property
    def agent(self) -> tuple[TranscriptLine, ...]:
        """The agent's lines."""
        return tuple(each for each in self.lines if each.speaker == "agent")

    @property
    def timed(self) -> bool:
        """True if every line of the agent has a time."""
        return bool(self.agent) and all(each.time is not None or each.after is not None for each in self.agent)


def read_transcript(text: str) -> Transcript:
    """Return the transcript in a file's text. Every text is a valid transcript."""
    lines = [(number, line[:LINE_LIMIT]) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    records = [_record(number, line) for number, line in lines]
    if records and all(each is not None for each in records):
        return Transcript(each for each in records if each is not None and each.text.strip())
    return Transcript(_plain(lines))


def _plain(lines: Iterable[tuple[int, str]]) -> Iterator[TranscriptLine]:
    speaker: Speaker = "agent"
    time = after = None
    for number, line in lines:
        words = line
        if (stamp := _TIME.match(words)) is not None and (moment := _moment(stamp["time"])) is not None:
            words = words[stamp.end() :]
            time, after = moment
        if (named := _SPEAKER.match(words)) is not None:
            words = words[named.end() :]
            speaker = "user" if named["prompt"] or named["name"].lower() in _USERS else "agent"
        if words.strip():
            yield TranscriptLine(number, speaker, words.strip(), time, after)
        if named is not None and named["prompt"]:
            speaker = "agent"  # a prompt belongs to one line only


def _record(number: int, line: str) -> TranscriptLine | None:
    """Return the line in a JSON record with `kind`, `text` and perhaps `time`, or None if it is another record."""
    try:
        value = parse(line, half_pairs=True)
    except JsonInputError:
        return None
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, object]", value)
    kind, text, time = fields.get("kind"), fields.get("text"), fields.get("time")
    if not isinstance(kind, str) or not isinstance(text, str):
        return None
    moment = _moment(str(time)) if isinstance(time, str | int | float) else None
    return TranscriptLine(number, "user" if kind in _USERS else "agent", text[:LINE_LIMIT], *(moment or (None, None)))


def _moment(words: str) -> tuple[float | None, float | None] | None:
    """Return a time as (seconds since the epoch, seconds since the first call), or None if it is not a time."""
    words = words.strip()
    try:
        if words.startswith("+"):
            return None, float(words[1:].removesuffix("s").strip())
        if words.replace(".", "", 1).isdecimal():
            return float(words), None
        found = datetime.fromisoformat(words)
    except (ValueError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), None
