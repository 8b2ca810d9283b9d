"""Identify an uploaded file by its content, and check its name against the content.

`check_start` refuses a file early, when only its start has arrived; `probe` reads all of it. Both need a limited time
and limited memory, whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from nemovideo_contract.wire import FORMATS, FileType, file_type_of
from nemovideo_mock.media import file_headers
from nemovideo_mock.media.decoding_limits import MOST_DECODED, decoded_size, is_safe_to_decode, release_memory
from nemovideo_mock.media.sniff import START, possible_types, refused_photo, sniff

#: Bytes per read while hashing.
CHUNK = 1 << 20
#: Pixels of a picture whose memory is given back to the system at once.
LARGE = 4_000_000
#: Seconds: no file that fits into an upload lasts longer than a day, whatever its header says.
LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The facts about a media file: `size` in bytes, `duration` in seconds, width and height in pixels as displayed.

    `sha256` is in hex. A fact is None if it does not apply or if the installed packages cannot find it.
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
    """The service does not accept this file; the message says what it is and which formats are accepted."""

    def __init__(self, filename: str, what: str) -> None:
        accepted = ", ".join(form for formats in FORMATS.values() for form in formats)
        super().__init__(f"{filename or 'The file'} {what}; the accepted formats are {accepted}.")


def check_start(start: bytes, filename: str) -> None:
    """Check that a file with this start can be what its name says; `start` is its first `START` bytes.

    Raises:
        UnsupportedMedia: it cannot.
    """
    types = possible_types(start)
    if not types:
        raise UnsupportedMedia(filename, _unknown(start))
    _check_ending(filename, types)


def probe(path: Path, filename: str, *, sha256: str = "") -> MediaFacts:
    """Return the facts about a file; the file is read in chunks, never as a whole.

    Pass `sha256` (in hex) if the file is hashed already. Without the `render` extra, only the size of a photo and the
    duration of a wav or aac file are known; the other facts are None.

    Raises:
        UnsupportedMedia: the content has no accepted format, its type differs from the name's ending, it is broken, or
        it has more pixels than are safe to decode.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        kind = sniff(file) if size else None
        if kind is None:
            file.seek(0)
            raise UnsupportedMedia(filename, _unknown(file.read(START)) if size else "is empty")
        _check_ending(filename, {kind.file_type})
        facts = MediaFacts(kind.file_type, kind.format, size, "")
        if kind.file_type is FileType.IMAGE:
            facts = _add_picture_size(facts, file, filename)
        elif kind.file_type is FileType.AUDIO:
            facts = replace(facts, duration=file_headers.sound_duration(file, kind.format))
        if not file_headers.is_complete(file, kind.format):
            raise UnsupportedMedia(filename, f"is a damaged or incomplete {kind.format} file")
        if not is_safe_to_decode(file, kind.format, (facts.width or 0) * (facts.height or 0)):
            raise UnsupportedMedia(filename, "claims more than it holds")
        facts = replace(facts, sha256=sha256 or _hash(file))
    facts = _add_measures(facts, path, filename)
    believed = facts.duration is not None and 0 <= facts.duration <= LONGEST_S
    return replace(facts, duration=facts.duration if believed else None)


def _check_ending(filename: str, content: AbstractSet[FileType]) -> None:
    """Check the name's ending against the content; a name without an ending is always accepted."""
    ending = filename.rpartition("/")[2].rpartition(".")[2] if "." in filename.rpartition("/")[2] else ""
    if not ending:
        return
    said = file_type_of(filename)
    if said is None:
        raise UnsupportedMedia(filename, f"is a .{ending} file by its name")
    if said not in content:
        found = " or ".join(sorted(map(_article, content), reverse=True))
        raise UnsupportedMedia(filename, f"is {_article(said)} by its name but {found} by its content")


def _unknown(start: bytes) -> str:
    """Return what a file is that has no accepted format."""
    photo = refused_photo(start)
    return "is not a readable media file" if photo is None else f"is a {photo} photo by its content (save it as JPEG)"


def _article(kind: FileType) -> str:
    return {FileType.IMAGE: "an image", FileType.AUDIO: "a sound", FileType.VIDEO: "a video"}[kind]


def _add_picture_size(facts: MediaFacts, file: BinaryIO, filename: str) -> MediaFacts:
    size = file_headers.picture_size(file, facts.format)
    if size is None:
        raise UnsupportedMedia(filename, f"is a damaged {facts.format} file")
    if size[0] * size[1] > file_headers.MOST_PIXELS:
        raise UnsupportedMedia(
            filename,
            f"has {size[0]}x{size[1]} pixels, more than the {file_headers.MOST_PIXELS // 1_000_000} million "
            "that are safe",
        )
    decoded = decoded_size(file, facts.format, size[0] * size[1])
    if decoded > MOST_DECODED:
        raise UnsupportedMedia(
            filename,
            f"has {size[0]}x{size[1]} pixels, for which a {facts.format} file needs {decoded >> 20} MB of memory, "
            f"more than the {MOST_DECODED >> 20} MB that are safe",
        )
    return replace(facts, width=size[0], height=size[1])


def _hash(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _add_measures(facts: MediaFacts, path: Path, filename: str) -> MediaFacts:
    """Return the facts, completed by a decoder if one is installed."""
    if any(find_spec(name) is None for name in ("av", "PIL")):
        return facts
    from nemovideo_mock.media import measure

    try:
        if facts.file_type is FileType.IMAGE:
            found = measure.measure_picture(path, facts.format)
            if (facts.width or 0) * (facts.height or 0) >= LARGE:
                release_memory()
        else:
            found = measure.measure_recording(path, facts.format, is_video=facts.file_type is FileType.VIDEO)
    except measure.UndecodableFile:
        raise UnsupportedMedia(filename, f"is a damaged or incomplete {facts.format} file") from None
    return replace(
        facts,
        duration=facts.duration if facts.duration is not None else found.duration,
        width=found.width,
        height=found.height,
        fps=found.fps,
    )
