from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nemovideo_client import (
    ConnectionFailed,
    ConnectionLost,
    Credits,
    InsufficientCredits,
    InvalidSetting,
    NemoError,
    RateLimited,
    ServiceFailed,
    SessionNotFound,
    TimedOut,
    Token,
    TokenInvalid,
    UnexpectedAnswer,
)
from nemovideo_client.flows import (
    anonymous_token,
    cancel_render,
    check_base_url,
    claim_link,
    create_session,
    origin_of,
    read_credits,
    read_state,
)
from nemovideo_client.flows.calls import encode

from .stage import BASE, SECRET, SESSION, Stage, answer, body_of, envelope, failure, headers_of, service

BALANCE = envelope(available=60, frozen=40, total=100)


def test_a_call_carries_the_bearer_and_the_attribution() -> None:
    stage = Stage(BALANCE)

    assert stage.run(read_credits(service())) == Credits(60, 40, 100)
    (request,) = stage.requests
    assert (request.method, request.url) == ("GET", f"{BASE}/api/credits/balance/simple")
    assert headers_of(request) == {
        "Accept": "application/json",
        "Authorization": f"Bearer {SECRET}",
        "X-Skill-Source": "my-skill",
        "X-Skill-Version": "1.2",
        "X-Skill-Platform": "clawhub",
    }


def test_a_token_is_asked_for_with_the_client_id_and_nothing_else() -> None:
    stage = Stage(
        envelope(token="nmv_usr_x", user_id="anon_abc", expires_at="2026-03-18T00:00:00Z", credits=100, more=1)
    )

    token = stage.run(anonymous_token(service(), "my-client"))

    ends = datetime(2026, 3, 18, tzinfo=UTC).timestamp()
    assert token == Token("nmv_usr_x", "anon_abc", "2026-03-18T00:00:00Z", 100, renewable=True, renew_at=ends - 20 * 60)
    (request,) = stage.requests
    assert (request.method, request.url, request.body) == ("POST", f"{BASE}/api/auth/anonymous-token", None)
    assert headers_of(request) == {"Accept": "application/json", "X-Client-Id": "my-client"}


def test_a_session_is_created_with_the_documented_body() -> None:
    stage = Stage(envelope(session_id="5529798706024415232", task_id="task_1", user_id="anon_1"))
    brief = Stage(envelope(session_id="2"))

    session = stage.run(create_session(service(), "project", "zh-CN"))
    brief.run(create_session(service(), "project", None))

    assert (session.session_id, session.task_id, session.user_id) == ("5529798706024415232", "task_1", "anon_1")
    assert stage.requests[0].url == f"{BASE}/api/tasks/me/with-session/nemo_agent"
    assert body_of(stage.requests[0]) == {"task_name": "project", "language": "zh-CN"}
    assert body_of(brief.requests[0]) == {"task_name": "project"}


def test_a_state_keeps_what_the_client_does_not_know() -> None:
    state: dict[str, object] = {
        "draft": {"t": []},
        "video_infos": [{"x": 1}],
        "canvas_config": {"w": 1},
        "generated_media": [2],
        "new": 3,
    }
    stage = Stage(envelope(session_id="1", state=state))

    found = stage.run(read_state(service(), "a/b"))

    assert stage.requests[0].url == f"{BASE}/api/state/nemo_agent/me/a%2Fb/latest"
    assert (found.draft, found.video_infos, found.canvas_config, found.generated_media) == (
        {"t": []}, [{"x": 1}], {"w": 1}, [2],
    )  # fmt: skip
    assert found.raw["state"] == state


@pytest.mark.parametrize("empty", [{}, None, "gone"])
def test_every_form_of_an_empty_draft_is_none(empty: object) -> None:
    assert Stage(envelope(state={"draft": empty})).run(read_state(service(), "1")).draft is None


def test_the_link_for_a_browser_carries_the_claim_token_and_never_the_bearer() -> None:
    stage = Stage(envelope(claim_token="clm_x/y", expires_in=604800))

    assert stage.run(claim_link(service(), SESSION)) == "https://web.example/workspace/claim?ct=clm_x%2Fy"
    assert body_of(stage.requests[0]) == {"task_id": "task_1", "session_id": SESSION.session_id}


def test_a_render_is_cancelled_by_its_id() -> None:
    stage = Stage(answer({"success": True}))

    stage.run(cancel_render(service(), "render_1"))

    assert (stage.requests[0].method, stage.requests[0].url, stage.requests[0].body) == (
        "POST", f"{BASE}/api/render/proxy/lambda/render_1/cancel", None,
    )  # fmt: skip


def test_a_refused_token_is_renewed_once_where_the_client_got_it_itself() -> None:
    stage = Stage(failure(1001), BALANCE)

    stage.run(read_credits(service()))

    assert [token.value for token in stage.refused] == [SECRET]
    assert [headers_of(request)["Authorization"] for request in stage.requests] == [
        f"Bearer {SECRET}", "Bearer nmv_usr_second",
    ]  # fmt: skip
    with pytest.raises(TokenInvalid):
        Stage(failure(1001), failure(1001)).run(read_credits(service()))


def test_a_token_that_the_caller_gave_is_never_replaced() -> None:
    stage = Stage(failure(1001), token=Token(SECRET))

    with pytest.raises(TokenInvalid):
        stage.run(read_credits(service()))
    assert stage.refused == []


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({}, [30.0]),
        ({"retry_after": "7"}, [7.0]),
        ({"retry_after": "Mon, 12 Jan 1970 13:47:00 GMT"}, [20.0]),
        ({"retry_after": "Mon, 12 Jan 1970 13:00:00 GMT"}, [0.0]),
        ({"retry_after": "soon"}, [30.0]),
    ],
)
def test_after_429_the_second_try_waits_as_the_response_asks(headers: dict[str, str], waits: list[float]) -> None:
    stage = Stage(answer({"code": 429}, 429, **headers), BALANCE)

    stage.run(read_credits(service()))

    assert stage.sleeps == waits


def test_a_second_429_is_an_error() -> None:
    stage = Stage(failure(429, status=429), failure(429, status=429))

    with pytest.raises(RateLimited):
        stage.run(anonymous_token(service(), "c"))
    assert stage.sleeps == [30.0]


def test_a_429_for_days_raises_an_error_without_a_wait() -> None:
    stage = Stage(answer({"code": 429}, 429, retry_after="600000"))

    with pytest.raises(RateLimited, match="until 1970-01-19 12:26 UTC"):
        stage.run(read_credits(service()))
    assert stage.sleeps == []


@pytest.mark.parametrize("fault", [ConnectionFailed("x"), ConnectionLost("x"), TimedOut("x")])
def test_a_read_is_tried_again_with_growing_pauses(fault: NemoError) -> None:
    stage = Stage(fault, answer({}, 503), fault, BALANCE)

    stage.run(read_credits(service()))

    assert stage.sleeps == [1.0, 2.0, 4.0]


def test_a_read_is_given_up_after_the_third_pause() -> None:
    stage = Stage(*[answer({}, 500)] * 4)

    with pytest.raises(ServiceFailed):
        stage.run(read_credits(service()))


def test_a_request_that_changes_something_is_not_retried() -> None:
    for fault in (ConnectionLost("x"), answer({}, 500)):
        stage = Stage(fault)
        with pytest.raises((ConnectionLost, ServiceFailed)):
            stage.run(create_session(service(), "project", None))
        assert stage.sleeps == []


def test_an_anonymous_account_without_credits_is_shown_where_to_register() -> None:
    with pytest.raises(InsufficientCredits, match=r"https://web\.example/register\?bind=anon_0123456789abcdef"):
        Stage(failure(2001)).run(read_credits(service()))
    with pytest.raises(InsufficientCredits, match="top up at nemovideo"):
        Stage(failure(2001), token=Token(SECRET)).run(read_credits(service()))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"nul"])
def test_a_response_that_is_not_an_object_is_an_unexpected_answer(body: bytes) -> None:
    broken = answer(0)
    stage = Stage(type(broken)(200, {}, body))

    with pytest.raises(UnexpectedAnswer, match="base URL"):
        stage.run(read_credits(service()))


def test_an_error_may_come_with_any_status() -> None:
    for status in (200, 404, 400):
        with pytest.raises(SessionNotFound):
            Stage(failure(1002, status=status)).run(read_state(service(), "1"))


def test_an_error_that_repeats_the_token_does_not_show_it() -> None:
    odd = Token("registered-token-without-prefix", renewable=False)

    with pytest.raises(TokenInvalid) as caught:
        Stage(failure(1001, f"bad token {odd.value}"), token=odd).run(read_credits(service()))

    assert odd.value not in str(caught.value) + repr(caught.value) + repr(caught.value.body)


@pytest.mark.parametrize("reply", [{"session": 1}, {"session_id": ""}, {"session_id": None}])
def test_a_session_without_an_id_is_an_error(reply: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswer):
        Stage(envelope(**reply)).run(create_session(service(), "project", None))


def test_half_a_surrogate_pair_can_be_sent() -> None:
    assert encode({"text": "a\ud800b"}) == '{"text":"a\ufffdb"}'.encode()
    assert encode({"text": "\ud83d\ude00 京都"}) == '{"text":"😀 京都"}'.encode()


@pytest.mark.parametrize(
    "url", ["", "nemo", "ftp://x", "http://", "https://u:p@x", "http://x?y", "http://x:port", "http://[x"]
)
def test_a_base_url_that_cannot_work_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        check_base_url(url)
    assert "u:p" not in str(caught.value)


def test_a_base_url_may_have_a_path_and_loses_its_last_slash() -> None:
    assert check_base_url("http://127.0.0.1:8787/w/one/") == "http://127.0.0.1:8787/w/one"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("HTTPS://API.example/x") == origin_of("https://api.example:443/y") == ("https", "api.example", 443)
    assert origin_of("http://api.example") != origin_of("https://api.example")
    assert origin_of("photo.jpg") is None
