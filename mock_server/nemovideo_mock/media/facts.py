"""What is known of an uploaded file, and the one way in which it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from nemovideo_contract.wire import FORMATS, FileType


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """A media file, measured: `size` in bytes, `duration` in seconds, sizes in pixels as displayed.

    `sha256` is in hex. What does not apply, or cannot be read with what is installed, is None.
    """

    file_type: FileType
    format: str
    size: int
    sha256: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


class UnsupportedMedia(Exception):  # noqa: N818 -- the name says what is wrong
    """The service does not take this file; the message is one sentence: what came, and which formats are accepted."""

    def __init__(self, filename: str, what: str) -> None:
        accepted = ", ".join(form for formats in FORMATS.values() for form in formats)
        super().__init__(f"{filename or 'The file'} {what}; accepted are {accepted}.")
