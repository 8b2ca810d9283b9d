"""Find the uploaded files of a film, before its render begins and while it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nemovideo_mock.render.film import Film
from nemovideo_mock.render.outcome import RenderError

#: Returns the file of an upload for its SHA-256 in hex, or None if there is no such upload.
Locate = Callable[[str], Path | None]


def locate_file(locate: Locate, sha256: str, label: str) -> Path:
    """Return the file of an upload.

    Raises:
        RenderError: the upload does not exist.
    """
    path = locate(sha256) if sha256 else None
    if path is None or not path.is_file():
        raise RenderError(f"Segment {label} refers to an upload that does not exist.")
    return path


def check_uploads(film: Film, locate: Locate) -> None:
    """Check that all uploads of a film exist, so that a render does not fail halfway.

    Raises:
        RenderError: the upload of a segment is missing, or a segment has neither an upload nor a prompt.
    """
    for shot in film.shots:
        if shot.sha256:
            locate_file(locate, shot.sha256, shot.label)
        elif not shot.generated:
            raise RenderError(f"Segment {shot.label} has neither an upload nor a prompt.")
    for sound in film.sounds:
        if sound.kind == "file":
            locate_file(locate, sound.sha256, sound.label)
