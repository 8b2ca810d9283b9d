"""Checks of what every answer looks like."""

from __future__ import annotations

from collections.abc import Iterator

from nemovideo_contract.http.exchange import Answer, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import NO_SESSION, new_render_id
from nemovideo_contract.wire import ME, Path

#: The HTTP statuses of the envelope's own codes, in profiles where errors have a status.
STATUSES = {1001: 401, 1002: 404, 2001: 402, 4001: 415, 4002: 413}


def every_call(caller: Caller, session_id: str = NO_SESSION) -> Iterator[Answer]:
    """Yield the answer to each call that needs a bearer token.

    The calls are well-formed, about things that don't exist.
    """
    render_id = new_render_id()
    claim = {"task_id": "task_0", "session_id": session_id}
    yield caller.call("claim_token", "POST", Path.CLAIM_TOKEN, {**claim})
    yield caller.session()
    yield caller.say(session_id, "hello")
    yield caller.upload(session_id)
    yield caller.state(session_id)
    yield caller.credits()
    yield caller.submit(session_id, {"t": [{"tt": 0, "sg": [{}]}]})
    yield caller.poll(render_id)
    yield caller.cancel(render_id)
    yield caller.download(render_id)


@requirement("token-missing", "base-url")
def test_every_documented_call_answers_1001_without_a_bearer(context: Context) -> None:
    for answer in every_call(context.stranger(None)):
        context.must("base-url", answer.status not in {404, 405}, f"{answer.call.path} is there", answer)
        context.equal("token-missing", answer.code, 1001, f"the code of {answer.call.operation} without a bearer")


@requirement("code-1001", "envelope-error", "envelope-status-200", "envelope-status-own")
def test_an_unknown_token_gets_1001_on_every_call(context: Context) -> None:
    for answer in every_call(context.stranger("nmv_usr_" + "x" * 43)):
        context.equal(
            "code-1001", answer.code, 1001, f"the code of {answer.call.operation} with a token that was never issued"
        )
        message = (answer.values[-1] if answer.is_stream and answer.values else answer.json).get("message")
        context.must("envelope-error", isinstance(message, str), "a message next to the code", answer)
        context.must("envelope-status-200", answer.status == 200, "HTTP status 200 with the code 1001", answer)
    unknown = context.caller.poll(new_render_id())
    context.must("envelope-status-own", unknown.status == unknown.code, "a status that is the code", unknown)


@requirement("envelope-status-4xx")
def test_the_codes_of_the_envelope_come_with_a_status_that_fits(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    refused = [
        context.stranger("nmv_usr_" + "x" * 43).credits(),
        caller.state(NO_SESSION),
        caller.upload(session_id, File("notes.txt", b"words")),
    ]
    for answer in refused:
        status = STATUSES.get(answer.code or 0)
        context.must("envelope-status-4xx", answer.status == status, f"HTTP status {status} with its code", answer)


@requirement("env-token")
def test_a_token_from_elsewhere_is_taken_as_it_is(context: Context) -> None:
    answer = context.caller.credits()
    context.equal("env-token", (answer.status, answer.code), (200, 0), "status and code of the first call with it")


@requirement("code-0")
def test_a_call_that_does_what_it_is_asked_for_is_code_0_and_status_200(context: Context) -> None:
    created = context.caller.session()
    state = context.caller.state(created.text("data", "session_id"))
    for answer in (created, state):
        context.equal("code-0", (answer.status, answer.code), (200, 0), f"status and code of {answer.call.operation}")
        whole = "data" in answer.json and isinstance(answer.json.get("message"), str)
        context.must("code-0", whole, "a message and data next to the code", answer)


@requirement("code-404")
def test_an_unknown_render_is_404(context: Context) -> None:
    unknown = context.caller.poll(new_render_id())
    context.equal("code-404", (unknown.status, unknown.code), (404, 404), "status and code of an unknown render")


@requirement("call-unknown")
def test_paths_of_other_servers_are_404(context: Context) -> None:
    nobody = context.caller.expecting_refusal()
    for path in ("/v1/run", "/api/v1/generate", "/api/render/proxy/draft"):
        answer = nobody.call("", "POST", path, {"skill": "x"}, form=False)
        context.must("call-unknown", answer.status == 404, f"404 for {path}", answer)


@requirement("body-json")
def test_a_body_that_is_not_a_json_object_is_400(context: Context) -> None:
    nobody = context.caller.expecting_refusal()
    for operation, path in (("create_session", Path.SESSION.format(user_id=ME)), ("submit_render", Path.RENDER)):
        for body in (b"{", b"[1]", b'"words"', b"\xff\xfe"):
            answer = nobody.call(operation, "POST", path, body, headers={"Content-Type": "application/json"})
            context.must("body-json", answer.status == 400, f"400 for the body {body!r}", answer)


@requirement("user-foreign")
def test_another_users_id_in_a_path_is_1002(context: Context) -> None:
    nobody = context.caller.expecting_refusal()
    for answer in (
        nobody.session(user="anon_0123456789abcdef"),
        nobody.state(NO_SESSION, user="anon_0123456789abcdef"),
        nobody.upload(NO_SESSION, File("a.png", png()), user="anon_0123456789abcdef"),
    ):
        context.equal("user-foreign", answer.code, 1002, f"the code of {answer.call.operation} for another user")
