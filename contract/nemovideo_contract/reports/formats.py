"""The formats of a report: text for a terminal, JSON, JUnit and GitHub annotations. `sarif` has its own module."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Final
from xml.etree import ElementTree as ET

import click

from nemovideo_contract.reports.finding import Finding, Level, Location, Report

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


def as_text(report: Report) -> str:
    """Return each finding with its place, rule, advice and source, and a line of counts at the end.

    The text has colours; `click.echo` removes them if the output is not a terminal.
    """
    blocks = [_describe_finding(each) for each in report.findings]
    return "".join(f"{block}\n" for block in (*blocks, _format_counts(report)))


def _describe_finding(finding: Finding) -> str:
    level = click.style(str(finding.level), fg=_COLOURS[finding.level], bold=True)
    lines = [f"{click.style(str(finding.place), bold=True)}: {level}: {finding.message} [{finding.rule}]"]
    if finding.also:
        here = [each for each in finding.also if each.file == finding.place.file]
        places = ", ".join(str(each.line if each in here else each) for each in finding.also)
        lines.append(f"    also in {'line' if len(here) == 1 else 'lines'} {places}")
    if finding.advice:
        lines.append(f"    {finding.advice}")
    if finding.source:
        lines.append(click.style(f"    source: {finding.source}", dim=True))
    return "\n".join(lines)


def _format_counts(report: Report) -> str:
    words = [f"{number} {level}{'' if number == 1 else 's'}" for level, number in report.counts.items() if number]
    where = f"{len(report.subjects)} document{'' if len(report.subjects) == 1 else 's'}"
    return f"{', '.join(words) or 'Nothing found'} in {where}."


_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def as_github(report: Report) -> str:
    """Return a workflow command of GitHub Actions for each finding; GitHub shows it at the line."""
    return "".join(f"{_workflow_command(each)}\n" for each in report.findings)


def _workflow_command(finding: Finding) -> str:
    place = finding.place
    properties = {"file": place.file, "line": place.line, "col": place.column, "title": finding.rule}
    said = ",".join(f"{key}={_escape_property(str(value))}" for key, value in properties.items() if value is not None)
    return f"::{_COMMANDS[finding.level]} {said}::{_escape(f'{finding.message} {finding.advice}'.strip())}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def as_json(report: Report) -> str:
    """Return a JSON object: `tool`, `version`, `subjects`, `counts`, `findings` in order, and `unknown` with reasons."""
    whole = {
        "tool": report.tool,
        "version": report.version,
        "subjects": report.subjects,
        "counts": report.counts,
        "findings": [_finding_to_json(each) for each in report.findings],
        "unknown": dict(report.unknown),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _finding_to_json(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "message": finding.message,
        **_location_to_json(finding.place),
        "source": finding.source,
        "advice": finding.advice,
        "also": [_location_to_json(each) for each in finding.also],
        "evidence": finding.evidence,
    }


def _location_to_json(place: Location) -> dict[str, object]:
    return asdict(place)


#: The characters that XML 1.0 does not allow (§2.2).
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """Return JUnit XML for CI servers: a test suite for each subject, a test case for each rule."""
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
    """Return the text without the characters that XML does not allow."""
    return _FORBIDDEN.sub("\ufffd", text)
