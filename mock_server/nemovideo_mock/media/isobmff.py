"""The boxes of an MP4 or QuickTime file, as far as needed to see what tracks it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

#: Boxes looked at in one level: a sound file has a dozen, a hostile one as many as it likes.
MOST_BOXES: Final = 10_000


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Tag, start and end of the payload of each box between two offsets; what is malformed ends the list."""
    for _ in range(MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            return
        size, tag, skip = int.from_bytes(header[:4], "big"), header[4:8], 8
        if size == 1:
            size, skip = int.from_bytes(header[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < skip or start + skip > end:
            return
        yield tag, start + skip, min(start + size, end)
        start += size


def handlers(file: BinaryIO) -> frozenset[bytes]:
    """The handler types of all tracks: `vide`, `soun` and the like; empty where there is no track list."""
    end = file.seek(0, 2)
    found: set[bytes] = set()
    for tag, start, stop in boxes(file, 0, end):
        if tag != b"moov":
            continue
        for track, track_start, track_stop in boxes(file, start, stop):
            if track != b"trak":
                continue
            for media, media_start, media_stop in boxes(file, track_start, track_stop):
                if media == b"mdia":
                    found |= _handler(file, media_start, media_stop)
    return frozenset(found)


def _handler(file: BinaryIO, start: int, stop: int) -> set[bytes]:
    for tag, at, end in boxes(file, start, stop):
        if tag == b"hdlr" and end - at >= 12:
            file.seek(at + 8)
            return {file.read(4)}
    return set()
