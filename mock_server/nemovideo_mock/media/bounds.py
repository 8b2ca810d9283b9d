"""What a file may ask of a decoder: small files can claim work for minutes or memory for gigabytes.

Each limit stands for a file that was built and tried: 80 million samples in an MP4 of 3 kB took 2.8 GB and 8 s, 1,000
scans in a JPEG of 350 kB took 39 s, and a PNG of empty chunks 40 s.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from nemovideo_mock.media import isobmff

#: Chunks or blocks of a picture: a PNG of 200 MB has 25,000 where they are as small as encoders make them.
MOST_CHUNKS: Final = 100_000
#: Pixels times scans of a JPEG; a progressive one has about ten scans. It is 3 s of work.
MOST_SCANNED: Final = 4_000_000_000
#: Samples of a track: a day at 100 a second.
MOST_SAMPLES: Final = 10_000_000

#: A marker inside the entropy-coded data of a JPEG: neither a stuffed byte, nor a restart, nor fill.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def is_bearable(file: BinaryIO, form: str, pixels: int) -> bool:
    """Whether a decoder may be asked: the answer is no for a file that claims what no honest one does.

    `pixels` are those of a picture as its header says, 0 for a recording.
    """
    check: dict[str, Callable[[], bool]] = {
        "png": lambda: _few(_png_chunks(file)),
        "gif": lambda: _few(_gif_blocks(file)),
        "jpg": lambda: _scans(file, MOST_SCANNED // max(pixels, 1)),
        "mp4": lambda: _samples(file),
        "mov": lambda: _samples(file),
        "m4a": lambda: _samples(file),
    }
    return check[form]() if form in check else True


def _few(parts: Iterator[object]) -> bool:
    return all(number < MOST_CHUNKS for number, _ in enumerate(parts))


def _png_chunks(file: BinaryIO) -> Iterator[bytes]:
    at = 8
    while True:
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or header[4:] == b"IEND":
            return
        yield header
        at += 12 + int.from_bytes(header[:4], "big")


def _gif_blocks(file: BinaryIO) -> Iterator[bytes]:
    """Everything before the first frame; the others are never decoded."""
    file.seek(10)
    flags = file.read(1)
    at = 13 + (3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0)
    file.seek(at)
    while (byte := file.read(1)) not in {b"", b",", b";"}:
        yield byte
        if byte == b"!":
            file.read(1)
            while length := file.read(1)[:1].strip(b"\0"):
                yield length
                file.seek(length[0], 1)


def _scans(file: BinaryIO, most: int) -> bool:
    """Whether a JPEG has at most so many scans before its end; of what follows, decoders know nothing."""
    if not file.seek(0, 2):
        return True
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(b"\xff\xd8") + 2
        for _ in range(MOST_CHUNKS):
            marker = _MARKER.search(data, at)
            if marker is None or marker[0] == b"\xff\xd9":
                return True
            at = marker.end()
            if marker[0] == b"\xff\xda":
                most -= 1
                if most < 0:
                    return False
            if marker[0][1] not in {0x01, 0xD8}:
                at += max(int.from_bytes(data[at : at + 2], "big"), 2)
        return False


def _samples(file: BinaryIO) -> bool:
    found = isobmff.tracks(file)
    size = file.seek(0, 2)
    return found is not None and all(is_honest(track, size) for track in found)


def is_honest(track: isobmff.MediaTrack, size: int) -> bool:
    """Each sample takes room in the file: what it says, or an entry of four bits in the table of sizes."""
    room = track.samples * track.sample_size if track.sample_size else track.samples // 2
    if room > size:
        return False
    # Decoders keep a list of samples, except of PCM, whose samples are as many as they are small.
    return track.samples <= MOST_SAMPLES or (track.handler == b"soun" and track.unit)
