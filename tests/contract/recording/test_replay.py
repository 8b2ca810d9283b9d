"""A replayed recording says what this server gave, and makes no call that it should not make."""

from __future__ import annotations

import itertools
import json

import pytest

from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording import RecordedExchange, Recording, Skipped, redact_recording
from nemovideo_contract.recording.recording import (
    FilesBody,
    JsonBody,
    RecordedEvent,
    RecordedFile,
    RecordedRequest,
    RecordedResponse,
    StreamBody,
)
from nemovideo_contract.recording.replay import ReplayResources, replay
from nemovideo_contract.recording.scripted_conversation import STRANGER, NextCall

from .recordings import SESSION, conversation, envelope, exchange, recording_of

OTHER = "5555555555555555555"


def means(*, near: bool = True, may_mint: bool = True) -> ReplayResources:
    """What a replay has, with ids that are easy to know."""
    numbers = itertools.count(1)
    return ReplayResources("mine", lambda: f"fresh-{next(numbers)}", near=near, polls=5, may_mint=may_mint)


def played(found: Recording, *answers: Json, having: ReplayResources | None = None) -> tuple[list[Call], list[Skipped]]:
    """The calls of a replay that gets these answers in turn, and what it leaves out."""
    calls: list[Call] = []
    skipped: list[Skipped] = []
    given = iter(answers)
    playing = replay(found, having or means())
    step = next(playing, None)
    while step is not None:
        try:
            if isinstance(step, Skipped):
                skipped.append(step)
                step = next(playing)
                continue
            calls.append(step.call)
            content = json.dumps(next(given, {"code": 0})).encode()
            step = playing.send(Answer(step.call, 200, {"content-type": "application/json"}, content, 0.1))
        except StopIteration:
            break
    return calls, skipped


def test_ids_of_this_run_stand_where_those_of_the_tape_stood() -> None:
    calls, _ = played(conversation(), envelope({"session_id": OTHER, "task_id": "task_1"}))
    assert [each.path for each in calls] == ["/", f"/api/state/nemo_agent/me/{OTHER}/latest", "/"]
    assert calls[2].body == {"session_id": OTHER, "new_message": {"parts": [{"text": "hello"}]}}
    assert SESSION not in repr(calls)


def test_a_call_whose_id_did_not_come_is_left_out() -> None:
    calls, skipped = played(conversation(), {"code": 1001})
    assert len(calls) == 1
    reason = "It needs data.session_id of “a session”, which did not come."
    assert [(each.name, each.reason) for each in skipped] == [("its state", reason), ("a message", reason)]


def test_a_draft_is_this_runs_own_and_an_export_has_an_id_of_its_own() -> None:
    draft: Json = {"t": [{"tt": 0}], "d": 5000}
    order_id = "render_abc123def"
    order: Json = {"id": order_id, "sessionId": "x", "draft": draft}
    poll = exchange(
        "a poll", "render_status", {"status": "completed"}, path="/api/render/proxy/lambda/render_abc123def"
    )
    found = recording_of(
        exchange("its state", "state", envelope({"state": {"draft": draft}})),
        exchange("an export", "submit_render", {"status": "pending"}, body=JsonBody(order)),
        exchange("it again", "submit_render", {"code": 400}, body=JsonBody(order)),
        poll,
        poll,
    )
    new: Json = {"t": [{"tt": 7}], "d": 6000}
    calls, _ = played(
        found, envelope({"state": {"draft": new}}), {}, {}, {"status": "processing"}, {"status": "completed"}
    )
    assert calls[1].body == {"id": "render_fresh1", "sessionId": "x", "draft": new}
    assert calls[2].body == calls[1].body
    assert [each.path for each in calls[3:]] == ["/api/render/proxy/lambda/render_fresh1"] * 2


def test_an_export_is_asked_for_until_it_ends_whatever_the_tape_says() -> None:
    poll = exchange("a poll", "render_status", {"status": "completed"}, path="/r")
    going: Json = {"status": "processing"}
    calls, _ = played(recording_of(poll), *[going] * 9)
    assert len(calls) == 5


def test_an_address_that_no_answer_gave_is_never_called() -> None:
    recorded = RecordedExchange(
        "the file",
        "",
        RecordedRequest("GET", "", {}, None, None, "https://evil.example/x"),
        RecordedResponse(200, {}, 0.1),
    )
    calls, skipped = played(recording_of(recorded))
    assert not calls
    assert skipped[0].reason == "No answer of this run gave the address."


def test_an_address_is_found_in_the_other_form_and_called_without_the_bearer() -> None:
    url = "http://127.0.0.1:1/a.mp4"
    poll = exchange("a poll", "render_status", {"status": "completed", "output": {"url": url}}, path="/r")
    file = RecordedExchange(
        "the file", "", RecordedRequest("GET", "", {}, "secret", None, url), RecordedResponse(200, {}, 0.1)
    )
    new = "http://127.0.0.1:2/b.mp4"
    calls, _ = played(recording_of(poll, file), {"data": {"status": "completed", "outputUrl": new}})
    assert (calls[1].url, calls[1].token) == (new, None)


def test_tokens_are_those_of_this_run() -> None:
    token = "nmv_usr_" + "a" * 43
    minted = exchange("a token", "anonymous_token", envelope({"token": token}), token=None)
    found = redact_recording(
        recording_of(
            minted,
            exchange("with it", "credits", envelope({}), token=token),
            exchange("with one's own", "credits", envelope({}), token="nmv_usr_" + "b" * 43),
            exchange("with none that is known", "credits", {"code": 1001}, token="nmv_usr_" + "c" * 43),
            exchange("with a test token", "credits", envelope({}), token="nmv_usr_test_fresh"),
        )
    )
    calls, _ = played(found, envelope({"token": "given"}))
    assert [each.token for each in calls] == [None, "given", "mine", STRANGER, "nmv_usr_test_fresh"]
    far, _ = played(found, envelope({"token": "given"}), having=means(near=False))
    assert far[4].token == "mine"


def test_on_a_server_that_charges_at_most_one_anonymous_token_is_requested() -> None:
    body = JsonBody({})
    one = exchange("a token", "", envelope({"token": "x"}), path="/api/auth/anonymous-token", body=body, token=None)
    near, _ = played(recording_of(one, one))
    far, skipped = played(recording_of(one, one), having=means(near=False))
    none, _ = played(recording_of(one), having=means(near=False, may_mint=False))
    assert (len(near), len(far), len(none)) == (2, 1, 0)
    assert skipped[0].reason == "It may not ask for another anonymous token."


def test_a_client_id_is_made_anew_and_stays_the_same_one() -> None:
    asked = RecordedRequest("POST", "/", {"X-Client-Id": "<client-id:1>"})
    found = recording_of(*[RecordedExchange("a token", "anonymous_token", asked, RecordedResponse(200, {}, 0.1))] * 2)
    calls, _ = played(found)
    assert [each.headers for each in calls] == [{"X-Client-Id": "fresh-1"}] * 2


def test_a_user_whom_no_answer_named_is_me() -> None:
    found = recording_of(
        exchange("a session", "create_session", {}, path="/api/tasks/anon_0123456789abcdef/with-session/nemo_agent")
    )
    calls, _ = played(found)
    assert calls[0].path == "/api/tasks/me/with-session/nemo_agent"


def test_files_that_were_not_kept_are_replaced_by_some_of_their_kind() -> None:
    files = FilesBody((RecordedFile("files", "cat.jpg", 9), RecordedFile("files", "own.png", 3, b"abc")))
    calls, _ = played(recording_of(exchange("an upload", "upload", body=files)))
    assert isinstance(calls[0].body, tuple)
    assert [each.name for each in calls[0].body] == ["cat.png", "own.png"]
    assert isinstance(calls[0].body[0], File)
    assert calls[0].body[0].content.startswith(b"\x89PNG")
    assert calls[0].body[1].content == b"abc"
    _, skipped = played(
        recording_of(exchange("an upload", "upload", body=FilesBody((RecordedFile("files", "a.mp4", 9),))))
    )
    assert skipped[0].reason == "The file a.mp4 was not kept, and nothing can take its place."


def test_a_stream_that_was_left_early_is_left_early_again() -> None:
    body = StreamBody(tuple(RecordedEvent(each, "data: {}") for each in (0.1, 0.2)))
    left = RecordedExchange(
        "a message", "run_sse", RecordedRequest("POST", "/"), RecordedResponse(200, {}, 0.3, body, whole=False)
    )
    step = next(replay(recording_of(left), means()))
    assert isinstance(step, NextCall)
    assert step.records == 2


@pytest.mark.parametrize("path", ["/run_sse", "/run%5Fsse", "/run_sse?x=1"])
@pytest.mark.parametrize("said", ["", "state"])
def test_a_call_is_what_its_method_and_path_make_it_whatever_the_tape_says(path: str, said: str) -> None:
    calls, _ = played(recording_of(exchange("a message", said, path=path, body=JsonBody({}))), having=means(near=False))
    assert [each.operation for each in calls] == ["run_sse"]


@pytest.mark.parametrize("path", ["/api/nowhere", "/api//run_sse", "/api/../run_sse", "/run%255Fsse", "/RUN_SSE"])
def test_on_a_server_that_charges_an_unknown_path_is_replayed_only_with_get(path: str) -> None:
    odd = recording_of(exchange("odd", "state", path=path, body=JsonBody({})), exchange("odd", "state", path=path))
    calls, skipped = played(odd, having=means(near=False))
    assert [each.method for each in calls] == ["GET"]
    assert skipped[0].reason.endswith("is not a call of the API, and its cost is unknown.")
    assert len(played(odd)[0]) == 2


@pytest.mark.parametrize(
    "path", [".evil.example/x", "@evil.example/x", "//evil.example/x", "http://evil/x", ":80/", ""]
)
def test_a_path_that_leads_elsewhere_is_left_out(path: str) -> None:
    calls, skipped = played(recording_of(exchange("the balance", "credits", path=path)))
    assert not calls
    assert skipped[0].reason.endswith("is not a path below the base URL.")


def test_headers_that_steer_the_connection_are_not_sent_again_and_odd_values_leave_the_call_out() -> None:
    steering = {"Host": "evil.example", "Authorization": "Bearer x", "Transfer-Encoding": "chunked", "Accept": "*/*"}
    answer = RecordedResponse(200, {}, 0.1)
    odd = {"X-Skill-Source": "a\r\nHost: evil.example"}
    listed = [RecordedExchange("one", "state", RecordedRequest("GET", "/", each), answer) for each in (steering, odd)]
    calls, skipped = played(recording_of(*listed))
    assert [each.headers for each in calls] == [{"Accept": "*/*"}]
    assert skipped[0].reason == "Its header X-Skill-Source has characters that no header may have."


@pytest.mark.parametrize("given", ["evil", "file:///etc/passwd", "http://h/a b", "http://h/" + "x" * 9000])
def test_a_value_that_should_be_a_url_and_is_not_one_is_not_requested(given: str) -> None:
    url = "https://cdn.example.com/a.mp4"
    poll = exchange("a poll", "credits", {"url": url})
    file = RecordedExchange(
        "the file", "", RecordedRequest("GET", "", {}, None, None, url), RecordedResponse(200, {}, 0.1)
    )
    calls, skipped = played(recording_of(poll, file), {"url": given})
    assert len(calls) == 1
    assert skipped[0].name == "the file"


def test_an_answer_that_is_deep_beyond_reason_gives_nothing_to_send_on() -> None:
    url = "https://cdn.example.com/a.mp4"
    poll = exchange("a poll", "credits", {"url": url})
    file = RecordedExchange(
        "the file", "", RecordedRequest("GET", "", {}, None, None, url), RecordedResponse(200, {}, 0.1)
    )
    deep: Json = url
    for _ in range(300):
        deep = [deep]
    calls, skipped = played(recording_of(poll, file), {"url": url, "more": deep})
    assert len(calls) == 1
    assert "which did not come" in skipped[0].reason
