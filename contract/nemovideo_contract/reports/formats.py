"""The short formats of a report: text for a terminal, JSON and GitHub annotations.

`junit`, `sarif` and `html` have their own modules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import click

from nemovideo_contract.printable import printable
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
    # The styles are control characters too, so that `printable` must come before them.
    place = click.style(printable(str(finding.place)), bold=True)
    lines = [f"{place}: {level}: {printable(finding.message)} [{finding.rule}]"]
    if finding.also:
        here = [each for each in finding.also if each.file == finding.place.file]
        places = ", ".join(str(each.line if each in here else each) for each in finding.also)
        lines.append(f"    also in {'line' if len(here) == 1 else 'lines'} {printable(places)}")
    if finding.advice:
        lines.append(f"    {printable(finding.advice)}")
    if finding.source:
        lines.append(click.style(f"    source: {printable(finding.source)}", dim=True))
    return "\n".join(lines)


def _format_counts(report: Report) -> str:
    words = [f"{number} {level}{'' if number == 1 else 's'}" for level, number in report.counts.items() if number]
    where = f"{len(report.subjects)} document{'' if len(report.subjects) == 1 else 's'}"
    return f"{', '.join(words) or 'Nothing found'} in {where}."


_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def as_github(report: Report) -> str:
    """Return a workflow command of GitHub Actions for each finding; GitHub shows it at the line.

    The escapes are those of `escapeData` and `escapeProperty` in `packages/core/src/command.ts` of actions/toolkit.
    """
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


def to_json(document: Mapping[str, object], *, is_ascii: bool = False) -> str:
    """Return the text of a JSON report, with escapes for all characters outside ASCII if `is_ascii` is set.

    Use `is_ascii` for text that a caller sent: it may have lone surrogates, which UTF-8 can't encode.
    """
    return json.dumps(document, ensure_ascii=is_ascii, indent=1) + "\n"


def as_json(report: Report) -> str:
    """Return a JSON object: `tool`, `version`, `subjects`, `counts`, `findings` and `unknown` rules with reasons."""
    whole = {
        "tool": report.tool,
        "version": report.version,
        "subjects": report.subjects,
        "counts": report.counts,
        "findings": [_finding_to_json(each) for each in report.findings],
        "unknown": dict(report.unknown),
    }
    return to_json(whole)


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
