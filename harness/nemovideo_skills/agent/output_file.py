"""The output file of an export: the one that the user names, or one in the agent's folder. It never replaces a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from nemovideo_client.flows.effects import Flow, examine
from nemovideo_skills.agent.file_mentions import has_ending

_NUMBERED: Final = re.compile(r"(.+)-(\d{1,3})")


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that does not exist yet; `notes` are the phrases that say how it differs from the request.

    `named` is the requested file or folder, as the reply names it.
    """

    path: Path
    named: str = ""
    notes: tuple[Literal["no_folder", "kept", "plain_mp4"], ...] = ()


def choose(folder: Path, files: Sequence[str], *, is_own_name: bool) -> Flow[OutputFile]:
    """Return the file for the next video, from the file or folder that the user named, if any.

    `is_own_name` says that the agent chose the name, so that the user need not hear of a change.
    """
    name = files[0] if files else ""
    named = Path(name).expanduser()
    if name and (yield from examine(named)).problem == "folder":
        return OutputFile((yield from _free(named / "video-1.mp4")), name)
    if not name or name.endswith("/"):
        return OutputFile((yield from _free(folder / "video-1.mp4")), name, ("no_folder",) if name else ())
    wanted = _mp4(named if "/" in name or named.is_absolute() else folder / named)
    path = yield from _free(wanted)
    notes: list[Literal["no_folder", "kept", "plain_mp4"]] = []
    if path != wanted and not is_own_name:
        notes.append("kept")
    if has_ending(name) and named.suffix.lower() != ".mp4":
        notes.append("plain_mp4")
    return OutputFile(path, wanted.name, tuple(notes))


def _mp4(path: Path) -> Path:
    return path.with_suffix(".mp4") if has_ending(path.name) else path.with_name(f"{path.name}.mp4")


def _free(wanted: Path) -> Flow[Path]:
    """Return the path, or if it exists the next free one: "reel.mp4", "reel-2.mp4"."""
    found = _NUMBERED.fullmatch(wanted.stem)
    stem, count = (found[1], int(found[2])) if found else (wanted.stem, 1)
    path = wanted
    while (yield from examine(path)).problem in {None, "folder"}:
        count += 1
        path = wanted.with_stem(f"{stem}-{count}")
    return path
