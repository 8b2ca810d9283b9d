"""A report as one JSON object, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from nemovideo_contract.reports.finding import Finding, Location, Report


def as_json(report: Report) -> str:
    """The report: `tool`, `version`, `subjects`, `counts`, `findings` in order, and `unknown` rules with reasons."""
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
