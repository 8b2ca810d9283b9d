"""Draw text on the picture: set in the included fonts, wrapped, shrunk to fit, and with a soft shadow.

Letters come from Noto Sans SemiBold or, if it has no glyph, from the CJK subset. Characters that neither font has
(mostly emoji) are left out, because a box would look worse.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont

from nemovideo_mock.render import planes
from nemovideo_mock.render.film import TextOverlay
from nemovideo_mock.render.font_code_points import read_code_points
from nemovideo_mock.render.pictures import rgb_to_planes
from nemovideo_mock.render.planes import Plane, Planes

FONTS: Final = Path(__file__).parent / "fonts"
LATIN: Final = FONTS / "NotoSans-SemiBold-LGC.ttf"
CJK: Final = FONTS / "NotoSansCJKjp-Regular-common.otf"

#: The width of a text block relative to the frame's width; the rest is margin.
TITLE_WIDTH: Final = 0.82
CAPTION_WIDTH: Final = 0.86
TITLE_LINES: Final = 3
CAPTION_LINES: Final = 2
#: The height of a line relative to the size of its letters.
LEADING: Final = 1.26
#: Rows of pixels that are mixed at a time.
BAND: Final = 64
#: The CJK font has one weight only; a stroke of this width makes it similar to SemiBold.
CJK_STROKE: Final = 0.016
#: Characters that must not begin a line in Chinese and Japanese, and characters that must not end one.
NOT_FIRST: Final = frozenset("、。，．！？；：）」』】》〉”’…—～ー・,.!?;:)]}%")
NOT_LAST: Final = frozenset("（「『【《〈“‘([{")


@dataclass(frozen=True, slots=True)
class Lettering:
    """Text ready to be drawn on a frame at pixel (`x`, `y`), both even; `half_alpha` is `alpha` at half size."""

    x: int
    y: int
    colour: Planes
    alpha: Plane
    half_alpha: Plane

    @property
    def size(self) -> int:
        """The memory that it needs, in bytes."""
        return self.alpha.nbytes + self.half_alpha.nbytes + sum(plane.nbytes for plane in self.colour)

    def draw_on(self, target: Planes, opacity: float) -> None:
        """Draw the text on a frame with this opacity, 0 to 1."""
        part = target.part(self.x, self.y, self.colour.width, self.colour.height)
        planes.lay(self.colour, self.alpha, self.half_alpha, part, opacity)


def set_text(overlay: TextOverlay, width: int, height: int) -> Lettering | None:
    """Return the text set for a frame of this size in pixels, or None if no font has any of its characters."""
    content = printable(overlay.text)
    if not content:
        return None
    scale = min(width, height) / 1080
    share, most = (TITLE_WIDTH, TITLE_LINES) if overlay.role == "title" else (CAPTION_WIDTH, CAPTION_LINES)
    measure = min(width * share, height * 1.5)
    size, lines = _fit(content, overlay.size * scale, measure, most, height * 0.6)
    return _draw(lines, size, overlay, width, height)


def printable(content: str) -> str:
    """Return the part of a text that can be set: single spaces, single line breaks, and known characters only."""
    content = unicodedata.normalize("NFC", content)
    known = (
        char if char == "\n" else " " if char.isspace() else char if _face(char) is not None else "" for char in content
    )
    lines = [re.sub(" +", " ", line).strip() for line in "".join(known).split("\n")]
    return "\n".join(line for line in lines if line)


def _face(char: str) -> Path | None:
    """Return the font that has this character, or None; control characters (joiners, direction marks) have none."""
    if unicodedata.category(char) in {"Cc", "Cf"}:
        return None
    return next((font for font in (LATIN, CJK) if ord(char) in read_code_points(font)), None)


@lru_cache(maxsize=32)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _runs(line: str) -> list[tuple[Path, str]]:
    """Return the runs of a line, cut where the font changes; a space belongs to the run before it."""
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
    """Return the largest size at which the text fits, up to the size asked for, and the lines.

    The text shrinks to less than half its size before it gets more lines than allowed; a very long text is cut with an
    ellipsis.
    """
    lines: list[str] = []
    wanted = max(round(size), 8)
    smallest = max(round(wanted * 0.45), 8)
    room = max(1, int(tallest / (smallest * LEADING)))
    for trial in range(wanted, smallest - 1, -max(1, wanted // 24)):
        lines = _wrap(content, trial, measure, room + 2)  # with two lines more than fit, the text is surely too long
        if len(lines) <= max(most, content.count("\n") + 1) and len(lines) * trial * LEADING <= tallest:
            return trial, _balance(content, lines, trial, measure)
    if len(lines) > room:
        lines = [*lines[: room - 1], lines[room - 1].rstrip(" ,.、。，") + "…"]
    return smallest, lines


def _balance(content: str, lines: list[str], size: int, measure: float) -> list[str]:
    """Return the text in as many lines, but of similar length, so that no single word is left on the last line."""
    if len(lines) < 2:
        return lines
    best = lines
    for step in range(1, 13):
        narrower = _wrap(content, size, measure * (1 - step * 0.04), len(lines) + 1)
        if len(narrower) != len(lines):
            break
        best = narrower
    return best


def _wrap(content: str, size: int, measure: float, most: int) -> list[str]:
    """Return the first `most` lines of the text; a line is at most `measure` pixels wide.

    The work grows with the length of these lines, not with the length of the text.
    """
    lines: list[str] = []
    for paragraph in content.split("\n"):
        line, width = "", 0.0
        for piece in _pieces(paragraph):
            # A line is measured as a whole only near its end: the sum of its pieces differs by a little kerning.
            width += _width(piece, size)
            if width <= measure * 0.9:
                line += piece if line else piece.lstrip()
                continue
            if line and _width((line + piece).rstrip(), size) <= measure:
                line += piece
                continue
            if line:
                lines.append(line.rstrip())
            line = piece.lstrip()
            while len(lines) < most and (keep := _fitting(line.rstrip(), size, measure)) < len(line.rstrip()):
                lines.append(line[:keep])
                line = line[keep:]
            if len(lines) >= most:
                return lines[:most]
            width = _width(line, size)
        if line.strip():
            lines.append(line.rstrip())
        if len(lines) >= most:
            return lines[:most]
    return lines


def _fitting(line: str, size: int, measure: float) -> int:
    """Return how many characters of the line fit into `measure` pixels, at least 1."""
    tried = 32
    while tried < len(line) and _width(line[:tried], size) <= measure:
        tried *= 2
    if tried >= len(line) and _width(line, size) <= measure:
        return len(line)
    longer = range(1, min(tried, len(line)))
    return max(1, bisect_right(longer, measure, key=lambda cut: _width(line[:cut], size)))


def _pieces(paragraph: str) -> list[str]:
    """Return the unbreakable pieces: a word with the space after it, or a CJK character with its punctuation."""
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
    """Return whether a line may be broken before and after this character."""
    return "\u2e80" <= char <= "\ua4cf" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uffef"


def _colour(name: str) -> tuple[int, int, int]:
    """Return a CSS colour name or a hexadecimal colour as RGB, or white if it is neither."""
    try:
        red, green, blue = ImageColor.getrgb(name.strip())[:3]
    except ValueError:
        return 255, 255, 255
    return red, green, blue


def _draw(lines: list[str], size: int, overlay: TextOverlay, width: int, height: int) -> Lettering:
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
    fill = _colour(overlay.color)
    return _lay_over_shadow(ink, fill, size, _corner(overlay, block, width, height))


def _corner(overlay: TextOverlay, block: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the corner of the block, inside the margins that players and phones cover with their controls."""
    upright = height > width
    x = (width - block[0]) // 4 * 2
    if overlay.position == "top":
        y = height * (0.11 if upright else 0.07)
    elif overlay.position == "bottom":
        y = height * (0.775 if upright else 0.93) - block[1]
    else:
        y = (height - block[1]) / 2
    return x, min(max(2 * round(y / 2), 0), height - block[1])


def _lay_over_shadow(ink: Image.Image, fill: tuple[int, int, int], size: int, corner: tuple[int, int]) -> Lettering:
    """Return the ink over two shadows: a wide one separates it from the picture, a tight one keeps its edges sharp."""
    luma = 0.2126 * fill[0] + 0.7152 * fill[1] + 0.0722 * fill[2]
    ground = 0 if luma > 70 else 255
    drop = max(1, round(size * 0.03))
    wide = ImageChops.offset(ink, 0, drop).filter(ImageFilter.GaussianBlur(size * 0.16)).point(lambda v: v * 0.8)
    tight = ImageChops.offset(ink, 0, drop // 2).filter(ImageFilter.GaussianBlur(size * 0.035)).point(lambda v: v * 0.5)
    shadow = ImageChops.screen(wide, tight)
    covered = ImageChops.screen(ink, shadow)
    alpha = np.asarray(covered)
    inked = np.asarray(ink)
    rgb = np.empty((*alpha.shape, 3), np.uint8)
    for top in range(0, alpha.shape[0], BAND):  # as floats, the whole block would need hundreds of megabytes
        share = inked[top : top + BAND].astype(np.float32) / np.maximum(alpha[top : top + BAND], 1)
        mixed = share[:, :, None] * np.array(fill, np.float32) + (1 - share[:, :, None]) * ground
        rgb[top : top + BAND] = mixed.round().clip(0, 255)
    return Lettering(*corner, rgb_to_planes(rgb), alpha, np.asarray(covered.reduce(2)))


def _up(value: float) -> int:
    """Return the smallest even number that is not below the value."""
    return 2 * -int(-value // 2)
