"""Write a film to a real video file: one thread composes and one encodes, with a few frames between them."""

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
from nemovideo_mock.render.frame_plan import plan_frame
from nemovideo_mock.render.instruments import RATE
from nemovideo_mock.render.outcome import Quality, RenderCancelled, RenderError
from nemovideo_mock.render.sound import Mixer
from nemovideo_mock.render.source_files import Locate

#: The maximum number of frames that are drawn and not yet encoded; they take most of the memory next to the pictures.
AHEAD: Final = 4
#: Frames between two progress reports.
REPORT_EVERY: Final = 15


def render_film(
    film: Film,
    path: Path,
    quality: Quality,
    locate: Locate,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    """Write the film to `path`; call `progress` with the completed share, and check `cancelled` inside each frame.

    Raises:
        RenderCancelled: `cancelled` returned true.
        RenderError: a part of the film is missing or damaged.
    """

    def check() -> None:
        if cancelled():
            raise RenderCancelled

    compositor = Compositor(film, locate, check)
    mixer = Mixer(film, locate, check)
    waiting: deque[Future[None]] = deque()
    heard = 0
    try:
        with Writer(path, film, quality) as writer, ThreadPoolExecutor(1, "encode") as encoder:
            for number in range(film.frames):
                check()
                if number % film.fps == 0:
                    # A second of sound is written before its pictures, so that the file is interleaved.
                    until = min(number + film.fps, film.frames) * RATE // film.fps
                    waiting.append(encoder.submit(writer.write_sound, mixer.block(heard, until - heard)))
                    heard = until
                canvas = Canvas(film.width, film.height)
                compositor.draw(plan_frame(film, number), canvas.planes)
                waiting.append(encoder.submit(writer.write_picture, canvas))
                while len(waiting) > AHEAD:
                    waiting.popleft().result()
                if number % REPORT_EVERY == 0:
                    progress(number / film.frames)
            while waiting:
                waiting.popleft().result()
    except FFmpegError as problem:
        if isinstance(problem, OSError):
            raise  # a disk error; the caller words the message
        raise RenderError(f"The video could not be encoded: {problem}.") from problem
    finally:
        compositor.close()
