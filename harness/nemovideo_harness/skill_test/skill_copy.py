"""Copy a skill so that its calls go to a world, in every spelling of the service's address."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

#: The folders that an agent reads in addition to the document (agentskills.io).
FOLDERS: Final = ("references", "scripts", "assets")
#: The largest file that is treated as text, in bytes.
_TEXT_LIMIT: Final = 1_000_000

_DOT: Final = r"(?:\\?\.|\[\.\])"
#: The service's host in every spelling, with old names and the vendor's other products: a test must not reach any of
#: them. Mirrors escape slashes, dots and dashes.
_ADDRESS: Final = re.compile(
    rf"(?:https?\\?:(?:\\?/){{2}}|(?<![\w.@-]))(?:mega\\?-(?:x\\?-)?api(?:\\?-(?:prod|dev))?|api){_DOT}nemovideo{_DOT}"
    r"(?:ai|com)(?::\d+)?",
    re.IGNORECASE,
)


def point_to(text: str, url: str) -> str:
    """Return a document whose calls go to `url`, a base URL without a slash at its end."""

    def put(found: re.Match[str]) -> str:
        # If a mirror lost the space after an address, the next word follows it directly.
        return f"{url} " if text[found.end() : found.end() + 1].isalpha() else url

    return _ADDRESS.sub(put, text)


def copy(document: Path, folder: Path, url: str) -> Path:
    """Copy a skill into a new folder with its calls pointed at `url`; return the copy of the document.

    Raises:
        OSError: a file can't be read or written.
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
