"""Texts without what differs from run to run: ports, times of the machine, folders, and ids that a client makes up.

What takes the place of such a value is one of the same form, numbered in the order of appearance: a journal without
its own ports and times is still a journal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: The port that all servers have, of as many digits as those that a system gives out.
PORT: Final = 48787
#: The first port of callers; each has the next one.
FIRST_CALLER: Final = 50001
#: When the first entry of a journal is written, in seconds since the epoch, and how much later each of the next ones.
BEGIN: Final = 1_767_603_600
STEP: Final = 0.01
#: Any date of the machine's clock.
DATE: Final = "2026-01-05T09:00:00Z"
HTTP_DATE: Final = "Mon, 05 Jan 2026 09:00:00 GMT"

_ADDRESS: Final = re.compile(r"(127\.0\.0\.1|localhost)(:|%3A)\d{5}\b")
_CALLER: Final = re.compile(r'("client":\s*\["127\.0\.0\.1",\s*)\d+')
#: Ids that are drawn from no seed, or follow from one that isn't: of renders, in their files' addresses and names.
_IDS: Final = (
    r"render_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b",
    r"render_([0-9a-f]{32})\b",
    r"/renders/([0-9a-f]{32})\b",
    r'"name":\s*"([0-9a-f]{32})"',
)
#: When a file was written, and the tag that follows from it.
_WRITTEN: Final = re.compile(r'(last-modified",\s*(?:"value":\s*)?")[^"]+|(etag",\s*(?:"value":\s*)?"\\")[0-9a-f]{32}')
#: Worlds that a command makes for its own run.
_WORLD: Final = re.compile(r"/w/([a-z]+)-[0-9a-f]{8}\b")
_BOUNDARY: Final = re.compile(r"boundary=([0-9a-f]{16,})")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_REAL: Final = re.compile(r'"((?:received_)?real)":[0-9.e+-]+')


class Plain:
    """Replaces what differs from run to run; one object for all texts that speak of the same ids.

    `folders` are the paths that are shown as names. `ids` are patterns of more ids, each as the pattern's first group.
    """

    def __init__(self, folders: Mapping[str, Path], *ids: str) -> None:
        # The longest path first, as it may lie in another.
        self._folders = sorted(
            ((str(path), name) for name, path in folders.items()), key=lambda each: len(each[0]), reverse=True
        )
        self._ids = [re.compile(pattern) for pattern in (*_IDS, *ids)]
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        """The text with other values in the places of those that differ."""
        for path, name in self._folders:
            text = text.replace(path, name)
        text = _ADDRESS.sub(rf"\g<1>\g<2>{PORT}", text)
        text = _WORLD.sub(r"/w/\g<1>-00000000", text)
        text = _BOUNDARY.sub(lambda found: "boundary=" + "0" * len(found[1]), text)
        text = _WRITTEN.sub(lambda found: f"{found[1]}{HTTP_DATE}" if found[1] else f"{found[2]}{0:032}", text)
        for pattern in self._ids:
            text = pattern.sub(lambda found: found[0].replace(found[1], self._numbered(found[1])), text)
        return text

    def _numbered(self, value: str) -> str:
        """Zeros and the number of an id, in the form that the id has."""
        number = str(self._known.setdefault(value, len(self._known) + 1))
        return re.sub("[0-9a-f]", "0", value)[: -len(number)] + number


def plain_journal(lines: str, plain: Plain) -> str:
    """The lines of a journal: each entry comes a moment after the one before, and callers' ports count upwards."""
    callers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f"{found[1]}{callers.setdefault(found[0], FIRST_CALLER + len(callers))}"

    kept: list[str] = []
    for number, line in enumerate(plain(lines).splitlines()):
        at = BEGIN + number * STEP
        kept.append(_CALLER.sub(numbered, _REAL.sub(rf'"\g<1>":{at:.2f}', line)))
    return "".join(f"{line}\n" for line in kept)


def plain_json(text: str, plain: Plain, *loose: str) -> str:
    """A JSON document, a value a line; what the keys in `loose` hold becomes 0, the same date, or an empty text."""

    def changed(value: object, *, is_loose: bool = False) -> object:
        if isinstance(value, dict):
            return {key: changed(each, is_loose=is_loose or key in loose) for key, each in value.items()}
        if isinstance(value, list):
            return [changed(each, is_loose=is_loose) for each in value]
        if not is_loose or value is None:
            return value
        return 0 if not isinstance(value, str) else DATE if _DATE.match(value) else ""

    return json.dumps(changed(json.loads(plain(text))), ensure_ascii=False, indent=1) + "\n"
