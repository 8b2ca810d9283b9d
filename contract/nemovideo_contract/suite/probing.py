"""Finds out by asking which profile a target speaks, as far as the run may spend what that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.bench import ATTRIBUTION, NO_SESSION, REEL, Bench, draft_of
from nemovideo_contract.suite.conformity import form_of
from nemovideo_contract.suite.exchange import Answer
from nemovideo_contract.wire import Path

#: Where a message takes longer than this many seconds, time passes as it is, and few examples are drawn.
UNHURRIED_S: Final = 0.5
FEW: Final = 2
_WORK: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER, Expense.TOKEN}), 50)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out: the profile that is nearest, the keys that were seen, and those that contradict it."""

    name: str
    profile: Profile
    seen: dict[str, object]
    contradictions: dict[str, object]


class NotTheService(Exception):  # noqa: N818 -- a finding about the target
    """What answers there is something else; the message says what it answered."""


def probe(bench: Bench, expected: str | None) -> Found:
    """The profile of a target: the one that is expected, with what contradicts it, or the named set that is nearest.

    Raises:
        Unreachable: nobody answers there.
        NotTheService: something else answers there.
    """
    seen = _free(bench)
    if bench.target.lets(_WORK):
        seen |= _dear(bench)
    if expected is not None:
        profile = PROFILES[expected]
        wrong = {key: value for key, value in seen.items() if getattr(profile, key) != value}
        return Found(expected, profile, seen, wrong)
    name = max(PROFILES, key=lambda each: sum(getattr(PROFILES[each], key) == value for key, value in seen.items()))
    return Found(name, PROFILES[name].replace(seen), seen, {})


def _free(bench: Bench) -> dict[str, object]:
    """What calls tell that are refused."""
    stranger = bench.stranger("nmv_usr_" + "x" * 43)
    refused = stranger.call("credits", "GET", Path.CREDITS, form=False)
    if refused.code != 1001:
        raise NotTheService(
            f"{refused.call.method} {refused.call.path} with a token that was never given must be answered with"
            f" code 1001; it was answered {refused.describe()}"
        )
    seen: dict[str, object] = {"errors": "envelope" if refused.status == 200 else "http"}
    owner = bench.owner().vainly()
    message = owner.say(NO_SESSION, "hello", form=False)
    kit = message.status in {404, 422} and "detail" in (message.object or {})
    seen["turn_errors"] = "in_stream" if message.is_stream else "adk" if kit else "json"
    without = tuple(ATTRIBUTION)
    balance = owner.call("credits", "GET", Path.CREDITS, without=without, form=False)
    export = owner.call("submit_render", "POST", Path.RENDER, {}, without=without, form=False)
    if balance.code == 1001:
        seen["attribution"] = "everywhere"
    elif export.status == 402:
        seen["attribution"] = "export"
    elif bench.profile.attribution not in {"exhausted", "none"}:
        seen["attribution"] = "none"
    return seen


def _dear(bench: Bench) -> dict[str, object]:
    """What work tells: a draft of a photo, and an export of it that is given up."""
    bench.rails.worst = _WORK
    caller = bench.owner()
    seen: dict[str, object] = {}
    nameless = bench.ask_token(None, form=False)
    seen["client_id"] = "optional" if nameless.code == 0 else "required"
    session_id = caller.session(form=False).text("data", "session_id")
    caller.upload(session_id, form=False)
    empty = caller.state(session_id, form=False).mapping("data", "state")
    seen["empty_draft"] = "absent" if "draft" not in empty else "null" if empty["draft"] is None else "object"
    turn = caller.say(session_id, REEL, form=False)
    seen |= _of_stream(turn)
    if turn.seconds > UNHURRIED_S:
        bench.examples = FEW
    bench.wait(lambda: bool(draft_of(caller.state(session_id, form=False))), 30, 10)
    draft = draft_of(caller.state(session_id, form=False))
    body: JsonObject = {"id": f"render_probe_{bench.driver.number}", "sessionId": session_id, "draft": draft}
    submitted = caller.call("submit_render", "POST", Path.RENDER, body, form=False)
    seen["render"] = "wrapped" if isinstance((submitted.object or {}).get("data"), dict) else "flat"
    return seen


def _of_stream(turn: Answer) -> dict[str, object]:
    first = turn.values[0] if turn.values else JsonObject()
    seen: dict[str, object] = {}
    if "invocationId" in first:
        seen["events"] = "adk-2" if any("nodeInfo" in each for each in turn.values) else "adk-1"
    elif "type" in first:
        seen["events"] = "typed"
        words = next((each for each in turn.values if each.get("type") == "text"), None)
        if words is not None:
            seen["text_key"] = "text" if "text" in words else "content"
    forms = {form_of(each) for each in turn.signs}
    if len(forms) == 2 and forms == {"typed", "empty"}:
        seen["heartbeat"] = "mixed"
    elif forms & {"event", "comment"}:
        seen["heartbeat"] = next(iter(forms))
    return seen
