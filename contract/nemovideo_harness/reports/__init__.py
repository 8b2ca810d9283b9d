"""Findings, and the forms in which a run reports them: text, JSON, SARIF, JUnit and annotations."""

from __future__ import annotations

from nemovideo_harness.reports.finding import Finding, Level, Place, Report, RuleFacts
from nemovideo_harness.reports.github import as_github
from nemovideo_harness.reports.jsons import as_json
from nemovideo_harness.reports.junit import as_junit
from nemovideo_harness.reports.sarif import as_sarif
from nemovideo_harness.reports.text import as_text

__all__ = [
    "Finding",
    "Level",
    "Place",
    "Report",
    "RuleFacts",
    "as_github",
    "as_json",
    "as_junit",
    "as_sarif",
    "as_text",
]
