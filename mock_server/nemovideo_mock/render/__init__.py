"""Draft to MP4.

`render` is the way in: it blocks until the file is there, so call it from a thread. Importing this package costs
nothing; the packages that draw and encode are imported by the first real render.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nemovideo_mock.render.outcome import MissingRenderer, Quality, RenderCancelled, Rendered, RenderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nemovideo_contract.draft import Draft
    from nemovideo_mock.render.film import Film
    from nemovideo_mock.render.source_files import Locate

__all__ = [
    "MissingRenderer",
    "Quality",
    "RenderCancelled",
    "RenderError",
    "Rendered",
    "available",
    "render",
]

#: What a preview is reduced to: shorter side in pixels, frames a second.
PREVIEW_SIDE = 360
PREVIEW_FPS = 15


def available() -> bool:
    """Whether real rendering is installed; nothing is imported to find out."""
    return all(find_spec(name) is not None for name in ("av", "numpy", "PIL"))


def _unheard(_share: float) -> None:
    """Progress that nobody follows."""


def _never() -> bool:
    return False


def render(
    draft: Draft,
    destination: Path,
    *,
    quality: Quality,
    locate: Locate,
    progress: Callable[[float], None] = _unheard,
    cancelled: Callable[[], bool] = _never,
    short_side: int | None = None,
) -> Rendered:
    """Renders a draft to an MP4 file, which appears at `destination` only when it is complete.

    `locate` finds the file of an upload by its SHA-256 in hex. `progress` is told the share that is done, 0 to 1, every
    half second of video or so; `cancelled` is asked before each frame. `short_side` scales the video, in pixels.

    Raises:
        MissingRenderer: when `full` or `preview` is asked for and the extra is not installed.
        RenderCancelled: when the caller withdrew.
        RenderError: when the draft cannot be rendered; nothing is left behind.
    """
    if quality != "stub" and not available():
        raise MissingRenderer
    from nemovideo_mock.render.film import read
    from nemovideo_mock.render.source_files import check

    if quality == "preview":
        film = read(draft, short_side=short_side or PREVIEW_SIDE, most_fps=PREVIEW_FPS)
    else:
        film = read(draft, short_side=short_side)
    check(film, locate)
    part = destination.with_name(f".{destination.name}.{os.getpid()}-{threading.get_ident()}.part")
    progress(0.0)
    try:
        _write(film, part, quality, locate, progress, cancelled)
        size = part.stat().st_size
        part.replace(destination)
    except OSError as problem:
        raise RenderError(f"The video cannot be written to {destination}: {problem.strerror or problem}.") from problem
    finally:
        with suppress(OSError):  # what cannot be removed was never made
            part.unlink(missing_ok=True)
    progress(1.0)
    return Rendered(film.seconds, film.width, film.height, film.fps, film.frames, size, quality)


def _write(
    film: Film,
    path: Path,
    quality: Quality,
    locate: Locate,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    if quality == "stub":
        from nemovideo_mock.render import stub

        if cancelled():
            raise RenderCancelled
        path.write_bytes(stub.video(film))
    else:
        from nemovideo_mock.render.pipeline import produce

        produce(film, path, quality, locate, progress, cancelled)
