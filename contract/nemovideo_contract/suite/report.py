"""The reports of a run: JSON for programs, an HTML page for people, and the record of what production agreed to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from html import escape
from pathlib import Path
from typing import cast

from nemovideo_contract.requirements import REQUIREMENTS, agreement
from nemovideo_contract.suite.verdicts import CheckResult, Verdicts

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.counts { display: flex; gap: 1rem; flex-wrap: wrap; padding: 0 }
.counts li { list-style: none; padding: .5rem 1rem; border-radius: .4rem; background: #eef1f4 }
.counts b { display: block; font-size: 1.4rem }
.counts .bad { background: #ffdcd9 } .counts .unsure { background: #fff1c9 } .counts .good { background: #d9f2df }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 } dt { color: #57606a }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
td, th { vertical-align: top; text-align: left; padding: .3rem .6rem; border-top: 1px solid #d8dee4 }
td.ids { color: #57606a; font-size: .85em; width: 16rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font-size: .85em }
.failed { background: #fff0ee } .doubted { background: #fffaea } .skipped { color: #57606a }
"""


def as_json(head: Mapping[str, object], lines: Sequence[CheckResult], verdicts: Verdicts) -> str:
    """Return the run as JSON: `head`, then the requirements by verdict and the checks."""
    whole = {**head, "requirements": verdicts.as_dict(), "checks": [asdict(each) for each in lines]}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def as_html(head: Mapping[str, object], lines: Sequence[CheckResult], verdicts: Verdicts) -> str:
    """Return the run as an HTML page: the verdicts, with differences first, then what could not be checked, and why."""
    count = sum(map(len, verdicts.unchecked.values()))
    counts = [
        ("good", len(verdicts.agreed), "agreed"),
        ("bad" if verdicts.contradicted else "", len(verdicts.contradicted), "contradicted"),
        ("unsure" if verdicts.doubted else "", len(verdicts.doubted), "in doubt"),
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
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>NemoVideo contract</title>'
        f"<style>{_STYLE}</style>\n<h1>NemoVideo contract: {escape(str(head.get('target')))}</h1>\n"
        f'<ul class="counts">{boxes}</ul>\n<dl>{facts}</dl>\n'
        f"<h2>Checks</h2>\n<table>{rows}</table>\n<h2>Not checked</h2>\n<table>{reasons}</table>\n</html>\n"
    )


def keep_agreed(file: Path, verdicts: Verdicts, today: date) -> None:
    """Add the requirements that the target agreed to, with today's date; other requirements keep their date.

    Raises:
        TypeError: the file exists and is not a JSON object.
        ValueError: it is not JSON, or a day in it is not a date.
    """
    known = agreement.read(file.read_text(encoding="utf-8")) if file.exists() else {}
    known |= dict.fromkeys(verdicts.agreed, today)
    known = {each: day for each, day in known.items() if each in REQUIREMENTS}
    file.write_text(agreement.to_json(known), encoding="utf-8")


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
