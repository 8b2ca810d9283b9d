"""A copy of a skill that calls a world in place of the service, however its documents spell the address."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

#: What an agent reads beside the document itself (agentskills.io).
FOLDERS: Final = ("references", "scripts", "assets")
#: Bytes above which a file is no text that somebody wrote.
_TEXT_LIMIT: Final = 1_000_000

_DOT: Final = r"(?:\\?\.|\[\.\])"
#: The service's host as documents have it, old names and other products of the vendor among them: none may be reached
#: from a test. Mirrors escape slashes, dots and dashes.
_ADDRESS: Final = re.compile(
    rf"(?:https?\\?:(?:\\?/){{2}}|(?<![\w.@-]))(?:mega\\?-(?:x\\?-)?api(?:\\?-(?:prod|dev))?|api){_DOT}nemovideo{_DOT}"
    r"(?:ai|com)(?::\d+)?",
    re.IGNORECASE,
)


def point_to(text: str, url: str) -> str:
    """A document whose calls go to `url`, a base URL without a slash at its end."""

    def put(found: re.Match[str]) -> str:
        # An address runs into the word behind it where a mirror has lost the space.
        return f"{url} " if text[found.end() : found.end() + 1].isalpha() else url

    return _ADDRESS.sub(put, text)


def copy(document: Path, folder: Path, url: str) -> Path:
    """Copy a skill into a folder that isn't there yet, its calls pointed at `url`; give the document's copy.

    Raises:
        OSError: something can't be read or written.
    """
    folder.mkdir(parents=True)
    for name in FOLDERS:
        if (beside := document.parent / name).is_dir():
            shutil.copytree(beside, folder / name)
    found = folder / document.name
    shutil.copyfile(document, found)
    for each in sorted(folder.rglob("*")):
        if each.is_file() and each.stat().st_size <= _TEXT_LIMIT:
            _point(each, url)
    return found


def _point(file: Path, url: str) -> None:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return
    changed = point_to(text, url)
    if changed != text:
        file.write_bytes(changed.encode("utf-8"))
