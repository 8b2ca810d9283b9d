"""The report on a clumsy agent, a shell script with curl, names exactly its mistakes."""

from __future__ import annotations

import shutil

import pytest

from nemovideo_harness.skill_test.trial import Trial

from .plays import CLUMSY, broken, by_command

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="The clumsy agent calls curl.")

ALWAYS = {"attribution-on-every-call", "accept-event-stream"}


def told(trial: Trial, rule: str) -> str:
    """Return the sentence about the first violation of a rule."""
    (finding,) = [each for each in trial.broken if each.rule.id == rule]
    return finding.broken[0].what


def test_missing_headers_fast_polls_and_a_second_submission_are_reported() -> None:
    (trial,) = by_command([str(CLUMSY)], "happy-path")
    assert trial.performance.code == 0
    assert broken(trial) == {*ALWAYS, "poll-interval", "one-export-at-a-time"}
    assert trial.missed == ()
    without = "had no X-Skill-Source, X-Skill-Version and X-Skill-Platform."
    calls, _, which = told(trial, "attribution-on-every-call").partition(" (session, upload, state, poll) ")
    assert (calls.split()[1], which) == ("calls", without)
    assert told(trial, "accept-event-stream") == "The message was sent with Accept: */*."
    assert told(trial, "poll-interval").startswith("A render was polled again after 1 s")
    assert told(trial, "one-export-at-a-time").startswith("The same draft was submitted again after 2 s")


def test_a_message_sent_again_after_a_broken_stream_is_reported() -> None:
    (trial,) = by_command([str(CLUMSY)], "dropped-stream")
    assert broken(trial) == {*ALWAYS, "poll-interval", "one-export-at-a-time", "no-resend-after-break"}
    what = told(trial, "no-resend-after-break")
    assert what.startswith("The same message was sent again ")
    assert what.endswith("after its stream broke, without a state read in between.")


def test_a_missing_state_read_after_a_silent_edit_is_reported() -> None:
    (trial,) = by_command([str(CLUMSY)], "silent-edit")
    assert broken(trial) == {*ALWAYS, "state-after-silence"}
