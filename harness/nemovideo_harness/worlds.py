"""A world of a fake for one test: where it is, who may call it, what it has seen, and how to make it go wrong."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import httpx

from nemovideo_contract import machine
from nemovideo_contract.profiles import find_profile
from nemovideo_contract.trust import trusted
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN

if TYPE_CHECKING:
    from nemovideo_client import AsyncClient, Client
    from nemovideo_mock.journal import Kind
    from nemovideo_mock.runtime.world_runtime import WorldRuntime
    from nemovideo_mock.server import RunningServer
    from nemovideo_mock.settings import Settings

_NEEDED: Final = ("starlette", "uvicorn", "sse_starlette", "python_multipart", "cattrs")


def missing() -> str | None:
    """How to install what the fake needs; None where it is there."""
    if any(find_spec(module) is None for module in _NEEDED):
        return "The fake is not installed. Install it with: pip install 'nemovideo-harness[mock]'"
    return None


def start_fake(settings: Settings | None = None) -> AbstractContextManager[RunningServer]:
    """A fake on loopback and a virtual clock, whose exports are stubs where nothing else is said."""
    from nemovideo_harness.inprocess import use_virtual_time
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings as Given

    return running(use_virtual_time(settings or Given(quality="stub")))


@contextmanager
def world_of(server: RunningServer, profile: str | None = None) -> Generator[World]:
    """A world of a fake, for as long as the block lasts; it plays a named profile where one is given.

    Raises:
        ProfileError: there is no profile of that name.
    """
    name = f"test-{machine.random_hex(8)}"
    wanted = {"name": name} if profile is None else {"name": name, "profile": profile}
    if profile is not None:
        find_profile(profile)
    httpx.post(f"{server.url}/_mock/worlds", json=wanted, trust_env=False, verify=trusted()).raise_for_status()
    server.runtime(name).journal.clear()  # of the order that made it
    try:
        yield World(server, name)
    finally:
        httpx.delete(f"{server.url}/_mock/worlds/{name}", trust_env=False, verify=trusted()).raise_for_status()


@dataclass(frozen=True, slots=True)
class World:
    """An isolated world: its accounts, limits, clock and faults are no other world's."""

    server: RunningServer
    name: str

    @property
    def url(self) -> str:
        """The base URL."""
        return self.server.url_of(self.name)

    @property
    def environ(self) -> dict[str, str]:
        """The variables by which code finds it."""
        return {ENV_API_URL: self.url}

    @property
    def absent(self) -> tuple[str, ...]:
        """The variables that must not be there: a token of the real service has no business here."""
        return (ENV_TOKEN, ENV_CLIENT_ID)

    @property
    def service(self) -> WorldRuntime:
        """The fake's inside; for what `control` can't say."""
        return self.server.runtime(self.name)

    @property
    def journal(self) -> JournalView:
        """What it has seen."""
        return JournalView(self)

    def client(self, *, token: str | None = None, client_id: str | None = None) -> Client:
        """A client that takes part in its clock, to be used with `with`; `token` may be a test token.

        Without a `client_id` it is somebody new, with an account of its own.
        """
        from nemovideo_harness.inprocess import connect

        return connect(self.server, world=self.name, token=token, client_id=client_id or machine.new_id())

    def async_client(self, *, token: str | None = None, client_id: str | None = None) -> AsyncClient:
        """The asynchronous twin of `client`."""
        from nemovideo_harness.inprocess import connect_async

        return connect_async(self.server, world=self.name, token=token, client_id=client_id or machine.new_id())

    def control(self, method: str, path: str, body: object = None) -> object:
        """An order to the control API about this world, such as `control("POST", "/faults", {...})`; its answer.

        Raises:
            httpx.HTTPStatusError: it was refused; the message says why.
        """
        answer = httpx.request(method, f"{self.url}/_mock{path}", json=body, trust_env=False, verify=trusted())
        if answer.is_error:
            said = answer.text.strip() or "it does not say why"
            refusal = f"{method} {path} was refused with {answer.status_code}: {said}"
            raise httpx.HTTPStatusError(refusal, request=answer.request, response=answer)
        found: object = answer.json() if answer.content else None
        return found


@dataclass(frozen=True, slots=True)
class JournalView:
    """What a world has seen, oldest first, as dictionaries; read anew each time. `docs/control.md` explains them."""

    world: World

    def __call__(self, kind: Kind | None = None) -> list[dict[str, object]]:
        """The entries of a kind (request, response, record, end, control); all without one."""
        # By a call, not from memory: it is answered after whatever the calls before it have still to write down.
        answer = httpx.get(
            f"{self.world.url}/_mock/journal", params={"kind": kind} if kind else {}, trust_env=False, verify=trusted()
        )
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.split("\n") if line]

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter(self())

    def __len__(self) -> int:
        return len(self())

    @property
    def calls(self) -> list[str]:
        """The requests in order, such as `POST /run_sse`; a world's own prefix is left out."""
        prefix = f"/w/{self.world.name}"
        return [f"{each['method']} {str(each['path']).removeprefix(prefix)}" for each in self("request")]
