"""A world of a shared fake where something is ordered to go wrong, seen from both sides of the socket."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import Awaitable, Callable
from typing import Final, Self, TypeVar

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN
from nemovideo_harness.virtual_time import VirtualTimeTransport
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.faults import Fault
from nemovideo_mock.journal import AnyEntry, EndEntry, RecordEntry, RequestEntry, ResponseEntry
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.server import RunningServer
from nemovideo_mock.settings import Settings
from nemovideo_mock.world import Session, Turn
from tests.guards import HANG_S

from .skill import Heard, Skill

T = TypeVar("T")

#: Every edit is answered in words, so that a stream has as many records as it can have.
VIRTUAL: Final = Settings(quality="stub", clock="virtual", profile=Profile(silent="never"))


class Stage:
    """One world and its caller; the world is named after the test, so that its draws are the same in any order."""

    def __init__(self, server: RunningServer, test: str) -> None:
        self._server = server
        self._name = hashlib.sha256(test.encode()).hexdigest()[:16]
        self.skill = self.caller()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.skill.http.close()

    # --- the caller's side ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The base URL of the world."""
        return self._server.url_of(self._name)

    def environment(self, scenario: str = "funded") -> dict[str, str]:
        """What an unchanged caller is told."""
        return {ENV_API_URL: self.url, ENV_TOKEN: token_of(scenario)}

    def caller(self, scenario: str = "funded") -> Skill:
        """A caller with a clock of its own."""
        return Skill(self.environment(scenario))

    def participant(self, scenario: str = "funded", timeout: float = 30.0) -> Skill:
        """A caller whose waits, and whose deadline in seconds, are of the world's clock."""
        return Skill(self.environment(scenario), VirtualTimeTransport(self.clock), timeout)

    def raw(self, method: str, path: str, body: bytes = b"") -> tuple[bytes, OSError | None]:
        """Everything that comes over a bare socket until its end, and the error that was its end, if one was."""
        host, port = self._server.url.removeprefix("http://").split(":")
        head = [
            f"{method} /w/{self._name}{path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Authorization: Bearer {token_of('funded')}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        came = b""
        with socket.create_connection((host, int(port)), HANG_S) as sock:
            sock.sendall("\r\n".join([*head, "", ""]).encode() + body)
            try:
                while piece := sock.recv(65_536):
                    came += piece
            except ConnectionResetError as error:
                return came, error
        return came, None

    def rehearse(self) -> Heard:
        """What a first message is answered where nothing goes wrong; then the world begins anew, its draws the same."""
        heard = self.skill.make()[1]
        self.begin_anew()
        return heard

    def begin_anew(self) -> None:
        """Delete the world: the next call finds it fresh, and draws what was drawn before."""
        self.on_loop(lambda: self._server.world_registry.delete(self._name))

    # --- the world's side -------------------------------------------------------------------------------------------

    @property
    def runtime(self) -> WorldRuntime:
        """The world at work."""
        return self._server.runtime(self._name)

    @property
    def clock(self) -> VirtualClock:
        """Its clock."""
        clock = self.runtime.clock
        assert isinstance(clock, VirtualClock)
        return clock

    def order(self, kind: str, **fields: object) -> Fault:
        """Order a fault."""
        return self.on_loop(lambda: self.runtime.faults.add({"kind": kind, **fields}, self.runtime.clock.now()))

    def counts(self, fault: Fault) -> tuple[int, int]:
        """How many requests a fault concerned, and on how many of them it fired."""
        standings = self.on_loop(lambda: self.runtime.faults.list(self.runtime.clock.now()))
        return next((each.matched, each.fired) for each in standings if each.fault.name == fault.name)

    def session(self, session_id: str) -> Session:
        """A session as the world knows it."""
        return self.runtime.world.state.sessions[session_id]

    def turn(self, session_id: str, number: int = 1) -> Turn:
        """A turn of a session."""
        return self.runtime.world.state.turns[self.session(session_id).turns[number - 1]]

    def charged(self) -> int:
        """What the funded account has spent or put aside."""
        account = self.runtime.world.state.accounts["anon_test_funded"]
        return 25_000 - account.available

    def entries(self) -> list[AnyEntry]:
        """The journal, once every exchange that has begun is over."""

        async def read() -> list[AnyEntry]:
            journal, changed = self.runtime.journal, asyncio.Event()
            follower = journal.subscribe(changed.set)
            try:
                while True:
                    changed.clear()
                    entries = list(journal.entries())
                    ended = {entry.exchange for entry in entries if isinstance(entry, EndEntry)}
                    if len(ended) == journal._exchanges:
                        return entries
                    await changed.wait()
            finally:
                follower.close()

        return self.on_loop_async(read)

    def end(self, endpoint: str = "") -> tuple[str, tuple[str, ...]]:
        """How the last exchange ended whose path ends so, and by which faults it was struck."""
        entries = self.entries()
        last = [
            entry.exchange for entry in entries if isinstance(entry, RequestEntry) and entry.path.endswith(endpoint)
        ][-1]
        return next(
            (entry.how, entry.fault) for entry in entries if isinstance(entry, EndEntry) and entry.exchange == last
        )

    def responses(self, endpoint: str = "") -> list[tuple[int, tuple[str, ...]]]:
        """The status of each response to requests whose paths end so, and the faults that were applied to it."""
        entries = self.entries()
        asked = [
            entry.exchange for entry in entries if isinstance(entry, RequestEntry) and entry.path.endswith(endpoint)
        ]
        found = {entry.exchange: entry for entry in entries if isinstance(entry, ResponseEntry)}
        return [(found[number].status, found[number].fault) for number in asked if number in found]

    def records(self) -> list[RecordEntry]:
        """What was sent in streams."""
        return [entry for entry in self.entries() if isinstance(entry, RecordEntry)]

    def on_loop(self, ask: Callable[[], T]) -> T:
        """Ask on the fake's own loop, where nothing changes meanwhile."""

        async def asked() -> T:
            return ask()

        return self.on_loop_async(asked)

    def on_loop_async(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The same for what has to wait."""

        async def bounded() -> T:
            return await asyncio.wait_for(ask(), HANG_S)

        loop = self._server.world_registry._loop
        assert loop is not None
        return asyncio.run_coroutine_threadsafe(bounded(), loop).result()
