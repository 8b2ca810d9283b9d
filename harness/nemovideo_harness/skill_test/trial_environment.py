"""The environment of a scenario: a world with the scenario's settings, and separate folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nemovideo_harness.skill_test import user_files
from nemovideo_harness.skill_test.scenarios import SkillScenario
from nemovideo_skills.judge.transcripts import Transcript

if TYPE_CHECKING:
    from nemovideo_harness.worlds import World
    from nemovideo_mock.server import RunningServer
    from nemovideo_mock.settings import Settings

Clock = Literal["real", "virtual"]
#: How a caller ended: by itself, after the timeout, or because the whole run ended.
Ending = Literal["over", "timed out", "stopped"]


@dataclass(frozen=True, slots=True)
class TrialEnvironment:
    """The environment of one caller: a scenario, its world, and a folder with `home/`, and `work/` with the files."""

    scenario: SkillScenario
    world: World
    folder: Path

    @property
    def home(self) -> Path:
        """The caller's home folder; it has nothing of the real user's."""
        return self.folder / "home"

    @property
    def work(self) -> Path:
        """The working folder, with the scenario's files."""
        return self.folder / "work"


@dataclass(frozen=True, slots=True)
class CallerResult:
    """The result of a caller; `code` is a command's exit code, `transcript` what its user saw."""

    transcript: Transcript
    ending: Ending = "over"
    code: int | None = None
    errors: str = ""


def settings(clock: Clock, speed: float) -> Settings:
    """Return the settings of the server: only waits advance the clock, not polls, so that every wait counts."""
    from nemovideo_mock.settings import Settings

    return Settings(quality="stub", clock=clock, speed=speed, ask_again=False)


def prepare(
    server: RunningServer, scenario: SkillScenario, profile: str, speed: float, folder: Path
) -> TrialEnvironment:
    """Create the scenario's world, and write its files below an existing folder."""
    from nemovideo_harness.worlds import World
    from nemovideo_mock.agent.settings import AgentSettings

    world = World(server, scenario.name)
    world.control("POST", "/scenario", scenario.world(profile, speed))
    if (length := scenario.generation_s) is not None:
        runtime = world.runtime
        agent_settings = replace(AgentSettings.of(runtime.profile), generate=(length, length))
        runtime.settings = replace(runtime.settings, agent_settings=agent_settings)
    scene = TrialEnvironment(scenario, world, folder)
    for each in (scene.home, scene.work):
        each.mkdir()
    for name in scenario.files:
        user_files.write(name, scene.work)
    return scene


def add_file_paths(says: Sequence[str], files: Sequence[str], folder: Path) -> list[str]:
    """Return the user's messages with the whole path of each file."""
    found = list(says)
    for name in files:
        found = [each.replace(name, str(folder / name)) for each in found]
    return found
