"""What a run leaves on paper: JSON for programs, a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one check: `outcome` is passed, failed or skipped, `words` say why."""

    name: str
    ids: tuple[str, ...]
    outcome: str
    words: str
    doubts: str
    calls: str


def as_json(head: Mapping[str, object], lines: Sequence[Line]) -> str:
    """The run as JSON: `head`, then a list of checks under `checks`."""
    return json.dumps({**head, "checks": [asdict(each) for each in lines]}, ensure_ascii=False, indent=1) + "\n"


def as_html(head: Mapping[str, object], lines: Sequence[Line]) -> str:
    """The run as a page: what failed first."""
    order = {"failed": 0, "skipped": 2}
    rows = [
        f"<tr class={each.outcome}><td>{each.outcome}<td>{escape(each.name.removeprefix('test_').replace('_', ' '))}"
        f"<td>{escape(', '.join(each.ids))}<td><pre>{escape(each.words or each.doubts)}</pre>"
        for each in sorted(lines, key=lambda line: order.get(line.outcome, 1))
    ]
    facts = "".join(f"<dt>{escape(key)}<dd>{escape(str(value))}" for key, value in head.items())
    style = (
        "body{font:15px sans-serif}td{vertical-align:top;padding:3px 8px}"
        "pre{white-space:pre-wrap;margin:0}.failed{background:#fdd}"
    )
    return (
        f"<!doctype html><meta charset=utf-8><title>NemoVideo contract</title><style>{style}</style>"
        f"<h1>NemoVideo contract</h1><dl>{facts}</dl><table>{''.join(rows)}</table>\n"
    )
