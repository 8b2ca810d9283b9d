"""Read compressed bodies in pieces of a limited size.

httpx decompresses each chunk of a body as a whole, in as many layers as the response names, so a small response can
fill the memory. So client and suite read the bytes as they were sent, and decompress one layer in steps.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

#: The content codings to ask for.
CODINGS: Final = "gzip, deflate"
#: Their names in a response.
_READABLE: Final = frozenset({"gzip", "x-gzip", "deflate"})
#: The most bytes that one step of decompression gives.
_STEP: Final = 256 * 1024
#: The bytes that tell gzip, zlib and a bare deflate stream apart.
_HEADER_SIZE: Final = 2


class UnknownCodingError(ValueError):
    """A body has a content coding (`coding`) that the request did not ask for."""

    def __init__(self, coding: str) -> None:
        super().__init__(f"it is compressed as {coding[:40]!r}, which can't be read")
        self.coding = coding


class DamagedBodyError(ValueError):
    """A compressed body can't be decompressed."""


class BodyDecoder:
    """Gives the content of a body in pieces of a limited size; `coding` is its header `Content-Encoding`.

    Raises:
        UnknownCodingError: The coding is not one of `CODINGS`.
    """

    def __init__(self, coding: str) -> None:
        coding = coding.strip().lower()
        if coding not in {*_READABLE, "", "identity"}:
            raise UnknownCodingError(coding)
        self._is_plain = coding not in _READABLE
        self._inflate: zlib._Decompress | None = None
        self._head = b""
        self._left_over = 0

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield the content of the next bytes of the body.

        Raises:
            DamagedBodyError: The bytes are not what the coding says.
        """
        if self._is_plain:
            if data:
                yield data
            return
        if self._inflate is None:
            self._head = data = self._head + data
            if len(data) < _HEADER_SIZE:
                return
            self._inflate = zlib.decompressobj(_window_bits(data))
        while True:
            piece = self._step(self._inflate, data)
            if piece:
                yield piece
            data = self._inflate.unconsumed_tail
            if not data and len(piece) < _STEP:  # else zlib may hold more of the content than one step gives
                return

    def _step(self, inflate: zlib._Decompress, data: bytes) -> bytes:
        if inflate.eof:
            self._left_over += len(data)
            if self._left_over > _STEP:
                raise DamagedBodyError("the body goes on after its end")
            return b""
        try:
            return inflate.decompress(data, _STEP)
        except zlib.error as error:
            raise DamagedBodyError(str(error)) from error


def _window_bits(data: bytes) -> int:
    """Return the `wbits` of zlib for a compressed body; some servers send deflate without the header of zlib."""
    is_zlib = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:_HEADER_SIZE]) % 31 == 0  # RFC 1950, 2.2
    return zlib.MAX_WBITS | 32 if is_zlib or data.startswith(b"\x1f\x8b") else -zlib.MAX_WBITS
