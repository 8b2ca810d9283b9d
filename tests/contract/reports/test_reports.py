"""The formats of a report: their content, and that their readers accept them."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import click
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.reports import (
    Finding,
    Level,
    Location,
    Report,
    RuleFacts,
    as_github,
    as_json,
    as_junit,
    as_sarif,
    as_text,
)

RULES = (
    RuleFacts("poll-fast", Level.WARNING, "Polls are 30 seconds apart.", "F2, 1.9"),
    RuleFacts("token-url", Level.ERROR, "No token in a link.", "F2, 1.9"),
    RuleFacts("greeting", Level.NOTE, "Skills greet.", "ours"),
)
FINDING = Finding(
    rule="token-url",
    level=Level.ERROR,
    message="A token, 100% of it, is in a link.",
    place=Location("skills/a b/SKILL.md", 3, 7),
    source="F2, 1.9",
    advice="Take it out:\nnow.",
    also=(Location("skills/a b/SKILL.md", 9), Location("other.md", 1)),
    evidence=("?token=1", "?token=2"),
)
NOTE = Finding("greeting", Level.NOTE, "Nobody greets.", Location("other.md"))
REPORT = Report(
    "a tool", "1.2.3", RULES, ("skills/a b/SKILL.md", "other.md"), (FINDING, NOTE), {"poll-fast": "nobody polled"}
)

#: What SARIF 2.1.0 requires of the parts that a report has (sections 3.13, 3.14, 3.18, 3.19, 3.27 to 3.30, 3.49).
ESSENTIALS = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
                                },
                                "additionalProperties": False,
                            }
                        },
                        "additionalProperties": False,
                    },
                    "invocations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["executionSuccessful"],
                            "properties": {"executionSuccessful": {"type": "boolean"}},
                            "additionalProperties": False,
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "artifacts": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {
                            "type": "object",
                            "properties": {"location": {"$ref": "#/$defs/artifact"}},
                            "additionalProperties": False,
                        },
                    },
                    "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
    "$defs": {
        "message": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string"}},
            "additionalProperties": False,
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "artifact": {
            "type": "object",
            "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9%/._~:@!$&'()*+,;=-]*$"}},
            "additionalProperties": False,
        },
        "rule": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "shortDescription": {"$ref": "#/$defs/message"},
                "help": {"$ref": "#/$defs/message"},
                "defaultConfiguration": {
                    "type": "object",
                    "properties": {"level": {"$ref": "#/$defs/level"}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "location": {
            "type": "object",
            "properties": {
                "id": {"type": "integer", "minimum": 0},
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "properties": {
                        "artifactLocation": {"$ref": "#/$defs/artifact"},
                        "region": {
                            "type": "object",
                            "required": ["startLine"],
                            "properties": {
                                "startLine": {"type": "integer", "minimum": 1},
                                "startColumn": {"type": "integer", "minimum": 1},
                            },
                            "additionalProperties": False,
                        },
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "relatedLocations": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "properties": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
}


def assert_essentials(whole: JsonObject) -> None:
    """Assert that the SARIF standard accepts the document."""
    errors = Draft202012Validator(ESSENTIALS).iter_errors(whole)  # pyright: ignore[reportUnknownMemberType] # its stubs
    assert [error.message for error in errors] == []


def test_a_report_counts_and_fails_by_errors_and_warnings_alone() -> None:
    assert REPORT.counts == {Level.ERROR: 1, Level.WARNING: 0, Level.NOTE: 1}
    assert REPORT.is_failed
    assert not Report("a tool", "1", RULES, (), (NOTE,)).is_failed
    assert Level.ERROR.reaches(Level.WARNING)
    assert not Level.NOTE.reaches(Level.WARNING)


def test_text_names_the_place_the_rule_the_advice_and_the_source() -> None:
    lines = click.unstyle(as_text(REPORT)).splitlines()
    assert lines[0] == "skills/a b/SKILL.md:3:7: error: A token, 100% of it, is in a link. [token-url]"
    assert lines[1] == "    also in line 9, other.md:1"
    assert "    source: F2, 1.9" in lines
    assert lines[-1] == "1 error, 1 note in 2 documents."
    assert as_text(Report("a tool", "1", RULES, ("a.md",), ())) == "Nothing found in 1 document.\n"


def test_json_has_every_part_of_a_finding() -> None:
    whole = json.loads(as_json(REPORT))
    assert whole["counts"] == {"error": 1, "warning": 0, "note": 1}
    assert whole["unknown"] == {"poll-fast": "nobody polled"}
    assert whole["findings"][0] == {
        "rule": "token-url",
        "level": "error",
        "message": "A token, 100% of it, is in a link.",
        "file": "skills/a b/SKILL.md",
        "line": 3,
        "column": 7,
        "source": "F2, 1.9",
        "advice": "Take it out:\nnow.",
        "also": [
            {"file": "skills/a b/SKILL.md", "line": 9, "column": None},
            {"file": "other.md", "line": 1, "column": None},
        ],
        "evidence": ["?token=1", "?token=2"],
    }


def test_sarif_is_what_the_standard_asks_for() -> None:
    whole = json.loads(as_sarif(REPORT))
    assert_essentials(whole)
    run = whole["runs"][0]
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "token-url"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "skills/a%20b/SKILL.md"
    assert place["region"] == {"startLine": 3, "startColumn": 7}
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_a_fingerprint_stays_when_a_line_moves_and_changes_with_the_message() -> None:
    def fingerprint(message: str, line: int) -> str:
        report = Report("a", "1", RULES, (), (Finding("greeting", Level.NOTE, message, Location("a.md", line)),))
        return str(json.loads(as_sarif(report))["runs"][0]["results"][0]["partialFingerprints"]["nemoHarness/v1"])

    assert fingerprint("a", 1) == fingerprint("a", 9) != fingerprint("b", 1)


def test_junit_has_a_suite_for_each_subject_and_a_case_for_each_rule() -> None:
    suites = ET.fromstring(as_junit(REPORT).split("\n", 1)[1])  # noqa: S314 -- our own
    first, second = suites
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        ("skills/a b/SKILL.md", "3", "1"),
        ("other.md", "3", "0"),
    ]
    assert [case.get("name") for case in first] == [rule.id for rule in RULES]
    failure = first.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == FINDING.message
    assert "?token=2" in (failure.text or "")
    assert [skipped.get("message") for skipped in suites.iter("skipped")] == ["nobody polled"] * 2
    note = second.find("testcase/system-out")
    assert note is not None
    assert "Nobody greets." in (note.text or "")


def test_annotations_escape_what_would_end_them() -> None:
    first, second = as_github(REPORT).splitlines()
    assert first == (
        "::error file=skills/a b/SKILL.md,line=3,col=7,title=token-url::"
        "A token, 100%25 of it, is in a link. Take it out:%0Anow."
    )
    assert second == "::notice file=other.md,title=greeting::Nobody greets."


@given(st.builds(Finding, st.text(), st.sampled_from(Level), st.text(), st.builds(Location, st.text(min_size=1))))
def test_no_text_breaks_a_form(finding: Finding) -> None:
    report = Report("a tool", "1", RULES, (finding.place.file,), (finding,))
    assert_essentials(json.loads(as_sarif(report)))
    ET.fromstring(as_junit(report).split("\n", 1)[1])  # noqa: S314 -- our own
    assert json.loads(as_json(report))["findings"][0]["message"] == finding.message
    assert len(as_github(report).split("\n")) == 2
