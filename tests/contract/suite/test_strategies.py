"""What is drawn is what a caller may send, or just what it may not: by the specification and the vocabulary."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from nemovideo_contract.draft import is_ready
from nemovideo_contract.http.exchange import File
from nemovideo_contract.openapi import Json, JsonObject, document, standalone
from nemovideo_contract.suite import strategies
from nemovideo_contract.suite.schema_strategies import fitting, schema
from nemovideo_contract.wire import ATTRIBUTION_HEADERS, CLIENT_ID_MAX_LENGTH, FileType, file_type_of

SIGNATURES = {FileType.IMAGE: (b"\x89PNG", b"GIF8"), FileType.AUDIO: (b"RIFF",)}


@cache
def validator(name: str) -> Draft202012Validator:
    """What holds a value against a schema of the specification."""
    return Draft202012Validator(standalone(document(), schema(name), closed=True))


def errors(name: str, value: Json) -> list[str]:
    """What is wrong with a value by a schema of the specification."""
    found = validator(name).iter_errors(value)  # pyright: ignore[reportUnknownMemberType] -- its stubs
    return [error.message for error in found]


@settings(max_examples=20)
@given(draft=strategies.drafts, empty=strategies.empty_drafts, output=strategies.outputs)
def test_drafts_and_outputs_fit_their_schemas(draft: JsonObject, empty: JsonObject, output: JsonObject) -> None:
    assert errors("Draft", draft) == errors("Draft", empty) == errors("RenderOutputRequest", output) == []
    assert is_ready(draft)
    assert not is_ready(empty)


def test_a_value_that_does_not_fit_is_noticed() -> None:
    assert errors("Draft", {"t": [{"tt": 3, "sg": []}], "d": 0, "m": {}})
    assert errors("Draft", {"t": [], "d": -1, "m": {}})


@settings(max_examples=50)
@given(file=strategies.uploads, name=strategies.file_names, url=strategies.urls, unknown=strategies.unknown_names)
def test_files_are_what_their_names_say(file: File, name: str, url: str, unknown: str) -> None:
    kind = file_type_of(file.name)
    assert kind is not None
    assert file.content.startswith(SIGNATURES[kind])
    assert file_type_of(name) is not None
    assert file_type_of(url) is not None
    assert url.isascii()
    assert file_type_of(unknown) is None


def test_every_format_and_its_jpeg_is_drawn() -> None:
    kinds = [file_type_of(f"a.{ending}") for ending in strategies.ENDINGS]
    assert set(kinds) == set(FileType)
    assert "jpeg" in strategies.ENDINGS
    assert len(strategies.ENDINGS) == len(set(strategies.ENDINGS)) == 14


@settings(max_examples=50)
@given(one=strategies.client_ids, long=strategies.long_client_ids, headers=strategies.attributions)
def test_headers_can_be_sent_and_client_ids_are_short_or_too_long(one: str, long: str, headers: dict[str, str]) -> None:
    assert 0 < len(one) <= CLIENT_ID_MAX_LENGTH < len(long)
    assert headers.keys() == set(ATTRIBUTION_HEADERS)
    assert all(each and each.isascii() and each.isprintable() and each.strip() == each for each in headers.values())


@settings(max_examples=50)
@given(name=strategies.task_names, message=strategies.messages, render_id=strategies.render_ids)
def test_words_say_something_and_ids_fit_into_a_path(name: str, message: str, render_id: str) -> None:
    assert name == name.strip() != ""
    assert message.strip()
    assert errors("RenderRequest", {"id": render_id, "sessionId": "1", "draft": {"t": [{"sg": [{}]}]}}) == []


@given(data=st.data())
@settings(max_examples=30)
def test_any_schema_of_simple_parts_is_fitted(data: st.DataObject) -> None:
    parts: JsonObject = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {
            "a": {"type": ["string", "null"], "maxLength": 3},
            "b": {"type": "number", "minimum": 0, "maximum": 1},
            "c": {"anyOf": [{"const": "me"}, {"type": "boolean"}]},
            "d": {"type": "array", "items": {"enum": [1, 2]}},
        },
    }
    value = data.draw(fitting(parts))
    assert list(Draft202012Validator(parts).iter_errors(value)) == []  # pyright: ignore[reportUnknownMemberType] -- its stubs


def test_a_schema_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'tuple'"):
        fitting({"type": "tuple"})
