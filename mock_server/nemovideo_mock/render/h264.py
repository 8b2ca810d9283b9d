"""A minimal H.264 (ITU-T H.264) encoder, for pictures that are a vertical gradient and then do not change.

A key frame has one uncompressed macroblock at the left of each row; all other macroblocks of the row copy it. Each
further frame says only that nothing changed. The encoder computes no pixel, so a minute of video takes milliseconds.
"""

from __future__ import annotations

from functools import cache
from typing import Final

#: frame_num has 4 bits, so there are only 16 different unchanged frames.
_NUMBERS: Final = 16
_MACROBLOCK: Final = 16
_PCM: Final = 25
#: Intra 16x16, predicted from the left, without residual.
_FROM_LEFT: Final = 2
#: Level, maximum frame size in macroblocks, maximum macroblocks per second (table A-1).
_LEVELS: Final = (
    (30, 1620, 40_500), (31, 3600, 108_000), (40, 8192, 245_760), (42, 8704, 522_240), (50, 22_080, 589_824),
    (51, 36_864, 983_040), (52, 36_864, 2_073_600), (60, 139_264, 4_177_920), (62, 139_264, 16_711_680),
)  # fmt: skip

Colour = tuple[int, int, int]


class _Bits:
    """Writes bits, most significant bit first."""

    def __init__(self) -> None:
        self._value = 1  # a leading one keeps leading zeros

    def put(self, value: int, count: int) -> None:
        """Write the lowest `count` bits of a number."""
        self._value = self._value << count | value

    def unsigned(self, value: int) -> None:
        """Write an Exp-Golomb code, ue(v)."""
        self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def align(self) -> bytes:
        """Return all bits, with zeros up to the next byte."""
        self.put(0, -(self._value.bit_length() - 1) % 8)
        count = self._value.bit_length() - 1
        return (self._value - (1 << count)).to_bytes(count // 8, "big")

    def finish(self) -> bytes:
        """Return all bits, with the stop bit and the zeros that end every unit."""
        self.put(1, 1)
        return self.align()


def _unit(kind: int, payload: bytes) -> bytes:
    """Return a NAL unit: its header, and the payload with escapes, so that it contains no start code."""
    safe = bytearray()
    begin = at = 0
    while (at := payload.find(b"\0\0", at)) >= 0:
        if at + 2 < len(payload) and payload[at + 2] <= 3:
            safe += payload[begin : at + 2] + b"\x03"
            begin = at = at + 2
        else:
            at += 1
    return bytes([kind]) + bytes(safe) + payload[begin:]


class Encoder:
    """Encodes pictures of one size, in even pixels, at one frame rate."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        self._columns = -(-width // _MACROBLOCK)
        self._rows = -(-height // _MACROBLOCK)
        self._size = (width, height)
        self._fps = fps
        count = self._columns * self._rows
        self.level = next(
            (level for level, frame, second in _LEVELS if count <= frame and count * fps <= second), _LEVELS[-1][0]
        )

    def parameters(self) -> tuple[bytes, bytes]:
        """Return the sequence parameter set and the picture parameter set."""
        bits = _Bits()
        bits.put(66, 8)  # Baseline, of which this is a small part
        bits.put(0b11000000, 8)  # it obeys Main's constraints too
        bits.put(self.level, 8)
        bits.unsigned(0)  # parameter set 0
        bits.unsigned(0)  # 4 bits of frame_num
        bits.unsigned(2)  # output in decoding order
        bits.unsigned(1)  # one reference frame
        bits.put(0, 1)
        bits.unsigned(self._columns - 1)
        bits.unsigned(self._rows - 1)
        bits.put(0b11, 2)  # whole frames only; direct 8x8 inference
        self._crop(bits)
        self._usability(bits)
        sequence = _unit(0x67, bits.finish())
        bits = _Bits()
        for _ in range(2):
            bits.unsigned(0)  # parameter set 0, of sequence 0
        bits.put(0, 2)  # CAVLC, no field order
        for _ in range(3):
            bits.unsigned(0)  # one slice group, one reference in either list
        bits.put(0, 3)  # no weighted prediction
        for _ in range(3):
            bits.unsigned(0)  # quantiser 26, and no offset of chroma
        bits.put(0b100, 3)  # each slice says whether it is deblocked
        return sequence, _unit(0x68, bits.finish())

    def _crop(self, bits: _Bits) -> None:
        width, height = self._size
        right, bottom = self._columns * _MACROBLOCK - width, self._rows * _MACROBLOCK - height
        bits.put(1 if right or bottom else 0, 1)
        if right or bottom:
            for value in (0, right // 2, 0, bottom // 2):  # in chroma pixels
                bits.unsigned(value)

    def _usability(self, bits: _Bits) -> None:
        """Write the usability information: BT.709 in video range, a constant frame rate, and no reordering."""
        bits.put(1, 1)
        bits.put(0b00, 2)  # no pixel shape, no overscan
        bits.put(1, 1)
        bits.put(5 << 1, 4)  # unspecified origin, video range
        bits.put(1, 1)
        bits.put(0x010101, 24)
        bits.put(0, 1)
        bits.put(1, 1)
        bits.put(1, 32)  # ticks of half a frame
        bits.put(2 * self._fps, 32)
        bits.put(0b1000, 4)  # fixed rate; no buffer models, no picture structure
        bits.put(1, 1)
        bits.put(1, 1)
        for value in (0, 0, 16, 16, 0, 1):  # no limits, no reordering, one frame in the buffer
            bits.unsigned(value)

    def key_frame(self, top: Colour, bottom: Colour, number: int) -> bytes:
        """Return a key frame with a gradient between two colours (y, u, v); `number` differs between neighbours."""
        bits = _Bits()
        bits.unsigned(0)  # first macroblock
        bits.unsigned(7)  # intra
        bits.unsigned(0)
        bits.put(0, 4)  # frame_num
        bits.unsigned(number % 2)
        bits.put(0, 2)
        bits.unsigned(0)  # quantiser unchanged
        bits.unsigned(1)  # not deblocked
        bits.unsigned(_PCM)
        # Uncompressed samples begin at a whole byte, so the bits between the samples of two rows are always the same.
        between, last = _Bits(), _Bits()
        for copies in (between, last):
            for column in range(1, self._columns):
                copies.put(*_COPY[column > 1])
        between.unsigned(_PCM)
        rows = [self._macroblock(row, top, bottom) for row in range(self._rows)]
        return _unit(0x65, bits.align() + between.align().join(rows) + last.finish())

    def _macroblock(self, row: int, top: Colour, bottom: Colour) -> bytes:
        height = self._rows * _MACROBLOCK
        luma = bytearray()
        for line in range(row * 16, row * 16 + 16):
            luma += bytes([top[0] + (bottom[0] - top[0]) * line // height]) * 16
        chroma = bytearray()
        for plane in (1, 2):
            for line in range(row * 16, row * 16 + 16, 2):
                chroma += bytes([top[plane] + (bottom[plane] - top[plane]) * line // height]) * 8
        return bytes(luma + chroma)

    @cache  # noqa: B019 -- an encoder lives for one video
    def unchanged_frame(self, number: int) -> bytes:
        """Return an unchanged frame; `number` counts the frames since the key frame."""
        bits = _Bits()
        bits.unsigned(0)
        bits.unsigned(5)  # predicted
        bits.unsigned(0)
        bits.put(number % _NUMBERS, 4)
        bits.put(0, 3)  # one reference, in order, without adaptive marking
        bits.unsigned(0)
        bits.unsigned(1)
        bits.unsigned(self._columns * self._rows)  # number of skipped macroblocks: all of them
        return _unit(0x41, bits.finish())


def _copy(*, empty: int, length: int) -> tuple[int, int]:
    """Return a macroblock that copies its left neighbour, as (bits, count); `empty` codes "no coefficients"."""
    bits = f"{_FROM_LEFT + 1:03b}" + "010" + "1" + f"{empty:0{length}b}"
    return int(bits, 2), len(bits)


# The code of "no coefficients" depends on the neighbours; an uncompressed neighbour counts as full (9.2.1).
_COPY: Final = {False: _copy(empty=0b000011, length=6), True: _copy(empty=1, length=1)}
