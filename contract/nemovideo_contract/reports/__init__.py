"""Findings, and the formats of their report: text, JSON, SARIF, JUnit and GitHub annotations."""

from __future__ import annotations

from nemovideo_contract.reports.finding import Finding, Level, Location, Report, RuleFacts
from nemovideo_contract.reports.formats import as_github, as_json, as_junit, as_text
from nemovideo_contract.reports.sarif import as_sarif

__all__ = [
    "Finding",
    "Level",
    "Location",
    "Report",
    "RuleFacts",
    "as_github",
    "as_json",
    "as_junit",
    "as_sarif",
    "as_text",
]
