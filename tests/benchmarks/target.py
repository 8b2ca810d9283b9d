"""What was measured, for the saved file: enough to know what may be compared with what, and no address or secret."""

from __future__ import annotations

from importlib.metadata import version
from typing import TypedDict

from nemovideo_contract.http.errors import RequirementFailure, Unreachable
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.suite.run import Run

#: The fake's own address for questions about itself; nobody else answers there.
ABOUT_THE_FAKE = "/_mock"
UNKNOWN = "unknown"


class About(TypedDict):
    """A target: where it is, what it is and speaks, and who measured it.

    `clock` is `virtual` where the service's time costs nothing, else `real`; `speed` divides the durations of a fake's
    turns and exports. `seen` has the keys of the profile that the target showed.
    """

    where: str
    server: str
    version: str
    clock: str
    speed: float
    profile: str
    seen: dict[str, object]
    harness: str


def about(run: Run, where: str | None = None) -> About:
    """What a run's target is; of a fake, what it says of itself."""
    found = run.detect_profile()
    own = {} if run.context.spending.charged else _said(run)
    world = _object(own, "world")
    clock = _object(world, "clock")
    speed = clock.get("speed")
    return About(
        where=where or _where(run),
        server="nemovideo-harness, the fake" if own else run.context.owner().credits().headers.get("server", UNKNOWN),
        version=str(own.get("version", UNKNOWN)),
        clock=str(clock.get("mode", "real")),
        speed=float(speed) if isinstance(speed, int | float) else 1.0,
        profile=found.name,
        seen=dict(found.seen),
        harness=version("nemovideo-harness"),
    )


def _where(run: Run) -> str:
    if not run.context.spending.charged:
        return "this machine"
    return "a stand-in for production" if run.rehearses else "production"


def _said(run: Run) -> JsonObject:
    """What a fake says of itself; empty where the target is none."""
    try:
        answer: Answer = run.context.driver.send(Call("", "GET", ABOUT_THE_FAKE, {}))
        return answer.json if "about" in answer.json and answer.status == 200 else {}
    except (RequirementFailure, Unreachable):
        return {}


def _object(holder: JsonObject, key: str) -> JsonObject:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}
