"""Findings, and the formats in which a run reports them.

`finding` has the model. Each format has one writer, which suite, judge and lint share: text, JSON and GitHub
annotations in `formats`, then `junit`, `sarif` and `html`, the page with the one stylesheet.
"""

from __future__ import annotations

from nemovideo_contract.reports.finding import Finding, Level, Location, Report, RuleFacts
from nemovideo_contract.reports.formats import as_github, as_json, as_text, to_json
from nemovideo_contract.reports.html import write_page
from nemovideo_contract.reports.junit import JunitCase, JunitFailure, JunitSuite, as_junit, write_junit
from nemovideo_contract.reports.sarif import as_sarif

__all__ = [
    "Finding",
    "JunitCase",
    "JunitFailure",
    "JunitSuite",
    "Level",
    "Location",
    "Report",
    "RuleFacts",
    "as_github",
    "as_json",
    "as_junit",
    "as_sarif",
    "as_text",
    "to_json",
    "write_junit",
    "write_page",
]
