"""`verify --target production` against a stand-in: TLS, production's own name, prices, an account that pays.

What was spent and sent is read from the stand-in's own books, not from what the run says of itself.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import ssl
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nemovideo_contract.requirements import agreed_file
from nemovideo_contract.suite.report import keep_agreed
from nemovideo_contract.suite.verdicts import Verdicts
from nemovideo_contract.wire import ANONYMOUS_CREDITS, CLIENT_ID_HEADER
from tests.contract.suite.stand_in import CREDITS, HOST, TOKEN, StandIn, standing_in
from tests.guards import HANG_S
from tests.leaks import nothing_left_open

COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "verify", "--target", "production"]
CEILING = 120


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has ended: how, what it said, its report, and what the stand-in has on its books afterwards."""

    code: int
    said: str
    report: dict[str, Any]  # Any: the report's JSON
    stand_in: StandIn
    folder: Path

    @property
    def calls(self) -> list[str]:
        """What came in, as method and path."""
        return [f"{each.method} {each.path}" for each in self.stand_in.requests]


def production(stand_in: StandIn, folder: Path, *arguments: str, token: str | None = TOKEN) -> Done:
    """Run the command at the stand-in, with a token in the environment."""
    report = folder / "report.json"
    route = ("--connect-to", stand_in.address, "--authority", str(stand_in.authority))
    ended = subprocess.run(
        [*COMMAND, *route, "--report", str(report), *arguments],
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": os.pathsep.join(sys.path), **({} if token is None else {"NEMO_TOKEN": token})},
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return Done(ended.returncode, ended.stdout + ended.stderr, found, stand_in, folder)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> Generator[Done]:
    """A run without a ceiling."""
    folder = tmp_path_factory.mktemp("free")
    with standing_in(folder) as stand_in:
        yield production(stand_in, folder)


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Generator[Done]:
    """A run that may spend something, but no token."""
    folder = tmp_path_factory.mktemp("paid")
    with standing_in(folder) as stand_in:
        yield production(stand_in, folder, "--allow-credits", str(CEILING))


def test_without_a_ceiling_nothing_is_made_and_nothing_spent(free: Done) -> None:
    assert free.code == 0, free.said
    assert (free.stand_in.account.available, free.stand_in.account.total) == (CREDITS, CREDITS)
    state = free.stand_in.state
    assert (len(state.sessions), len(state.renders), len(state.turns)) == (0, 0, 0)
    assert len(state.accounts) == 1
    assert len(free.report["requirements"]["agreed"]) >= 8
    assert free.report["requirements"]["contradicted"] == []


def test_without_a_ceiling_the_token_is_only_used_to_read(free: Done) -> None:
    mine = [each for each in free.stand_in.requests if each.origin.account == free.stand_in.account.user_id]
    assert mine
    assert {each.method for each in mine} == {"GET"}


def test_no_anonymous_token_is_asked_for_unless_that_is_allowed(free: Done, paid: Done) -> None:
    for done in (free, paid):
        assert not [call for call in done.calls if "anonymous-token" in call]
        assert len(done.stand_in.state.accounts) == 1


def test_every_call_goes_to_the_name_of_production(free: Done, paid: Done) -> None:
    for done in (free, paid):
        assert {dict(each.headers)["host"] for each in done.stand_in.requests} == {HOST}


def test_with_a_ceiling_no_more_than_that_is_spent_and_what_is_dearer_is_left_out(paid: Done) -> None:
    assert paid.code == 0, paid.said
    spent = CREDITS - paid.stand_in.account.total
    assert 0 < spent <= CEILING
    assert paid.stand_in.account.frozen == 0
    left_out = [each for each in paid.report["checks"] if f"The run may spend {CEILING}" in each["words"]]
    assert len(left_out) > 3
    assert len(paid.report["requirements"]["agreed"]) > 80
    assert paid.report["requirements"]["contradicted"] == []


def test_the_balance_is_read_right_before_every_message_that_is_taken(paid: Done) -> None:
    journal = paid.stand_in.world_registry.default.journal
    taken = {each.exchange for each in journal.entries(kind="record")}
    reads = 0
    for before, each in pairwise(paid.stand_in.requests):
        if each.path == "/run_sse" and each.exchange in taken:
            assert before.path == "/api/credits/balance/simple"
            reads += 1
    assert reads > 5


def test_the_receipt_is_what_the_books_say(paid: Done) -> None:
    report, state = paid.report, paid.stand_in.state
    assert (report["credits_before"], report["credits_after"]) == (CREDITS, paid.stand_in.account.available)
    assert sum(report["calls"].values()) == len(paid.calls)
    assert sorted(report["sessions"]) == sorted(state.sessions)
    assert f"{CREDITS} credits before, {paid.stand_in.account.available} after" in paid.said
    assert f"{len(state.sessions)} sessions remain in the account" in paid.said


def test_checks_share_a_session_and_leave_few(paid: Done) -> None:
    worked = [each for each in paid.stand_in.state.sessions.values() if each.turns]
    shared = max(paid.stand_in.state.sessions.values(), key=lambda each: len(each.turns) + len(each.media))
    assert len(shared.media) > 5
    assert len(worked) < 10
    assert len(paid.stand_in.state.sessions) < 30


def test_no_export_is_left_under_way(paid: Done) -> None:
    renders = [each for listed in paid.stand_in.state.renders.values() for each in listed.values()]
    assert len(renders) > 3
    assert {each.status for each in renders} <= {"completed", "failed"}
    assert paid.report["under_way"] == []


def test_no_rate_limit_is_run_into(free: Done, paid: Done) -> None:
    for done in (free, paid):
        answers = done.stand_in.world_registry.default.journal.entries(kind="response")
        assert 429 not in {each.as_json()["status"] for each in answers}


def test_agreed_requirements_are_saved_for_the_parity_page(paid: Done) -> None:
    found, day = paid.report["requirements"], date(2026, 2, 3)
    keep_agreed(paid.folder / "agreed.json", Verdicts(tuple(found["agreed"]), (), (), {}), day)
    days = agreed_file.read((paid.folder / "agreed.json").read_text(encoding="utf-8"))
    assert days == dict.fromkeys(found["agreed"], day)
    page = runpy.run_path(str(Path(__file__).parents[3] / "scripts/parity.py"))["page"]({}, days)
    assert f"Production has agreed with {len(days)}." in page
    assert page.count(next(iter(days.values())).isoformat()) == len(days)


def test_a_stand_in_agrees_to_nothing_that_is_kept(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = production(stand_in, tmp_path, "--agreed", "agreed.json")
        assert done.code == 2
        assert "can't be used with a stand-in" in done.said
        assert stand_in.requests == []
    assert not (tmp_path / "agreed.json").exists()


def test_credits_spent_by_a_run_without_a_result_are_in_the_receipt(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        service = stand_in.world_registry.default
        service.faults.add({"kind": "status", "on": "state", "status": 429, "after": 1}, service.clock.now())
        done = production(stand_in, tmp_path, "--allow-credits", "60")
        assert stand_in.account.total == CREDITS - 50
    assert done.code == 1
    assert f"{CREDITS} credits before. After the last message the balance could not be read" in done.said
    assert "0 spent before it, and up to 50 since" in done.said
    assert (done.report["credits_before"], done.report["credits_after"]) == (CREDITS, None)
    assert done.report["credits_unread"] == 50


def test_the_token_is_nowhere_in_what_a_run_says(free: Done, paid: Done) -> None:
    for done in (free, paid):
        assert TOKEN not in done.said + json.dumps(done.report)


def test_an_anonymous_token_is_asked_for_where_that_is_allowed(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = production(stand_in, tmp_path, "--allow-token", "--only", "auth")
        given = [each for each in stand_in.state.accounts.values() if not each.registered]
        assert len(given) == 1
        assert given[0].available == ANONYMOUS_CREDITS
        asked = [dict(each.headers) for each in stand_in.requests if each.path.endswith("anonymous-token")]
        assert any(CLIENT_ID_HEADER.lower() in each for each in asked)
        assert stand_in.account.total == CREDITS
    assert done.code in {0, 1}


def test_the_balance_is_read_once_more_at_the_end(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = production(stand_in, tmp_path, "--allow-credits", "60", "--only", "attribution")
        assert (done.report["credits_before"], done.report["credits_after"]) == (CREDITS, CREDITS - 50)
        assert stand_in.account.available == CREDITS - 50
    assert done.code == 0, done.said


@pytest.mark.parametrize(
    ("token", "words"),
    [(None, "needs your own token in NEMO_TOKEN"), ("nmv_usr_test_funded", "a test token for a fake")],
)
def test_without_a_token_of_ones_own_nothing_is_sent(tmp_path: Path, token: str | None, words: str) -> None:
    with standing_in(tmp_path) as stand_in:
        done = production(stand_in, tmp_path, token=token)
        assert done.code == 2
        assert words in done.said
        assert stand_in.requests == []


def test_a_plan_sends_nothing(tmp_path: Path) -> None:
    with standing_in(tmp_path) as stand_in:
        done = production(stand_in, tmp_path, "--plan", "--allow-credits", "60")
        assert done.code == 0, done.said
        assert "run_sse x" in done.said
        assert stand_in.requests == []


def test_a_certificate_for_another_name_ends_the_run_before_anything_is_sent(tmp_path: Path) -> None:
    with standing_in(tmp_path, name="example.com") as stand_in:
        done = production(stand_in, tmp_path)
        assert done.code == 3
        assert "certificate" in done.said
        assert stand_in.requests == []


def test_a_stand_in_beyond_this_machine_is_refused(tmp_path: Path) -> None:
    done = production(StandIn("192.0.2.1:443", tmp_path / "none.pem", *[None] * 2), tmp_path)  # type: ignore[arg-type]
    assert done.code == 2
    assert "must be a HOST:PORT on this machine" in done.said


def test_a_stand_in_leaves_no_connection_of_callers_who_have_not_left(tmp_path: Path) -> None:
    with nothing_left_open(), ExitStack() as callers, standing_in(tmp_path) as stand_in:
        host, _, port = stand_in.address.partition(":")
        trust = ssl.create_default_context(cafile=stand_in.authority)
        for _ in range(3):
            bare = socket.create_connection((host, int(port)))
            caller = callers.enter_context(trust.wrap_socket(bare, server_hostname=HOST))
            caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert caller.recv(8) == b"HTTP/1.1"
