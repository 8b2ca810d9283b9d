"""Defects of turns and of their streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import TOOL_EDIT, TOOL_GENERATE
from tests.contract.suite.defects.content import drafted, growing, notes_owner
from tests.contract.suite.defects.tools import asks, by, is_anonymous, plays, recodes, refuses, restates, swaps
from tests.contract.suite.defects.wrong import Asked, Plant, Told, refusal

_CALL: Final[JsonObject] = {"type": "tool_call", "name": TOOL_EDIT, "args": {}}
_RESULT: Final[JsonObject] = {"type": "tool_result", "name": TOOL_EDIT, "result": {}}


def message_of(asked: Asked) -> JsonObject:
    message = asked.json.get("new_message")
    return message if isinstance(message, dict) else {}


def with_body(asked: Asked, **fields: Json) -> None:
    asked.says({**asked.json, **fields})


def worded(asked: Asked) -> None:
    """Takes a message without a word for a greeting."""
    if not asked.text.strip():
        with_body(asked, new_message={"parts": [{"text": "hello"}]})


def to_owner(asked: Asked) -> Told | None:
    """Takes a message as the session's owner's."""
    owner = asked.memory.get(str(asked.json.get("session_id")))
    if isinstance(owner, str) and is_anonymous(asked):
        asked.token = owner
    return None


def records(change: Callable[[Asked, JsonObject], JsonObject | list[JsonObject] | None]) -> Plant:
    """Each record is replaced by another, by several or by none."""

    def say(asked: Asked, value: JsonObject) -> list[JsonObject]:
        changed = change(asked, value)
        return changed if isinstance(changed, list) else [] if changed is None else [changed]

    return Plant(says=say)


def of_type(name: str, change: Callable[[JsonObject], JsonObject | list[JsonObject] | None]) -> Plant:
    """Records of a type are replaced."""
    return records(lambda _, value: change(value) if value.get("type") == name else value)


def renamed(old: str, new: str) -> Plant:
    """A tool is called otherwise."""
    return records(lambda _, value: {**value, "name": new} if value.get("name") == old else value)


def first_of_turn(asked: Asked) -> bool:
    """Whether this is the first record of the turn."""
    return asked.memory.count(f"records of {asked.number}") == 1


def tools_in_talk(asked: Asked, value: JsonObject) -> list[JsonObject]:
    """Calls a tool before it talks."""
    return [_CALL, _RESULT, value] if asked.text.startswith("Hello") and first_of_turn(asked) else [value]


def plans_first(asked: Asked, value: JsonObject) -> list[JsonObject]:
    """Calls a tool that no document has."""
    strange: JsonObject = {"name": "plan_video"}
    return [_CALL | strange, _RESULT | strange, value] if first_of_turn(asked) else [value]


def says_words(words: str) -> Plant:
    """All that is said is this."""
    return of_type("text", lambda value: {**value, "content": words})


def kit_says(words: str) -> Plant:
    """The same, of the kit's events."""

    def change(_: Asked, value: JsonObject) -> JsonObject:
        content = value.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and "text" in part:
                part["text"] = words
        return value

    return records(change)


def results_first(asked: Asked, value: JsonObject) -> list[JsonObject]:
    """Sends a tool's result before its call."""
    if value.get("type") == "tool_call":
        asked.memory[f"call of {asked.number}"] = value
        return []
    if value.get("type") == "tool_result":
        return [value, cast("JsonObject", asked.memory[f"call of {asked.number}"])]
    return [value]


def slower(factor: float) -> Plant:
    """Times run by this factor from the first record on."""

    def change(asked: Asked, value: JsonObject) -> JsonObject:
        now = value.get("timestamp")
        if isinstance(now, int | float):
            first = cast("float", asked.memory.setdefault(f"first of {asked.number}", now))
            value["timestamp"] = first + factor * (now - first)
        return value

    return records(change)


def changed_parts(key: str, change: Callable[[JsonObject], None]) -> Plant:
    """The parts of the kit's events that have this key are changed."""

    def each(_: Asked, value: JsonObject) -> JsonObject:
        content = value.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict) and key in part:
                change(part)
        return value

    return records(each)


def surprising(_: Asked, value: JsonObject) -> JsonObject:
    """Has a key that no event has."""
    return {**value, "surprise": True} if "nodeInfo" in value else value


def surprising_of_old(_: Asked, value: JsonObject) -> JsonObject:
    """The same, of the events of 1.x."""
    return {**value, "surprise": True} if "invocationId" in value and "nodeInfo" not in value else value


def other_invocation(asked: Asked, value: JsonObject) -> JsonObject:
    """Give each event another invocation."""
    return {**value, "invocationId": f"e-{asked.memory.count('events')}"} if "invocationId" in value else value


def same_ids(_: Asked, value: JsonObject) -> JsonObject:
    return {**value, "id": "same"} if "invocationId" in value else value


def other_whole(_: Asked, value: JsonObject) -> JsonObject:
    """Says something else in the whole than in the pieces."""
    if value.get("partial") is False:
        value["content"] = {"role": "model", "parts": [{"text": "Something else."}]}
    return value


def error_event(_: Asked, value: JsonObject) -> JsonObject:
    return {**value, "invocationId": "e-1"} if "error" in value else value


def unheard(asked: Asked, value: JsonObject) -> list[JsonObject]:
    """Has nothing to say to who takes up a stream."""
    return [] if "last-event-id" in asked.headers and value.get("type") == "text" else [value]


def busy_while_cut(asked: Asked) -> Told | None:
    """Refuses the first reads after a stream was lost."""
    return refusal(200, 1009) if asked.token == by("cut") and asked.memory.count("reads") < 3 else None


def status(new: int) -> Callable[[Asked, Told], None]:
    """The stream's HTTP status is another."""
    return lambda _, told: setattr(told, "status", new)


def media_type(asked: Asked, told: Told) -> None:
    """Says that a stream is plain text."""
    del asked
    told.headers["content-type"] = "text/plain; charset=utf-8"


def has_detail(asked: Asked, told: Told) -> None:
    """Says something else in the kit's detail."""
    del asked
    value = told.json
    if value is not None and "detail" in value:
        told.says({"detail": "No."})


TURNS: Final[dict[str, Plant]] = {
    "turn-send": Plant(streams=status(202)),
    "agent-name": asks(lambda asked: with_body(asked, app_name="nemo_agent"), "run_sse"),
    "turn-user-optional": refuses(400, 400, "run_sse", when=lambda asked: "user_id" not in asked.json),
    "turn-fields-kit": restates(422, 400, "run_sse"),
    "turn-role": refuses(400, 400, "run_sse", when=lambda asked: "role" in message_of(asked)),
    "turn-parts": refuses(
        400, 400, "run_sse", when=lambda asked: len(cast("list[Json]", message_of(asked).get("parts", []))) > 1
    ),
    "turn-empty": asks(worded, "run_sse"),
    "turn-fields": restates(400, 422, "run_sse"),
    "turn-session-json": plays(turn_errors="in_stream"),
    "turn-session-stream": plays(turn_errors="json"),
    "turn-session-kit": Plant(tells={"run_sse": has_detail}),
    "turn-isolated": Plant(asks={"run_sse": to_owner}, tells={"create_session": notes_owner}),
    "code-2001": recodes(2001, 2002, "run_sse"),
    "turn-no-credits-json": plays(turn_errors="in_stream"),
    "turn-no-credits-stream": swaps("no_credits_in_stream", "no_credits"),
    "turn-talk": records(tools_in_talk),
    "turn-assemble": renamed(TOOL_EDIT, "assemble"),
    "turn-generate": renamed(TOOL_GENERATE, TOOL_EDIT),
    "tool-names": records(plans_first),
    "turn-language": says_words("Hello!"),
    "turn-gui-talk": says_words("Done."),
    "turn-gui-talk-none": kit_says("Click the export button."),
    "turn-silent-edits": plays(silent="never"),
    "turn-silent-generation": plays(silent="never"),
    "turn-silent-never": plays(silent="edits"),
    "turn-silent": plays(silent="never"),
    "turn-noise": swaps("noise", "fresh"),
    "turn-noise-some": plays(trailing_noise=False),
    "turn-noise-none": plays(trailing_noise=True),
    "turn-two-stage": plays(two_stage=False),
    "turn-one-stage": plays(two_stage=True),
    "turn-fails": swaps("turn_fails", "fresh"),
    "turn-runs-out": swaps("runs_out", "fresh"),
    "turn-busy-queue": plays(busy="refuse"),
    "code-409": plays(busy="queue"),
    "turn-busy-concurrent": plays(busy="refuse"),
    "turn-detached": plays(disconnect="cancel"),
    "turn-cancelled": plays(disconnect="detach"),
    "turn-not-resumed": records(unheard),
    "recovery-wait": Plant(asks={"state": busy_while_cut}),
    "recovery-limit": drafted("cut"),
    "turn-heartbeats-only": growing("turn_stuck"),
    "turn-stream-limit": plays(stream_limit=0),
    "turn-time-seed": slower(10),
    "turn-time-vendor": slower(10),
}

STREAMS: Final[dict[str, Plant]] = {
    "turn-accept": Plant(streams=media_type),
    "stream-framing": Plant(frames=lambda _, raw: b"id: 1\n" + raw),
    "stream-event-lines": Plant(frames=lambda _, raw: b"event: message\n" + raw if raw.startswith(b"data: {") else raw),
    "stream-end": Plant(closes=lambda _: [{"type": "text", "content": "[DONE]"}]),
    "stream-typed": of_type("tool_call", lambda value: {**value, "id": "1"}),
    "stream-text": plays(text_key="text"),
    "stream-text-key": plays(text_key="content"),
    "stream-tool-call": of_type("tool_call", lambda _: None),
    "stream-tool-result": of_type("tool_result", lambda _: None),
    "stream-order": records(results_first),
    "stream-results-all": Plant(closes=lambda asked: [_CALL] if "reel" in asked.text else []),
    "stream-heartbeat": plays(heartbeat="empty"),
    "stream-heartbeat-empty": plays(heartbeat="typed"),
    "stream-heartbeat-event": plays(heartbeat="comment"),
    "stream-heartbeat-comment": plays(heartbeat="event"),
    "stream-heartbeat-none": plays(heartbeat="typed"),
    "stream-error": of_type("error", lambda value: {key: value[key] for key in value if key != "message"}),
    "stream-error-last": of_type("error", lambda value: [value, value]),
    "stream-adk-2": records(surprising),
    "stream-adk-1": records(surprising_of_old),
    "stream-adk-invocation": records(other_invocation),
    "stream-adk-ids": records(same_ids),
    "stream-adk-calls": changed_parts(
        "functionResponse", lambda part: cast("JsonObject", part["functionResponse"]).update(id="other")
    ),
    "stream-adk-aggregate": records(other_whole),
    "stream-adk-error": records(error_event),
}
