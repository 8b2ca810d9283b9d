"""Read sizes and durations from a file's own header, with the standard library."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO, Final

from nemovideo_mock.media import mp4_boxes
from nemovideo_mock.media.sniff import HEAD, adts_length, id3_length

#: Pictures with more pixels are not decoded here. `bounds.MOST_DECODED` also limits the bytes that they need.
MOST_PIXELS: Final = 80_000_000
#: The maximum number of marker segments that are read in a JPEG; a real one has a few dozen.
_MOST_SEGMENTS: Final = 1000
#: The maximum number of frames that are counted in an AAC file: six hours.
_MOST_FRAMES: Final = 1_000_000
_ADTS_RATES: Final = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
    7_350,
)
#: EXIF orientations that turn a picture on its side.
_SIDEWAYS: Final = range(5, 9)

Size = tuple[int, int]


def picture_size(file: BinaryIO, form: str) -> Size | None:
    """Return width and height in pixels, as displayed, of a jpg, png, gif or webp; None if the header is damaged."""
    reader: Callable[[BinaryIO], Size | None] = {"jpg": _jpg, "png": _png, "gif": _gif, "webp": _webp}[form]
    try:
        size = reader(file)
    except (struct.error, IndexError):  # the header ends too early
        return None
    return size if size and size[0] > 0 and size[1] > 0 else None


def _png(file: BinaryIO) -> Size | None:
    file.seek(12)
    tag, width, height = struct.unpack(">4sLL", file.read(12))
    return (width, height) if tag == b"IHDR" else None


def _gif(file: BinaryIO) -> Size | None:
    file.seek(6)
    width, height = struct.unpack("<HH", file.read(4))
    return width, height


def _webp(file: BinaryIO) -> Size | None:
    """Read the three kinds of WebP (RFC 9649): lossy, lossless and extended; each stores its size in its own way."""
    file.seek(12)
    head = file.read(18)
    chunk, body = head[:4], head[8:]
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return (width & 0x3FFF, height & 0x3FFF) if body[3:6] == b"\x9d\x01\x2a" else None
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<L", body, 1)
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if body[0] == 0x2F else None
    if chunk == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    return None


def _jpg(file: BinaryIO) -> Size | None:
    """Read the markers up to the frame header; an EXIF orientation before it may turn the picture on its side."""
    file.seek(2)
    is_sideways = False
    for _ in range(_MOST_SEGMENTS):
        byte = file.read(1)
        while byte and byte != b"\xff":
            byte = file.read(1) if file.tell() < 1 << 20 else b""
        while byte == b"\xff":
            byte = file.read(1)
        if not byte:
            return None
        marker = byte[0]
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", file.read(5), 1)
            return (height, width) if is_sideways else (width, height)
        if marker in {0xD9, 0xDA} or length < 2:
            return None
        body = file.read(length - 2)
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            is_sideways = _orientation(body[6:]) in _SIDEWAYS
    return None


def jpg_components(file: BinaryIO) -> tuple[list[int], bool]:
    """Return the share of each component in a JPEG, in 8x8 blocks, and whether it has several scans.

    Raises:
        struct.error, IndexError: the header is damaged.
    """
    file.seek(2)
    shares: list[int] = []
    for _ in range(_MOST_SEGMENTS):
        marker, length = struct.unpack(">HH", file.read(4))
        body = file.read(length - 2) if length >= 2 else b""
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            shares = [(sampling >> 4) * (sampling & 15) for sampling in body[7 : 6 + 3 * body[5] : 3]]
            if marker in {0xFFC2, 0xFFC6, 0xFFCA, 0xFFCE}:
                return shares, True
        elif marker == 0xFFDA:
            return shares, body[0] < len(shares)
    return shares, True


def _orientation(tiff: bytes) -> int:
    """Return the orientation in the first directory of an EXIF block, 1 to 8; 1 if it has none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}L", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for index in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHLH", tiff, start + 2 + 12 * index)
            if tag == 0x0112:
                return int(value)
    except struct.error:
        return 1
    return 1


def is_complete(file: BinaryIO, form: str) -> bool:
    """Return whether a file has as many bytes as it says; true for a format that does not say it.

    The decoders of pictures notice it themselves. A recording that was interrupted may say 0, -1 or nothing.
    """
    end = file.seek(0, 2)
    file.seek(0)
    if form in {"avi", "wav"}:
        size = int.from_bytes(file.read(8)[4:], "little")
        return size in {0, 0xFFFFFFFF} or size + 8 <= end + size % 2
    if form in {"mp4", "mov", "m4a"}:
        return mp4_boxes.ends_within(file)
    if form in {"webm", "mkv"}:
        at = 0
        for _ in range(2):  # the EBML header, and the segment with everything else
            file.seek(at)
            head = file.read(12)
            length = 9 - head[4].bit_length() if len(head) == 12 and head[4] else 0
            size = int.from_bytes(head[4 : 4 + length], "big") & ((1 << 7 * length) - 1)
            if not length or size == (1 << 7 * length) - 1:
                return True
            at += 4 + length + size
        return at <= end
    return True


def sound_duration(file: BinaryIO, form: str) -> float | None:
    """Return the seconds of a wav or aac file; None for other formats and if the header is damaged."""
    try:
        if form == "wav":
            return _wav(file)
        return _aac(file) if form == "aac" else None
    except struct.error:
        return None


def _wav(file: BinaryIO) -> float | None:
    end = file.seek(0, 2)
    start, rate = 12, 0
    for _ in range(_MOST_SEGMENTS):
        file.seek(start)
        header = file.read(8)
        if len(header) < 8:
            return None
        tag, size = struct.unpack("<4sL", header)
        if tag == b"fmt ":
            (rate,) = struct.unpack_from("<L", file.read(12), 8)
        elif tag == b"data":
            # If a recording was interrupted, the size may be 0 or -1; then the end of the file is used.
            size = end - start - 8 if size in {0, 0xFFFFFFFF} else min(size, end - start - 8)
            return size / rate if rate else None
        start += 8 + size + size % 2
    return None


def _aac(file: BinaryIO) -> float | None:
    """Count the frames: each has 1024 samples, and an ADTS file does not state its length."""
    file.seek(0)
    at, frames, hertz = id3_length(file.read(HEAD)), 0, 0
    for _ in range(_MOST_FRAMES):
        file.seek(at)
        header = file.read(8)
        length = adts_length(header)
        if not length:
            break
        hertz = _ADTS_RATES[header[2] >> 2 & 0xF]
        frames += 1 + (header[6] & 3)
        at += length
    return frames * 1024 / hertz if hertz else None
