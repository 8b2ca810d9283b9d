"""The files of a user: photos, a picture in an unsupported format, a video that is too large.

They are generated, so that the package needs no pictures.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Final

from nemovideo_contract.wire import UPLOAD_SIZE_LIMIT

_WIDTH: Final = 320
_HEIGHT: Final = 240
#: The first bytes of a video file.
_MP4: Final = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
#: The first bytes of a TIFF file; it has no picture.
_TIFF: Final = b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"


def write(name: str, folder: Path) -> None:
    """Write the file with this name; the extension decides its kind."""
    path = folder / name
    match path.suffix:
        case ".png":
            path.write_bytes(photo(sum(name.encode())))
        case ".tiff":
            path.write_bytes(_TIFF)
        case ".mp4":
            with path.open("wb") as file:
                file.write(_MP4)
                # A sparse file takes no space on the disk.
                file.truncate(UPLOAD_SIZE_LIMIT + 1_000_000)
        case ending:
            raise ValueError(f"There is no file of the type {ending!r}.")


def photo(hue: int) -> bytes:
    """Return a PNG of a sky over a ground; equal numbers return equal pictures."""
    rows = bytearray()
    for y in range(_HEIGHT):
        light = 255 - y * 200 // _HEIGHT
        rows += b"\x00" + bytes((light, (light + hue) % 256, (hue * 7 + y) % 256)) * _WIDTH
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
