"""Limits on the work and the memory that a file may demand from a decoder: a small one can need minutes or gigabytes.

Each limit comes from a test file: 80 million samples in an MP4 of 3 kB took 2.8 GB and 8 s, 1,000 scans in a JPEG of
350 kB took 39 s, and a PNG of empty chunks took 40 s.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import struct
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from nemovideo_mock.media import file_headers, mp4_boxes

#: Chunks or blocks of a picture. A PNG of 200 MB has 25,000 chunks if they are as small as encoders make them.
MOST_CHUNKS: Final = 100_000
#: Pixels times scans of a JPEG, about 3 s of work; a progressive JPEG has about ten scans.
MOST_SCANNED: Final = 4_000_000_000
#: Samples of a track: a day at 100 samples per second.
MOST_SAMPLES: Final = 10_000_000

#: Bytes of memory that the pixels of a picture may need while they are decoded: 50 million in colour.
MOST_DECODED: Final = 192 * 1024 * 1024
#: Bytes of memory that a picture may need in all, with a copy of its pixels in the size in which they are used.
MOST_MEMORY: Final = 256 * 1024 * 1024
#: Bytes of memory for each pixel of a WebP, measured: the decoder keeps two frames, and Pillow copies one twice.
_WEBP: Final = 16

#: A marker inside the entropy-coded data of a JPEG: not a stuffed byte, a restart or a fill byte.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def is_safe_to_decode(file: BinaryIO, form: str, pixels: int) -> bool:
    """Return whether a decoder can open the file safely; false if the file's header demands implausibly much work.

    `pixels` is the number of pixels in a picture's header; it is 0 for audio and video.
    """
    check: dict[str, Callable[[], bool]] = {
        "png": lambda: _has_few_parts(_png_chunks(file)),
        "gif": lambda: _has_few_parts(_gif_blocks(file)),
        "jpg": lambda: _has_few_scans(file, MOST_SCANNED // max(pixels, 1)),
        "mp4": lambda: _has_plausible_tracks(file),
        "mov": lambda: _has_plausible_tracks(file),
        "m4a": lambda: _has_plausible_tracks(file),
    }
    return check[form]() if form in check else True


def decoded_size(file: BinaryIO, form: str, pixels: int) -> int:
    """Return the bytes of memory that a decoder needs for a picture before it can be reduced.

    It is 0 for a JPEG with one scan, because that is reduced while it is decoded. Pillow needs four bytes for each
    pixel in colour.
    """
    try:
        if form == "png":
            file.seek(24)
            depth, colour = file.read(2)
            return pixels * (4 if colour in {2, 4, 6} else 2 if depth == 16 else 1)
        if form == "jpg":
            shares, has_scans = file_headers.jpg_components(file)
            # The decoder keeps the coefficients of all scans, with two bytes each; CMYK becomes RGB in a second copy.
            kept = 2 * pixels * sum(shares) // max(shares) if has_scans else 0
            return kept + (4 * pixels if has_scans and len(shares) == 4 else 0)
    except (struct.error, IndexError, ValueError, ZeroDivisionError):  # a damaged header, which no decoder opens
        return 4 * pixels
    return pixels * (_WEBP if form == "webp" else 1)


def reading_scale(decoded: int, pixels: int) -> int:
    """Return the factor (1, 2, 4 or 8) by which a picture must be reduced so that it fits into `MOST_MEMORY`.

    First the decoder's memory and the reduced copy exist at once, later two reduced copies.
    """
    fitting = (
        factor for factor in (1, 2, 4) if max(decoded + 4 * pixels // factor**2, 8 * pixels // factor**2) <= MOST_MEMORY
    )
    return next(fitting, 8)


def release_memory() -> None:
    """Give the memory of pictures back to the system; glibc would keep it for the next allocation of each thread."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
        if trim is not None:
            trim(0)


def _has_few_parts(parts: Iterator[object]) -> bool:
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
    """Yield the blocks before the first frame; later frames are never decoded."""
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


def _has_few_scans(file: BinaryIO, most: int) -> bool:
    """Return whether a JPEG has at most `most` scans before its end; decoders ignore the data after the end."""
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


def _has_plausible_tracks(file: BinaryIO) -> bool:
    found = mp4_boxes.tracks(file)
    size = file.seek(0, 2)
    return found is not None and all(has_plausible_samples(track, size) for track in found)


def has_plausible_samples(track: mp4_boxes.MediaTrack, size: int) -> bool:
    """Return whether a track's samples can exist in a file of `size` bytes and are not too many for a decoder."""
    # A sample needs at least its size, or an entry of four bits in the table of sizes.
    room = track.samples * track.sample_size if track.sample_size else track.samples // 2
    if room > size:
        return False
    # Decoders keep a list of samples, except for PCM, which has many small samples.
    return track.samples <= MOST_SAMPLES or (track.handler == b"soun" and track.unit)
