"""`nemo-harness skill test`: what a caller that follows a skill does in every situation that a matrix has."""

from __future__ import annotations

import difflib
import os
import sys
import threading
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.serve import require_mock
from nemovideo_skills.judge.expectations import PRACTICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from nemovideo_harness.skill_test.baseline import MatrixHeader, SavedMatrix
    from nemovideo_harness.skill_test.runner import RunPlan
    from nemovideo_harness.skill_test.scenario_world import CallerResult, Clock, TrialEnvironment
    from nemovideo_harness.skill_test.scenarios import Scenario
    from nemovideo_harness.skill_test.trial import Trial
    from nemovideo_skills.judge.rules import Rule

#: By what the service's durations are divided for a command that keeps its own time.
FAST: Final = 60.0
#: Columns of text that goes to no terminal; the matrix fits into them.
WIDTH: Final = 80
_DOCUMENT: Final = "SKILL.md"


@click.command(
    "test",
    short_help="Test an agent that follows a skill.",
    context_settings={"ignore_unknown_options": False},
)
@click.argument("skill", required=False, metavar="SKILL.md", type=click.Path(path_type=Path))
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
@click.option("--scenario", "names", multiple=True, metavar="NAME", help="Run only this scenario; repeatable.")
@click.option("--list", "lists", is_flag=True, help="Print all scenarios and exit.")
@click.option(
    "--profile",
    type=click.Choice(list(PRACTICES)),
    default="seeds",
    show_default=True,
    help="The variant of the API that the fake plays.",
)
@click.option(
    "--clock",
    type=click.Choice(["real", "virtual"]),
    default="real",
    show_default=True,
    help="The clock of COMMAND. virtual: each sleep program that it starts returns at once.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.01, 10000),
    help=f"Make the service this many times faster.  [default: {FAST:g}; 1 with --clock virtual]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=600,
    show_default=True,
    help="The time limit for each scenario, in seconds.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="The number of scenarios to run in parallel.",
)
@click.option(
    "--rule", "chosen", multiple=True, metavar="RULE", help="Check only this rule or family of rules; repeatable."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Skip this rule or family of rules; repeatable.")
@click.option("-o", "--output", metavar="FILE", help="Save the results as JSON; - prints them.")
@click.option("--baseline", metavar="FILE", help="Fail only if a result is worse than in this saved file.")
@click.option(
    "--keep", metavar="FOLDER", type=click.Path(path_type=Path), help="Keep journals and transcripts in this folder."
)
@click.option("--strict", is_flag=True, help="Also fail on warnings.")
def command(
    skill: Path | None,
    words: tuple[str, ...],
    names: tuple[str, ...],
    profile: str,
    clock: str,
    speed: float | None,
    timeout: float,
    jobs: int,
    chosen: tuple[str, ...],
    ignore: tuple[str, ...],
    output: str | None,
    baseline: str | None,
    keep: Path | None,
    *,
    lists: bool,
    strict: bool,
) -> None:
    """Test an agent that follows a skill: run it in each scenario, and judge it by the requests that it sends.

    \b
      nemo-harness skill test SKILL.md -- my-agent --skill {skill} --ask {prompt}

    COMMAND starts the agent. It gets the address of the service in NEMO_API_URL, and NEMO_TOKEN if the scenario
    provides a token. Its home and its working directory are new, and the user's files are in the working directory.
    {skill} becomes the path of a copy of SKILL.md that calls the fake. {prompt} becomes the user's messages; without
    {prompt}, the agent reads them from standard input, one per line. Its output counts as what the user sees. Without
    COMMAND, a built-in agent calls in the name of the skill.

    Exit codes: 0 all scenarios passed, or none is worse than in the baseline; 1 a rule of severity "error" was broken,
    a rule of the scenario was not met, or COMMAND took too long; 2 wrong usage; 4 FILE or FOLDER can't be written.
    """
    from nemovideo_harness.skill_test.scenarios import SCENARIOS

    if lists:
        width = max(map(len, SCENARIOS))
        for name, scenario in SCENARIOS.items():
            click.echo(f"{name:<{width}}  {scenario.sentence}")
        return
    if skill is None:
        raise Stop(Exit.USAGE, "Name the skill's document, or say --list.")
    require_mock()
    document = _document(skill)
    scenarios = _choose(names)
    rules = _rules(chosen, ignore)
    saved = None if baseline is None else _load_baseline(baseline)
    _check_places(output, keep)

    from nemovideo_harness.skill_test.runner import RunPlan

    lived: Clock = "virtual" if clock == "virtual" or not words else "real"
    factor = speed if speed is not None else (1.0 if lived == "virtual" else FAST)
    head = _head(document, words, profile, lived, factor)
    if saved is not None:
        _check_comparable(saved, head, baseline or "")
    plan = RunPlan(profile, lived, factor, jobs, rules, strict, keeps=keep)
    perform, stop = _performer(document, words, timeout, lived)
    trials = _play(scenarios, plan, perform, stop)
    raise SystemExit(int(_report(head, trials, saved, output)))


def _play(
    scenarios: list[Scenario],
    plan: RunPlan,
    perform: Callable[[TrialEnvironment], CallerResult],
    stop: Callable[[], None],
) -> list[Trial]:
    from nemovideo_harness.cli.chat import terminable
    from nemovideo_harness.cli.console import activity
    from nemovideo_harness.skill_test.command_caller import CommandError
    from nemovideo_harness.skill_test.runner import run

    is_shown = sys.stderr.isatty()
    left = {each.name for each in scenarios}
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            stack.enter_context(terminable())
        sign = stack.enter_context(activity.choose(as_json=not is_shown, is_plain=False))

        def on_done(trial: Trial) -> None:
            left.discard(trial.scenario.name)
            sign.on(f"{len(left)} of {len(scenarios)} scenarios to go")

        sign.on(f"{len(scenarios)} scenarios")
        try:
            return run(scenarios, plan, perform, stop=stop, on_done=on_done)
        except CommandError as error:
            raise Stop(Exit.USAGE, str(error)) from None
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"{error.filename or 'A folder'} can't be written: {error.strerror}.") from None


def _report(head: MatrixHeader, trials: list[Trial], saved: SavedMatrix | None, output: str | None) -> Exit:
    """Print and save what became of it; how the command ends."""
    from nemovideo_harness.skill_test.baseline import as_json, regressions
    from nemovideo_harness.skill_test.matrix import print_matrix, print_result
    from nemovideo_harness.skill_test.trial import Outcome
    from nemovideo_skills.judge.report.terminal import set_in_columns

    worse = None if saved is None else regressions(saved, trials)
    new = [each for each in trials if saved is None or each.scenario.name not in saved.outcomes]
    is_failed = bool(worse) or any(each.outcome is not Outcome.PASSED for each in new)
    # Where the matrix goes to standard output as JSON, people read the other one.
    with set_in_columns(_console(sys.stderr if output == "-" else sys.stdout)) as console:
        print_matrix(console, head, trials)
        print_result(console, trials, worse)
    if output is not None:
        _save(output, as_json(head, trials, worse or (), is_failed=is_failed))
    return Exit.REFUSED if is_failed else Exit.DONE


def _save(output: str, text: str) -> None:
    if output == "-":
        click.echo(text, nl=False)
        return
    part = Path(f"{output}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(output)
    except OSError as error:
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {error.strerror}.") from None


def _console(file: IO[str]) -> Console:
    from rich.console import Console

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console


# --- what is asked for ------------------------------------------------------------------------------------------------


def _document(skill: Path) -> Path:
    found = skill / _DOCUMENT if skill.is_dir() else skill
    if not found.is_file():
        raise Stop(Exit.USAGE, f"There is no {found}.")
    return found


def _choose(names: tuple[str, ...]) -> list[Scenario]:
    from nemovideo_harness.skill_test.scenarios import SCENARIOS

    for name in names:
        if name not in SCENARIOS:
            close = difflib.get_close_matches(name, SCENARIOS, 1)
            hint = f"did you mean {close[0]}?" if close else "--list has them."
            raise Stop(Exit.USAGE, f"There is no scenario {name!r}: {hint}")
    return [each for name, each in SCENARIOS.items() if not names or name in names]


def _rules(chosen: tuple[str, ...], ignored: tuple[str, ...]) -> tuple[Rule, ...]:
    from nemovideo_skills.judge.rule_selection import NoRuleError, choose

    try:
        return choose(chosen, ignored)
    except NoRuleError as error:
        raise Stop(Exit.USAGE, str(error)) from None


def _check_places(output: str | None, keep: Path | None) -> None:
    """Refuse what can't be written, before anything is called."""
    from nemovideo_harness.cli.options.recording_file import check_writable

    if output is not None:
        check_writable(output)
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise Stop(Exit.UNWRITABLE, f"{keep} is not an empty folder: name one that is empty, or isn't there yet.")


def _load_baseline(file: str) -> SavedMatrix:
    from nemovideo_harness.skill_test.baseline import BaselineError, read

    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None
    except (BaselineError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, BaselineError) else "It is not UTF-8."
        raise Stop(Exit.USAGE, f"{file} is no baseline. {reason}") from None


def _check_comparable(saved: SavedMatrix, head: MatrixHeader, file: str) -> None:
    from nemovideo_harness.skill_test.baseline import differences

    if different := differences(saved, head):
        raise Stop(Exit.USAGE, f"{file} was played otherwise: {'; '.join(different)}. Save another one with -o.")


def _head(document: Path, words: tuple[str, ...], profile: str, clock: Clock, speed: float) -> MatrixHeader:
    from nemovideo_client.attribution import front_matter
    from nemovideo_harness.skill_test.baseline import MatrixHeader

    text = document.read_bytes().decode("utf-8-sig", "replace")
    fields = front_matter(text) or {}
    return MatrixHeader(
        fields.get("name") or document.resolve().parent.name,
        fields.get("version"),
        words or None,
        profile,
        clock,
        speed,
        metadata.version("nemovideo-harness"),
    )


def _performer(
    document: Path, words: tuple[str, ...], timeout: float, clock: Clock
) -> tuple[Callable[[TrialEnvironment], CallerResult], Callable[[], None]]:
    """What plays a scene, and what ends all that is under way."""
    if not words:
        from nemovideo_client import Attribution, InvalidAttribution
        from nemovideo_harness.skill_test.built_in_agent import performer

        stopped = threading.Event()
        try:
            attribution = Attribution.from_skill(document, os.environ)
        except InvalidAttribution as error:
            raise Stop(Exit.USAGE, str(error)) from None
        return performer(attribution, stopped.is_set), stopped.set
    from nemovideo_harness.skill_test.command_caller import Command, CommandError, resolve_command

    try:
        arguments = resolve_command(words, Path.cwd())
    except CommandError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    caller = Command(arguments, document, timeout, clock == "virtual", os.environ)
    return caller.perform, caller.running.end
