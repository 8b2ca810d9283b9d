"""The boxes of an MP4 or QuickTime file, as far as needed to see what tracks it has and how many samples they claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

#: Boxes looked at in one file: a film has a few hundred, one in fragments some thousands, a hostile one millions.
MOST_BOXES: Final = 100_000


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """What a track says of itself: its handler (`vide`, `soun` and the like), and its samples.

    `sample_size` is in bytes, 0 where each sample has its own. `unit` says that each sample lasts one tick, as in PCM.
    """

    handler: bytes
    samples: int = 0
    sample_size: int = 0
    unit: bool = False


class BoxWalk:
    """A walk over the boxes of one file, which tires."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MOST_BOXES

    @property
    def tired(self) -> bool:
        """Whether there were more boxes than will be looked at."""
        return self._left <= 0

    def within(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Tag, start and end of the payload of each box between two offsets; what is malformed ends the list."""
        while start + 8 <= end and not self.tired:
            self._left -= 1
            self._file.seek(start)
            header = self._file.read(16)
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

    def named(self, tag: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Start and end of the payload of each box of one name."""
        return ((at, stop) for found, at, stop in self.within(start, end) if found == tag)

    def payload(self, start: int, end: int, most: int) -> bytes:
        """The first bytes of a payload."""
        self._file.seek(start)
        return self._file.read(min(end - start, most))


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Tag, start and end of the payload of each box between two offsets; what is malformed ends the list."""
    return BoxWalk(file).within(start, end)


def tracks(file: BinaryIO) -> tuple[MediaTrack, ...] | None:
    """All tracks of a file; none where it has no track list, and None where it has too many boxes to look at."""
    walk = BoxWalk(file)
    found = tuple(
        _track(walk, *media)
        for movie in walk.named(b"moov", 0, file.seek(0, 2))
        for track in walk.named(b"trak", *movie)
        for media in walk.named(b"mdia", *track)
    )
    return None if walk.tired else found


def _track(walk: BoxWalk, start: int, end: int) -> MediaTrack:
    handler, samples, size, unit = b"", 0, 0, False
    for tag, at, stop in walk.within(start, end):
        if tag == b"hdlr" and stop - at >= 12:
            handler = walk.payload(at, stop, 12)[8:]
        elif tag == b"minf":
            for table in walk.named(b"stbl", at, stop):
                for what, first, last in walk.within(*table):
                    if what in {b"stsz", b"stz2"}:
                        fields = walk.payload(first, last, 12)
                        size = int.from_bytes(fields[4:8], "big") if what == b"stsz" else 0
                        samples = int.from_bytes(fields[8:12], "big")
                    elif what == b"stts":
                        fields = walk.payload(first, last, 16)
                        unit = fields[4:8] == fields[12:16] == b"\0\0\0\1"
    return MediaTrack(handler, samples, size, unit)
