"""Recordings to test with: a small conversation by hand, and any recording from Hypothesis."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import cast

from hypothesis import strategies as st

from nemovideo_contract.openapi import Json
from nemovideo_contract.recording import RecordedExchange, Recording
from nemovideo_contract.recording.recording import (
    BinaryBody,
    Body,
    JsonBody,
    RecordedEvent,
    RecordedRequest,
    RecordedResponse,
    StreamBody,
    TextBody,
)

SESSION = "1234567890123456789"
MARKED = "nmv_usr_<token:1>"


def recording_of(*exchanges: RecordedExchange) -> Recording:
    """Return a recording of these exchanges."""
    return Recording("somewhere", "2026-11-22T06:50:02Z", "a test", "conversation", exchanges)


def exchange(
    name: str,
    operation: str,
    answer: Json = None,
    *,
    path: str = "/",
    body: Body = None,
    reply: Body = None,
    status: int = 200,
    token: str | None = MARKED,
) -> RecordedExchange:
    """Return one exchange, by default with a JSON answer."""
    request = RecordedRequest("GET" if body is None else "POST", path, {}, token, body)
    return RecordedExchange(
        name,
        operation,
        request,
        RecordedResponse(status, {"content-type": "application/json"}, 0.1, reply or JsonBody(answer)),
    )


def envelope(data: Json) -> Json:
    """A success."""
    return {"code": 0, "message": "success", "data": data}


def stream(*values: Json, signs: tuple[str, ...] = (), every: float = 1.0) -> StreamBody:
    """A stream of these records, one in so many seconds; signs of life, as they are sent, come last."""
    texts = [f"data: {json.dumps(value)}" for value in values]
    return StreamBody(tuple(RecordedEvent(every * number, text) for number, text in enumerate([*texts, *signs])))


def conversation(session_id: str = SESSION, task_id: str = "task_ab12cd34") -> Recording:
    """A session, its state, and a message to it."""
    made: Json = {"session_id": session_id, "task_id": task_id, "user_id": "anon_0123456789abcdef"}
    return recording_of(
        exchange("a session", "create_session", envelope(made), body=JsonBody({"task_name": "Kyoto"})),
        exchange(
            "its state",
            "state",
            envelope({"session_id": session_id, "task_id": task_id, "state": {"draft": {}, "video_infos": []}}),
            path=f"/api/state/nemo_agent/me/{session_id}/latest",
        ),
        exchange(
            "a message",
            "run_sse",
            body=JsonBody({"session_id": session_id, "new_message": {"parts": [{"text": "hello"}]}}),
            reply=stream({"type": "text", "content": "Hi!"}),
        ),
    )


def changed(found: Recording, change: Callable[[str], str]) -> Recording:
    """Return the recording with every text of a path or a JSON body changed."""

    def of_json(node: Json) -> Json:
        if isinstance(node, dict):
            return {key: of_json(value) for key, value in node.items()}
        if isinstance(node, list):
            return [of_json(each) for each in node]
        return change(node) if isinstance(node, str) else node

    def of_record(record: RecordedEvent) -> RecordedEvent:
        value = cast("Json", json.loads(record.text.removeprefix("data: ")))
        return _record(record.at, of_json(value))

    def of_body(body: Body) -> Body:
        match body:
            case JsonBody(value):
                return JsonBody(of_json(value))
            case StreamBody(records, left):
                return StreamBody(tuple(map(of_record, records)), left)
            case _:
                return body

    return dataclasses.replace(
        found,
        exchanges=tuple(
            dataclasses.replace(
                each,
                request=dataclasses.replace(
                    each.request, path=change(each.request.path), body=of_body(each.request.body)
                ),
                reply=dataclasses.replace(each.reply, body=of_body(each.reply.body)),
            )
            for each in found.exchanges
        ),
    )


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_ids = st.from_regex(r"[a-z]{2,5}_[0-9a-f]{8}|[0-9]{19}", fullmatch=True)
_keys = st.sampled_from(["code", "data", "status", "session_id", "draft", "t", "tt", "url", "type", "name", "files"])
_leaves = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _texts | _ids
values: st.SearchStrategy[Json] = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


def _record(at: float, value: Json) -> RecordedEvent:
    return RecordedEvent(round(at, 3), f"data: {json.dumps(value, ensure_ascii=False)}")


def _stream(records: list[RecordedEvent]) -> StreamBody:
    return StreamBody(tuple(records))


_names = st.sampled_from(["edit_multitrack", "seedance_2"]) | _ids
_typed = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_call", "tool_result", "error", "heartbeat"]) | _ids},
    optional={"name": _names, "code": st.sampled_from([500, "429"]) | _ids, "content": _texts | _ids},
)


def _content_of(parts: list[dict[str, Json]]) -> Json:
    return {"parts": list(parts)}


def _tool_of(tool_id: str, name: str) -> Json:
    return {"id": tool_id, "name": name}


_tool = st.builds(_tool_of, _ids, _names)
_spoken: st.SearchStrategy[Json] = _texts | _ids
_parts = (
    st.fixed_dictionaries({"functionCall": _tool})
    | st.fixed_dictionaries({"functionResponse": _tool})
    | st.fixed_dictionaries({"text": _spoken})
)
_content: st.SearchStrategy[Json] = st.builds(_content_of, st.lists(_parts, max_size=2))
_events = st.fixed_dictionaries(
    {
        "invocationId": _ids,
        "id": _ids,
        "content": _content,
    },
    optional={
        "partial": st.booleans(),
        "nodeInfo": st.just(dict[str, Json]()),
        "longRunningToolIds": st.lists(_ids, max_size=2),
    },
)
_records = st.builds(_record, st.floats(0, 100), values | _typed | _events)
bodies: st.SearchStrategy[Body] = (
    st.none()
    | st.builds(JsonBody, values)
    | st.builds(TextBody, _texts.filter(bool))
    | st.builds(BinaryBody, st.integers(0, 10**6), st.none() | st.just("mp4"))
    | st.builds(_stream, st.lists(_records, max_size=5))
)
_operations = st.sampled_from(["", "state", "run_sse", "render_status", "submit_render", "credits", "create_session"])
exchanges = st.builds(
    RecordedExchange,
    st.sampled_from(["a session", "its state", "a message", "a poll"]),
    _operations,
    st.builds(
        RecordedRequest,
        st.sampled_from(["GET", "POST"]),
        st.builds("/api/{}".format, _ids),
        st.dictionaries(st.sampled_from(["Accept", "Range"]), _texts, max_size=1),
        st.none() | st.just("nmv_usr_test_funded"),
        bodies,
    ),
    st.builds(
        RecordedResponse,
        st.sampled_from([0, 200, 400, 404]),
        st.dictionaries(st.sampled_from(["content-type", "retry-after"]), _texts, max_size=2),
        st.floats(0, 100).map(lambda seconds: round(seconds, 3)),
        bodies,
        st.none() | st.just("it broke"),
    ),
)
any_recordings = st.lists(exchanges, max_size=6).map(lambda listed: recording_of(*listed))
