"""A world with a simple agent, and the calls that the tests of the world share."""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from nemovideo_contract import wire
from nemovideo_contract.draft import Draft
from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Change, Plan, PlannedStep, SessionView, Text, ToolCall, ToolResult, Work
from nemovideo_mock.world import Account, Render, RenderFault, RenderFile, Session, Tariff, Token, World, WorldSettings

DAY = 24 * 3600.0
WEEK = 7 * DAY

DRAFT: Draft = {
    "t": [{"tt": 0, "sg": [{"id": "sg_1", "s": 0, "d": 3000, "m": {"name": "cat"}}]}],
    "d": 3000,
    "m": {"title": "", "width": 1080, "height": 1920, "fps": 30},
}
READY: Json = dict(DRAFT)
FILE = RenderFile("name", 1000, 3.0, 1080, 1920, "stub")


def plan(message: str, view: SessionView, profile: Profile) -> Plan:
    """Plan a turn whose kind is the first word of the message: a text, a tool call that leaves a draft, a text."""
    del profile
    word = message.partition(" ")[0]
    work: Work = "generate" if word == "generate" else "assemble" if word == "edit" else "talk"
    if work == "talk":
        return Plan(work, (PlannedStep(1.0, Text("Hello.")),), 2.0)
    generated: tuple[Json, ...] = ({"turn": view.number},) if work == "generate" else ()
    steps = (
        PlannedStep(1.0, Text("Working on it.")),
        PlannedStep(2.0, ToolCall("c1", wire.TOOL_EDIT, {})),
        PlannedStep(
            8.0, ToolResult("c1", wire.TOOL_EDIT, {"ok": True}), Change({"turn": view.number}, DRAFT, generated)
        ),
        PlannedStep(9.0, Text("Done.")),
    )
    return Plan(work, steps, 10.0)


def world(*, seed: str = "0", pace: float = 1.0, tariff: Tariff | None = None, **keys: object) -> World:
    """Return a world of the default profile with some other keys."""
    return World(WorldSettings(Chance(seed), Profile().replace(keys), tariff or Tariff(), pace), plan)


def arrive(made: World, client: str = "client-1", now: float = 0.0) -> tuple[Token, Account, Session]:
    """Create an account with a session."""
    token, account = made.tokens.issue_anonymous(client, "10.0.0.1", now)
    return token, account, made.sessions.create(account, "project", "en", now)


def play(made: World, until: float) -> list[float]:
    """Process all events up to a time, and return their times."""
    times: list[float] = []
    while (due := made.schedule.next_due()) is not None and due <= until:
        assert made.step(due) is not None
        times.append(due)
    return times


def submit(
    made: World,
    token: Token,
    session: Session,
    render_id: str = "render_1",
    now: float = 0.0,
    fate: RenderFault | None = None,
) -> Render:
    """Submit a new export that takes a minute."""
    render, is_new = made.renders.submit(token, render_id, session.session_id, READY, {}, now, 60.0, fate)
    assert is_new
    return render


@contextmanager
def refused(code: Code) -> Generator[pytest.ExceptionInfo[ServiceError]]:
    """Check that the block is refused with this code."""
    with pytest.raises(ServiceError) as error:
        yield error
    assert error.value.code is code


@contextmanager
def unchanged(made: World) -> Generator[None]:
    """Check that the block does not change the world."""
    before = copy.deepcopy(made.state)
    yield
    assert made.state == before
