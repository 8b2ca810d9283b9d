"""Judging callers while they run."""

from __future__ import annotations

from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.live import LiveJudge
from nemovideo_skills.judge.rules import RULES

from .cases import clumsy, good
from .scripted import CALL, RESULT, Scripted


def reported_by(script: Scripted) -> list[tuple[int, str, int]]:
    """Return the entry after which each violation is reported, with its rule and the first entry of its call."""
    journal = JournalReader()
    watch = LiveJudge(journal, list(RULES.values()))
    reported: list[tuple[int, str, int]] = []
    for entry in script.entries:
        journal.feed(entry)
        reported += [(entry["n"], each.rule.id, each.broken.at.first) for each in watch.news()]
    return reported


def test_nothing_is_reported_about_a_caller_that_obeys() -> None:
    assert reported_by(good()) == []


def test_each_violation_is_reported_once_and_those_of_the_end_are_among_them() -> None:
    script = clumsy()
    reported = [(rule, first) for _, rule, first in reported_by(script)]
    assert len(reported) == len(set(reported))
    (judgement,) = judge_journal(script.entries, list(RULES.values()), over=False)
    final = {(each.rule.id, occurrence.at.first) for each in judgement.broken for occurrence in each.broken}
    assert len(final) > 4
    assert final <= set(reported)


def test_a_violation_is_reported_as_soon_as_the_call_that_proves_it_is_there() -> None:
    script = Scripted()
    script.set_up()
    script.say(end="caller_left", lasts=5)
    before = len(script.entries)
    script.say()
    again = [n for n, rule, _ in reported_by(script) if rule == "no-resend-after-break"]
    assert again == [before + 1]


def test_a_call_that_may_still_come_is_reported_only_at_the_end() -> None:
    script = Scripted()
    script.set_up()
    script.say(records=(CALL, RESULT))
    assert "state-after-silence" not in [rule for _, rule, _ in reported_by(script)]
    (judgement,) = judge_journal(script.entries, list(RULES.values()))
    assert "state-after-silence" in [each.rule.id for each in judgement.broken]
