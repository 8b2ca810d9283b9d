"""A journal is judged after the fake has noticed that its caller is gone, however slow the machine is."""

from __future__ import annotations

import httpx
import pytest

from nemovideo_contract import machine
from nemovideo_harness.skill_test import runner
from nemovideo_harness.worlds import World
from nemovideo_mock.server import RunningServer
from tests.guards import HANG_S

BEARER = {"Authorization": "Bearer nmv_usr_test_funded"}


def test_a_journal_that_closes_late_on_a_slow_machine_is_read_when_it_is_closed(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(server, "late-journal")
    with httpx.Client(base_url=world.url, headers=BEARER, trust_env=False, timeout=HANG_S) as caller:
        caller.get("/api/credits/balance/simple").raise_for_status()
        whole = caller.get("/_mock/journal").text
    entries = [each for each in whole.split("\n") if each]
    texts = ["\n".join(entries[:1])] * 5 + [whole]  # five looks show a request without its response
    pauses: list[float] = []

    def get(url: str, **_: object) -> httpx.Response:
        return httpx.Response(200, text=texts[min(len(pauses), len(texts) - 1)], request=httpx.Request("GET", url))

    slow = iter(range(0, 10_000, 60))  # each look at the stopwatch is a minute later
    monkeypatch.setattr(machine, "stopwatch", lambda: float(next(slow)))
    monkeypatch.setattr(machine, "pause", pauses.append)
    monkeypatch.setattr(httpx, "get", get)
    assert runner._lines(world) == entries
    assert len(pauses) == 5
