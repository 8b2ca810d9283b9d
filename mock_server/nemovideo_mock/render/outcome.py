"""The outcome of a render: a file with its measures, or an error of one sentence.

RenderError
├── MissingRenderer     real rendering was asked for, but the extra is not installed
└── RenderCancelled     the caller cancelled the render
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nemovideo_contract.extras import install_hint

Quality = Literal["full", "preview", "stub"]

#: Raises `RenderCancelled` if the render was cancelled. Everything that may take long calls it in between, so that a
#: render ends within a frame.
CheckCancelled = Callable[[], None]


@dataclass(frozen=True, slots=True)
class RenderResult:
    """A finished video: `duration` in seconds, sides in pixels, `fps` in frames per second, `size` in bytes."""

    duration: float
    width: int
    height: int
    fps: int
    frames: int
    size: int
    quality: Quality


class RenderError(Exception):
    """The video could not be made, and no partial file remains; the message is one sentence for the caller."""


class MissingRenderer(RenderError):  # noqa: N818 -- the name says what is wrong
    """Real rendering needs packages that are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "This quality needs the extra `render`; without it, ask for the quality `stub`. Install it with:"
            f" {install_hint('render')}"
        )


class RenderCancelled(RenderError):  # noqa: N818 -- the name says what is wrong
    """The caller cancelled the render before the video was finished."""

    def __init__(self) -> None:
        super().__init__("The render was cancelled before it was finished.")
