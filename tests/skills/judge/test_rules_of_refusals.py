from __future__ import annotations

import pytest

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import CLIENT_ID, SESSION, Scripted, sentence_of, verdict_of

SECOND = "nmv_usr_*11111111"
BALANCE = "/api/credits/balance/simple"


def begun() -> Scripted:
    script = Scripted()
    script.set_up()
    script.say()
    script.read_state()
    return script


def refused(script: Scripted, code: int, *, after: float = 10, retry_after: str | None = None) -> None:
    headers = None if retry_after is None else {"retry-after": retry_after}
    script.call("GET", BALANCE, code=code, after=after, answer_headers=headers)


# --- 1001 -------------------------------------------------------------------------------------------------------------


def renew(script: Scripted, token: str) -> None:
    script.get_token(CLIENT_ID, token=token)
    script.token = token


def test_one_new_token_after_1001_keeps_the_rules() -> None:
    script = begun()
    refused(script, 1001)
    renew(script, SECOND)
    script.read_credits()
    assert verdict_of(script, "dead-token-dropped") is Verdict.KEPT
    assert verdict_of(script, "new-token-once") is Verdict.KEPT


def test_a_dead_token_that_is_shown_on_is_reported() -> None:
    script = begun()
    for _ in range(4):
        refused(script, 1001)
    sentence = "The token got 1001, but 3 more calls used it."
    assert sentence_of(script, "dead-token-dropped") == sentence


def test_a_given_token_may_be_tried_again_with_each_wish() -> None:
    script = Scripted()
    script.get_session()
    script.read_state()
    for _ in range(6):
        refused(script, 1001)
    assert verdict_of(script, "dead-token-dropped") is Verdict.KEPT
    for _ in range(6):
        refused(script, 1001)
    assert sentence_of(script, "dead-token-dropped").endswith("11 more calls used it.")


def test_a_token_that_opens_other_calls_is_not_dead() -> None:
    script = begun()
    for _ in range(3):
        refused(script, 1001)
        script.read_state()
    assert verdict_of(script, "dead-token-dropped") is Verdict.NOT_EXERCISED


def test_token_after_token_is_reported() -> None:
    script = begun()
    for token in (SECOND, "nmv_usr_*22222222"):
        refused(script, 1001)
        renew(script, token)
    sentence = "A new token got 1001 at once, and the caller requested a second one."
    assert sentence_of(script, "new-token-once") == sentence


def test_a_caller_may_get_another_token_for_a_new_request_of_its_user() -> None:
    script = begun()
    refused(script, 1001)
    renew(script, SECOND)
    refused(script, 1001)
    refused(script, 1001, after=60)
    renew(script, "nmv_usr_*22222222")
    assert verdict_of(script, "new-token-once") is Verdict.KEPT


# --- 402 and 2001 -----------------------------------------------------------------------------------------------------


def test_an_export_that_is_blocked_and_submitted_again_is_reported() -> None:
    script = begun()
    script.submit(code=402)
    script.submit("render_2", code=402, after=10)
    sentence = "An export got 402 and was submitted again, once."
    assert sentence_of(script, "blocked-export-stops") == sentence


def test_a_blocked_export_that_stops_keeps_the_rule() -> None:
    script = begun()
    script.submit(code=402)
    script.read_credits()
    assert verdict_of(script, "blocked-export-stops") is Verdict.KEPT


def test_an_export_may_be_wished_again() -> None:
    script = begun()
    script.submit(code=402)
    script.read_state(after=60)
    script.submit("render_2", code=402)
    assert verdict_of(script, "blocked-export-stops") is Verdict.KEPT


def test_an_export_without_headers_may_be_repeated_with_them() -> None:
    script = begun()
    headers, script.attribution = script.attribution, {}
    script.submit(code=402)
    script.attribution = headers
    script.submit("render_2")
    assert sentence_of(script, "attribution-on-every-call").endswith("the export was refused with 402.")


@pytest.mark.parametrize("in_stream", [False, True])
def test_the_same_words_without_credits_are_reported(in_stream: bool) -> None:  # noqa: FBT001 -- pytest's parameter
    script = begun()
    for text in ("Add a title", "add a  title"):
        if in_stream:
            script.say(text, [{"type": "error", "code": 2001, "message": "no credits"}], after=10)
        else:
            script.say(text, code=2001, after=10)
    sentence = "A message got 2001 (too few credits), and the caller sent the same text again."
    assert sentence_of(script, "no-credits-stops") == sentence


def test_the_same_words_may_be_sent_again_when_there_are_credits() -> None:
    script = begun()
    script.say("Add a title", code=2001)
    script.read_credits(1000, after=600)
    script.say("Add a title")
    assert verdict_of(script, "no-credits-stops") is Verdict.KEPT


# --- 429 --------------------------------------------------------------------------------------------------------------


def test_a_call_that_waits_and_is_repeated_once_keeps_the_rules() -> None:
    script = begun()
    refused(script, 429)
    refused(script, 429, after=30)
    for rule in ("rate-limit-wait", "rate-limit-one-retry"):
        assert verdict_of(script, rule) is Verdict.KEPT


def test_a_call_that_is_repeated_before_the_wait_is_reported() -> None:
    script = begun()
    refused(script, 429)
    script.read_credits(after=2)
    sentence = "The credits call got 429 and was repeated after 2 s, not 30 s."
    assert sentence_of(script, "rate-limit-wait") == sentence


def test_the_wait_is_what_the_service_says() -> None:
    script = begun()
    refused(script, 429, retry_after="5")
    script.read_credits(after=5)
    assert verdict_of(script, "rate-limit-wait") is Verdict.KEPT


def test_a_long_wait_may_be_told_to_a_user_who_then_asks_earlier() -> None:
    script = begun()
    refused(script, 429, retry_after="3600")
    script.read_credits(after=20)
    assert verdict_of(script, "rate-limit-wait") is Verdict.KEPT


def test_a_loop_of_waits_is_reported() -> None:
    script = begun()
    for _ in range(4):
        refused(script, 429, after=30)
    sentence = "The credits call got 429 twice in a row, and was repeated once more."
    assert sentence_of(script, "rate-limit-one-retry") == sentence


def test_a_third_try_after_other_work_is_another_wish() -> None:
    script = begun()
    refused(script, 429)
    refused(script, 429, after=30)
    script.say("Make it slower", lasts=40)
    refused(script, 429, after=0)
    assert verdict_of(script, "rate-limit-one-retry") is Verdict.KEPT


def test_a_user_may_wish_again_what_met_the_limit_twice() -> None:
    script = begun()
    for after in (10, 30, 15, 30):
        refused(script, 429, after=after)
    assert verdict_of(script, "rate-limit-one-retry") is Verdict.KEPT


# --- everything else --------------------------------------------------------------------------------------------------


def claim(script: Scripted, *, after: float) -> None:
    body = {"task_id": "task_1", "session_id": SESSION}
    script.call("POST", "/api/auth/claim-token", body=body, code=404, after=after)


def test_a_request_that_is_repeated_blindly_is_reported() -> None:
    script = begun()
    claim(script, after=1)
    claim(script, after=1)
    sentence = "The claim call got 404 and was sent again unchanged."
    assert sentence_of(script, "refused-not-repeated") == sentence


def test_a_request_that_a_user_may_have_wished_again_keeps_the_rule() -> None:
    script = begun()
    claim(script, after=1)
    claim(script, after=30)
    assert verdict_of(script, "refused-not-repeated") is Verdict.KEPT


def test_a_program_that_looks_at_the_state_and_submits_again_at_once_repeats_a_blocked_export() -> None:
    script = begun()
    script.submit(code=402)
    script.read_state(after=0.5)
    script.submit("render_2", code=402, after=0.5)
    sentence = "An export got 402 and was submitted again, once."
    assert sentence_of(script, "blocked-export-stops") == sentence
