"""Files to upload, made by the standard library: real pictures, real sounds."""

from __future__ import annotations

import struct
import zlib
from typing import Final

#: Width and height of the pictures, in pixels.
SIZE: Final = (48, 32)


def png(colour: tuple[int, int, int] = (200, 120, 40), size: tuple[int, int] = SIZE) -> bytes:
    """Return a picture of one colour."""
    width, height = size
    rows = (b"\x00" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def wav(seconds: float = 0.5) -> bytes:
    """Return a silent sound."""
    rate = 8000
    data = bytes(int(rate * seconds) * 2)
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 4 + len(head) + 8 + len(data), b"WAVE")
        + head
        + struct.pack("<4sI", b"data", len(data))
        + data
    )


def gif() -> bytes:
    """Return a picture of one pixel."""
    return bytes.fromhex("47494638396101000100800000ff8000000000") + bytes.fromhex("2c00000000010001000002024401003b")


def video_size(content: bytes) -> tuple[int, int]:
    """Return the width and height of an MP4 in pixels, from the header of its first track with a picture (`tkhd`).

    Raises:
        ValueError: there is no such header.
    """
    place = content.find(b"tkhd")
    while place >= 4:
        end = place - 4 + int.from_bytes(content[place - 4 : place])
        width, height = (int.from_bytes(content[at : at + 4]) >> 16 for at in (end - 8, end - 4))
        if width and height:
            return width, height
        place = content.find(b"tkhd", place + 4)
    raise ValueError("it has no header of a track with a picture")
