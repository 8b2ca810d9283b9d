"""The reports of a judgement as text, JSON, SARIF and JUnit."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from unicodedata import category
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from nemovideo_contract.requirements.requirement import FAMILIES as DOCUMENTS
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.report import JudgeReport, as_html, as_json, as_junit, as_sarif
from nemovideo_skills.judge.report.descriptions import (
    after,
    answer_of,
    clip,
    clock,
    plain,
    proof_of,
    request_of,
    span,
)
from nemovideo_skills.judge.report.terminal import print_report, set_in_columns
from nemovideo_skills.judge.rules import RULES
from nemovideo_skills.judge.transcripts import read_transcript

from .cases import case_of, clumsy, good, lines_of
from .scripted import CALL, HEARTBEAT, NOISE, RESULT, SESSION, TEXT, Scripted


def text_of(case: JudgeReport, width: int = 100) -> str:
    """Return the report as plain text with unbroken lines."""
    file = io.StringIO()
    with set_in_columns(Console(file=file, width=width, highlight=False, markup=False)) as console:
        print_report(console, case)
    return file.getvalue()


def only(script: Scripted) -> tuple[History, Exchange]:
    """Return the last exchange of the only caller, with its history."""
    (judgement,) = case_of(script).judgements
    return judgement.history, judgement.history.exchanges[-1]


# --- how it came out ---


def test_a_caller_that_obeys_passes_and_one_that_does_not_fails() -> None:
    assert (case_of(good()).verdict, case_of(good()).is_failed) == ("obeyed", False)
    case = case_of(clumsy())
    assert case.is_failed
    assert case.verdict.startswith("not obeyed: ")


def test_warnings_and_unknown_verdicts_fail_only_a_strict_run() -> None:
    script = Scripted()
    script.set_up()
    script.say(headers={})  # no Accept header: a warning
    script.read_state()
    assert [each.rule.severity for each in case_of(script).violations] == ["warning"]
    assert (case_of(script).is_failed, case_of(script, strict=True).is_failed) == (False, True)
    assert case_of(script).verdict == "obeyed: 1 warning"
    assert (case_of(good(), without={8}).is_failed, case_of(good(), without={8}, strict=True).is_failed) == (
        False,
        True,
    )


def test_the_heading_says_by_which_rules_how_much_of_whom_when_and_what_is_missing() -> None:
    by, extent, missing = case_of(clumsy(), good(world="friday", account="user_ada")).heading
    assert (
        by
        == f"{len(RULES)} rules of conduct of nemovideo-harness 1.2.3, with the waits and limits of the profile seeds."
    )
    entries = len(lines_of(clumsy(), good()))
    calls = clumsy().exchanges + good().exchanges
    assert extent.startswith(f"{entries} entries, {calls} calls in 2 worlds, 2027-01-15 08:00:00 to 2027-01-22 08:")
    assert extent.endswith("in real time). 2 callers: anon_0123456789abcdef (photo-stories), user_ada (photo-stories).")
    assert missing == "No entry is missing."


def test_the_heading_tells_of_many_gaps_by_their_number_and_of_calls_that_had_not_ended() -> None:
    script = clumsy()
    script.begin("GET", "/api/credits/balance/simple")
    told = case_of(script, without=range(2, 40, 4)).heading[2:]
    assert told[0] == "Entry 2 of world default is missing."
    assert told[3] == "There are 7 more gaps; 10 entries are missing in all."
    assert told[4] == "So no rule counts as kept: the missing part may show the opposite."
    assert told[5].endswith("had not ended.")


def test_a_gap_in_a_world_that_was_not_judged_says_nothing_about_those_that_were() -> None:
    case = case_of(clumsy(), good(world="friday"), without={3})
    friday = JudgeReport("", case.journal, case.families, case.judgements[1:], "seeds", "1.2.3")
    assert friday.heading[-1] == "No entry is missing."


def test_the_worst_comes_first_within_a_caller() -> None:
    severities = [each.rule.severity for each in case_of(clumsy()).violations]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert [each.number for each in case_of(clumsy(), clumsy(world="friday")).violations] == list(
        range(1, 2 * len(severities) + 1)
    )


# --- text ---


def test_the_text_has_each_rule_once_in_the_table_and_all_that_is_known_of_each_broken_one() -> None:
    case = case_of(clumsy())
    text = text_of(case, 4000)
    table = text.partition("✗ 1.")[0]
    for name in RULES:
        assert table.count(f" {name}") == 1, name
    for violation in case.violations:
        rule = violation.rule
        part = text.partition(f"✗ {violation.number}. {rule.id}  {violation.weight}\n")[2].partition("\n\n")[0]
        assert rule.sentence in part
        assert f"cost:   {rule.cost}\n" in part
        assert f"fix:    {rule.fix}\n" in part
        assert all(f"{each.family} {each.place}" in part for each in rule.sources)
        assert plain(violation.occurrences[0].what) in part
        assert str((violation.occurrences[0].proof or (violation.occurrences[0].at,))[0].first) in part
        assert all(DOCUMENTS[each.family] in text for each in rule.sources)
    assert text.endswith(f"{case.verdict.capitalize()}.\n")


def test_the_lines_that_prove_a_violation_are_shown_with_entry_time_request_and_answer() -> None:
    text = text_of(case_of(clumsy()), 200)
    held = "200, 2 records in 20 s (1 tool call, 1 heartbeat), left by the caller"
    assert f"     17 08:00:23 +0:23 POST /run_sse “make it calmer” → {held}\n" in text
    assert "     17 08:00:23 +0:23 → POST /run_sse “make it calmer”\n" in text
    assert f"     21 08:00:43 +0:43 ← {held}\n" in text


@pytest.mark.parametrize("width", [40, 59, 60, 100])
def test_no_line_of_the_text_is_longer_than_asked_or_ends_with_a_space(width: int) -> None:
    for line in text_of(case_of(clumsy(), good(world="friday"), without={30}), width).splitlines():
        assert len(line) <= width
        assert line == line.rstrip()


def test_more_violations_of_a_rule_than_one_reads_are_counted() -> None:
    script = Scripted()
    script.set_up()
    for _ in range(5):
        script.say(headers={})
    assert "And twice more; --format json and html say when." in text_of(case_of(script))


def test_unknown_verdicts_are_listed_with_their_reason() -> None:
    text = text_of(case_of(good(), without={8}), 4000)
    assert "Unknown:" in text
    assert "A part of the journal is missing" in text
    assert "✓" not in text


# --- JSON ---


def test_the_json_has_every_finding_with_its_proof() -> None:
    case = case_of(clumsy())
    whole = json.loads(as_json(case))
    assert (whole["failed"], whole["verdict"], whole["practice"]) == (True, case.verdict, "seeds")
    assert whole["journal"]["gaps"] == []
    (caller,) = whole["callers"]
    assert [each["rule"] for each in caller["findings"]] == list(RULES) == list(whole["rules"])
    broken = {each["rule"]: each["broken"] for each in caller["findings"] if each["verdict"] == "broken"}
    assert set(broken) == {each.rule.id for each in case.violations}
    lines = lines_of(clumsy())
    for occurrences in broken.values():
        for each in occurrences:
            line: int = each["at"]["line"]
            assert json.loads(lines[line - 1])["n"] == each["at"]["first"]
            assert each["what"]
            assert each["proof"]


# --- SARIF ---


def test_each_violation_is_a_result_of_sarif_at_the_line_of_its_call() -> None:
    case = case_of(clumsy())
    run: dict[str, Any] = json.loads(as_sarif(case, "out/journal.jsonl"))["runs"][0]
    assert len(run["results"]) == sum(len(each.occurrences) for each in case.violations)
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == list(RULES)
    first, violation = run["results"][0], case.violations[0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == (violation.rule.id, violation.rule.severity)
    assert place["artifactLocation"] == {"uri": "out/journal.jsonl"}
    lines = lines_of(clumsy())
    starts: list[int] = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in run["results"]]
    firsts = [occurrence.at.first for each in case.violations for occurrence in each.occurrences]
    assert [json.loads(lines[start - 1])["n"] for start in starts] == firsts


def test_sarif_names_the_caller_where_there_are_several() -> None:
    run = json.loads(as_sarif(case_of(good(), clumsy(world="friday", account="user_ada")), "j"))["runs"][0]
    assert all(each["message"]["text"].startswith("user_ada (photo-stories): ") for each in run["results"])


# --- JUnit ---


def suites(case: JudgeReport) -> list[ET.Element]:
    """Return the test suites in the JUnit XML of the report."""
    return ET.fromstring(as_junit(case)).findall("testsuite")  # noqa: S314 -- written by the line above


def test_junit_has_a_suite_for_each_caller_and_a_case_for_each_rule() -> None:
    case = case_of(clumsy(), good(world="friday", account="user_ada"))
    first, second = suites(case)
    assert second.get("name") == "user_ada (photo-stories) in friday"
    for suite in (first, second):
        assert [each.get("name") for each in suite.findall("testcase")] == list(RULES)
        assert int(suite.get("tests", "")) == len(RULES)
        assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped"))
    errors = [each.rule.id for each in case.violations if each.rule.severity == "error"]
    failed = [each.get("name") for each in first.findall("testcase") if each.find("failure") is not None]
    assert sorted(filter(None, failed)) == sorted(errors)
    assert (int(first.get("failures", "")), second.get("failures")) == (len(errors), "0")


def test_junit_has_failures_for_warnings_and_unknown_verdicts_in_a_strict_run() -> None:
    script = Scripted()
    script.set_up()
    script.say(headers={})
    script.read_state()
    for strict in (False, True):
        (suite,) = suites(case_of(script, strict=strict))
        assert suite.get("failures") == str(int(strict))
        (suite,) = suites(case_of(good(), without={8}, strict=strict))
        assert (suite.get("failures") != "0") is strict


# --- words ---


def test_requests_are_reported_by_what_they_ask() -> None:
    script = good()
    history = case_of(script).judgements[0].history
    told = [request_of(each) for each in history.exchanges]
    assert told[:6] == [
        "POST /api/auth/anonymous-token",
        "POST /api/tasks/me/with-session/nemo_agent",
        f"POST /api/upload-video/nemo_agent/me/{SESSION[:8]}… one.jpg",
        "POST /run_sse “Make a video of my photos”",
        f"GET /api/state/nemo_agent/me/{SESSION[:8]}…/latest",
        "POST /api/render/proxy/lambda id render_1",
    ]


def test_streams_are_reported_by_what_they_held_and_how_they_ended() -> None:
    script = Scripted()
    script.say(records=(CALL, HEARTBEAT, HEARTBEAT, RESULT, TEXT, NOISE), lasts=31, end="caller_left")
    held = "6 records in 31 s (1 text, 1 tool call, 1 tool result, 2 heartbeats)"
    assert answer_of(*only(script)) == f"200, {held}, left by the caller"
    script.say(records=(), lasts=2, end="cut")
    assert answer_of(*only(script)) == "200, no records in 2 s, cut off"


def test_refusals_silence_and_waits_are_reported() -> None:
    script = Scripted()
    script.read_state(code=1001)
    assert answer_of(*only(script)) == "200, code 1001"
    script.call("GET", "/api/credits/balance/simple", code=429, answer_headers={"retry-after": "30"})
    assert answer_of(*only(script)) == "429, Retry-After 30 s"
    script.end(script.begin("GET", "/api/credits/balance/simple"), "reset")
    assert answer_of(*only(script)) == "no answer, the connection was reset"
    script.begin("GET", "/api/credits/balance/simple")
    assert answer_of(*only(script)) == "not answered yet"


def test_the_proof_of_one_exchange_shows_its_request_and_response() -> None:
    script = Scripted()
    script.read_credits(after=0)
    history, exchange = only(script)
    assert proof_of(history, (exchange,)) == [
        "     1  08:00:00    +0:00  → GET /api/credits/balance/simple",
        "     3  08:00:00    +0:00  ← 200",
    ]


@pytest.mark.parametrize(
    ("length", "told"),
    [(0, "+0:00"), (32.9, "+0:32"), (3723, "+1:02:03"), (604_920, "+7 d 0:02"), (-1, "+0:00")],
)
def test_times_since_the_first_call_are_reported_as_people_read_them(length: float, told: str) -> None:
    assert after(length) == told


@pytest.mark.parametrize(
    ("length", "told"), [(31, "31 s"), (720, "12 min"), (11_100, "3 h 5 min"), (604_800, "7 d"), (612_000, "7 d 2 h")]
)
def test_lengths_of_time_are_reported_as_people_read_them(length: float, told: str) -> None:
    assert span(length) == told


def test_an_impossible_time_does_not_crash_a_report() -> None:
    assert clock(1e300) == "00:00:00"


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=200))
def test_nothing_that_a_caller_says_moves_the_cursor(words: str) -> None:
    script = Scripted()
    script.attribution["x-skill-source"] = words
    script.set_up()
    script.say(words + "\x1b[2J\u202eevil", headers={})
    for text in (text_of(case_of(script)), clip(words)):
        assert not [each for each in text if each != "\n" and category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]


@settings(max_examples=15)
@given(st.text(max_size=100))
def test_no_words_of_a_caller_break_a_form(words: str) -> None:
    script = Scripted()
    script.attribution["x-skill-source"] = words
    script.set_up()
    script.say(words or "x", headers={})
    case = case_of(script)
    assert json.loads(as_json(case))["verdict"] == case.verdict
    assert len(json.loads(as_sarif(case, "journal.jsonl"))["runs"]) == 1
    assert len(suites(case)) == 1


# --- what one has to know about the callers ---


def test_the_outcome_is_undecided_if_every_verdict_is_unknown() -> None:
    case = case_of(good(), without={8})
    assert (case.verdict, case.is_failed) == (f"undecided: {len(case.unknown)} unknown", False)
    strict = case_of(good(), without={8}, strict=True)
    assert (strict.outcome, strict.is_failed) == ("undecided", True)


def test_callers_of_one_skill_with_client_ids_of_their_own_may_be_one_user() -> None:
    one, two = good(), Scripted(account="anon_fedcba9876543210")
    two.entries, two.exchanges, two.token = one.entries, one.exchanges, "nmv_usr_*ffffffff"
    two.get_token("0f9b2a4e-1c7d-4c55-9d0e-6f5f0d0a1b2c", after=60, token="nmv_usr_*ffffffff")
    two.get_session("6629798706024415232")
    (sentence,) = case_of(two).alike
    assert sentence == (
        "2 callers used the skill photo-stories at 127.0.0.1, each with its own client id:"
        " if they are one user, client-id-stable is broken."
    )
    assert not list(case_of(good()).alike)


def test_no_report_shows_a_token_that_is_still_in_the_journal() -> None:
    script = good()
    secret = "nmv_usr_0123456789abcdef0123456789abcdef"
    script.call("GET", f"/api/{secret}/credits", after=1, code=404)
    script.say(f"my token is {secret}")
    case = case_of(script)
    for report in (as_html(case), as_json(case), as_sarif(case, "j.jsonl"), as_junit(case), text_of(case)):
        assert "0123456789abcdef0123456789" not in report


def test_a_line_of_the_transcript_is_shown_with_its_own_time_and_without_its_token() -> None:
    transcript = read_transcript("[+0] user: hi\n[+45] agent: your token is nmv_usr_0123456789abcdef\n")
    case = case_of(good(), transcript=transcript)
    text = text_of(case)
    assert re.search(
        r"08:00:45 \(\+0:45\)  A token is shown in line 2\.\n +line 2 .* agent: “your token is nmv_usr_…”", text
    )
    assert "your token is nmv_usr_…" in as_html(case)
    untimed = text_of(case_of(good(), transcript=read_transcript("your token is nmv_usr_0123456789abcdef\n")))
    assert "line 1  A token is shown in line 1." in untimed


def test_an_empty_id_in_a_path_is_named() -> None:
    script = good()
    script.call("GET", "/api/state/nemo_agent/me//latest", code=404)
    assert "has an empty session id" in text_of(case_of(script))


def test_a_junit_suite_counts_broken_rules_in_addition_to_failures() -> None:
    suite = ET.fromstring(as_junit(case_of(clumsy()))).find("testsuite")  # noqa: S314 -- our own text
    assert suite is not None
    (count,) = suite.findall("properties/property[@name='broken']")
    assert int(count.attrib["value"]) > int(suite.attrib["failures"]) > 0
