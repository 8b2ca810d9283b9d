"""Apply the rules to a document and return the findings in the order of its lines."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from nemovideo_contract.reports import Finding, Location
from nemovideo_contract.wire import Path
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules import RULES, Hit, Rule


def check(document: Document, *, ignored: Container[str] = ()) -> tuple[Finding, ...]:
    """Return the findings of every rule that is not ignored, by line.

    Equal messages of a rule become one finding with all places.
    """
    found: dict[tuple[str, str], Finding] = {}
    places: dict[tuple[str, str], dict[Location, None]] = {}
    for rule in RULES.values():
        if rule.id in ignored or not _concerns(rule, document):
            continue
        for hit in sorted(rule.look(document), key=lambda each: each.offset):
            finding = _finding(rule, hit, document)
            found.setdefault((rule.id, finding.message), finding)
            places.setdefault((rule.id, finding.message), {})[finding.place] = None
    whole = (replace(finding, also=tuple(places[key])[1:]) for key, finding in found.items())
    return tuple(sorted(whole, key=lambda each: (each.place.line or 0, each.place.column or 0, each.level.rank)))


def _concerns(rule: Rule, document: Document) -> bool:
    if rule.subject == "any":
        return True
    if rule.subject == "skill":
        return document.is_skill
    if not document.is_about_the_api:
        return False
    return rule.subject == "api" or (
        document.is_skill and any(call.endpoint and call.endpoint.path is Path.RUN_SSE for call in document.calls)
    )


def _finding(rule: Rule, hit: Hit, document: Document) -> Finding:
    text = document.text
    line = text.line_of(hit.offset)
    quoted = tuple(_find_quoted(text.lines[line - 1]))
    return Finding(
        rule=rule.id,
        level=hit.level or rule.level,
        message=hit.message,
        place=Location(document.name, line, text.column_of(hit.offset)),
        source=hit.source or rule.source,
        advice=hit.advice or rule.advice,
        evidence=quoted if hit.offset else (),
    )


def _find_quoted(line: str) -> Iterator[str]:
    if line.strip():
        yield line.strip()[:200]
