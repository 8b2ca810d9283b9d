"""A world of a fake for one test: its address, its clients, its journal, and its control API."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

import httpx

from nemovideo_contract import machine
from nemovideo_contract.extras import install_hint
from nemovideo_contract.json_input import parse
from nemovideo_contract.profiles import find_profile
from nemovideo_contract.trust import tls_context
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN

if TYPE_CHECKING:
    from nemovideo_client import AsyncClient, Client
    from nemovideo_contract.journal import Kind
    from nemovideo_mock.runtime.world_runtime import WorldRuntime
    from nemovideo_mock.server import RunningServer
    from nemovideo_mock.settings import Settings

_NEEDED: Final = ("starlette", "uvicorn", "sse_starlette", "python_multipart", "cattrs")


def missing() -> str | None:
    """Return a sentence that says how to install the fake; None if it is installed."""
    if any(find_spec(module) is None for module in _NEEDED):
        return f"The fake is not installed. Install it with: {install_hint('mock')}"
    return None


def start_fake(settings: Settings | None = None) -> AbstractContextManager[RunningServer]:
    """Start a fake on loopback with a virtual clock; without settings, its exports are stubs."""
    from nemovideo_harness.inprocess import use_virtual_time
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings as Given

    return running(use_virtual_time(settings or Given(quality="stub")))


def no_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `NO_PROXY` in both spellings, with this machine added to the hosts in `environ`."""
    hosts = {name: environ.get(name, "") for name in ("NO_PROXY", "no_proxy")}
    return {name: each if each == "*" else ",".join(filter(None, (each, "127.0.0.1", "localhost")))
            for name, each in hosts.items()}  # fmt: skip


@contextmanager
def world_of(server: RunningServer, profile: str | None = None) -> Generator[World]:
    """Create a world of a fake, and delete it at the end of the block; `profile` is the name of its profile.

    Raises:
        ProfileError: No profile has this name.
    """
    name = f"test-{machine.random_hex(8)}"
    wanted = {"name": name} if profile is None else {"name": name, "profile": profile}
    if profile is not None:
        find_profile(profile)
    httpx.post(f"{server.url}/_mock/worlds", json=wanted, trust_env=False, verify=tls_context()).raise_for_status()
    server.runtime(name).journal.clear()  # remove the request that created the world
    try:
        yield World(server, name)
    finally:
        httpx.delete(f"{server.url}/_mock/worlds/{name}", trust_env=False, verify=tls_context()).raise_for_status()


@dataclass(frozen=True, slots=True)
class World:
    """An isolated world: it shares no accounts, limits, clock or faults with other worlds."""

    server: RunningServer
    name: str

    @property
    def url(self) -> str:
        """The base URL."""
        return self.server.url_of(self.name)

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables with the address of the world, and those that keep its calls from a proxy."""
        return {ENV_API_URL: self.url, **no_proxy(os.environ)}

    @property
    def absent(self) -> tuple[str, ...]:
        """The environment variables that must not be set, so that the world gets no token of the real service."""
        return (ENV_TOKEN, ENV_CLIENT_ID)

    @property
    def runtime(self) -> WorldRuntime:
        """The world inside the fake, for anything that `control` can't do."""
        return self.server.runtime(self.name)

    @property
    def journal(self) -> JournalView:
        """The journal of the world."""
        return JournalView(self)

    def client(self, *, token: str | None = None, client_id: str | None = None) -> Client:
        """Return a client that takes part in the world's clock; use it with `with`. `token` may be a test token.

        Without a `client_id`, the client gets a new ID and so a new account.
        """
        from nemovideo_harness.inprocess import connect

        return connect(self.server, world=self.name, token=token, client_id=client_id or machine.new_id())

    def async_client(self, *, token: str | None = None, client_id: str | None = None) -> AsyncClient:
        """Return an asynchronous client; `client` explains the arguments."""
        from nemovideo_harness.inprocess import connect_async

        return connect_async(self.server, world=self.name, token=token, client_id=client_id or machine.new_id())

    def control(self, method: str, path: str, body: object = None) -> object:
        """Send a request to the control API of this world, such as `control("POST", "/faults", {...})`.

        Returns the JSON of the response, or None if it is empty.

        Raises:
            httpx.HTTPStatusError: The request was refused; the message says why.
        """
        answer = httpx.request(method, f"{self.url}/_mock{path}", json=body, trust_env=False, verify=tls_context())
        if answer.is_error:
            reason = answer.text.strip() or "the response has no reason"
            refusal = f"{method} {path} was refused with {answer.status_code}: {reason}"
            raise httpx.HTTPStatusError(refusal, request=answer.request, response=answer)
        return parse(answer.content) if answer.content else None


@dataclass(frozen=True, slots=True)
class JournalView:
    """The journal of a world, oldest entry first, as dictionaries. Each use reads it again; see `docs/control.md`."""

    world: World

    def __call__(self, kind: Kind | None = None) -> list[dict[str, object]]:
        """Return the entries of a kind: request, response, record, end or control; without a kind, all entries."""
        # By a request, not from memory: the fake answers it only after the earlier requests have written their entries.
        answer = httpx.get(
            f"{self.world.url}/_mock/journal",
            params={"kind": kind} if kind else {},
            trust_env=False,
            verify=tls_context(),
        )
        answer.raise_for_status()
        return [cast("dict[str, object]", parse(line, half_pairs=True)) for line in answer.text.split("\n") if line]

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter(self())

    def __len__(self) -> int:
        return len(self())

    @property
    def calls(self) -> list[str]:
        """The requests in order, such as `POST /run_sse`, without the path prefix of the world."""
        prefix = f"/w/{self.world.name}"
        return [f"{each['method']} {str(each['path']).removeprefix(prefix)}" for each in self("request")]
