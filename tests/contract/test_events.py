"""The schemas of stream records, a file a dialect: what they take, what they refuse, and where they come from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from nemovideo_contract.openapi import Json, JsonObject, at, bundle_schema, document, mapping, records
from nemovideo_contract.profiles import choices

#: What servers of the kit sent, byte for byte, and the strict schema of the events among it.
DATA = Path(__file__).parents[1] / "mock_server/dialects/data"
VERSIONS = {"adk-2": "adk-2.13.0", "adk-1": "adk-1.39.1"}
STREAM = at(document(), "paths", "/run_sse", "post", "responses", "200", "content", "text/event-stream")

both = pytest.mark.parametrize("dialect", VERSIONS)


def _fits(dialect: str, record: Json) -> bool:
    return Draft202012Validator(records(dialect)).is_valid(record)  # pyright: ignore[reportUnknownMemberType] -- its stubs


def _captured(dialect: str) -> Iterator[tuple[str, JsonObject]]:
    for file in sorted((DATA / VERSIONS[dialect]).glob("*.sse")):
        for record in file.read_bytes().decode("utf-8").split("\n\n"):
            if record:
                yield file.name, mapping(json.loads(record.removeprefix("data: ")))


def test_there_is_a_schema_for_each_dialect_and_it_is_one() -> None:
    listed = mapping(at(STREAM, "x-dialects"))
    assert list(listed) == list(choices("events"))
    for dialect in listed:
        assert at(listed[dialect], "file") == f"events/{dialect}.schema.json"
        Draft202012Validator.check_schema(records(dialect))


def test_the_typed_schema_is_the_specification_s() -> None:
    title: JsonObject = {"title": "A record of the typed stream"}
    assert records("typed") == bundle_schema(document(), {**title, **mapping(at(STREAM, "x-records"))})


def test_a_bundled_schema_has_what_it_refers_to_and_nothing_else() -> None:
    root: JsonObject = {
        "components": {
            "schemas": {
                "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
                "Leaf": {"type": "string"},
            }
        }
    }
    whole = bundle_schema(root, {"$ref": "#/components/schemas/Tree"})
    assert whole["$ref"] == "#/$defs/Tree"
    assert whole["$defs"] == {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}}


def test_the_kit_s_events_are_those_of_its_strict_schema() -> None:
    strict = mapping(json.loads((DATA / "event_wire_strict.min.schema.json").read_text(encoding="utf-8")))
    parts = mapping(strict.pop("$defs"))
    del strict["$schema"]
    kit = mapping(records("adk-2")["$defs"])
    assert {name: kit[name] for name in kit if name not in {"Event", "Failure"}} == parts
    assert kit["Event"] == strict
    older = mapping(records("adk-1")["$defs"])
    assert set(kit) - set(older) == {"NodeInfo"}
    del mapping(strict["properties"])["nodeInfo"]
    required = strict["required"]
    assert isinstance(required, list)
    required.remove("nodeInfo")
    assert older["Event"] == strict


@both
def test_whatever_a_server_of_the_kit_sent_fits(dialect: str) -> None:
    captured = list(_captured(dialect))
    assert len(captured) > 15
    assert [(name, record) for name, record in captured if not _fits(dialect, record)] == []
    assert any("error" in record for _, record in captured)


@both
def test_an_event_that_no_server_of_the_kit_sends_does_not_fit(dialect: str) -> None:
    other = next(each for each in VERSIONS if each != dialect)
    event = next(record for _, record in _captured(dialect) if "error" not in record)
    assert _fits(dialect, event)
    assert not _fits(other, event)
    assert not _fits("typed", event)
    assert not _fits(dialect, {**event, "partial": None})
    assert not _fits(dialect, {**event, "type": "text"})
    assert not _fits(dialect, {key: value for key, value in event.items() if key != "invocationId"})
    assert not _fits(dialect, {"error": "both", **event})
    assert not _fits(dialect, {"type": "heartbeat"})


def test_an_unknown_dialect_has_no_schema() -> None:
    with pytest.raises(FileNotFoundError):
        records("adk-3")
