"""Rules about messages to the agent: the header and the body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

from nemovideo_contract import wire
from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge import body_facts
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure

#: Names with an upper-case letter after a lower-case one.
_CAMEL: Final = re.compile(r"[a-z][A-Z]")


def accept_event_stream(history: History) -> Iterator[Observation]:
    """Check each message."""
    for each in history.of(Operation.MESSAGE):
        accept = each.headers.get("accept")
        if accept is not None and wire.EVENT_STREAM in accept.lower():
            yield Kept(each)
        else:
            what = "no Accept header" if accept is None else f"Accept: {accept[:80]}"
            yield Broken(each, f"The message was sent with {what}.", (each,))


def message_shape(history: History) -> Iterator[Observation]:
    """Check each message whose body is in the journal."""
    for each in history.of(Operation.MESSAGE):
        if each.request_cut:
            yield Unsure(each, "The journal has only a part of the body.")
        elif (wrong := _wrong_with(each.request_body)) is not None:
            yield Broken(each, wrong, (each,))
        else:
            yield Kept(each)


def _wrong_with(body: object) -> str | None:
    """Return the first difference from the documented form as a sentence, or None."""
    if not isinstance(body, dict):
        return "The message's body is not a JSON object."
    fields = cast("Mapping[str, object]", body)
    camel = [name for name in fields if _CAMEL.search(name)]
    if camel:
        return f"The message's body has {', '.join(camel[:3])}; names must be in snake_case."
    if fields.get("app_name") != wire.AGENT:
        return f"The message's app_name is {fields.get('app_name')!r}, not {wire.AGENT!r}."
    session = fields.get("session_id")
    if not isinstance(session, str) or not session:
        return f"The message's session_id is {session!r}, not a session id as text."
    if not isinstance(fields.get("user_id", wire.ME), str):
        return "The message's user_id is not text."
    if not (body_facts.message_of(fields) or "").strip():
        return "The message has no text at new_message.parts[].text."
    return None


RULES: Final = (
    Rule(
        "accept-event-stream",
        "A message asks for a stream with Accept: text/event-stream.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §3.1", "F5 calls"),
        "A gateway may hold the stream back, or the service may respond in another form.",
        'Put -H "Accept: text/event-stream" into the curl command for /run_sse.',
        accept_event_stream,
    ),
    Rule(
        "message-shape",
        "The body of a message has app_name, session_id and new_message.parts[].text, in snake_case.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3.1", "F5 calls"),
        "The service refuses the message, or the agent gets no text.",
        'Write {"app_name":"nemo_agent","user_id":"me","session_id":"<sid>",'
        '"new_message":{"parts":[{"text":"<msg>"}]}}.',
        message_shape,
    ),
)
