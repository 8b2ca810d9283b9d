"""Checks of streams: the framing, the records in each dialect, and their order."""

from __future__ import annotations

from nemovideo_contract.events import grammar
from nemovideo_contract.http.conformity import ConformityChecker, form_of, heartbeats_of
from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import SCENE


def find_broken_rules(answer: Answer, dialect: str) -> dict[str, str]:
    """Return the requirements that the order of a stream's records breaks, with the reasons."""
    found = grammar.check(answer.values, dialect, closed=answer.whole)
    return {each.requirement: each.message for each in found}


def of_type(answer: Answer, name: str) -> list[JsonObject]:
    """Return the records of a typed stream with this type."""
    return [each for each in answer.values if each.get("type") == name]


@requirement("stream-framing", "stream-event-lines", "stream-end", "stream-text", "stream-text-key")
def test_records_are_framed_as_the_only_sample_shows(context: Context) -> None:
    answer = context.caller.say(context.caller.new_session(), "Hello! What can you do?")
    for record in answer.records:
        context.must("stream-framing", not record.complaints, "one data line", f"{record.text!r}: {record.complaints}")
        context.must("stream-framing", record.is_sign_of_life or record.value, "a JSON object", record.text)
        context.must("stream-event-lines", record.event is None, "no event line", record.text)
    context.must("stream-framing", answer.left == b"", "every record ended by an empty line", repr(answer.left))
    closing = answer.records[-1].text if answer.records else ""
    ended = answer.whole and "[DONE]" not in closing and '"done"' not in closing
    context.must("stream-end", ended, "an end by closing only", answer)
    context.must("stream-text", any("content" in each for each in of_type(answer, "text")), "content", answer)
    context.must("stream-text-key", any("text" in each for each in of_type(answer, "text")), "text", answer)


@requirement("stream-typed", "stream-tool-call", "stream-tool-result", "stream-order")
def test_work_is_a_typed_stream(context: Context) -> None:
    turn = context.caller.made.turn
    conformity = ConformityChecker(context.caller.profile, closed=not context.spending.charged)
    for value in turn.values:
        context.must("stream-typed", not conformity.problems_of_value(value), "a record that fits its schema", value)
    calls, results = of_type(turn, "tool_call"), of_type(turn, "tool_result")
    for rule, records, key in (("stream-tool-call", calls, "args"), ("stream-tool-result", results, "result")):
        good = records and all("name" in each and isinstance(each.get(key), dict) for each in records)
        context.must(rule, good, f"name and {key}, an object", turn)
    context.must("stream-order", "stream-order" not in find_broken_rules(turn, "typed"), "results after calls", turn)


@requirement("stream-results-all", "stream-heartbeat-none")
def test_every_call_has_its_result(context: Context) -> None:
    turn = context.caller.made.turn
    broken = find_broken_rules(turn, context.caller.profile.events)
    context.must("stream-results-all", "stream-results-all" not in broken, "a result for every call", turn)
    context.must("stream-heartbeat-none", not turn.signs, "no heartbeats", turn)


@requirement("stream-heartbeat", "stream-heartbeat-empty", "stream-heartbeat-event", "stream-heartbeat-comment")
def test_a_long_turn_sends_the_profiles_heartbeats(context: Context) -> None:
    turn = context.caller.clip.turn
    signs = list(turn.signs)
    if "turn_stuck" in context.target.scenarios:
        stuck = context.account("turn_stuck")
        signs += stuck.say(stuck.new_session(), SCENE, enough=lambda answer: len(answer.signs) > 3).signs
    if len(signs) < 2:
        return  # the turn was short, and a profile may alternate between forms
    forms = {form_of(each) for each in signs}
    wanted = heartbeats_of(context.caller.profile)
    context.must("stream-heartbeat", "typed" in forms, "records of the type heartbeat", turn)
    context.must("stream-heartbeat-empty", "empty" in forms, "empty data lines", turn)
    context.must("stream-heartbeat-event", "event" in forms, "events named heartbeat", turn)
    context.must("stream-heartbeat-comment", "comment" in forms, "comments", turn)
    for rule in ("stream-heartbeat", "stream-heartbeat-empty", "stream-heartbeat-event", "stream-heartbeat-comment"):
        context.must(rule, forms <= wanted, f"no other form than {', '.join(sorted(wanted))}", forms - wanted)


@requirement("stream-adk-2", "stream-adk-1", "stream-adk-invocation", "stream-adk-ids", "stream-adk-calls")
def test_the_kits_events_are_as_they_were_measured(context: Context) -> None:
    caller = context.caller
    turn = caller.made.turn
    conformity = ConformityChecker(caller.profile, closed=True)
    for value in turn.values:
        for rule in ("stream-adk-2", "stream-adk-1"):
            context.must(rule, not conformity.problems_of_value(value), "an event that fits its schema", value)
    broken = find_broken_rules(turn, caller.profile.events)
    for rule in ("stream-adk-ids", "stream-adk-calls", "stream-adk-invocation"):
        context.must(rule, rule not in broken, "events in order", broken.get(rule))
    other = caller.say(caller.made.session_id, "Hello!")
    invocations = {str(each.get("invocationId")) for each in (*turn.values, *other.values)}
    context.must("stream-adk-invocation", len(invocations) == 2, "one for each turn", invocations)


@requirement("stream-adk-aggregate")
def test_a_streamed_answer_comes_in_pieces_and_then_whole(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    pieces = caller.say(session_id, "Hello! What can you do?", streaming=True)
    whole = caller.say(session_id, "Hello! What can you do?")
    context.must("stream-adk-aggregate", any(each.get("partial") for each in pieces.values), "partial events", pieces)
    broken = find_broken_rules(pieces, caller.profile.events)
    context.must("stream-adk-aggregate", not broken, "pieces that add up to the whole", broken)
    context.must("stream-adk-aggregate", not any(each.get("partial") for each in whole.values), "none without", whole)
