"""The one reader of JSON from outside: what it refuses, and that nothing else parses."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.json_input import DEEPEST, MOST_DIGITS, JsonInputError, as_json, depth, is_json, parse

TOP: Final = Path(__file__).parents[2]
PACKAGES: Final = ("client", "contract", "mock_server", "harness")

VALUES: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**60), 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_of_json_is_read_as_it_was_written(value: object) -> None:
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode("utf-8")) == value
    assert as_json(value) == value


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_other_text_is_one_sentence(text: bytes | str) -> None:
    sentence, value = "It is JSON.", None
    try:
        value = parse(text, unique_keys=True)
    except JsonInputError as error:
        sentence = str(error)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "It is not JSON: Expecting value, line 1, column 1."),
        (b'{"a":\n1,}', "It is not JSON: "),
        (b"\xff\xfe[\x00", "It is not UTF-8."),
        (b'"\xed\xa0\x80"', "It is not UTF-8."),
        (b'{"a": "\\ud800"}', "It has half of a surrogate pair, which is not a character."),
        (b'{"\\uDFFF": 1}', "It has half of a surrogate pair, which is not a character."),
        ('"\ud800"', "It has half of a surrogate pair, which is not a character."),
        (b"9" * (MOST_DIGITS + 1), "It has a number of more than 100 digits."),
        (b"-" + b"9" * 5000, "It has a number of more than 100 digits."),
        (b"1e400", "It has a number that is too large: 1e400."),
        (b"9" * 400 + b".5", "It has a number that is too large: " + "9" * 40 + "."),
        (b"[NaN]", "It has NaN, which is not a number of JSON."),
        (b"-Infinity", "It has -Infinity, which is not a number of JSON."),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "It is nested more than 200 levels deep."),
        (b'{"a":' * 100_000, "It is nested more than 200 levels deep."),
        (b'[{"a": 1, "b": 2, "a": 3}]', "The key 'a' appears twice in one object."),
        (b'"' + b"x" * 999 + b'"', "It is longer than 1000 bytes."),
    ],
)
def test_what_can_not_be_used_or_written_again_is_refused_in_one_sentence(text: bytes | str, sentence: str) -> None:
    longest = 1000 if sentence.startswith("It is longer") else None
    with pytest.raises(JsonInputError) as caught:
        parse(text, unique_keys=True, longest=longest)
    assert str(caught.value).startswith(sentence)


def test_values_at_the_limits_are_read() -> None:
    assert parse(b"9" * MOST_DIGITS) == int("9" * MOST_DIGITS)
    assert parse(b"-" + b"9" * MOST_DIGITS) == -int("9" * MOST_DIGITS)
    assert depth(parse(b"[" * DEEPEST + b"]" * DEEPEST)) == DEEPEST
    assert parse(b'"' + b"[" * 999 + b'"') == "[" * 999
    assert parse(b'{"a": 1, "a": 2}') == {"a": 2}
    assert parse(b'"\\ud83d\\ude00"') == "😀"
    assert parse('"\\ud800"', half_pairs=True) == "\ud800"


def test_a_byte_order_mark_before_json_is_ignored() -> None:
    assert parse(b"\xef\xbb\xbf{}") == parse("\ufeff{}") == {}
    assert is_json(b"{}")
    assert not is_json(b"\xef\xbb\xbf{}")  # a part of other JSON can't begin with it
    assert not is_json("\ufeff{}")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": {1, 2}}, "It has a value of a type that JSON does not have."),
        ([float("nan")], "It has NaN, which is not a number of JSON."),
        ([10**5000], "It has a number of more than 100 digits."),
        (["\udc00"], "It has half of a surrogate pair, which is not a character."),
    ],
)
def test_values_of_other_readers_are_held_to_the_same_limits(value: object, sentence: str) -> None:
    with pytest.raises(JsonInputError, match=sentence.rstrip(".")):
        as_json(value)
    around: list[object] = []
    around.append(around)
    with pytest.raises(JsonInputError):
        as_json(around)


def test_no_other_module_parses_json() -> None:
    seen = 0
    for path in (each for package in PACKAGES for each in sorted((TOP / package).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "json":
                seen += 1
                parses = node.attr in {"load", "loads", "JSONDecoder"}
                assert not parses or path.name == "json_input.py", f"{path}:{node.lineno}: call json_input.parse"
    assert seen > 20
