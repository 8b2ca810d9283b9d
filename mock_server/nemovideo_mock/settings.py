"""What a fake may be told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import POLL_INTERVAL_S, RECOVERY_NEXT_WAIT_S

if TYPE_CHECKING:
    from nemovideo_mock.agent.turn_planner import AgentSettings
    from nemovideo_mock.render import Quality


@dataclass(frozen=True, slots=True)
class Settings:
    """How the fake plays the service.

    `speed` divides the service's durations (turns, renders, heartbeats) and never the clock. `profile` chooses among
    the documented variations. `quality` is that of exports. `heartbeat` is in seconds of service time, before `speed`;
    so is `render_time`, which the profile decides where it isn't given, as it does the agent's `agent_settings`.
    `ask_again` lets a caller that keeps its own time move a virtual clock by asking twice about its unfinished work.
    `allow_fetch` lets uploads by URL be fetched. `size_limit` in bytes stands above the profile's. `journal_entries`
    and `journal_bytes` bound what is remembered of the traffic. `control_token` is what the control API wants to be
    shown. `directory` keeps uploads and exports; without one they live in a temporary folder and end with the fake.
    """

    seed: int = 0
    clock: Literal["real", "virtual"] = "real"
    speed: float = 1.0
    profile: Profile = Profile()
    quality: Quality = "full"
    heartbeat: float = 15.0
    render_time: tuple[float, float] | None = None
    ask_again: bool = True
    ask_again_render: float = POLL_INTERVAL_S
    ask_again_state: float = RECOVERY_NEXT_WAIT_S
    size_limit: int | None = None
    allow_fetch: bool = False
    agent_settings: AgentSettings | None = None
    journal_entries: int = 10_000
    journal_bytes: int = 32 * 1024 * 1024
    control_token: str | None = None
    directory: Path | None = None
