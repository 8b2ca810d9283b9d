"""The report as one self-contained page without scripts, fonts or pictures from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from nemovideo_contract.reports import write_page
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict
from nemovideo_skills.judge.report.descriptions import (
    after,
    answer_of,
    calls,
    clock,
    find_evidence_rows,
    plain,
    request_of,
    source_of,
    when,
)
from nemovideo_skills.judge.report.judge_report import JudgeReport, Violation, reason
from nemovideo_skills.judge.report.terminal import SIGNS
from nemovideo_skills.judge.report.timeline_svg import draw_timeline, legend
from nemovideo_skills.judge.rules.rule import Broken
from nemovideo_skills.judge.text_format import times

#: The number of violations of one rule, and of calls of one caller, that the page shows.
WRITTEN: Final = 10
CALLS: Final = 400


def as_html(case: JudgeReport) -> str:
    """Return the page."""
    body = "".join(_section(case, place, each) for place, each in enumerate(case.judgements, 1))
    return write_page(f"Rules of conduct: {plain(case.verdict)}", f"{_header(case)}{body}{_footer(case)}")


def _text(words: str) -> str:
    return escape(plain(words))


def _header(case: JudgeReport) -> str:
    kind = {"obeyed": "obeyed", "not obeyed": "failed"}.get(case.outcome, "unknown")
    sentences = "".join(f"<p>{_text(each)}</p>" for each in case.heading)
    callers = "".join(
        f'<li><a href="#caller-{place}">{_text(each.history.caller)}: {_result(each)}</a></li>'
        for place, each in enumerate(case.judgements, 1)
    )
    menu = f'<ul class="callers">{callers}</ul>' if len(case.judgements) > 1 else ""
    return (
        f'<header><p class="kicker">Rules of conduct · {_text(case.source)}</p>'
        f'<h1><span class="verdict {kind}">{_text(case.verdict[0].upper() + case.verdict[1:])}</span></h1>'
        f'<div class="lead">{sentences}</div>{menu}</header>\n'
    )


def _result(judgement: Judgement) -> str:
    broken = len(judgement.broken)
    return f"{broken} broken" if broken else "nothing broken"


def _footer(case: JudgeReport) -> str:
    return (
        f"<footer>Written by nemo-harness judge {_text(case.version)}. Times of day are UTC; +0:32 is 32 seconds after "
        "the caller's first call. Entry numbers are those of the journal.</footer>"
    )


def _section(case: JudgeReport, place: int, judgement: Judgement) -> str:
    history, violations = judgement.history, case.violations_of(judgement)
    who, what = _text(history.caller), calls(len(history.exchanges))
    parts = [
        f'<section id="caller-{place}"><h2>{who} <small>{what} in world {_text(history.world)}</small></h2>',
        _counts(judgement),
        f'<figure><div class="scroll" tabindex="0">{draw_timeline(history, violations)}</div>',
        f"<figcaption>{legend()}</figcaption></figure>\n",
    ]
    if violations:
        parts += ["<h3>What was broken</h3>", *map(_violation, violations)]
    parts += [
        *_doubts(judgement),
        "<h3>All rules</h3>",
        _rules(case, judgement, violations),
        _list_calls(history),
        "</section>\n",
    ]
    return "".join(parts)


def _counts(judgement: Judgement) -> str:
    counts = Counter(each.verdict for each in judgement.findings)
    boxes = "".join(f'<li class="{_class(each, counts[each])}"><b>{counts[each]}</b>{each}</li>' for each in SIGNS)
    return f'<ul class="counts">{boxes}</ul>'


def _class(verdict: Verdict, count: int) -> str:
    return verdict.replace(" ", "-") if count else ""


def _violation(violation: Violation) -> str:
    rule = violation.rule
    likely = '<span class="tag">likely</span>' if rule.certainty == "likely" else ""
    occurrences = "".join(
        f"<li>{_occurrence(violation.history, each)}</li>" for each in violation.occurrences[:WRITTEN]
    )
    rest = len(violation.occurrences) - WRITTEN
    more = f"<li>And {times(rest)} more.</li>" if rest > 0 else ""
    sources = "<br>".join(map(_text, source_of(rule.sources)))
    return (
        f'<article class="charge {rule.severity}" id="charge-{violation.number}">'
        f'<h4><span class="number">{violation.number}'
        f'</span><code>{escape(rule.id)}</code><span class="tag {rule.severity}">{rule.severity}</span>{likely}</h4>'
        f'<p class="should">{_text(rule.sentence)}</p><ol class="breaches">{occurrences}{more}</ol>'
        f"<dl><dt>What it costs</dt><dd>{_text(rule.cost)}</dd><dt>How to fix it</dt><dd>{_text(rule.fix)}</dd>"
        f"<dt>Who says so</dt><dd>{sources}</dd></dl></article>\n"
    )


def _occurrence(history: History, occurrence: Broken) -> str:
    start = history.began(history.exchanges[0])
    rows = "".join(
        f"<tr><td>{row.number}</td><td>{clock(row.moment)}</td><td>{after(row.moment - start)}</td>"
        f"<td>{_text(row.words)}</td></tr>"
        for row in find_evidence_rows(history, occurrence)
    )
    said = f"<b>{_text(when(history, occurrence))}</b> {_text(occurrence.what)}"
    return f'{said}<table class="proof"><tbody>{rows}</tbody></table>'


def _doubts(judgement: Judgement) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in judgement.findings:
        if each.verdict is Verdict.UNKNOWN:
            reasons.setdefault(reason(each), []).append(each.rule.id)
    if reasons:
        yield "<h3>Unknown</h3><dl>"
        for why, rules in reasons.items():
            yield f"<dt>{_text(why)}</dt><dd>{', '.join(f'<code>{escape(each)}</code>' for each in rules)}</dd>"
        yield "</dl>"


def _rules(case: JudgeReport, judgement: Judgement, violations: Iterable[Violation]) -> str:
    numbers = {each.rule.id: each.number for each in violations}
    rows: list[str] = []
    for family in case.families:
        rows.append(f'<tr><th colspan="3">{escape(family)}</th></tr>')
        rows += [
            _rule(each, numbers.get(each.rule.id)) for each in judgement.findings if case.family[each.rule.id] == family
        ]
    return f'<table class="rules"><tbody>{"".join(rows)}</tbody></table>'


def _rule(finding: RuleResult, number: int | None) -> str:
    sign, _ = SIGNS[finding.verdict]
    count = len(finding.broken) if finding.verdict is Verdict.BROKEN else finding.kept
    said = f"{sign} {finding.verdict}" + (f" ×{count}" if count > 1 else "")
    name = f"<code>{escape(finding.rule.id)}</code>"
    linked = name if number is None else f'<a href="#charge-{number}">{name}</a>'
    kind = finding.verdict.replace(" ", "-")
    return f'<tr class="{kind}"><td>{said}</td><td>{linked}</td><td>{_text(finding.rule.sentence)}</td></tr>'


def _list_calls(history: History) -> str:
    start = history.began(history.exchanges[0])
    shown = history.exchanges[:CALLS]
    rows = "".join(_call(history, each, start) for each in shown)
    rest = len(history.exchanges) - len(shown)
    more = f"<p>And {rest:,} more.</p>" if rest else ""
    return (
        f"<details><summary>All {calls(len(history.exchanges))}, one by one</summary>"
        f'<table class="proof"><tbody>{rows}</tbody></table>{more}</details>'
    )


def _call(history: History, exchange: Exchange, start: float) -> str:
    moment = history.began(exchange)
    return (
        f"<tr><td>{exchange.first}</td><td>{clock(moment)}</td><td>{after(moment - start)}</td>"
        f"<td>{_text(request_of(exchange))} → {_text(answer_of(history, exchange))}</td></tr>"
    )
