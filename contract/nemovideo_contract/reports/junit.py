"""A report in JUnit's XML, which every CI server reads: a suite for each subject, a case for each rule."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from nemovideo_contract.reports.finding import Finding, Level, Report

#: What XML 1.0 can't hold (§2.2).
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """The report: errors and warnings are failures, notes stand in a case's output, unknown rules are skipped."""
    suites = ET.Element("testsuites", name=report.tool)
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault((finding.place.file, finding.rule), []).append(finding)
    for subject in report.subjects:
        suite = ET.SubElement(suites, "testsuite", name=xml_safe(subject))
        failures = 0
        for rule in report.rules:
            case = ET.SubElement(suite, "testcase", classname=xml_safe(subject), name=rule.id)
            if rule.id in report.unknown:
                ET.SubElement(case, "skipped", message=xml_safe(report.unknown[rule.id]))
            found = by_rule.get((subject, rule.id), [])
            bad = [each for each in found if each.level.reaches(Level.WARNING)]
            failures += bool(bad)
            if bad:
                failure = ET.SubElement(case, "failure", type=bad[0].level, message=xml_safe(bad[0].message))
                failure.text = xml_safe("\n\n".join(map(_junit_text, bad)))
            notes = [each for each in found if each not in bad]
            if notes:
                ET.SubElement(case, "system-out").text = xml_safe("\n\n".join(map(_junit_text, notes)))
        suite.set("tests", str(len(report.rules)))
        suite.set("failures", str(failures))
        suite.set("skipped", str(len(report.unknown)))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _junit_text(finding: Finding) -> str:
    places = ", ".join(map(str, (finding.place, *finding.also)))
    lines = [f"{places}: {finding.message}", finding.advice, f"Source: {finding.source}" if finding.source else ""]
    return "\n".join(line for line in (*lines, *finding.evidence) if line)


def xml_safe(text: str) -> str:
    """The text without what XML can't hold."""
    return _FORBIDDEN.sub("\ufffd", text)
