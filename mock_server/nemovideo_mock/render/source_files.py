"""The files that a film shows and plays, found before the work begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nemovideo_mock.render.film import Film
from nemovideo_mock.render.outcome import RenderError

#: From the SHA-256 of an upload, in hex, to its file; None where there is none.
Locate = Callable[[str], Path | None]


def locate_file(locate: Locate, sha256: str, label: str) -> Path:
    """The file of an upload.

    Raises:
        RenderError: when there is no such upload.
    """
    path = locate(sha256) if sha256 else None
    if path is None or not path.is_file():
        raise RenderError(f"Segment {label} refers to an upload that is not there.")
    return path


def check(film: Film, locate: Locate) -> None:
    """Holds that every upload of a film is there, so that a render does not fail halfway.

    Raises:
        RenderError: for the first segment whose upload is missing, or that names nothing to show.
    """
    for shot in film.shots:
        if shot.sha256:
            locate_file(locate, shot.sha256, shot.label)
        elif not shot.generated:
            raise RenderError(f"Segment {shot.label} names neither an upload nor a prompt.")
    for sound in film.sounds:
        if sound.kind == "file":
            locate_file(locate, sound.sha256, sound.label)
