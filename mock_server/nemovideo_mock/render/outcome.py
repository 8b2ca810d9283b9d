"""What a render ends in: a file with these measures, or one sentence on why not.

RenderError
├── MissingRenderer     real rendering was asked for, and the extra is not installed
└── RenderCancelled     the caller withdrew
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quality = Literal["full", "preview", "stub"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished video: `duration` in seconds, sizes in pixels, `fps` in frames a second, `size` in bytes."""

    duration: float
    width: int
    height: int
    fps: int
    frames: int
    size: int
    quality: Quality


class RenderError(Exception):
    """No video was made, and none was left behind; the message is one sentence for the caller."""


class MissingRenderer(RenderError):  # noqa: N818 -- the name says what is wrong
    """Real rendering needs packages that are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "Rendering in this quality needs the `render` extra: pip install 'nemovideo-harness[render]', "
            "or ask for the quality `stub`."
        )


class RenderCancelled(RenderError):  # noqa: N818 -- the name says what is wrong
    """The caller withdrew before the video was finished."""

    def __init__(self) -> None:
        super().__init__("The render was cancelled before it was finished.")
