"""JSON is written as the kit's serializer writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from nemovideo_mock.dialects.adk import compact_json
from tests.mock_server.dialects.streams import numbers, values

#: Output of pydantic-core 2.50.4.
WRITTEN: list[tuple[object, str]] = [
    (1e15, "1000000000000000.0"),
    (1e16, "1e+16"),
    (1.2345678901234568e17, "1.2345678901234568e+17"),
    (0.0001, "0.0001"),
    (1e-05, "0.00001"),
    (-1.5e-05, "-0.000015"),
    (9.99e-06, "9.99e-6"),
    (-1.5e-09, "-1.5e-9"),
    (5e-324, "5e-324"),
    (1e300, "1e+300"),
    (-0.0, "-0.0"),
    (4.0, "4.0"),
    (2**70, "1180591620717411303424"),
    (1_795_301_920.3463, "1795301920.3463"),
    ('\x7f\x00\x1f\b\f\n\u2028/</é🎬"\\', '"\x7f\\u0000\\u001f\\b\\f\\n\u2028/</é🎬\\"\\\\"'),
    ({"a": [None, True, False, {}], "b": []}, '{"a":[null,true,false,{}],"b":[]}'),
]


@pytest.mark.parametrize(("value", "written"), WRITTEN)
def test_values_are_written_as_the_kit_writes_them(value: object, written: str) -> None:
    assert compact_json(value) == written


@given(values)
def test_a_value_is_the_same_after_writing_and_reading(value: object) -> None:
    assert json.loads(compact_json(value)) == value


@given(numbers)
def test_only_numbers_with_an_exponent_differ_from_the_standard_library(value: float) -> None:
    assert (compact_json(value) == json.dumps(value)) or "e" in json.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_an_infinite_or_undefined_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON has no number"):
        compact_json({"value": value})


def test_a_value_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="JSON has no set"):
        compact_json([{1}])
