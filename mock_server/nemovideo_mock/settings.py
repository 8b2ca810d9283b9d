"""What a fake may be told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nemovideo_contract.wire import POLL_INTERVAL_S, RECOVERY_NEXT_WAIT_S, UPLOAD_SIZE_LIMIT

if TYPE_CHECKING:
    from nemovideo_mock.agent.script import Manner
    from nemovideo_mock.render import Quality


@dataclass(frozen=True, slots=True)
class Settings:
    """How the fake plays the service.

    `speed` divides the service's durations (turns, renders, heartbeats) and never the clock. `quality` is that of
    exports. `heartbeat` and `render_time` are in seconds of service time, before `speed`. `ask_again` lets a caller
    that keeps its own time move a virtual clock by asking twice about its unfinished work. `manner` is the agent's;
    None stands for the documented one. `directory` keeps uploads and exports; without one they live in a temporary
    folder and end with the fake.
    """

    seed: int = 0
    clock: Literal["real", "virtual"] = "real"
    speed: float = 1.0
    quality: Quality = "full"
    heartbeat: float = 15.0
    render_time: tuple[float, float] = (30.0, 90.0)
    ask_again: bool = True
    ask_again_render: float = POLL_INTERVAL_S
    ask_again_state: float = RECOVERY_NEXT_WAIT_S
    size_limit: int = UPLOAD_SIZE_LIMIT
    manner: Manner | None = None
    directory: Path | None = None
