"""The kit's own model reads our events and writes them back byte for byte, if google-adk is installed."""

from __future__ import annotations

import importlib.metadata
import json
import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo_mock.dialects import dialect_for
from nemovideo_mock.dialects.adk import compact_json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Record, Text, ToolCall, ToolResult
from tests.mock_server.dialects.streams import ADK_1, ADK_2, NOW, StreamForm, objects, play, turns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the kit's own warnings
    kit: Any = pytest.importorskip("google.adk.events", reason="the kit is not installed")  # Any: perhaps absent
    pydantic_core: Any = pytest.importorskip("pydantic_core")  # Any: comes with the kit

PROFILE = ADK_2 if importlib.metadata.version("google-adk").startswith("2.") else ADK_1
WAYS = [StreamForm(PROFILE), StreamForm(PROFILE, streaming=True)]
HARD: list[Record] = [
    Text('Hello \u2028 "you" 完成'),
    ToolCall("a", "tool", {"x": 1e-5}),
    ToolResult("a", "tool", {"y": None}),
]


@given(st.sampled_from(WAYS), turns(), st.integers(0, 20))
@example(WAYS[0], HARD, 0)
@example(WAYS[1], HARD, 3)
def test_the_kits_model_writes_back_what_it_read(way: StreamForm, records: list[Record], seed: int) -> None:
    stream = play(way, records, seed=seed)
    for line, value in zip(stream.lines, stream.objects, strict=True):
        event = kit.Event.model_validate_json(line)
        dumped = event.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert dumped == value
        assert pydantic_core.to_json(dumped).decode() == line
        assert event.author
        assert event.invocation_id
        assert event.id


@given(objects)
def test_our_json_is_that_of_the_kits_serializer(value: dict[str, object]) -> None:
    carried = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    assert compact_json(carried) == pydantic_core.to_json(carried).decode()


def test_a_failures_event_is_the_kits_too() -> None:
    *events, _ = dialect_for(PROFILE, Chance("0"), streaming=False).failure("RuntimeError", 'bad "quoted"\nvalue', NOW)
    for sent in events:
        line = sent.decode().removeprefix("data: ").rstrip("\n")
        event = kit.Event.model_validate_json(line)
        assert pydantic_core.to_json(event.model_dump(mode="json", by_alias=True, exclude_none=True)).decode() == line
