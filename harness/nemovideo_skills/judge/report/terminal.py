"""Reports for a terminal: a table of the rules by family, then each violation with its evidence."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nemovideo_contract.requirements.requirement import FAMILIES as DOCUMENTS
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.judging import Judgement, RuleResult, Verdict
from nemovideo_skills.judge.report.descriptions import after, calls, clock, find_evidence_rows, places_of, plain, when
from nemovideo_skills.judge.report.judge_report import JudgeReport, Violation, reason
from nemovideo_skills.judge.rules.rule import Broken, Rule
from nemovideo_skills.judge.text_format import times

#: The number of violations of one rule that are listed.
SHOWN: Final = 3
#: The width below which labels are printed above their text, in columns.
NARROW: Final = 60

#: The sign and the colour of a verdict.
SIGNS: Final = {
    Verdict.BROKEN: ("✗", "red"),
    Verdict.UNKNOWN: ("?", "yellow"),
    Verdict.KEPT: ("✓", "green"),
    Verdict.NOT_EXERCISED: ("·", "dim"),
}
_COLOURS: Final = {"error": "red", "warning": "yellow", "note": "cyan"}


@contextmanager
def set_in_columns(console: Console) -> Generator[Console]:
    """Print all at the end of the block, without trailing spaces."""
    if console.is_terminal:
        yield console
        return
    with console.capture() as captured:
        yield console
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
    console.file.flush()


def print_report(console: Console, case: JudgeReport) -> None:
    """Print the whole report: what was judged, each caller's table and violations, and the result."""
    for line in case.heading:
        console.print(Text(line))
    for judgement in case.judgements:
        _print_judgement(console, case, judgement)
    console.print()
    if case.violations:
        _print_documents(console, (each.rule for each in case.violations))
        console.print()
    console.print(_result(case))


def print_occurrence(console: Console, history: History, rule: Rule, occurrence: Broken) -> None:
    """Print one violation at the moment at which it is proven."""
    console.print(_title(rule.id, rule.severity, f"{when(history, occurrence)}  ✗ "))
    _print_occurrence(console, history, occurrence)


def print_note(console: Console, words: str) -> None:
    """Print a sentence that does not belong to a caller."""
    console.print(Text(words, style="dim"))


def print_rules(console: Console, families: Iterable[tuple[str, Iterable[Rule]]]) -> None:
    """Print every rule with its sources, and what the source documents are."""
    listed = [(family, tuple(rules)) for family, rules in families]
    for family, rules in listed:
        console.print(Text(family, style="bold"))
        for rule in rules:
            likely = "" if rule.certainty == "provable" else ", likely"
            console.print(_set_in(_title(rule.id, rule.severity, "", likely), 2))
            console.print(_set_in(Text(rule.sentence), 4))
            console.print(_set_in(Text(places_of(rule.sources), style="dim"), 4))
    console.print()
    _print_documents(console, (each for _, rules in listed for each in rules))


def _print_documents(console: Console, rules: Iterable[Rule]) -> None:
    """Print what the source documents of these rules are."""
    named = {source.family for each in rules for source in each.sources}
    grid = Table.grid(padding=(0, 2))
    for name, meaning in DOCUMENTS.items():
        if name in named:
            grid.add_row(Text(name, style="bold"), Text(meaning, style="dim"))
    console.print(grid)


def _set_in(text: RenderableType, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns), expand=False)


def _result(case: JudgeReport) -> Text:
    colour = {"obeyed": "green", "not obeyed": "red"}.get(case.outcome, "yellow")
    return Text(f"{case.verdict[0].upper()}{case.verdict[1:]}.", style=f"bold {colour}")


def _print_judgement(console: Console, case: JudgeReport, judgement: Judgement) -> None:
    history = judgement.history
    title = f"{plain(history.caller)}, {calls(len(history.exchanges))} in world {plain(history.world)}"
    console.print()
    console.rule(Text(title, style="bold"), align="left", characters="─")
    if console.width < NARROW:
        for line in _list(case, judgement):
            console.print(line)
    else:
        console.print(_table(case, judgement))
    for violation in case.violations_of(judgement):
        console.print()
        _print_violation(console, violation)
    doubts = [each for each in judgement.findings if each.verdict is Verdict.UNKNOWN]
    if doubts:
        console.print()
        console.print(Text("Unknown:", style="bold yellow"))
        for why, rules in _by_reason(doubts).items():
            console.print(_set_in(Text(f"{', '.join(rules)}: {why}"), 2))


def _by_reason(findings: Iterable[RuleResult]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in findings:
        found.setdefault(reason(each), []).append(each.rule.id)
    return found


def _by_family(case: JudgeReport, judgement: Judgement) -> Iterator[tuple[str, Verdict, Text]]:
    """Print for each family the rules that were broken, unknown, kept and not exercised, as a table."""
    for family in case.families:
        for verdict, (_, colour) in SIGNS.items():
            rules = ", ".join(
                _format_counts(each)
                for each in judgement.findings
                if each.verdict is verdict and case.family[each.rule.id] == family
            )
            if rules:
                yield family, verdict, Text(rules, style="dim" if colour == "dim" else "")


def _table(case: JudgeReport, judgement: Judgement) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True)
    table.add_column()
    before = ""
    for family, verdict, rules in _by_family(case, judgement):
        sign, colour = SIGNS[verdict]
        table.add_row("" if family == before else family, Text(f"{sign} {verdict}", style=colour), rules)
        before = family
    return table


def _list(case: JudgeReport, judgement: Judgement) -> Iterator[RenderableType]:
    """Print the same as a list, for a narrow terminal."""
    before = ""
    for family, verdict, rules in _by_family(case, judgement):
        if family != before:
            yield Text(family, style="bold")
            before = family
        sign, colour = SIGNS[verdict]
        yield _set_in(Text.assemble((f"{sign} {verdict}: ", colour), rules), 2)


def _format_counts(finding: RuleResult) -> str:
    count = len(finding.broken) if finding.verdict is Verdict.BROKEN else finding.kept
    return f"{finding.rule.id} ×{count}" if count > 1 else finding.rule.id


def _title(rule: str, severity: str, sign: str, more: str = "") -> Text:
    colour = _COLOURS[severity]
    return Text.assemble((sign, f"bold {colour}"), (rule, "bold"), "  ", (f"{severity}{more}", colour))


def _print_violation(console: Console, violation: Violation) -> None:
    rule = violation.rule
    console.print(
        _title(rule.id, rule.severity, f"✗ {violation.number}. ", violation.weight.removeprefix(rule.severity))
    )
    console.print(_set_in(Text(rule.sentence, style="italic"), 3))
    for occurrence in violation.occurrences[:SHOWN]:
        _print_occurrence(console, violation.history, occurrence)
    if len(violation.occurrences) > SHOWN:
        more = f"And {times(len(violation.occurrences) - SHOWN)} more; --format json and html say when."
        console.print(_set_in(Text(more), 3))
    for label, words in _advice(rule):
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True, width=7)
        grid.add_column(overflow="fold")
        grid.add_row(Text(label, style="dim"), Text(words))
        console.print(_set_in(grid, 3))


def _advice(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "cost:", rule.cost
    yield "fix:", rule.fix
    yield "source:", places_of(rule.sources)


def _print_occurrence(console: Console, history: History, occurrence: Broken) -> None:
    start = history.began(history.exchanges[0])
    what = Text.assemble((when(history, occurrence), "bold"), "  ", plain(occurrence.what))
    console.print(_set_in(what, 3))
    grid = Table.grid(padding=(0, 1))
    for justify in ("right", "left", "right"):
        grid.add_column(no_wrap=True, justify=justify, style="dim")
    grid.add_column(overflow="fold", style="dim")
    for row in find_evidence_rows(history, occurrence):
        grid.add_row(str(row.number), clock(row.moment), after(row.moment - start), Text(row.words))
    console.print(_set_in(grid, 5))
