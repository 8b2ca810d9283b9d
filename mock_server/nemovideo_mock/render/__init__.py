"""Render a draft to an MP4 file.

`render` is the entry point. It blocks until the file exists, so call it from a thread. Importing this package is cheap:
the first real render imports the packages that draw and encode.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nemovideo_mock.render.outcome import MissingRenderer, Quality, RenderCancelled, RenderError, RenderResult

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
    "RenderResult",
    "available",
    "render",
]

#: The limits of a preview: the shorter side in pixels, and frames per second.
PREVIEW_SIDE = 360
PREVIEW_FPS = 15


def available() -> bool:
    """Return whether the packages for real rendering are installed, without importing them."""
    return all(find_spec(name) is not None for name in ("av", "numpy", "PIL"))


def _ignore_progress(_share: float) -> None:
    """Ignore the progress."""


def _never_cancelled() -> bool:
    return False


def render(
    draft: Draft,
    destination: Path,
    *,
    quality: Quality,
    locate: Locate,
    progress: Callable[[float], None] = _ignore_progress,
    cancelled: Callable[[], bool] = _never_cancelled,
    short_side: int | None = None,
) -> RenderResult:
    """Render a draft to an MP4 file, which appears at `destination` only when it is complete.

    `locate` finds the file of an upload by its SHA-256 in hex. `progress` is called with the completed share, 0 to 1,
    about every half second of video. `cancelled` is called inside each frame and returns whether to stop. `short_side`
    scales the video; it is the length of the shorter side in pixels.

    Raises:
        MissingRenderer: `full` or `preview` is asked for and the `render` extra is not installed.
        RenderCancelled: `cancelled` returned true.
        RenderError: the draft cannot be rendered; no partial file remains.
    """
    if quality != "stub" and not available():
        raise MissingRenderer
    from nemovideo_mock.render.film import read
    from nemovideo_mock.render.source_files import check_uploads

    if quality == "preview":
        film = read(draft, short_side=short_side or PREVIEW_SIDE, most_fps=PREVIEW_FPS)
    else:
        film = read(draft, short_side=short_side)
    check_uploads(film, locate)
    part = destination.with_name(f".{destination.name}.{os.getpid()}-{threading.get_ident()}.part")
    progress(0.0)
    try:
        _write(film, part, quality, locate, progress, cancelled)
        size = part.stat().st_size
        part.replace(destination)
    except OSError as problem:
        # A path of this machine is no business of the caller.
        reason = problem.strerror or type(problem).__name__
        raise RenderError(f"The video cannot be written: {reason}.") from problem
    finally:
        with suppress(OSError):  # a part that cannot be removed was never created
            part.unlink(missing_ok=True)
    progress(1.0)
    return RenderResult(film.seconds, film.width, film.height, film.fps, film.frames, size, quality)


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

        def check() -> None:
            if cancelled():
                raise RenderCancelled

        check()
        with path.open("wb") as file:
            file.writelines(stub.make_stub(film, check))
    else:
        from nemovideo_mock.render.pipeline import render_film

        render_film(film, path, quality, locate, progress, cancelled)
