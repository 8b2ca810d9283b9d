"""Checks of tokens: how a caller gets one, what it permits, when it expires, and claim tokens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from nemovideo_contract import machine
from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import Json
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import ATTRIBUTION, draft_of, render_of
from nemovideo_contract.suite.test_service import every_call
from nemovideo_contract.wire import CLAIM_TOKEN_LIFETIME_S, TOKEN_LIFETIME_S, Path

#: The largest allowed error of a token's end: the clocks of a service's machines may differ.
APART: Final = timedelta(minutes=5)


def claim(caller: Caller, task_id: Json, session_id: str) -> Answer:
    """Ask for a claim token."""
    return caller.call("claim_token", "POST", Path.CLAIM_TOKEN, {"task_id": task_id, "session_id": session_id})


@requirement("code-400")
def test_a_token_is_not_given_without_a_client_id(context: Context) -> None:
    missing, empty = context.ask_token(None), context.ask_token("")
    context.equal("code-400", (missing.status, missing.code), (400, 400), "status and code without X-Client-Id")
    context.must("code-400", empty.status == 400, "400 for an empty X-Client-Id", empty)


@requirement("token-client-id-long")
def test_a_client_id_of_more_than_64_characters_is_400(context: Context) -> None:
    for length in (65, 300):
        answer = context.ask_token("x" * length)
        context.must("token-client-id-long", answer.status == 400, f"400 for {length} characters", answer)


@requirement("token-client-id-optional")
def test_a_token_without_a_client_id_gets_a_new_account(context: Context) -> None:
    one, two = (context.mint(name, nameless=True) for name in ("token", "other"))
    context.must("token-client-id-optional", one.code == 0, "a token without X-Client-Id", one)
    users = {one.text("data", "user_id"), two.text("data", "user_id")}
    context.must("token-client-id-optional", len(users) == 2, "two accounts", f"{users}")


@requirement(
    "token-anonymous",
    "token-answer",
    "token-format",
    "token-user-id",
    "token-expiry",
    "token-endless",
    "token-client-id",
    "credits-initial",
    "attribution-token",
)
def test_an_anonymous_token_is_as_the_documents_show_it(context: Context) -> None:
    # Where no client id is needed, the account named "token" has none.
    name, named = "token", f"client-{machine.new_id()}".ljust(64, "x")
    if context.profile.client_id == "optional":
        name, named = "again", id_of_two_tokens(context)
    answer = context.mint(name, named)
    context.must("token-client-id", answer.code != 400, f"a token for the client id {named!r}", answer)
    attributed = answer.call.headers.keys() & ATTRIBUTION.keys()
    unasked = answer.code not in {1001, 402} and not attributed
    context.must("attribution-token", unasked, "a token without the attribution headers", answer)
    context.equal("token-anonymous", answer.code, 0, "the code")
    missing = {"token", "user_id", "credits"} - answer.mapping("data").keys()
    context.must("token-answer", not missing, "token, user_id and credits", answer)
    token, user_id = answer.text("data", "token"), answer.text("data", "user_id")
    form = re.fullmatch(r"nmv_usr_[A-Za-z0-9_-]{43}", token)
    context.must("token-format", form, "nmv_usr_ and 43 characters", f"{len(token)} characters, {token[:8]}...")
    context.must("token-user-id", re.fullmatch(r"anon_[a-z0-9]{16}", user_id), "anon_ and 16 characters", user_id)
    context.must("token-endless", "expires_at" not in answer.mapping("data"), "no expires_at", answer)
    if context.holds("token-expiry"):
        ends_in_a_week(context, answer)
    balance = context.anonymous(name).credits()
    first = {"available": 100, "frozen": 0, "total": 100}
    context.equal("credits-initial", balance.mapping("data"), first, "the balance of a new account")
    context.equal("credits-initial", balance.number("data", "total"), answer.number("data", "credits"), "total")


def ends_in_a_week(context: Context, answer: Answer) -> None:
    """Check the end of a token against the service's own clock, as this machine's date may be wrong."""
    stated = answer.text("data", "expires_at")
    try:
        ends = datetime.fromisoformat(stated)
    except ValueError:
        ends = None
    if ends is None or not stated.endswith("Z"):
        context.must("token-expiry", None, "expires_at in ISO 8601 and UTC, with a Z at its end", stated)
        return
    if answer.date is None:
        shown = answer.headers.get("date", "none")
        expected = "a Date header with the time of the service's own clock"
        context.note_doubt(
            "token-expiry", expected, f"Date: {shown}; so it is unknown whether {stated} is in seven days"
        )
        return
    off = ends - answer.date - timedelta(seconds=TOKEN_LIFETIME_S)
    by_its_clock = f"{stated}, where its Date is {answer.headers['date']}"
    context.must("token-expiry", abs(off) < APART, "seven days after the answer's Date", by_its_clock)


@requirement("token-scopes")
def test_a_new_token_opens_the_calls_that_read_write_and_upload(context: Context) -> None:
    caller = context.anonymous("token")
    session_id = caller.new_session()
    opened = [caller.upload(session_id), caller.state(session_id), caller.credits()]
    for answer in opened:
        context.equal("token-scopes", answer.code, 0, f"the code of {answer.call.operation} with a new token")
        context.equal("token-scopes", answer.code, 0, f"the code of {answer.call.operation} with a new token")


@requirement("scope-anonymous-export")
def test_an_anonymous_token_exports(context: Context) -> None:
    caller = context.anonymous("token")
    answer = caller.exported.last
    context.must("scope-anonymous-export", render_of(answer)[0] == "completed", "a completed export", answer)


@requirement("session-isolated")
def test_another_accounts_session_looks_unknown(context: Context) -> None:
    session_id = context.caller.new_session()
    answer = context.anonymous("token").expecting_refusal().state(session_id)
    context.equal("session-isolated", answer.code, 1002, "the code of another account's session")


@requirement("token-limit-client", "token-limit-address", "code-429", "token-retry-after")
def test_one_token_too_many_in_a_week_is_429(context: Context) -> None:
    if not context.holds("token-limit-client"):
        return
    for name in ("token", "other"):
        context.mint(name)
    context.ask_token("week")
    again = context.ask_token("week")
    context.equal("token-limit-client", (again.status, again.code), (429, 429), "status and code of the second token")
    context.must("token-retry-after", again.headers.get("retry-after", "").isdecimal(), "Retry-After in seconds", again)
    asked = [context.ask_token(f"address-{number}") for number in range(11)]
    given = 11 - sum(each.status == 429 for each in asked)
    context.must("token-limit-address", given < 10 and asked[-1].status == 429, "429 for the address", asked[-1])
    context.equal("code-429", (asked[-1].status, asked[-1].code), (429, 429), "status and code")


@requirement("token-limit-hour", "code-429")
def test_one_token_too_many_in_an_hour_is_429(context: Context) -> None:
    if not context.holds("token-limit-hour"):
        return
    twice(context)
    for name in ("token", "other"):
        context.mint(name, nameless=context.profile.client_id == "optional")
    last = [context.ask_token(f"hour-{number}") for number in range(6)][-1]
    context.equal("token-limit-hour", (last.status, last.code), (429, 429), "status and code of the last token")
    context.equal("code-429", (last.status, last.code), (429, 429), "status and code of the last token")


@requirement("token-limit-none")
def test_a_client_gets_as_many_tokens_as_it_asks_for(context: Context) -> None:
    asked = [context.ask_token("many") for _ in range(12)]
    context.must("token-limit-none", all(each.code == 0 for each in asked), "twelve tokens", asked[-1])


def id_of_two_tokens(context: Context) -> str:
    """Return the client id for which the run asks for two tokens: the longest that is allowed."""
    return f"again-{context.driver.number}".ljust(64, "x")


def twice(context: Context) -> tuple[Answer, Answer]:
    """Return two answers with tokens for the same client id."""
    client_id = id_of_two_tokens(context)
    return context.mint("again", client_id), context.mint("again too", client_id)


@requirement("token-reissue-same", "token-reissue-fresh")
def test_a_client_that_asks_again_gets_the_account_that_the_profile_says(context: Context) -> None:
    one, two = (each.text("data", "user_id") for each in twice(context))
    context.equal("token-reissue-same", two, one, "the account of the second token")
    context.must("token-reissue-fresh", two != one, "another account", two)


@requirement("render-account", "render-token")
def test_an_export_is_known_to_the_tokens_that_the_profile_says(context: Context) -> None:
    one, two = (
        Account(context.server, "again", each.text("data", "token"), context.profile) for each in twice(context)
    )
    found = two.poll(one.exported.render_id).status
    context.equal("render-account", found, 200, "the status of an export to another token of the account")
    context.equal("render-token", found, 404, "the status of an export to another token")


@requirement("token-expired")
def test_a_token_that_has_expired_is_1001_on_every_call(context: Context) -> None:
    for answer in every_call(context.caller):
        context.equal("token-expired", answer.code, 1001, f"the code of {answer.call.operation}")


@requirement("token-ends-midway")
def test_a_token_that_ends_is_1001_from_then_on(context: Context) -> None:
    session_id = context.caller.new_session()
    ended = [context.caller.state(session_id), context.caller.credits(), context.caller.session()]
    for answer in ended:
        context.equal("token-ends-midway", answer.code, 1001, f"the code of {answer.call.operation} after its end")


@requirement("token-registered")
def test_a_registered_token_opens_every_call(context: Context) -> None:
    caller = context.caller
    user_id = caller.me()
    context.equal("token-registered", render_of(caller.exported.last)[0], "completed", "the status of its export")
    context.equal("token-registered", caller.session().text("data", "user_id"), user_id, "its account")


@requirement("token-magic")
def test_a_test_token_plays_the_scenario_of_its_name(context: Context) -> None:
    context.equal("token-magic", context.caller.credits().code, 0, "the code for the test token fresh")


@requirement("code-403")
def test_a_token_that_may_only_read_is_refused_the_rest_with_403(context: Context) -> None:
    caller = context.caller
    context.equal("code-403", caller.credits().code, 0, "the code of a read")
    for answer in (caller.session(), caller.say("1", "hello")):
        context.equal(
            "code-403", (answer.status, answer.code), (403, 403), f"status and code of {answer.call.operation}"
        )
        context.equal("code-403", answer.status, 403, f"the status of {answer.call.operation}")


@requirement("scope-upload")
def test_a_token_without_the_scope_upload_is_refused_only_uploads(context: Context) -> None:
    session_id = context.caller.new_session()
    context.equal("scope-upload", context.caller.upload(session_id).status, 403, "the status of an upload")
    talk = context.caller.say(session_id, "hello")
    context.must("scope-upload", talk.is_stream and context.caller.state(session_id).code == 0, "everything else", talk)


@requirement("scope-render")
def test_a_token_without_the_scope_render_is_refused_only_exports(context: Context) -> None:
    made = context.caller.made
    answer = context.caller.submit(made.session_id, draft_of(made.state))
    context.equal("scope-render", answer.status, 403, "the status of an export")
    context.must("scope-render", made.turn.is_stream, "a message that is answered", made.turn)


@requirement("claim-token", "claim-token-again", "claim-token-powerless")
def test_a_project_gets_a_claim_token_that_opens_no_call(context: Context) -> None:
    created = context.caller.session()
    task_id, session_id = created.text("data", "task_id"), created.text("data", "session_id")
    one, two = claim(context.caller, task_id, session_id), claim(context.caller, task_id, session_id)
    value = one.text("data", "claim_token")
    context.must("claim-token", value.startswith("clm_"), "a claim_token that begins with clm_", value[:4])
    context.equal("claim-token", one.number("data", "expires_in"), CLAIM_TOKEN_LIFETIME_S, "expires_in")
    context.equal("claim-token-again", two.code, 0, "the code of a second claim")
    context.must(
        "claim-token", quote(value, safe="") == value, "a claim_token that fits into a link", "it has to be quoted"
    )
    context.equal(
        "claim-token-powerless", context.stranger(value).credits().code, 1001, "the code with it as the bearer"
    )
