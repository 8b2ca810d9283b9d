"""Read from a font file which characters it can draw: the code points of its `cmap` table (OpenType)."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path


@cache
def read_code_points(path: Path) -> frozenset[int]:
    """Return the code points in the `cmap` table of a TrueType or OpenType file (formats 4 and 12)."""
    blob = path.read_bytes()
    (tables,) = struct.unpack_from(">H", blob, 4)
    for index in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", blob, 12 + 16 * index)
        if tag == b"cmap":
            return _cmap(blob, offset)
    return frozenset()


def _cmap(blob: bytes, start: int) -> frozenset[int]:
    found: set[int] = set()
    (subtables,) = struct.unpack_from(">H", blob, start + 2)
    for index in range(subtables):
        _, _, offset = struct.unpack_from(">HHL", blob, start + 4 + 8 * index)
        at = start + offset
        (kind,) = struct.unpack_from(">H", blob, at)
        if kind == 4:
            found |= _segments(blob, at)
        elif kind == 12:
            (groups,) = struct.unpack_from(">L", blob, at + 12)
            for group in range(groups):
                first, last, _ = struct.unpack_from(">LLL", blob, at + 16 + 12 * group)
                found.update(range(first, last + 1))
    return frozenset(found - {0xFFFF})


def _segments(blob: bytes, at: int) -> set[int]:
    """Return the code points of a format 4 subtable: ranges with a delta or a list of glyphs; glyph 0 means absent."""
    (double,) = struct.unpack_from(">H", blob, at + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", blob, at + 14)
    starts = struct.unpack_from(f">{count}H", blob, at + 16 + double)
    deltas = struct.unpack_from(f">{count}H", blob, at + 16 + 2 * double)
    ranges_at = at + 16 + 3 * double
    ranges = struct.unpack_from(f">{count}H", blob, ranges_at)
    found: set[int] = set()
    for index, (first, last, delta, reach) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for code in range(first, last + 1):
            if reach:
                (glyph,) = struct.unpack_from(">H", blob, ranges_at + 2 * index + reach + 2 * (code - first))
            else:
                glyph = (code + delta) & 0xFFFF
            if glyph:
                found.add(code)
    return found
