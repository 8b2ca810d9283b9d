"""Read the boxes of an MP4 or QuickTime file: its tracks, and the number of samples that each track claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

#: The maximum number of boxes read. A film has a few hundred, a fragmented one thousands, a hostile one millions.
MOST_BOXES: Final = 100_000


@dataclass(frozen=True, slots=True)
class MediaTrack:
    """The header data of a track: its handler (`vide`, `soun` and so on) and its samples.

    `sample_size` is in bytes; it is 0 if each sample has its own size. `unit` means that each sample lasts one tick, as
    in PCM.
    """

    handler: bytes
    samples: int = 0
    sample_size: int = 0
    unit: bool = False


class BoxWalk:
    """Reads the boxes of one file, up to a maximum number of boxes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = MOST_BOXES

    @property
    def is_exhausted(self) -> bool:
        """Whether the file has more boxes than the maximum."""
        return self._left <= 0

    def boxes(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield tag, start and end of the payload of each box between two offsets; stop at a malformed box."""
        while start + 8 <= end and not self.is_exhausted:
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

    def find(self, tag: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Return start and end of the payload of each box with this tag."""
        return ((at, stop) for found, at, stop in self.boxes(start, end) if found == tag)

    def payload(self, start: int, end: int, most: int) -> bytes:
        """Return the first bytes of a payload, at most `most`."""
        self._file.seek(start)
        return self._file.read(min(end - start, most))


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Return tag, start and end of the payload of each box between two offsets; stop at a malformed box."""
    return BoxWalk(file).boxes(start, end)


def ends_within(file: BinaryIO) -> bool:
    """Return whether the media data and the index end within the file."""
    end = file.seek(0, 2)
    for tag, start, _ in boxes(file, 0, end):
        file.seek(start - 8)
        header = file.read(8)
        is_short = header[4:] == tag  # a long header ends with a size of eight bytes
        size = int.from_bytes(header[:4] if is_short else header, "big")
        if tag in {b"mdat", b"moov", b"moof"} and start - (8 if is_short else 16) + size > end:
            return False
    return True


def tracks(file: BinaryIO) -> tuple[MediaTrack, ...] | None:
    """Return all tracks of a file, none if it has no track list; None if it has too many boxes."""
    walk = BoxWalk(file)
    found = tuple(
        _track(walk, *media)
        for movie in walk.find(b"moov", 0, file.seek(0, 2))
        for track in walk.find(b"trak", *movie)
        for media in walk.find(b"mdia", *track)
    )
    return None if walk.is_exhausted else found


def _track(walk: BoxWalk, start: int, end: int) -> MediaTrack:
    handler, samples, size, unit = b"", 0, 0, False
    for tag, at, stop in walk.boxes(start, end):
        if tag == b"hdlr" and stop - at >= 12:
            handler = walk.payload(at, stop, 12)[8:]
        elif tag == b"minf":
            for table in walk.find(b"stbl", at, stop):
                for what, first, last in walk.boxes(*table):
                    if what in {b"stsz", b"stz2"}:
                        fields = walk.payload(first, last, 12)
                        size = int.from_bytes(fields[4:8], "big") if what == b"stsz" else 0
                        samples = int.from_bytes(fields[8:12], "big")
                    elif what == b"stts":
                        fields = walk.payload(first, last, 16)
                        unit = fields[4:8] == fields[12:16] == b"\0\0\0\1"
    return MediaTrack(handler, samples, size, unit)
