from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.draft import POSITIONS, TextPosition
from nemovideo_mock.render import film, text
from nemovideo_mock.render.film import TextOverlay
from nemovideo_mock.render.font_code_points import read_code_points
from tests.mock_server.render.drafts import draft

SIZES = st.sampled_from([(1080, 1920), (1920, 1080), (64, 64), (360, 16)])
TITLES = (
    "Kyoto",
    "京都之旅",
    "Seven quiet days along the old road from Kyoto to Tokyo",
    "沿着古道从京都走到东京的七个安静的日子，以及路上遇见的人",
)


def words(content: str, *, size: float = 112, color: str = "white", position: TextPosition = "center") -> TextOverlay:
    return TextOverlay(content, 0, 1000, "title", color, size, position, 0, 0)


def test_the_included_fonts_have_the_characters_of_their_languages() -> None:
    assert {*map(ord, "Kyōto Straße Ελλάδα Привет Việt €")} <= read_code_points(text.LATIN)
    assert {*map(ord, "京都的秋天 かなカナ 한국 ，。")} <= read_code_points(text.CJK)


def test_emoji_and_unknown_characters_are_left_out() -> None:
    assert text.printable("Kyoto 🎉 trip 👨‍👩‍👧\t2024\x00") == "Kyoto trip 2024"
    assert text.printable("京都🏯之旅") == "京都之旅"
    assert text.set_text(words("🎉🎉"), 1080, 1920) is None
    assert text.set_text(words("  \n "), 1080, 1920) is None


@given(st.text(max_size=300), st.sampled_from(POSITIONS), SIZES)
def test_any_text_fits_inside_the_frame(content: str, position: TextPosition, size: tuple[int, int]) -> None:
    lettering = text.set_text(words(content, position=position), *size)

    if lettering is not None:
        assert lettering.x >= 0
        assert lettering.y >= 0
        assert lettering.x % 2 == lettering.y % 2 == 0
        assert lettering.x + lettering.colour.width <= size[0]
        assert lettering.y + lettering.colour.height <= size[1]
        assert lettering.alpha.shape == lettering.colour.y.shape
        assert lettering.half_alpha.shape == lettering.colour.u.shape


def ink(content: str, *, width: int = 1080, height: int = 1920, **kind: object) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the nearly opaque part, in pixels of the frame."""
    read = film.read(draft([{"hash": "a" * 64}], words=[{"text": content, **kind}])).texts[0]
    lettering = text.set_text(read, width, height)
    assert lettering is not None
    rows, columns = np.nonzero(lettering.alpha > 240)
    return (
        int(columns.min()) + lettering.x,
        int(rows.min()) + lettering.y,
        int(columns.max()) + lettering.x,
        int(rows.max()) + lettering.y,
    )


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (1080, 1080)])
@pytest.mark.parametrize("content", TITLES)
def test_a_title_is_in_the_middle_with_margins(size: tuple[int, int], content: str) -> None:
    left, top, right, bottom = ink(content, width=size[0], height=size[1])

    assert left > size[0] * 0.05
    assert right < size[0] * 0.95
    assert (left + right) / 2 == pytest.approx(size[0] / 2, abs=12)
    assert (top + bottom) / 2 == pytest.approx(size[1] / 2, abs=size[1] * 0.03)


def test_captions_are_in_the_lower_third_and_positions_are_respected() -> None:
    assert ink("A quiet morning", role="caption")[1] > 1920 * 2 / 3
    assert ink("A quiet morning", role="caption", width=1920, height=1080)[1] > 1080 * 2 / 3
    assert ink("Kyoto", position="top")[3] < 1920 / 3
    assert ink("Kyoto", position="bottom")[1] > 1920 * 0.6


def test_long_text_gets_smaller_before_it_takes_more_lines() -> None:
    def height(content: str) -> int:
        _, top, _, bottom = ink(content)
        return bottom - top

    assert height("Kyoto") < height("Seven quiet days in Kyoto") < 3.2 * 112 * 1.26
    assert height("word " * 200) < 1920 * 0.62


@pytest.mark.parametrize(
    ("color", "luma", "red"),
    [("white", 235, 128), ("#000000", 16, 128), ("red", 63, 240), ("nonsense", 235, 128)],
)
def test_colours_are_css_names_or_hexadecimal_and_white_otherwise(color: str, luma: int, red: int) -> None:
    lettering = text.set_text(words("■■■ III", color=color, size=300), 1080, 1080)

    assert lettering is not None
    rows, columns = np.nonzero(lettering.alpha == 255)
    middle = np.median(lettering.colour.y[rows, columns])
    assert float(middle) == pytest.approx(luma, abs=6)
    chroma = lettering.half_alpha == 255
    assert float(np.median(lettering.colour.v[chroma])) == pytest.approx(red, abs=8)


def test_no_line_begins_with_closing_punctuation() -> None:
    lines = text._wrap("他说：“今天天气很好。”我们出发，去山里。", 60, 300, 99)

    assert len(lines) > 2
    assert all(line[0] not in text.NOT_FIRST for line in lines)
    assert all(line[-1] not in text.NOT_LAST for line in lines)


NASTY = {
    "a word": "W",
    "a word and spaces": "i ",
    "full stops": ". ",
    "Chinese": "京",
    "opening brackets": "(",
    "marks on letters": "a\u0301",
    "line breaks": "a\n",
}


@pytest.mark.parametrize("size", [112, 8])
@pytest.mark.parametrize("repeated", NASTY.values(), ids=NASTY)
def test_setting_a_text_twice_as_long_measures_at_most_twice_as_many_letters(
    repeated: str, size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = 0
    width = text._width

    def counted(line: str, size: int) -> float:
        nonlocal measured
        measured += len(line)
        return width(line, size)

    def letters(length: int) -> int:
        nonlocal measured
        measured = 0
        content = (repeated * length)[:length]
        text.set_text(words(content, size=size), 1080, 1920)
        return measured

    monkeypatch.setattr(text, "_width", counted)

    assert letters(2000) <= 2.2 * letters(1000) + 2000


@given(st.text(st.sampled_from("WAVTo i.,京都“”()\n-"), max_size=120), st.sampled_from([8, 30, 112]))
def test_lines_are_cut_as_by_trying_each_length(content: str, size: int) -> None:
    content = text.printable(content)

    def cut_slowly(measure: float) -> list[str]:
        lines: list[str] = []
        for paragraph in content.split("\n"):
            line = ""
            for piece in text._pieces(paragraph):
                if line and text._width((line + piece).rstrip(), size) > measure:
                    lines.append(line.rstrip())
                    line = ""
                line += piece if line else piece.lstrip()
                while text._width(line.rstrip(), size) > measure and len(line) > 1:
                    fitting = (cut for cut in range(len(line) - 1, 1, -1) if text._width(line[:cut], size) <= measure)
                    keep = next(fitting, 1)
                    lines.append(line[:keep])
                    line = line[keep:]
            if line.strip():
                lines.append(line.rstrip())
        return lines

    assert text._wrap(content, size, 400, 500) == cut_slowly(400)
