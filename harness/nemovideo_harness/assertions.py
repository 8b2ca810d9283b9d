"""`assert_conduct`: fail a test if its code broke a rule of conduct."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

import httpx

from nemovideo_contract.json_input import parse
from nemovideo_contract.trust import tls_context
from nemovideo_harness.worlds import JournalView, World
from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.history import Time
from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.judging import Judgement, judge_journal
from nemovideo_skills.judge.report.descriptions import places_of, plain, proof_of
from nemovideo_skills.judge.report.judge_report import proof
from nemovideo_skills.judge.rules import choose_rules

#: Anything with a journal: a world, its journal view, its base URL, a file of JSON lines, or entries as dictionaries.
Journalled = World | JournalView | str | PathLike[str] | Iterable[Mapping[str, object]]
#: The number of occurrences of one rule that the message describes.
OCCURRENCES_SHOWN: Final = 3
#: The gap in the sequence numbers after the request that created the world was removed from its journal.
_CREATION_GAP: Final = (0, 2)


def assert_conduct(
    journal: Journalled,
    *,
    ignore: Collection[str] = (),
    rules: Collection[str] = (),
    profile: str | None = None,
    time: Time = "auto",
) -> None:
    """Fail if a caller in the journal broke a rule of conduct.

    The message says what happened, which requests prove it, and how to fix it. `rules` are the names of the rules or
    families to check; without them, all are checked except those in `ignore`. `profile` sets the wait times and limits;
    its default is the profile of the world, or `seeds` for files and entries. `time` is the clock in which waits
    count. With `auto`, it is the virtual clock for callers that take part in it, and real time for all others.

    Raises:
        AssertionError: A rule was broken, or the journal has no requests.
        JournalError: The input is not a journal.
        NoRuleError: No rule or family has this name.
        ValueError: No profile has this name.
    """
    __tracebackhide__ = True
    asked = choose_rules(rules, ignore)
    name = _profile(journal) if profile is None else profile
    if name not in PRACTICES:
        raise ValueError(f"There is no profile {name!r}: it must be {' or '.join(PRACTICES)}.")
    found = _read(journal)
    judgements = judge_journal(found.assembly, asked, expectations=PRACTICES[name], time=time)
    if not judgements:
        raise AssertionError("There are no requests in the journal, so there is nothing to judge.")
    lines = [line for each in judgements for line in _describe(each, is_alone=len(judgements) == 1)]
    if lines:
        raise AssertionError("\n".join(["Rules of conduct were broken.", *lines]))


def _describe(judgement: Judgement, *, is_alone: bool) -> Iterator[str]:
    history = judgement.history
    who = "" if is_alone else f", by {plain(history.caller)}"
    for finding in judgement.broken:
        rule = finding.rule
        likely = "" if rule.certainty == "provable" else ", likely"
        yield f"{rule.id} ({rule.severity}{likely}){who}: {rule.sentence}"
        for occurrence in finding.broken[:OCCURRENCES_SHOWN]:
            yield f"  {plain(occurrence.what)}"
            yield from (f"  {line}" for line in proof_of(history, proof(occurrence)))
        if len(finding.broken) > OCCURRENCES_SHOWN:
            yield f"  And {len(finding.broken) - OCCURRENCES_SHOWN} more."
        yield f"  Fix: {rule.fix} ({places_of(rule.sources)})"


def _profile(journal: Journalled) -> str:
    """Return the profile that the world plays; `seeds` for files and entries."""
    url = _url(journal)
    if url is None:
        return "seeds"
    answer = httpx.get(f"{url}/_mock/profile", trust_env=False, verify=tls_context()).raise_for_status()
    played = cast("dict[str, Any]", parse(answer.content))["profile"]["name"]
    return played if played in PRACTICES else "seeds"


def _url(journal: Journalled) -> str | None:
    match journal:
        case World():
            return journal.url
        case JournalView():
            return journal.world.url
        case str() if journal.startswith(("http://", "https://")):
            return journal.rstrip("/")
        case _:
            return None


def _read(journal: Journalled) -> JournalReader:
    found = JournalReader()
    url = _url(journal)
    if url is not None:
        answer = httpx.get(f"{url}/_mock/journal", trust_env=False, verify=tls_context()).raise_for_status()
        found.read(answer.text.split("\n"))
        if isinstance(journal, World | JournalView):
            for gaps in found.assembly.gaps.values():
                gaps[:] = [each for each in gaps if each != _CREATION_GAP]
    elif isinstance(journal, str | PathLike):
        with Path(journal).open("rb") as lines:
            found.read(lines)
    elif not isinstance(journal, World | JournalView):
        found.read(json.dumps(each) for each in journal)
    return found
