"""Write a report in SARIF 2.1.0, the format that code hosts show next to the lines of a change.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0; §3.14 runs, §3.19 tools, §3.27 results.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from nemovideo_contract.reports.finding import Finding, Location, Report, RuleFacts
from nemovideo_contract.reports.formats import to_json

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report) -> str:
    """Return one run; each finding is a result, and its rule is described by the tool."""
    at = {rule.id: number for number, rule in enumerate(report.rules)}
    run = {
        "tool": {
            "driver": {
                "name": report.tool,
                "version": report.version,
                "rules": [_rule(each) for each in report.rules],
            }
        },
        "invocations": [{"executionSuccessful": True}],
        # Columns count characters, not UTF-16 units, which are the default.
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(each)} for each in report.subjects],
        "results": [_result(each, at) for each in report.findings],
    }
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: RuleFacts) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "help": {"text": f"{rule.sentence} Source: {rule.source}."},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(finding: Finding, at: dict[str, int]) -> dict[str, object]:
    text = f"{finding.message} {finding.advice}".strip()
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "level": finding.level,
        "message": {"text": text},
        "locations": [_location(finding.place)],
        # The fingerprint depends on the message and not on the line, so that lines above it may change.
        "partialFingerprints": {"nemoHarness/v1": _fingerprint(finding)},
        "properties": {"source": finding.source, "advice": finding.advice, "evidence": list(finding.evidence)},
    }
    if finding.rule in at:
        result["ruleIndex"] = at[finding.rule]
    if finding.also:
        result["relatedLocations"] = [{"id": number, **_location(each)} for number, each in enumerate(finding.also)]
    return result


def _fingerprint(finding: Finding) -> str:
    said = "\0".join((finding.rule, _uri(finding.place.file), finding.message))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _location(place: Location) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": _artifact(place.file)}
    if place.line is not None:
        physical["region"] = {
            "startLine": place.line,
            **({} if place.column is None else {"startColumn": place.column}),
        }
    return {"physicalLocation": physical}


def _artifact(file: str) -> dict[str, object]:
    return {"uri": _uri(file)}


def _uri(file: str) -> str:
    path = PurePath(file)
    if path.is_absolute():
        return f"file://{quote(path.as_posix(), errors='replace')}"
    return quote(path.as_posix(), errors="replace")
