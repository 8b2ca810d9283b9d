"""`nemo-harness skill test`: run an agent that follows a skill in each scenario, and judge its requests."""

from __future__ import annotations

import difflib
import os
import sys
import threading
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nemovideo_harness.cli.console.error_handling import exit_on_sigterm
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import STANDARD_OUTPUT, check_writable, print_text, report_console, write_file
from nemovideo_harness.cli.servers.local_fake import require_mock
from nemovideo_skills.judge.expectations import PRACTICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemovideo_harness.skill_test.baseline import MatrixHeader, SavedMatrix
    from nemovideo_harness.skill_test.runner import RunPlan
    from nemovideo_harness.skill_test.scenarios import SkillScenario
    from nemovideo_harness.skill_test.trial import Trial
    from nemovideo_harness.skill_test.trial_environment import CallerResult, Clock, TrialEnvironment
    from nemovideo_skills.judge.rules import Rule

#: The default of --speed with the real clock: the service's durations are divided by it.
FAST: Final = 60.0
#: The width of text that does not go to a terminal, in characters; the matrix fits into it.
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
@click.option(
    "--env", "passes", multiple=True, metavar="NAME", help="Pass this environment variable to COMMAND; repeatable."
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
    passes: tuple[str, ...],
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
    {prompt}, the agent reads them from standard input, one per line. Its output counts as what the user sees. It gets
    no other variables of your environment, such as keys, unless --env names them. Without COMMAND, a built-in agent
    calls in the name of the skill.

    Exit codes: 0 all scenarios passed, or none is worse than in the baseline; 1 a rule of severity "error" was broken,
    a rule of the scenario was not met, or COMMAND took too long; 2 wrong usage; 4 FILE or FOLDER can't be written.
    """
    from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS

    if lists:
        width = max(map(len, SKILL_SCENARIOS))
        for name, scenario in SKILL_SCENARIOS.items():
            print_text(f"{name:<{width}}  {scenario.sentence}")
        return
    if skill is None:
        raise Stop(Exit.USAGE, "Name the document of the skill, or use --list.")
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
    perform, stop = _performer(document, words, timeout, lived, passes)
    trials = _play(scenarios, plan, perform, stop)
    raise SystemExit(int(_report(head, trials, saved, output)))


def _play(
    scenarios: list[SkillScenario],
    plan: RunPlan,
    perform: Callable[[TrialEnvironment], CallerResult],
    stop: Callable[[], None],
) -> list[Trial]:
    from nemovideo_harness.cli.console import activity
    from nemovideo_harness.skill_test.command_caller import CommandError
    from nemovideo_harness.skill_test.runner import run
    from nemovideo_harness.skill_test.skill_copy import SkillError

    is_shown = sys.stderr.isatty()
    left = {each.name for each in scenarios}
    with ExitStack() as stack:
        stack.enter_context(exit_on_sigterm())
        sign = stack.enter_context(activity.choose(as_json=not is_shown, is_plain=False))

        def on_done(trial: Trial) -> None:
            left.discard(trial.scenario.name)
            sign.on(f"{len(left)} of {len(scenarios)} scenarios to go")

        sign.on(f"{len(scenarios)} scenarios")
        try:
            return run(scenarios, plan, perform, stop=stop, on_done=on_done)
        except (CommandError, SkillError) as error:
            raise Stop(Exit.USAGE, str(error)) from None
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"{error.filename or 'A folder'} can't be written: {error.strerror}.") from None


def _report(head: MatrixHeader, trials: list[Trial], saved: SavedMatrix | None, output: str | None) -> Exit:
    """Print and save the results; return the exit code."""
    from nemovideo_harness.skill_test.baseline import as_json, regressions
    from nemovideo_harness.skill_test.matrix_output import print_matrix, print_result
    from nemovideo_harness.skill_test.trial import Outcome
    from nemovideo_skills.judge.report.terminal import set_in_columns

    worse = None if saved is None else regressions(saved, trials)
    new = [each for each in trials if saved is None or each.scenario.name not in saved.outcomes]
    is_failed = bool(worse) or any(each.outcome is not Outcome.PASSED for each in new)
    # If the JSON goes to standard output, the matrix for people goes to standard error.
    with set_in_columns(
        report_console(sys.stderr if output == STANDARD_OUTPUT else sys.stdout, width=WIDTH)
    ) as console:
        print_matrix(console, head, trials)
        print_result(console, trials, worse)
    if output is not None:
        write_file(output, as_json(head, trials, worse or (), is_failed=is_failed))
    return Exit.REFUSED if is_failed else Exit.DONE


# --- the options ---------------------------------------------------------------------------------------------------


def _document(skill: Path) -> Path:
    from nemovideo_harness.skill_test.skill_copy import SkillError, find_files

    found = skill / _DOCUMENT if skill.is_dir() else skill
    if not os.path.lexists(found):
        raise Stop(Exit.USAGE, f"{found} does not exist.")
    try:
        find_files(found)
    except SkillError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{error.filename} can't be read: {error.strerror}.") from None
    return found


def _choose(names: tuple[str, ...]) -> list[SkillScenario]:
    from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS

    for name in names:
        if name not in SKILL_SCENARIOS:
            close = difflib.get_close_matches(name, SKILL_SCENARIOS, 1)
            hint = f"did you mean {close[0]}?" if close else "--list lists them."
            raise Stop(Exit.USAGE, f"There is no scenario {name!r}: {hint}")
    return [each for name, each in SKILL_SCENARIOS.items() if not names or name in names]


def _rules(chosen: tuple[str, ...], ignored: tuple[str, ...]) -> tuple[Rule, ...]:
    from nemovideo_skills.judge.rules import NoRuleError, choose_rules

    try:
        return choose_rules(chosen, ignored)
    except NoRuleError as error:
        raise Stop(Exit.USAGE, str(error)) from None


def _check_places(output: str | None, keep: Path | None) -> None:
    """Refuse a file or folder that can't be written, before the first scenario runs."""
    if output is not None:
        check_writable(output)
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise Stop(
            Exit.UNWRITABLE, f"{keep} is not an empty folder: name an empty folder, or one that does not exist yet."
        )


def _load_baseline(file: str) -> SavedMatrix:
    from nemovideo_harness.skill_test.baseline import BaselineError, read

    try:
        return read(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None
    except (BaselineError, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, BaselineError) else "It is not UTF-8."
        raise Stop(Exit.USAGE, f"{file} is not a baseline. {reason}") from None


def _check_comparable(saved: SavedMatrix, head: MatrixHeader, file: str) -> None:
    from nemovideo_harness.skill_test.baseline import differences

    if different := differences(saved, head):
        raise Stop(
            Exit.USAGE, f"{file} is from a different kind of run: {'; '.join(different)}. Save a new one with -o."
        )


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
    document: Path, words: tuple[str, ...], timeout: float, clock: Clock, passes: tuple[str, ...]
) -> tuple[Callable[[TrialEnvironment], CallerResult], Callable[[], None]]:
    """Return a function that runs the agent in one scenario, and a function that stops all runs."""
    if not words:
        if passes:
            raise Stop(Exit.USAGE, "--env is for a COMMAND, and there is none: name it after --, or omit --env.")
        from nemovideo_client import Attribution, InvalidAttribution
        from nemovideo_harness.skill_test.built_in_agent import performer

        stopped = threading.Event()
        try:
            attribution = Attribution.from_skill(document, os.environ)
        except InvalidAttribution as error:
            raise Stop(Exit.USAGE, str(error)) from None
        return performer(attribution, stopped.is_set), stopped.set
    from nemovideo_harness.skill_test.command_caller import OWN, Command, CommandError, resolve_command

    for name in passes:
        if name in OWN or name not in os.environ:
            problem = "the test sets this variable itself" if name in OWN else "this variable is not set"
            raise Stop(Exit.USAGE, f"--env {name}: {problem}.")
    try:
        arguments = resolve_command(words, Path.cwd())
    except CommandError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    caller = Command(arguments, document, timeout, clock == "virtual", os.environ, passes)
    return caller.perform, caller.running.end
