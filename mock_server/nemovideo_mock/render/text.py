"""Words on the picture: set in the shipped fonts, wrapped, shrunk to fit, and softly shadowed.

Letters come from Noto Sans SemiBold; where it has no glyph, from the CJK subset; what neither has (emoji above all) is
left out, since a box would be worse.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont

from nemovideo_mock.render import planes
from nemovideo_mock.render.film import Words
from nemovideo_mock.render.pictures import to_planes
from nemovideo_mock.render.planes import Plane, Planes

# Which characters a font file has: its `cmap` table, read with the standard library.


@cache
def read_code_points(path: Path) -> frozenset[int]:
    """The code points of a TrueType or OpenType file, from its subtables of format 4 and 12."""
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
    """Format 4: runs of code points, each with a delta or a list of glyphs; glyph 0 means absent."""
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


FONTS: Final = Path(__file__).parent / "fonts"
LATIN: Final = FONTS / "NotoSans-SemiBold-LGC.ttf"
CJK: Final = FONTS / "NotoSansCJKjp-Regular-common.otf"

#: Width of a text block over the frame's: the rest is margin.
TITLE_WIDTH: Final = 0.82
CAPTION_WIDTH: Final = 0.86
TITLE_LINES: Final = 3
CAPTION_LINES: Final = 2
#: Height of a line over the size of its letters.
LEADING: Final = 1.26
#: The CJK face comes in one weight; a stroke this wide brings it near SemiBold.
CJK_STROKE: Final = 0.016
#: What must not begin a line in Chinese and Japanese, and what must not end one.
NOT_FIRST: Final = frozenset("、。，．！？；：）」』】》〉”’…—～ー・,.!?;:)]}%")
NOT_LAST: Final = frozenset("（「『【《〈“‘([{")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Words ready to be laid on a frame at pixel (`x`, `y`), both even; `alpha` at full, `half_alpha` at half size."""

    x: int
    y: int
    colour: Planes
    alpha: Plane
    half_alpha: Plane

    def onto(self, target: Planes, opacity: float) -> None:
        """Lays the words on a frame with this opacity, 0 to 1."""
        part = target.part(self.x, self.y, self.colour.width, self.colour.height)
        planes.lay(self.colour, self.alpha, self.half_alpha, part, opacity)


def letter(words: Words, width: int, height: int) -> Lettering | None:
    """The words set for a frame of this size in pixels; None where no font has any of them."""
    content = printable(words.text)
    if not content:
        return None
    scale = min(width, height) / 1080
    share, most = (TITLE_WIDTH, TITLE_LINES) if words.role == "title" else (CAPTION_WIDTH, CAPTION_LINES)
    measure = min(width * share, height * 1.5)
    size, lines = _fit(content, words.size * scale, measure, most, height * 0.6)
    return _draw(lines, size, words, width, height)


def printable(content: str) -> str:
    """The part of a text that can be set: one space between words, single line breaks, no unknown characters."""
    content = unicodedata.normalize("NFC", content)
    known = (
        char if char == "\n" else " " if char.isspace() else char if _face(char) is not None else "" for char in content
    )
    lines = [re.sub(" +", " ", line).strip() for line in "".join(known).split("\n")]
    return "\n".join(line for line in lines if line)


def _face(char: str) -> Path | None:
    """The font that has this character, or None; what only steers others (joiners, marks of direction) has none."""
    if unicodedata.category(char) in {"Cc", "Cf"}:
        return None
    return next((font for font in (LATIN, CJK) if ord(char) in read_code_points(font)), None)


@lru_cache(maxsize=32)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _runs(line: str) -> list[tuple[Path, str]]:
    """A line cut where the font changes; a space stays with what is before it."""
    runs: list[tuple[Path, str]] = []
    for char in line:
        face = runs[-1][0] if runs and char == " " else _face(char) or LATIN
        if runs and runs[-1][0] == face:
            runs[-1] = (face, runs[-1][1] + char)
        else:
            runs.append((face, char))
    return runs


def _width(line: str, size: int) -> float:
    return sum(_font(face, size).getlength(run) for face, run in _runs(line))


def _fit(content: str, size: float, measure: float, most: int, tallest: float) -> tuple[int, list[str]]:
    """The largest size up to the one asked for at which the text fits, and its lines.

    It shrinks to under half before it takes more lines than it should; a wall of text is cut with an ellipsis.
    """
    lines: list[str] = []
    wanted = max(round(size), 8)
    smallest = max(round(wanted * 0.45), 8)
    for trial in range(wanted, smallest - 1, -max(1, wanted // 24)):
        lines = _wrap(content, trial, measure)
        if len(lines) <= max(most, content.count("\n") + 1) and len(lines) * trial * LEADING <= tallest:
            return trial, _balance(content, lines, trial, measure)
    room = max(1, int(tallest / (smallest * LEADING)))
    if len(lines) > room:
        lines = [*lines[: room - 1], lines[room - 1].rstrip(" ,.、。，") + "…"]
    return smallest, lines


def _balance(content: str, lines: list[str], size: int, measure: float) -> list[str]:
    """The same number of lines with the least ragged edge: no word is left alone on the last line."""
    if len(lines) < 2:
        return lines
    best = lines
    for step in range(1, 13):
        narrower = _wrap(content, size, measure * (1 - step * 0.04))
        if len(narrower) != len(lines):
            break
        best = narrower
    return best


def _wrap(content: str, size: int, measure: float) -> list[str]:
    """The text in lines no wider than the measure, in pixels."""
    lines: list[str] = []
    for paragraph in content.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and _width((line + piece).rstrip(), size) > measure:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
            while _width(line.rstrip(), size) > measure and len(line) > 1:
                keep = next((cut for cut in range(len(line) - 1, 1, -1) if _width(line[:cut], size) <= measure), 1)
                lines.append(line[:keep])
                line = line[keep:]
        if line.strip():
            lines.append(line.rstrip())
    return lines


def _pieces(paragraph: str) -> list[str]:
    """What may not be broken: a word with the space after it, or one CJK character with the signs that cling to it."""
    pieces: list[str] = []
    for char in paragraph:
        clings = bool(pieces) and (
            char == " "
            or char in NOT_FIRST
            or pieces[-1][-1] in NOT_LAST
            or not (pieces[-1].endswith(" ") or _ideographic(char) or _ideographic(pieces[-1][-1]))
        )
        if clings:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _ideographic(char: str) -> bool:
    """Whether a line may be broken before and after this character."""
    return "\u2e80" <= char <= "\ua4cf" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uffef"


def _colour(name: str) -> tuple[int, int, int]:
    """A CSS name or a hexadecimal colour as RGB; white where it is neither."""
    try:
        red, green, blue = ImageColor.getrgb(name.strip())[:3]
    except ValueError:
        return 255, 255, 255
    return red, green, blue


def _draw(lines: list[str], size: int, words: Words, width: int, height: int) -> Lettering:
    pad = 2 * round(size * 0.45)
    step = size * LEADING
    widths = [_width(line, size) for line in lines]
    block = (min(_up(max(widths) + 2 * pad), width // 2 * 2), min(_up(len(lines) * step + 2 * pad), height // 2 * 2))
    ink = Image.new("L", block, 0)
    pen = ImageDraw.Draw(ink)
    for row, (line, line_width) in enumerate(zip(lines, widths, strict=True)):
        x = (block[0] - line_width) / 2
        baseline = pad + row * step + size * 0.98
        for face, run in _runs(line):
            stroke = size * CJK_STROKE if face == CJK else 0
            pen.text((x, baseline), run, fill=255, font=_font(face, size), anchor="ls", stroke_width=stroke)
            x += _font(face, size).getlength(run)
    fill = _colour(words.color)
    return _lay_over_shadow(ink, fill, size, _corner(words, block, width, height))


def _corner(words: Words, block: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Where the block goes: inside the margins that players and phones cover with their own signs."""
    upright = height > width
    x = (width - block[0]) // 4 * 2
    if words.position == "top":
        y = height * (0.11 if upright else 0.07)
    elif words.position == "bottom":
        y = height * (0.775 if upright else 0.93) - block[1]
    else:
        y = (height - block[1]) / 2
    return x, min(max(2 * round(y / 2), 0), height - block[1])


def _lay_over_shadow(ink: Image.Image, fill: tuple[int, int, int], size: int, corner: tuple[int, int]) -> Lettering:
    """The ink over its own shadow: one wide and faint, to part it from the picture, one tight, to keep its edges."""
    luma = 0.2126 * fill[0] + 0.7152 * fill[1] + 0.0722 * fill[2]
    ground = 0 if luma > 70 else 255
    drop = max(1, round(size * 0.03))
    wide = ImageChops.offset(ink, 0, drop).filter(ImageFilter.GaussianBlur(size * 0.16)).point(lambda v: v * 0.8)
    tight = ImageChops.offset(ink, 0, drop // 2).filter(ImageFilter.GaussianBlur(size * 0.035)).point(lambda v: v * 0.5)
    shadow = ImageChops.screen(wide, tight)
    alpha = np.asarray(ImageChops.screen(ink, shadow))
    share = np.asarray(ink, np.float32) / np.maximum(alpha, 1)
    rgb = share[:, :, None] * np.array(fill, np.float32) + (1 - share[:, :, None]) * ground
    half = np.asarray(ImageChops.screen(ink, shadow).reduce(2))
    return Lettering(*corner, to_planes(rgb.round().clip(0, 255).astype(np.uint8)), alpha, half)


def _up(value: float) -> int:
    """The even number at or above."""
    return 2 * -int(-value // 2)
