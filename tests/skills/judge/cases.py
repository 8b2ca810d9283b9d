"""Journals of scripted callers, judged as the command does, for tests of the reports."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.report import JudgeReport
from nemovideo_skills.judge.rules import FAMILIES, Rule

from .scripted import CALL, HEARTBEAT, RESULT, TEXT, Scripted


def clumsy(*, world: str = "default", account: str = "anon_0123456789abcdef") -> Scripted:
    """Return a caller that forgets headers, leaves a stream, sends again, polls each second, and calls after a week."""
    script = Scripted(world=world, account=account)
    session = script.set_up()
    script.say("a reel of my photos", (CALL, HEARTBEAT, RESULT, TEXT), after=1)
    script.attribution = {}
    script.read_state(after=1)
    script.say("make it calmer", (CALL, HEARTBEAT), end="caller_left", after=1)
    script.say("make it calmer", (CALL, RESULT), after=0.5)
    script.submit(after=1)
    for _ in range(12):
        script.poll(after=1)
    script.poll(status="completed")
    script.fetch()
    script.read_state(session=session, after=604_800, code=1001)
    return script


def good(*, world: str = "default", account: str = "anon_0123456789abcdef") -> Scripted:
    """Return a caller that follows the documents."""
    script = Scripted(world=world, account=account)
    script.set_up()
    script.upload(after=1)
    script.say(after=1)
    script.read_state(after=1)
    script.submit(after=1)
    script.poll()
    script.poll(status="completed")
    script.fetch()
    return script


def lines_of(*scripts: Scripted, without: Collection[int] = ()) -> list[str]:
    """Return the journal as lines, without the entries of the first script that have these numbers."""
    return [
        json.dumps(entry)
        for place, script in enumerate(scripts)
        for entry in script.entries
        if place or entry["n"] not in without
    ]


def case_of(*scripts: Scripted, without: Collection[int] = (), strict: bool = False, **settings: Any) -> JudgeReport:
    """Return the report about these callers, by all rules."""
    journal = JournalReader()
    journal.read(lines_of(*scripts, without=without))
    rules: list[Rule] = [each for family in FAMILIES.values() for each in family]
    judgements = tuple(judge_journal(journal.assembly, rules, **settings))
    return JudgeReport("journal.jsonl", journal, dict(FAMILIES), judgements, "seeds", "1.2.3", strict)
