"""The reports of a suite run: JSON for programs, a page for people, and the record of agreed requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from html import escape
from pathlib import Path
from typing import cast

from nemovideo_contract.reports import to_json, write_page
from nemovideo_contract.requirements import REQUIREMENTS, agreed_file
from nemovideo_contract.suite.verdicts import CheckResult, Verdicts


def as_json(head: Mapping[str, object], lines: Sequence[CheckResult], verdicts: Verdicts) -> str:
    """Return the run as JSON: `head`, the requirements by verdict under `requirements`, the checks under `checks`."""
    whole = {**head, "requirements": verdicts.as_dict(), "checks": [asdict(each) for each in lines]}
    return to_json(whole)


def as_html(head: Mapping[str, object], lines: Sequence[CheckResult], verdicts: Verdicts) -> str:
    """Return the run as a page: the verdicts, the checks with the failures first, and the unchecked requirements."""
    count = sum(map(len, verdicts.unchecked.values()))
    counts = [
        ("kept" if verdicts.agreed else "", len(verdicts.agreed), "agreed"),
        ("broken" if verdicts.contradicted else "", len(verdicts.contradicted), "contradicted"),
        ("unknown" if verdicts.doubted else "", len(verdicts.doubted), "in doubt"),
        ("", count, "not checked"),
    ]
    boxes = "".join(f'<li class="{kind}"><b>{number}</b>{words}</li>' for kind, number, words in counts)
    facts = "".join(
        f"<dt>{escape(key.replace('_', ' '))}</dt><dd>{escape(_words(value))}</dd>"
        for key, value in head.items()
        if value not in (None, [], {})
    )
    reasons = "".join(
        f'<tr><td>{len(ids)}</td><td>{escape(reason)}</td><td class="ids">{escape(", ".join(ids))}</td></tr>'
        for reason, ids in sorted(verdicts.unchecked.items(), key=lambda each: -len(each[1]))
    )
    order = {"failed": 0, "doubted": 1, "passed": 2, "skipped": 3}
    rows = "".join(
        f'<tr class="{kind}"><td>{kind}</td><td>{escape(each.name.removeprefix("test_").replace("_", " "))}'
        f"{_pre(each.words or each.doubts)}</td>"
        f'<td class="ids">{escape(", ".join(each.ids))}</td></tr>'
        for kind, each in sorted(((_kind(each), each) for each in lines), key=lambda pair: order.get(pair[0], 2))
    )
    target = str(head.get("target"))
    return write_page(
        f"NemoVideo contract: {target}",
        f'<h1>NemoVideo contract: {escape(target)}</h1>\n<ul class="counts">{boxes}</ul>\n<dl>{facts}</dl>\n'
        f'<h2>Checks</h2>\n<table class="checks">{rows}</table>\n'
        f'<h2>Not checked</h2>\n<table class="checks">{reasons}</table>\n',
    )


def read_agreed(file: Path) -> dict[str, date]:
    """Return the record in a file; a missing file has none.

    Raises:
        OSError: the file can't be read.
        TypeError: it is not a JSON object.
        ValueError: it is not JSON, or a day in it is not a date.
    """
    return agreed_file.read(file.read_text(encoding="utf-8")) if file.exists() else {}


def keep_agreed(file: Path, verdicts: Verdicts, today: date) -> None:
    """Add the agreed requirements with the day; earlier entries that did not agree today stay.

    Raises: as `read_agreed`.
    """
    known = read_agreed(file)
    known |= dict.fromkeys(verdicts.agreed, today)
    known = {each: day for each, day in known.items() if each in REQUIREMENTS}
    file.write_text(agreed_file.to_json(known), encoding="utf-8")


def _kind(line: CheckResult) -> str:
    return "doubted" if line.outcome == "passed" and line.doubts else line.outcome


def _pre(words: str) -> str:
    return f"<pre>{escape(words)}</pre>" if words else ""


def _words(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[object, object]", value)
        return ", ".join(f"{key}={each}" for key, each in fields.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value))) or "nothing"
    return "nothing" if value is None else str(value)
