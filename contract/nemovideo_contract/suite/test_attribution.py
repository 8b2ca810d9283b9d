"""Checks of the three headers that say which skill calls, and of calls without them."""

from __future__ import annotations

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import ATTRIBUTION, NO_SESSION, draft_of, new_render_id
from nemovideo_contract.wire import (
    ME,
    SKILL_PLATFORM_HEADER,
    SKILL_PLATFORMS,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
    Path,
)


def export_as(context: Context, caller: Caller, headers: dict[str, str], without: tuple[str, ...] = ()) -> Answer:
    """Submit an export of the shared draft with these headers."""
    made = context.caller.made
    body: JsonObject = {"id": new_render_id(), "sessionId": made.session_id, "draft": draft_of(made.state)}
    return caller.call("submit_render", "POST", Path.RENDER, body, headers=headers, without=without)


@requirement("attribution-headers", "attribution-platform", "attribution-platform-other")
def test_an_export_from_any_platform_is_accepted(context: Context) -> None:
    plain = export_as(context, context.caller, {})
    context.must("attribution-headers", plain.status == 200, "an export that is accepted", plain)
    for platform in (*SKILL_PLATFORMS, "terminal"):
        answer = export_as(context, context.caller, {SKILL_PLATFORM_HEADER: platform})
        rule = "attribution-platform" if platform in SKILL_PLATFORMS else "attribution-platform-other"
        context.must(rule, answer.status == 200, f"an export from {platform} that is accepted", answer)


@requirement("attribution-source", "attribution-version", "attribution-platform-missing", "attribution-empty")
def test_an_export_without_one_of_the_headers_is_402(context: Context) -> None:
    rules = {
        SKILL_SOURCE_HEADER: "attribution-source",
        SKILL_VERSION_HEADER: "attribution-version",
        SKILL_PLATFORM_HEADER: "attribution-platform-missing",
    }
    caller = context.caller.expecting_refusal()
    for name, rule in rules.items():
        missing = export_as(context, caller, {}, (name,))
        context.must(rule, missing.status == 402, f"402 without {name}", missing)
        empty = export_as(context, caller, {name: ""})
        context.must("attribution-empty", empty.status == 402, f"402 with an empty {name}", empty)


@requirement("attribution-export-only")
def test_everything_but_an_export_is_answered_without_the_headers(context: Context) -> None:
    caller = context.caller
    without = tuple(ATTRIBUTION)
    path = Path.SESSION.format(user_id=ME)
    created = caller.call("create_session", "POST", path, {"task_name": "project"}, without=without)
    session_id = created.text("data", "session_id")
    state = caller.call("state", "GET", Path.STATE.format(user_id=ME, session_id=session_id), without=without)
    balance = caller.call("credits", "GET", Path.CREDITS, without=without)
    for answer in (created, state, balance):
        context.equal("attribution-export-only", answer.code, 0, f"the code of {answer.call.operation} without them")


@requirement("attribution-everywhere")
def test_every_call_but_an_export_is_1001_without_the_headers(context: Context) -> None:
    caller = context.caller.expecting_refusal()
    without = tuple(ATTRIBUTION)
    for operation, method, path in (
        ("credits", "GET", str(Path.CREDITS)),
        ("state", "GET", Path.STATE.format(user_id=ME, session_id=NO_SESSION)),
        ("render_status", "GET", Path.RENDER_STATUS.format(render_id="render_0")),
        ("create_session", "POST", Path.SESSION.format(user_id=ME)),
    ):
        body = {"task_name": "project"} if method == "POST" else None
        answer = caller.call(operation, method, path, {**body} if body else None, without=without)
        context.equal("attribution-everywhere", answer.code, 1001, f"the code of {operation} without the headers")


@requirement("attribution-exhausted")
def test_an_unattributed_export_of_an_account_without_credits_is_402(context: Context) -> None:
    answer = context.caller.expecting_refusal().call(
        "submit_render", "POST", Path.RENDER, {}, without=tuple(ATTRIBUTION)
    )
    context.must("attribution-exhausted", answer.status == 402, "402 for an account whose credits are spent", answer)


@requirement("attribution-exhausted-only", "attribution-none")
def test_an_unattributed_export_is_accepted(context: Context) -> None:
    answer = export_as(context, context.caller, {}, tuple(ATTRIBUTION))
    context.must("attribution-exhausted-only", answer.status == 200, "an export that is accepted", answer)
    context.must("attribution-none", answer.status == 200, "an export that is accepted", answer)


@requirement("code-402")
def test_a_plan_without_exports_is_402_only_for_exports(context: Context) -> None:
    made = context.caller.made
    answer = context.caller.submit(made.session_id, draft_of(made.state))
    context.equal("code-402", (answer.status, answer.code), (402, 402), "status and code of an export")
    context.must("code-402", made.credits_after > 0, "credits that are left", made.credits_after)
    context.equal("code-402", answer.status, 402, "the status of an export with credits left")
    context.must("code-402", made.uploaded.code == 0 and made.turn.is_stream, "everything else", made.turn)
