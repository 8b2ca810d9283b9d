"""Copy a skill so that its calls go to a world, in every spelling of the service's address."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: The folders that an agent reads in addition to the document (agentskills.io).
FOLDERS: Final = ("references", "scripts", "assets")
#: The most files of a skill, and the most bytes of all of them.
FILES_LIMIT: Final = 10_000
BYTES_LIMIT: Final = 100_000_000
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


class SkillError(Exception):
    """A skill that can't be copied; the message says why, and what to do."""


def find_files(document: Path) -> list[Path]:
    """Return the files of a skill: its document, and what is in its folders.

    A link may lead only to a file of the skill. Otherwise the author of a skill could read the tester's files, as the
    copies are often kept as results.

    Raises:
        SkillError: a link leads out of the skill or to a folder, a file is a pipe, a device or unreadable, or the skill
            is too large.
        OSError: a folder can't be read.
    """
    found: list[Path] = []
    size = 0
    for each in _walk(document):
        _check(each, document)
        found.append(each)
        size += each.stat().st_size
        if len(found) > FILES_LIMIT or size > BYTES_LIMIT:
            raise SkillError(
                f"{document.parent} is too large: {', '.join(FOLDERS)} may have {FILES_LIMIT} files and"
                f" {BYTES_LIMIT // 1_000_000} MB."
            )
    return found


def _walk(document: Path) -> Iterator[Path]:
    """Yield everything of a skill that is not a folder; links to folders are not followed."""
    yield document
    for top in (document.parent / name for name in FOLDERS):
        if top.is_symlink():
            yield top
        elif top.is_dir():
            for here, folders, files in os.walk(top, onerror=_raise):
                yield from (Path(here, name) for name in files)
                yield from (link for name in folders if (link := Path(here, name)).is_symlink())


def _raise(error: OSError) -> None:
    raise error


def _check(file: Path, document: Path) -> None:
    own = [document.parent.resolve() / name for name in (document.name, *FOLDERS)]
    if file.is_symlink() and not (file.is_file() and any(file.resolve().is_relative_to(each) for each in own)):
        raise SkillError(
            f"{file} is a link to something that is not a file of the skill: put a copy of it into the skill's folder."
        )
    if not file.is_file():
        raise SkillError(f"{file} is not a file: a skill has only files and folders. Remove it.")
    if not os.access(file, os.R_OK):
        raise SkillError(f"{file} can't be read: you have no permission.")


def copy(document: Path, folder: Path, url: str) -> Path:
    """Copy a skill into a new folder with its calls pointed at `url`; return the copy of the document.

    Raises:
        SkillError: the skill can't be copied.
        OSError: a file can't be read or written.
    """
    for each in find_files(document):
        copied = folder / each.relative_to(document.parent)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(each, copied)
        copied.chmod(each.stat().st_mode | stat.S_IWUSR)
        if copied.stat().st_size <= _TEXT_LIMIT:
            _point(copied, url)
    return folder / document.name


def _point(file: Path, url: str) -> None:
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return
    changed = point_to(text, url)
    if changed != text:
        file.write_bytes(changed.encode("utf-8"))
