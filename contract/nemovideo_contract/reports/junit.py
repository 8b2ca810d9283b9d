"""Write JUnit XML, the test report that CI servers read.

`JunitSuite` and `JunitCase` are the content of a report; `write_junit` is its only writer. `as_junit` fills them from
the findings of a `Report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from nemovideo_contract.reports.finding import Finding, Level, Report

#: The characters that XML 1.0 does not allow (§2.2).
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class JunitFailure:
    """The failure of a test case: its kind, one sentence, and the details (None for no details)."""

    kind: str
    message: str
    details: str | None = None


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One test case; `skipped` is the reason why it was not run, and `output` its text on standard output."""

    group: str
    name: str
    skipped: str | None = None
    failure: JunitFailure | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class JunitSuite:
    """One test suite with its cases; `properties` are numbers about the whole suite."""

    name: str
    cases: tuple[JunitCase, ...]
    properties: tuple[tuple[str, int], ...] = ()


def write_junit(tool: str, suites: Iterable[JunitSuite]) -> str:
    """Return the report of a tool as JUnit XML; characters that XML does not allow are replaced."""
    root = ET.Element("testsuites", name=tool)
    for suite in suites:
        element = ET.SubElement(root, "testsuite", name=_xml_safe(suite.name))
        if suite.properties:
            properties = ET.SubElement(element, "properties")
            for name, value in suite.properties:
                ET.SubElement(properties, "property", name=name, value=str(value))
        for case in suite.cases:
            _add_case(element, case)
        element.set("tests", str(len(suite.cases)))
        element.set("failures", str(sum(each.failure is not None for each in suite.cases)))
        element.set("skipped", str(sum(each.skipped is not None for each in suite.cases)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, case: JunitCase) -> None:
    element = ET.SubElement(suite, "testcase", classname=_xml_safe(case.group), name=case.name)
    if case.skipped is not None:
        ET.SubElement(element, "skipped", message=_xml_safe(case.skipped))
    if case.failure is not None:
        message = _xml_safe(case.failure.message)
        failure = ET.SubElement(element, "failure", type=case.failure.kind, message=message)
        failure.text = None if case.failure.details is None else _xml_safe(case.failure.details)
    if case.output is not None:
        ET.SubElement(element, "system-out").text = _xml_safe(case.output)


def _xml_safe(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def as_junit(report: Report) -> str:
    """Return the findings as JUnit XML: a test suite for each subject, a test case for each rule.

    Errors and warnings are failures, notes are in the output of the case, and unknown rules are skipped.
    """
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault((finding.place.file, finding.rule), []).append(finding)
    return write_junit(
        report.tool,
        (
            JunitSuite(
                subject,
                tuple(
                    _to_case(subject, rule.id, by_rule.get((subject, rule.id), []), report.unknown.get(rule.id))
                    for rule in report.rules
                ),
            )
            for subject in report.subjects
        ),
    )


def _to_case(subject: str, rule: str, findings: list[Finding], unknown: str | None) -> JunitCase:
    bad = [each for each in findings if each.level.reaches(Level.WARNING)]
    notes = [each for each in findings if each not in bad]
    failure = JunitFailure(bad[0].level, bad[0].message, _describe(bad)) if bad else None
    return JunitCase(subject, rule, unknown, failure, _describe(notes) if notes else None)


def _describe(findings: Iterable[Finding]) -> str:
    return "\n\n".join(map(_describe_finding, findings))


def _describe_finding(finding: Finding) -> str:
    places = ", ".join(map(str, (finding.place, *finding.also)))
    lines = [f"{places}: {finding.message}", finding.advice, f"Source: {finding.source}" if finding.source else ""]
    return "\n".join(line for line in (*lines, *finding.evidence) if line)
