from __future__ import annotations

import pytest

from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import Scripted, broken_by, judged, sentence_of, verdict_of


def submitted() -> Scripted:
    script = Scripted()
    script.set_up()
    script.say()
    script.read_state()
    script.submit()
    return script


# --- the render itself ------------------------------------------------------------------------------------------------


def test_the_same_draft_while_its_render_goes_on_is_reported() -> None:
    script = submitted()
    script.poll()
    script.submit("render_2", after=12)
    sentence = "The same draft was submitted again after 42 s, while its first render was running."
    assert sentence_of(script, "one-export-at-a-time") == sentence


def test_the_same_draft_may_be_rendered_again_once_its_render_is_over() -> None:
    script = submitted()
    script.poll(status="completed")
    script.fetch()
    script.submit("render_2", after=60)
    assert verdict_of(script, "one-export-at-a-time") is Verdict.KEPT


def test_a_caller_that_gave_up_may_start_again() -> None:
    script = submitted()
    for _ in range(10):
        script.poll()
    script.submit("render_2", after=30)
    assert verdict_of(script, "one-export-at-a-time") is Verdict.KEPT


def test_a_failed_export_may_be_tried_once_more() -> None:
    script = submitted()
    script.poll(status="failed")
    script.submit("render_2")
    script.poll("render_2", "failed")
    assert verdict_of(script, "failed-export-once-more") is Verdict.KEPT
    assert verdict_of(script, "failed-export-retried") is Verdict.KEPT


def test_a_third_try_of_a_failed_export_is_reported() -> None:
    script = submitted()
    script.poll(status="failed")
    script.submit("render_2")
    script.poll("render_2", "failed")
    script.submit("render_3")
    sentence = "An export was submitted again after it had failed twice."
    assert sentence_of(script, "failed-export-once-more") == sentence


def test_a_new_wish_after_two_failures_is_no_third_try() -> None:
    script = submitted()
    script.poll(status="failed")
    script.submit("render_2")
    script.poll("render_2", "failed")
    script.read_state(after=30)
    script.submit("render_3")
    assert verdict_of(script, "failed-export-once-more") is Verdict.KEPT


def test_a_failed_export_that_is_given_up_at_once_is_reported() -> None:
    script = submitted()
    script.poll(status="failed")
    sentence = "A render failed, and the caller did not retry the export."
    assert sentence_of(script, "failed-export-retried") == sentence


def test_a_running_caller_may_still_retry() -> None:
    script = submitted()
    script.poll(status="failed")
    assert verdict_of(script, "failed-export-retried", over=False) is Verdict.UNKNOWN


# --- polls ------------------------------------------------------------------------------------------------------------


def test_polls_that_come_too_soon_are_reported_together() -> None:
    script = submitted()
    script.poll(after=0)
    for _ in range(14):
        script.poll(after=2)
    assert sentence_of(script, "poll-interval") == "A render was polled again after 2 s, 14 times."


def test_one_poll_that_comes_too_soon_is_reported() -> None:
    script = submitted()
    script.poll()
    script.poll(after=10)
    assert sentence_of(script, "poll-interval") == "A render was polled again after 10 s, and not after 30 s."


def test_one_document_polls_every_ten_seconds() -> None:
    script = submitted()
    for _ in range(5):
        script.poll(after=10)
    assert verdict_of(script, "poll-interval", expectations=PRACTICES["reference-4.4"]) is Verdict.KEPT


@pytest.mark.parametrize("code", [503, 429, 1001])
def test_a_poll_that_was_refused_may_be_repeated_earlier(code: int) -> None:
    script = submitted()
    script.poll()
    script.call("GET", "/api/render/proxy/lambda/render_1", code=code, after=30)
    script.poll(after=1)
    (finding,) = (each for each in judged(script).findings if each.rule.id == "poll-interval")
    assert finding.verdict is Verdict.KEPT


def test_polls_without_end_are_reported() -> None:
    script = submitted()
    for _ in range(51):
        script.poll()
    assert sentence_of(script, "poll-bounded") == "A render was polled for 25 min, 51 times."


def test_a_render_may_be_asked_for_again_much_later() -> None:
    script = submitted()
    for _ in range(10):
        script.poll()
    script.poll(after=3600)
    assert verdict_of(script, "poll-bounded") is Verdict.KEPT


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_polls_after_the_end_are_reported(status: str) -> None:
    script = submitted()
    for _ in range(4):
        script.poll(status=status)
    if status == "failed":
        script.submit("render_2")
    sentence = f"A render was {status}, but was polled 3 more times."
    assert sentence_of(script, "no-poll-after-end") == sentence


def test_a_caller_that_lost_its_state_may_poll_once() -> None:
    script = submitted()
    script.poll(status="completed")
    script.poll(status="completed")
    script.fetch()
    assert verdict_of(script, "no-poll-after-end") is Verdict.KEPT


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_download_call_before_the_url_is_reported() -> None:
    script = submitted()
    script.poll(status="completed")
    script.download()
    sentence = "render_1 was downloaded with the download call, but the caller had not tried its output.url."
    assert sentence_of(script, "output-url-first") == sentence


@pytest.mark.parametrize("status", [404, 200])
def test_the_download_call_may_follow_the_url(status: int) -> None:
    script = submitted()
    script.poll(status="completed")
    script.fetch(status=status)
    script.download()
    assert verdict_of(script, "output-url-first") is Verdict.KEPT


def test_a_caller_without_a_url_may_use_the_download_call() -> None:
    script = submitted()
    script.download()
    assert broken_by(script) == []


def test_a_client_that_says_that_it_polls_fast_is_left_alone_and_others_are_not() -> None:
    hurried, others = Scripted(), Scripted()
    for script, agent in ((hurried, "nemovideo-harness/0.1.0 (polls every 0.2 s)"), (others, "curl/8.5.0")):
        script.set_up()
        script.say()
        script.read_state()
        script.submit()
        for _ in range(3):
            script.call(
                "GET",
                "/api/render/proxy/lambda/render_1",
                headers={"user-agent": agent},
                answer={"id": "render_1", "status": "processing"},
                after=0.2,
            )
    assert verdict_of(hurried, "poll-interval") is Verdict.NOT_EXERCISED
    assert sentence_of(others, "poll-interval") == "A render was polled again after 0.2 s, 2 times."


# --- a render that is not there ---------------------------------------------------------------------------------------


def not_found(polls: int, after: float) -> Scripted:
    script = submitted()
    for _ in range(polls):
        script.call("GET", "/api/render/proxy/lambda/render_1", code=404, after=after)
    return script


def test_polling_an_unknown_render_each_second_breaks_both_rules_of_it() -> None:
    assert broken_by(not_found(8, 1)) == ["poll-interval", "no-poll-after-end"]


def test_slow_polls_of_an_unknown_render_are_reported() -> None:
    sentence = "A poll got 404, but the render was polled 3 more times."
    assert sentence_of(not_found(4, 30), "no-poll-after-end") == sentence


def test_a_render_may_turn_up_late() -> None:
    script = not_found(3, 30)
    assert verdict_of(script, "no-poll-after-end") is Verdict.KEPT
    script = not_found(5, 30)
    script.poll()
    script.poll(status="completed")
    script.fetch()
    assert verdict_of(script, "no-poll-after-end") is Verdict.KEPT
