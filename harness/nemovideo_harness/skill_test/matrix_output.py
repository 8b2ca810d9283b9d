"""Print a matrix of scenarios and rules for a terminal of 80 columns, and the violations below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nemovideo_harness.skill_test.baseline import MatrixHeader, Regression
from nemovideo_harness.skill_test.trial import Outcome, Trial
from nemovideo_skills.judge.judging import Verdict
from nemovideo_skills.judge.report.descriptions import after, places_of, plain, rows_of
from nemovideo_skills.judge.report.judge_report import proof
from nemovideo_skills.judge.report.terminal import SIGNS
from nemovideo_skills.judge.rules import RULES, Broken, Rule

#: The number of scenarios in which a rule's violation is described; further ones are named.
SHOWN: Final = 2
#: The sign of a rule that a scenario should exercise but did not.
MISSED: Final = ("!", "yellow")
_OUTCOMES: Final = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.BROKEN: ("✗", "red"),
    Outcome.MISSED: MISSED,
    Outcome.TIMED_OUT: ("✗", "red"),
    Outcome.NO_CALL: ("✗", "red"),
}


def print_matrix(console: Console, head: MatrixHeader, trials: Sequence[Trial]) -> None:
    """Print the scenarios with their outcomes, then the matrix, then each violation."""
    version = f" {head.version}" if head.version else ""
    pace = f", service time divided by {head.speed:g}" if head.speed != 1 else ""
    console.print(Text(f"{head.skill}{version}, called by {head.caller}."))
    console.print(Text(f"Profile {head.profile}, {head.clock} clock{pace}."))
    console.print()
    console.print(_scenarios(trials))
    rules = _find_exercised_rules(trials)
    if rules:
        console.print()
        console.print(_grid(trials, rules))
        console.print(_legend(), style="dim")
    for rule in rules:
        broken = [each for each in trials if each.verdicts.get(rule) is Verdict.BROKEN]
        if broken:
            console.print()
            _print_rule(console, RULES[rule], broken)


def print_result(console: Console, trials: Sequence[Trial], regressions: Sequence[Regression] | None) -> None:
    """Print the result, and the regressions if there is a baseline."""
    passed = sum(each.outcome is Outcome.PASSED for each in trials)
    console.print()
    for each in regressions or ():
        console.print(Text(f"✗ {each}", style="red"))
    words = f"{passed} of {len(trials)} scenarios passed"
    is_good = passed == len(trials)
    if regressions is not None:
        count = len(regressions)
        words += f"; {count or 'no'} regression{'s' if count != 1 else ''} since the baseline"
        is_good = not regressions
    console.print(Text(f"{words}.", style="bold green" if is_good else "bold red"))


def outcome_of(trial: Trial) -> str:
    """Return the outcome of a scenario in one line."""
    code = trial.performance.code
    has_failed = trial.outcome is not Outcome.TIMED_OUT and code not in {None, 0}
    return _came_out(trial) + (f" (exit code {code})" if has_failed else "")


def _came_out(trial: Trial) -> str:
    match trial.outcome:
        case Outcome.BROKEN:
            return f"broken: {', '.join(trial.failing)}"
        case Outcome.MISSED:
            return f"not exercised: {', '.join(trial.missed)}"
        case Outcome.NO_CALL:
            return f"no call{_last_words(trial)}"
        case Outcome.TIMED_OUT:
            return "timed out"
        case Outcome.PASSED:
            light = [each.rule.id for each in trial.broken]
            return f"passed, though {', '.join(light)}" if light else "passed"


def _last_words(trial: Trial) -> str:
    lines = trial.performance.errors.strip().splitlines()
    return f": {plain(lines[-1])[:200]}" if lines else ""


def _scenarios(trials: Sequence[Trial]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, trial in enumerate(trials, 1):
        sign, colour = _OUTCOMES[trial.outcome]
        table.add_row(str(number), trial.scenario.name, Text(sign, style=colour), Text(outcome_of(trial)))
    return table


def _find_exercised_rules(trials: Sequence[Trial]) -> list[str]:
    """Return the rules that some scenario exercised or should exercise, in their own order."""
    met = {rule for each in trials for rule in (*each.verdicts, *each.missed)}
    return [each for each in RULES if each in met]


def _grid(trials: Sequence[Trial], rules: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 1), pad_edge=False, header_style="dim")
    table.add_column(no_wrap=True)
    for number in range(1, len(trials) + 1):
        table.add_column(str(number), no_wrap=True, justify="right", width=2)
    for rule in rules:
        table.add_row(rule, *(Text(*_cell(each, rule)) for each in trials))
    return table


def _cell(trial: Trial, rule: str) -> tuple[str, str]:
    if rule in trial.missed:
        return MISSED
    return SIGNS[trial.verdicts.get(rule, Verdict.NOT_EXERCISED)]


def _legend() -> Text:
    return Text("✓ kept  ✗ broken  · not exercised  ! not exercised, the scenario's own rule")


def _print_rule(console: Console, rule: Rule, trials: Sequence[Trial]) -> None:
    likely = "" if rule.certainty == "provable" else ", likely"
    colour = {"error": "red", "warning": "yellow"}.get(rule.severity, "cyan")
    heading = (("✗ ", f"bold {colour}"), (rule.id, "bold"), "  ", (f"{rule.severity}{likely}", colour))
    console.print(Text.assemble(*heading))
    console.print(_set_in(Text(rule.sentence, style="italic"), 2))
    for trial in trials[:SHOWN]:
        _print_occurrences(console, trial, rule)
    if len(trials) > SHOWN:
        console.print(_set_in(Text(f"Also in {', '.join(each.scenario.name for each in trials[SHOWN:])}."), 2))
    for label, words in (("cost", rule.cost), ("fix", rule.fix), ("source", places_of(rule.sources))):
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True, width=7)
        grid.add_column(overflow="fold")
        grid.add_row(Text(f"{label}:", style="dim"), Text(words))
        console.print(_set_in(grid, 2))


def _print_occurrences(console: Console, trial: Trial, rule: Rule) -> None:
    assert trial.judgement is not None
    occurrences = [occurrence for each in trial.broken if each.rule is rule for occurrence in each.broken]
    times = f" ({len(occurrences)} times)" if len(occurrences) > 1 else ""
    console.print(_set_in(Text.assemble((trial.scenario.name, "bold"), f"{times}: {plain(occurrences[0].what)}"), 2))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, justify="right", style="dim")
    grid.add_column(overflow="fold", style="dim")
    for moment, words in _format_occurrence(trial, occurrences[0]):
        grid.add_row(moment, words)
    console.print(_set_in(grid, 4))


def _format_occurrence(trial: Trial, occurrence: Broken) -> Iterator[tuple[str, Text]]:
    assert trial.judgement is not None
    history = trial.judgement.history
    start = history.began(history.exchanges[0])
    for row in rows_of(history, proof(occurrence)):
        yield after(row.moment - start), Text(row.words)


def _set_in(text: Text | Table, columns: int) -> Padding:
    return Padding(text, (0, 0, 0, columns), expand=False)
