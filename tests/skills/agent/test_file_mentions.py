"""Paths and addresses in a sentence, of ordinary and of hostile users."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_skills.agent import file_mentions
from nemovideo_skills.agent.file_mentions import find_file_mentions, mask_quoted

#: What a path is, in one expression; it takes time with the square of the text.
PATH = re.compile(
    rf"(?:[A-Za-z]:\\)?[^{file_mentions._STOP}:：]+?\.(?:{file_mentions._ENDING})(?![A-Za-z0-9_]|\.[A-Za-z0-9])",
    re.IGNORECASE,
)
PIECES = ("a", "C", ":", "\\", "/", ".", "jpg", ".jpg", ".MP4", " ", ",", "：", "照片", "_", "1", "C:\\a", '"', "~")


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_paths_are_found_where_one_expression_finds_them(pieces: list[str]) -> None:
    words = "".join(pieces).replace(":\\.", ".")
    assert list(file_mentions._paths(words)) == [each.span() for each in PATH.finditer(words)]


def test_a_name_that_joins_a_file_before_it_is_recognized_across_blanks() -> None:
    assert [each.name for each in find_file_mentions("「a.jpg」  和b.jpg")] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("piece", ["[", "“", "„", "a.jpg ", ".jpg ", "照片.jpg"])
def test_a_line_of_100_000_characters_is_read_at_once(piece: str) -> None:
    # With the square of its length, each of these takes minutes, and the time limit of a test ends it.
    line = piece * (100_000 // len(piece))
    assert len(mask_quoted(line)) == len(line)
    assert len(find_file_mentions(line)) in {0, line.count("jpg")}
