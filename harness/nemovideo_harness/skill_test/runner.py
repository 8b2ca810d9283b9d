"""Run scenarios in parallel, each in its own world and folder, and judge the traffic."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx

from nemovideo_contract import machine
from nemovideo_contract.journal import read_entries
from nemovideo_contract.trust import tls_context
from nemovideo_harness.skill_test.scenarios import SkillScenario
from nemovideo_harness.skill_test.trial import Trial
from nemovideo_harness.skill_test.trial_environment import CallerResult, Clock, TrialEnvironment, prepare, settings
from nemovideo_harness.worlds import World
from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.rules import Rule
from nemovideo_skills.judge.transcripts import Transcript, TranscriptLine

if TYPE_CHECKING:
    from nemovideo_mock.server import RunningServer

#: The number of looks at a journal until the fake has noticed that a caller is gone, and the seconds between two looks.
#: It is not a time: the fake answers a look in the event loop that notices the caller, however slow the machine is.
LOOKS: Final = 40
LOOK_S: Final = 0.05
#: The longest time in seconds until Ctrl-C is noticed.
SIGNAL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The settings of a run.

    `profile` is the profile of the worlds, and of the waits and limits. Waits are judged in the caller's time, which is
    the clock's own. `speed` divides the durations of turns, renders and heartbeats. `rules` are the selected rules. If
    `keeps` names a folder, each scenario keeps its folder there, with its journal and transcript.
    """

    profile: str
    clock: Clock
    speed: float
    jobs: int
    rules: tuple[Rule, ...]
    is_strict: bool = False
    judges_transcript: bool = True
    keeps: Path | None = None


def run(
    scenarios: Sequence[SkillScenario],
    plan: RunPlan,
    perform: Callable[[TrialEnvironment], CallerResult],
    *,
    stop: Callable[[], None],
    on_done: Callable[[Trial], None],
) -> list[Trial]:
    """Run all scenarios, `plan.jobs` at a time; return the trials in the order of the scenarios.

    `on_done` gets each trial at its end. If the run ends early, for example by Ctrl-C, `stop` is called first; it must
    end the running callers.
    """
    from nemovideo_mock.server import running

    with _folder(plan.keeps) as folder, ThreadPoolExecutor(plan.jobs, thread_name_prefix="skill-test") as pool:
        try:
            with running(settings(plan.clock, plan.speed)) as server:
                try:
                    futures = {
                        pool.submit(_run_trial, server, each, plan, perform, folder / each.name) for each in scenarios
                    }
                    found = dict(_as_they_end(futures, on_done))
                except BaseException:
                    stop()
                    raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return [found[each.name] for each in scenarios]


def _as_they_end(futures: Collection[Future[Trial]], on_done: Callable[[Trial], None]) -> Generator[tuple[str, Trial]]:
    pending = set(futures)
    while pending:
        # A wait without a limit could miss a signal that comes as a thread begins to wait.
        done, pending = wait(pending, timeout=SIGNAL_S, return_when=FIRST_COMPLETED)
        for each in done:
            trial = each.result()
            on_done(trial)
            yield trial.scenario.name, trial


@contextmanager
def _folder(kept: Path | None) -> Generator[Path]:
    if kept is None:
        with TemporaryDirectory(prefix="nemo-skill-test-", ignore_cleanup_errors=True) as name:
            yield Path(name)
    else:
        yield kept.absolute()  # a caller works in another folder


def _run_trial(
    server: RunningServer,
    scenario: SkillScenario,
    plan: RunPlan,
    perform: Callable[[TrialEnvironment], CallerResult],
    folder: Path,
) -> Trial:
    folder.mkdir(parents=True)
    scene = prepare(server, scenario, plan.profile, plan.speed, folder)
    performance = perform(scene)
    lines = _lines(scene.world)
    if plan.keeps is not None:
        _keep(folder, lines, performance.transcript)
    transcript = performance.transcript if plan.judges_transcript and performance.transcript.lines else None
    judgements = judge_journal(
        read_entries(lines),
        plan.rules,
        expectations=PRACTICES[plan.profile],
        time=plan.clock,
        together=True,
        transcript=transcript,
    )
    asked = {each.id for each in plan.rules}
    wanted = tuple(each for each in scenario.wanted(PRACTICES[plan.profile]) if each in asked)
    return Trial(scenario, performance, judgements[0] if judgements else None, wanted, plan.is_strict)


def _lines(world: World) -> list[str]:
    """Return the world's journal after it has the end of the caller's last stream."""
    lines: list[str] = []
    for _ in range(LOOKS):
        answer = httpx.get(f"{world.url}/_mock/journal", trust_env=False, verify=tls_context())
        answer.raise_for_status()
        lines = [each for each in answer.text.split("\n") if each]
        journal = JournalReader()
        journal.read(lines)
        if not journal.open:
            break
        machine.pause(LOOK_S)
    return lines


def _keep(folder: Path, lines: Sequence[str], transcript: Transcript) -> None:
    (folder / "journal.jsonl").write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    said = (f"{_stamp(each)}{each.speaker}: {each.text}\n" for each in transcript.lines)
    (folder / "transcript.txt").write_text("".join(said), encoding="utf-8")


def _stamp(line: TranscriptLine) -> str:
    return "" if line.time is None else f"[{line.time:.3f}] "
