"""Checks whether an MP4 file is complete, by its boxes (ISO/IEC 14496-12, section 4.2).

For files whose size is unknown. Each box begins with its size (4 bytes, big-endian) and its type. A size of 1 means
that the next 8 bytes contain the size; a size of 0 means that the box continues to the end of the file. A playable file
has a `moov` box, which describes the content, and an `mdat` box with the media. So a file without one of them was cut
between two boxes. Zeros after the last box are padding.
"""

from __future__ import annotations

from typing import Final

_HEAD: Final = 16
_SHORT: Final = 8
#: The types that the first box of an MP4 may have.
_FIRST: Final = frozenset({b"ftyp", b"styp", b"free", b"skip", b"wide", b"pdin", b"moov", b"mdat"})
_NEEDED: Final = frozenset({b"moov", b"mdat"})


class Mp4Check:
    """Walks over the boxes of a file whose bytes arrive in pieces."""

    def __init__(self) -> None:
        self._head = bytearray()
        #: The missing bytes of the present box; None if it continues to the end of the file.
        self._left: int | None = 0
        self._types: set[bytes] = set()
        self._is_mp4 = True

    def feed(self, data: bytes) -> None:
        """Add the next bytes."""
        view = memoryview(data)
        while view and self._is_mp4 and self._left is not None:
            if self._left:
                step = min(self._left, len(view))
                self._left -= step
                view = view[step:]
                continue
            step = min(self._wanted() - len(self._head), len(view))
            self._head += view[:step]
            view = view[step:]
            if len(self._head) == self._wanted():
                self._enter()

    @property
    def broken_off(self) -> bool:
        """Whether the file is an MP4 that ends inside a box, or before a box that it needs."""
        if not self._is_mp4 or not self._types:
            return False
        return bool(self._left) or any(self._head) or not self._types >= _NEEDED

    def _wanted(self) -> int:
        return _HEAD if self._head.startswith(b"\0\0\0\x01") else _SHORT

    def _enter(self) -> None:
        head, size = bytes(self._head), int.from_bytes(self._head[:4])
        self._head.clear()
        kind = head[4:8]
        if not self._types and kind not in _FIRST:
            self._is_mp4 = False
            return
        self._types.add(kind)
        if size == 0:
            self._left = None
            return
        whole = int.from_bytes(head[_SHORT:_HEAD]) if size == 1 else size
        if whole < len(head):
            self._is_mp4 = False  # not a valid size, so the rest cannot be checked
            return
        self._left = whole - len(head)
