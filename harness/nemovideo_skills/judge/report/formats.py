"""Reports for programs: JSON, SARIF for code hosts, JUnit for CI servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract import reports
from nemovideo_contract.reports import (
    Finding,
    JunitCase,
    JunitFailure,
    JunitSuite,
    Level,
    Location,
    Report,
    RuleFacts,
    to_json,
    write_junit,
)
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict
from nemovideo_skills.judge.report.descriptions import answer_of, evidence_of, places_of, plain, request_of
from nemovideo_skills.judge.report.judge_report import JudgeReport, Violation, proof, reason
from nemovideo_skills.judge.rules.rule import Broken, Rule

TOOL: Final = "nemo-harness judge"


def as_json(case: JudgeReport) -> str:
    """Return a JSON object: `verdict`, `failed`, `journal`, `callers` with a finding for each rule, and `rules` by id.

    Times are seconds since the epoch, by the clock that the caller lived by.
    """
    histories = [each.history for each in case.judgements]
    whole = {
        "tool": TOOL,
        "version": case.version,
        "verdict": case.verdict,
        "failed": case.is_failed,
        "strict": case.is_strict,
        "practice": case.expectations,
        "journal": {
            "source": case.source,
            "entries": case.journal.entries,
            "exchanges": sum(len(each.exchanges) for each in histories),
            "open": case.journal.open,
            "gaps": [
                {"world": each.world, "first": each.before + 1, "last": each.after - 1} for each in case.journal.gaps
            ],
        },
        "callers": [_caller(case, each) for each in case.judgements],
        "rules": {id_: _rule(case.family[id_], rule) for id_, rule in case.rules.items()},
    }
    return to_json(whole, is_ascii=True)


def _caller(case: JudgeReport, judgement: Judgement) -> dict[str, object]:
    history = judgement.history
    return {
        "name": history.caller,
        "world": history.world,
        "exchanges": len(history.exchanges),
        "time": "virtual" if history.virtual else "real",
        "began": history.began(history.exchanges[0]),
        "findings": [_finding(case, history, each) for each in judgement.findings],
    }


def _finding(case: JudgeReport, history: History, finding: RuleResult) -> dict[str, object]:
    return {
        "rule": finding.rule.id,
        "verdict": finding.verdict,
        "kept": finding.kept,
        "broken": [
            {
                "what": plain(each.what),
                "transcript_line": None if each.line is None else each.line.number,
                "at": _exchange(case, history, each.at),
                "proof": [_exchange(case, history, shown) for shown in proof(each)],
            }
            for each in finding.broken
        ],
        "unsure": [{"why": each.why, "at": _exchange(case, history, each.at)} for each in finding.unsure],
    }


def _exchange(case: JudgeReport, history: History, exchange: Exchange) -> dict[str, object]:
    return {
        "first": exchange.first,
        "last": exchange.last,
        "line": case.journal.lines.get((exchange.world, exchange.first)),
        "began": history.began(exchange),
        "ended": history.ended(exchange),
        "request": request_of(exchange),
        "answer": answer_of(history, exchange),
    }


def _rule(family: str, rule: Rule) -> dict[str, object]:
    return {
        "family": family,
        "sentence": rule.sentence,
        "severity": rule.severity,
        "certainty": rule.certainty,
        "sources": [str(each) for each in rule.sources],
        "cost": rule.cost,
        "fix": rule.fix,
    }


# --- SARIF ------------------------------------------------------------------------------------------------------------


def as_sarif(case: JudgeReport, file: str) -> str:
    """Return SARIF 2.1.0; each violation is a result at the line of the journal's `file` at which its call begins."""
    findings = tuple(
        _to_finding(case, violation, each, file) for violation in case.violations for each in violation.occurrences
    )
    rules = tuple(
        RuleFacts(each.id, Level(each.severity), each.sentence, places_of(each.sources)) for each in case.rules.values()
    )
    return reports.as_sarif(Report(TOOL, case.version, rules, (file,), findings))


def _to_finding(case: JudgeReport, violation: Violation, occurrence: Broken, file: str) -> Finding:
    def place(exchange: Exchange) -> Location:
        return Location(file, case.journal.lines.get((exchange.world, exchange.first)))

    shown = proof(occurrence)
    who = f"{plain(violation.history.caller)}: " if len(case.judgements) > 1 else ""
    return Finding(
        violation.rule.id,
        Level(violation.rule.severity),
        f"{who}{plain(occurrence.what)}",
        place(occurrence.at),
        source=places_of(violation.rule.sources),
        advice=violation.rule.fix,
        also=tuple(place(each) for each in shown if each is not occurrence.at),
        evidence=tuple(evidence_of(violation.history, occurrence)),
    )


# --- JUnit ------------------------------------------------------------------------------------------------------------


def as_junit(case: JudgeReport) -> str:
    """Return JUnit XML: a test suite for each caller, a test case for each rule.

    A violation that makes the run fail is a failure; in a strict run, an unknown verdict is a failure too. Other
    violations are in the output of the test case, and the property `broken` of the suite counts all of them. Rules that
    were not exercised, or whose verdict is unknown, are skipped.
    """
    return write_junit(TOOL, (_to_suite(case, each) for each in case.judgements))


def _to_suite(case: JudgeReport, judgement: Judgement) -> JunitSuite:
    history = judgement.history
    return JunitSuite(
        f"{history.caller} in {history.world}",
        tuple(_to_case(case, history, each) for each in judgement.findings),
        (("broken", len(judgement.broken)),),
    )


def _to_case(case: JudgeReport, history: History, finding: RuleResult) -> JunitCase:
    rule = finding.rule
    skipped, failure, output = None, None, None
    match finding.verdict:
        case Verdict.BROKEN:
            details = "\n".join(_describe(history, finding))
            if rule.severity == "error" or (case.is_strict and rule.severity == "warning"):
                failure = JunitFailure(rule.severity, plain(finding.broken[0].what), details)
            else:
                output = details
        case Verdict.UNKNOWN if case.is_strict:
            failure = JunitFailure("unknown", reason(finding))
        case Verdict.UNKNOWN:
            skipped = f"unknown: {reason(finding)}"
        case Verdict.NOT_EXERCISED:
            skipped = "not exercised"
        case Verdict.KEPT:
            pass
    return JunitCase(f"{history.caller} / {case.family[rule.id]}", rule.id, skipped, failure, output)


def _describe(history: History, finding: RuleResult) -> Iterator[str]:
    for each in finding.broken:
        yield plain(each.what)
        yield from evidence_of(history, each)
    rule = finding.rule
    yield from (
        "",
        f"Rule: {rule.sentence}",
        f"Cost: {rule.cost}",
        f"Fix: {rule.fix}",
        f"Source: {places_of(rule.sources)}",
    )
