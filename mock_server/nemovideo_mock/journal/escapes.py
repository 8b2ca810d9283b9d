"""Every way to read a text whose characters may be escaped, with the way back to where they stand in it.

A token can hide in `%6Emv_usr_`, in `\\u006emv_usr_`, and in JSON that stands as a string in JSON in a query. So a
text has several readings: as it is, with one layer of percent-encoding undone, with one layer of backslashes undone,
and so on until nothing changes. What is found in a reading is mapped back to the characters that spell it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

PERCENT: Final = re.compile(r"%([0-9a-fA-F]{2})")
#: A surrogate pair, one code unit, a byte, or a sign that stands for itself. `\\n` and its like are left: they end
#: whatever is looked for.
BACKSLASH: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\"'\\/]))"
)
#: An escape whose rest would be in what follows the text.
UNFINISHED: Final = re.compile(r"(?:%[0-9a-fA-F]?|\\(?:u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?)?)\Z")
#: More readings than this are nobody's honest text.
MAX_READINGS: Final = 16


class TooManyReadingsError(ValueError):
    """A text is escaped so often over that it can't be searched; show nothing of it."""


@dataclass(slots=True, eq=False)
class Reading:
    """One way to read a text; without a `parent` it is the text itself.

    `at[i]` is where the i-th undone escape stands in this reading, `starts[i]` to `ends[i]` where in the parent.
    """

    text: str
    parent: Reading | None = None
    at: list[int] = field(default_factory=list[int])
    starts: list[int] = field(default_factory=list[int])
    ends: list[int] = field(default_factory=list[int])

    def spelled(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` up to `end` of this reading are spelled in the text itself."""
        reading = self
        while reading.parent is not None:
            start, end = reading._outer(start)[0], (reading._outer(end - 1)[1] if end else 0)
            reading = reading.parent
        return start, end

    def _outer(self, index: int) -> tuple[int, int]:
        nearest = bisect_right(self.at, index) - 1
        if nearest < 0:
            return index, index + 1
        if self.at[nearest] == index:
            return self.starts[nearest], self.ends[nearest]
        start = self.ends[nearest] + index - self.at[nearest] - 1
        return start, start + 1


def readings(text: str) -> list[Reading]:
    """All readings of a text, itself first.

    Raises:
        TooManyReadingsError: there are more than `MAX_READINGS`.
    """
    found = [Reading(text)]
    seen = {text}
    for reading in found:  # grows as it goes
        for pattern, sign in ((PERCENT, "%"), (BACKSLASH, "\\")):
            if sign not in reading.text:
                continue
            undone = _undo(reading, pattern)
            if undone.text in seen:
                continue
            if len(found) == MAX_READINGS:
                raise TooManyReadingsError(f"escaped in more than {MAX_READINGS} ways")
            seen.add(undone.text)
            found.append(undone)
    return found


def _undo(reading: Reading, pattern: re.Pattern[str]) -> Reading:
    text = reading.text
    undone = Reading("", reading)
    pieces: list[str] = []
    done = length = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        pieces.append(text[done:start])
        pieces.append(_character(match))
        length += start - done
        undone.at.append(length)
        undone.starts.append(start)
        undone.ends.append(end)
        length += 1
        done = end
    pieces.append(text[done:])
    undone.text = "".join(pieces)
    return undone


def _character(match: re.Match[str]) -> str:
    if match.re is PERCENT:
        return chr(int(match[1], 16))
    high, low, unit, byte, sign = match.groups()
    if high is not None:
        return chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    return sign if sign is not None else chr(int(unit or byte, 16))
