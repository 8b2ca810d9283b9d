"""The settings with which a fake starts."""

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
    """The settings of a fake.

    `speed` divides the durations of the service (turns, renders, heartbeats); it does not affect the clock. `profile`
    selects among the documented variations. `quality` is the quality of exports. `heartbeat` and `render_time` are in
    seconds of service time, before `speed`. If `render_time` or `agent_settings` is None, the profile decides.
    `ask_again` lets a caller that keeps its own time move a virtual clock: its second request about unfinished work
    passes the time. `allow_fetch` lets the fake fetch uploads by URL. `size_limit`, in bytes, replaces the limit of the
    profile. `journal_entries` and `journal_bytes` limit the journal. `control_token` is the token that the control API
    requires. `directory` keeps uploads and exports; without it they are in a temporary folder that is removed when the
    fake ends.
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
