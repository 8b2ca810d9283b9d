"""A film to a real video file: one thread composes, one encodes, a few frames between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from av.error import FFmpegError

from nemovideo_mock.render.compositor import Compositor
from nemovideo_mock.render.encode import Canvas, Writer
from nemovideo_mock.render.film import Film
from nemovideo_mock.render.frame_plan import frame
from nemovideo_mock.render.instruments import RATE
from nemovideo_mock.render.outcome import Quality, RenderCancelled, RenderError
from nemovideo_mock.render.sound import Mixer
from nemovideo_mock.render.source_files import Locate

#: Frames drawn and not yet encoded, at most: they are what memory holds beside the pictures.
AHEAD: Final = 4
#: Frames between two reports of progress.
REPORT_EVERY: Final = 15


def produce(
    film: Film,
    path: Path,
    quality: Quality,
    locate: Locate,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    """Writes the film to `path`; `progress` is told the share that is done, `cancelled` is asked before each frame.

    Raises:
        RenderCancelled: when the caller withdrew.
        RenderError: when something the film needs is missing or damaged.
    """
    compositor = Compositor(film, locate)
    mixer = Mixer(film, locate)
    waiting: deque[Future[None]] = deque()
    heard = 0
    try:
        with Writer(path, film, quality) as writer, ThreadPoolExecutor(1, "encode") as encoder:
            for number in range(film.frames):
                if cancelled():
                    raise RenderCancelled
                if number % film.fps == 0:
                    # A second of sound goes in ahead of its pictures, so that the file is interleaved.
                    until = min(number + film.fps, film.frames) * RATE // film.fps
                    waiting.append(encoder.submit(writer.sound, mixer.block(heard, until - heard)))
                    heard = until
                canvas = Canvas(film.width, film.height)
                compositor.draw(frame(film, number), canvas.planes)
                waiting.append(encoder.submit(writer.picture, canvas))
                while len(waiting) > AHEAD:
                    waiting.popleft().result()
                if number % REPORT_EVERY == 0:
                    progress(number / film.frames)
            while waiting:
                waiting.popleft().result()
    except FFmpegError as problem:
        if isinstance(problem, OSError):
            raise  # the disk's fault, which the caller words
        raise RenderError(f"The video could not be encoded: {problem}.") from problem
    finally:
        compositor.close()
