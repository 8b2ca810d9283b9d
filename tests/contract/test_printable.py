"""Printable text has no control characters, and a JSON document keeps its content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.printable import printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]52;c;aGk=\x07", "\\u001b]52;c;aGk=\\u0007"),
        ("\x9b31m\x7f\x85", "\\u009b31m\\u007f\\u0085"),
        ("abc\rd", "abc\\u000dd"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("\u200b\ufeff\u00ad", "\\u200b\\ufeff\\u00ad"),
        ("\u2028\ud800", "\\u2028\\ud800"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
        ("Kyōto 夏天 عربى 👩\u200d🚀 می\u200cخواهم", "Kyōto 夏天 عربى 👩\u200d🚀 می\u200cخواهم"),
    ],
)
def test_unsafe_characters_become_escapes_and_others_stay(text: str, expected: str) -> None:
    assert printable(text) == expected
    assert printable(expected) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_a_json_document_keeps_its_content(text: str) -> None:
    shown = printable(json.dumps({text: [text]}, ensure_ascii=False, indent=1))
    assert json.loads(shown) == {text: [text]}
    assert not set(shown) & {*map(chr, (*range(9), *range(11, 32), *range(127, 160))), "\u202e", "\ud800"}
