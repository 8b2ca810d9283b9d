"""A report as workflow commands of GitHub Actions: each finding becomes an annotation of its line."""

from __future__ import annotations

from nemovideo_contract.reports.finding import Finding, Level, Report

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def as_github(report: Report) -> str:
    """A line for each finding."""
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
