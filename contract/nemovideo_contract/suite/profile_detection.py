"""Detects the profile of a target by calls, as far as the run may spend what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.events.record_contents import dialect_of
from nemovideo_contract.http.conformity import form_of
from nemovideo_contract.http.driver import FIRST
from nemovideo_contract.http.errors import CallNotAllowed, Interrupted
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.first_look import note_interferences, note_interferences_of_work, note_pace
from nemovideo_contract.suite.messages import ATTRIBUTION, NO_SESSION, draft_of
from nemovideo_contract.suite.tested_server import REPEATS
from nemovideo_contract.wire import Code, Path

#: The examples of a property if each message takes real time.
FEW: Final = 2
#: The most characters that a message shows of another server's answer.
EXCERPT: Final = 200
#: A well-formed token that was never issued.
MADE_UP: Final = "nmv_usr_" + "x" * 43
_WORK: Final = Cost(frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER}), 50)
_ASKING: Final = Cost(frozenset({Expense.TOKEN}))


@dataclass(frozen=True, slots=True)
class DetectedProfile:
    """The nearest profile, the keys that were seen, and the keys that contradict the expected profile."""

    name: str
    profile: Profile
    seen: dict[str, object]
    contradictions: dict[str, object]


class NotTheService(Exception):  # noqa: N818 -- a finding about the target
    """Another server answers at the address; the message shows its answer."""


def detect_profile(
    context: Context, expected: str | None, changes: Mapping[str, object] | None = None
) -> DetectedProfile:
    """Return the expected profile with what contradicts it, or without one the nearest named profile.

    `changes` are the keys in which the expected profile differs from its name. If the run may spend that, one photo
    becomes a draft, which the checks share. Its duration is noted.

    Raises:
        Unreachable: no server answers.
        NotTheService: another server answers.
        RequirementFailure: the answers can't be used.
        InDoubt: the server is too slow to be used.
    """
    for _ in range(0 if context.spending.charged else REPEATS):
        try:
            return _detect(context, expected, changes)
        except Interrupted:
            context.server.interferences.clear()
            context.server.forget_all_calls()
    # What still interrupts is what the service itself does, except a failure of something in front of it.
    context.server.interruptible = False
    return _detect(context, expected, changes)


def _detect(context: Context, expected: str | None, changes: Mapping[str, object] | None) -> DetectedProfile:
    first = meet_target(context)
    if context.target.scenarios and context.owner().credits(form=False).code == Code.TOKEN_INVALID:
        context.forget_scenarios()
        if context.target.token is None and context.owner().credits(form=False).code == Code.TOKEN_INVALID:
            raise NotTheService(
                f"{context.driver.base_url} refuses a token that it has just given: code 1001.\n"
                "  Does something between remove the header Authorization?"
            )
    if context.spending.charged:
        context.spending.note(context.server.available())
    seen = _keys_of_refusals(context)
    note_interferences(context, first)
    if context.target.lets(_WORK):
        context.server.loose = True
        seen |= _keys_of_work(context)
    if expected is not None:
        profile = PROFILES[expected].replace(changes or {})
        wrong = {key: value for key, value in seen.items() if getattr(profile, key) != value}
        said = ", ".join(f"{key}={value}" for key, value in (changes or {}).items())
        return DetectedProfile(f"{expected} with {said}" if said else expected, profile, seen, wrong)
    name = max(PROFILES, key=lambda each: sum(getattr(PROFILES[each], key) == value for key, value in seen.items()))
    return DetectedProfile(name, PROFILES[name].replace(seen), seen, {})


def meet_target(context: Context) -> Answer:
    """Send a token that was never issued, and return the answer, by which the service is recognized.

    The wait is short.

    Raises:
        Unreachable: no server answers.
        NotTheService: another server answers.
    """
    usual, context.driver.patience = context.driver.patience, FIRST
    call = Call("credits", "GET", Path.CREDITS, ATTRIBUTION, MADE_UP, expect_refusal=True)
    context.spending.count(call)
    answer = context.driver.send(call, REPEATS)
    context.driver.patience = usual
    if answer.broken or answer.code != Code.TOKEN_INVALID:
        raise NotTheService(
            f"{context.driver.base_url} is not the service.{_hint(answer)}\n"
            f"  asked:    {call.method} {call.path}, with a token that was never issued\n"
            f"  expected: an answer with code 1001\n"
            f"  came:     {answer.describe(EXCERPT)}"
        )
    return answer


def _hint(answer: Answer) -> str:
    """Return what the other server may be."""
    if answer.status == 0:
        return " Does something else listen on that port, or does it want https://?"
    if answer.is_gateway_page:
        return " Something in front of the service answers, and says that it can't reach the service."
    if answer.encoding not in {"", "gzip", "deflate"}:
        return f" Its answer is compressed ({answer.encoding}), which this run can't read: does a proxy compress it?"
    if answer.media == "text/html":
        return " That is a web page: is the base URL that of a web server?"
    if answer.is_stream:
        return " That is a stream, which only /run_sse answers with."
    if answer.status == 404 and "detail" in (answer.object or {}):
        return (
            " It knows no such path. A plain agent server (google-adk) has /run_sse and none of NemoVideo's calls."
            " Or does the base URL lack a path?"
        )
    if answer.status == 404:
        return " It knows no such path: does the base URL lack one?"
    if answer.status >= 500:
        return " The server itself failed; its log may say why."
    return ""


def _keys_of_refusals(context: Context) -> dict[str, object]:
    """Return what refused calls show."""
    stranger = context.stranger(MADE_UP)
    refused = stranger.credits(form=False)
    seen: dict[str, object] = {"errors": "envelope" if refused.status == 200 else "http"}
    owner = context.owner().expecting_refusal()
    try:
        message = owner.say(NO_SESSION, "hello", form=False)
    except CallNotAllowed:
        return seen  # it would create something if the server accepted it
    kit = message.status in {404, 422} and "detail" in (message.object or {})
    seen["turn_errors"] = "in_stream" if message.is_stream else "adk" if kit else "json"
    without = tuple(ATTRIBUTION)
    balance = owner.call("credits", "GET", Path.CREDITS, without=without, form=False)
    export = owner.call("submit_render", "POST", Path.RENDER, {}, without=without, form=False)
    if balance.code == 1001:
        seen["attribution"] = "everywhere"
    elif export.status == 402:
        seen["attribution"] = "export"
    elif context.profile.attribution not in {"exhausted", "none"}:
        seen["attribution"] = "none"
    return seen


def _keys_of_work(context: Context) -> dict[str, object]:
    """Return what work shows: the shared draft of a photo, and an export of it that is cancelled."""
    seen: dict[str, object] = {}
    if context.target.lets(_ASKING):
        context.spending.worst = _ASKING
        nameless = context.ask_token(None, form=False)
        seen["client_id"] = "optional" if nameless.code == 0 else "required"
    context.spending.worst = _WORK
    caller = context.owner()
    made = caller.made
    empty = made.empty.mapping("data", "state")
    seen["empty_draft"] = "absent" if "draft" not in empty else "null" if empty["draft"] is None else "object"
    seen |= _keys_of_stream(made.turn)
    note_pace(context, made)
    note_interferences_of_work(context, made, needs_client_id=seen.get("client_id") == "required")
    context.spending.worst = _WORK
    if context.server.unhurried:
        context.examples = FEW
    body: JsonObject = {
        "id": f"render_probe_{context.driver.number}",
        "sessionId": made.session_id,
        "draft": draft_of(made.state),
    }
    submitted = caller.call("submit_render", "POST", Path.RENDER, body, form=False)
    seen["render"] = "wrapped" if isinstance((submitted.object or {}).get("data"), dict) else "flat"
    context.cancel_exports()
    return seen


def _keys_of_stream(turn: Answer) -> dict[str, object]:
    seen: dict[str, object] = {}
    if (dialect := dialect_of(turn.values)) is not None:
        seen["events"] = dialect
    if dialect == "typed":
        words = next((each for each in turn.values if each.get("type") == "text"), None)
        if words is not None:
            seen["text_key"] = "text" if "text" in words else "content"
    forms = {form_of(each) for each in turn.signs}
    if len(forms) == 2 and forms == {"typed", "empty"}:
        seen["heartbeat"] = "mixed"
    elif forms & {"event", "comment"}:
        seen["heartbeat"] = next(iter(forms))
    return seen
