"""The probe: what an uploaded file is, from its content, with its name as a cross-check.

`foresee` says no to a file that has only begun to arrive; `probe` looks at all of it. Both answer in bounded time and
memory, whatever the bytes are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set as AbstractSet
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from nemovideo_contract.wire import FileType, file_type_of
from nemovideo_mock.media import headers
from nemovideo_mock.media.bounds import is_bearable
from nemovideo_mock.media.facts import MediaFacts, UnsupportedMedia
from nemovideo_mock.media.sniff import possible, sniff

#: Bytes read at once while hashing.
CHUNK = 1 << 20
#: Seconds; nothing that fits into an upload lasts longer than a day, whatever its header says.
LONGEST_S = 86_400.0


def foresee(start: bytes, filename: str) -> None:
    """Hold that a file which begins so can become what its name says; `start` is its first `START` bytes.

    Raises:
        UnsupportedMedia: when it can't.
    """
    types = possible(start)
    if not types:
        raise UnsupportedMedia(filename, "is no media file that can be read")
    _agree(filename, types)


def probe(path: Path, filename: str, *, sha256: str = "") -> MediaFacts:
    """What the file is, how large, how long; it is read in chunks, never as a whole.

    Who has hashed the file already gives its `sha256`, in hex. Without the `render` extra the size of a photo and the
    duration of a wav or aac file are known, the rest is None.

    Raises:
        UnsupportedMedia: when the content is no accepted format, is of another type than the name's ending says, is
            broken, or has more pixels than are safe to decode.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        kind = sniff(file) if size else None
        if kind is None:
            raise UnsupportedMedia(filename, "is empty" if not size else "is no media file that can be read")
        _agree(filename, {kind.file_type})
        facts = MediaFacts(kind.file_type, kind.format, size, "")
        if kind.file_type is FileType.IMAGE:
            facts = _add_picture_size(facts, file, filename)
        elif kind.file_type is FileType.AUDIO:
            facts = replace(facts, duration=headers.sound_duration(file, kind.format))
        if not is_bearable(file, kind.format, (facts.width or 0) * (facts.height or 0)):
            raise UnsupportedMedia(filename, "claims more than it holds")
        facts = replace(facts, sha256=sha256 or _hash(file))
    facts = _add_measures(facts, path, filename)
    believed = facts.duration is not None and 0 <= facts.duration <= LONGEST_S
    return replace(facts, duration=facts.duration if believed else None)


def _agree(filename: str, content: AbstractSet[FileType]) -> None:
    """Holds the name's ending against the content; a name without an ending says nothing."""
    ending = filename.rpartition("/")[2].rpartition(".")[2] if "." in filename.rpartition("/")[2] else ""
    if not ending:
        return
    said = file_type_of(filename)
    if said is None:
        raise UnsupportedMedia(filename, f"is a .{ending} file by its name")
    if said not in content:
        found = " or ".join(sorted(map(_article, content), reverse=True))
        raise UnsupportedMedia(filename, f"is {_article(said)} by its name but {found} by its content")


def _article(kind: FileType) -> str:
    return {FileType.IMAGE: "an image", FileType.AUDIO: "a sound", FileType.VIDEO: "a video"}[kind]


def _add_picture_size(facts: MediaFacts, file: BinaryIO, filename: str) -> MediaFacts:
    size = headers.picture_size(file, facts.format)
    if size is None:
        raise UnsupportedMedia(filename, f"is a damaged {facts.format} file")
    if size[0] * size[1] > headers.MOST_PIXELS:
        raise UnsupportedMedia(
            filename,
            f"has {size[0]}x{size[1]} pixels, more than the {headers.MOST_PIXELS // 1_000_000} million that are safe",
        )
    return replace(facts, width=size[0], height=size[1])


def _hash(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _add_measures(facts: MediaFacts, path: Path, filename: str) -> MediaFacts:
    """The facts, completed by a decoder where one is installed."""
    if any(find_spec(name) is None for name in ("av", "PIL")):
        return facts
    from nemovideo_mock.media import measure

    try:
        if facts.file_type is FileType.IMAGE:
            found = measure.picture(path, facts.format)
        else:
            found = measure.recording(path, facts.format, seen=facts.file_type is FileType.VIDEO)
    except measure.UndecodableFile:
        raise UnsupportedMedia(filename, f"is a damaged or incomplete {facts.format} file") from None
    return replace(
        facts,
        duration=facts.duration if facts.duration is not None else found.duration,
        width=found.width,
        height=found.height,
        fps=found.fps,
    )
