"""The table of the calls under `/_mock`, and how each is answered; every error is one sentence."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from nemovideo_mock.clock import ClockStoppedError
from nemovideo_mock.control import accounts, clock, faults, guard, journal, snapshots, worlds
from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.faults import FaultError
from nemovideo_mock.json_fields import FieldError, show_name
from nemovideo_mock.runtime.scenario_file import ScenarioError
from nemovideo_mock.runtime.world_registry import WorldRegistry
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD

logger = logging.getLogger(__name__)

Handler = Callable[[ControlRequest], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One call: `path` follows `/_mock` and has names in braces; `of_all_worlds` says that it concerns all worlds."""

    method: str
    path: str
    handler: Handler
    of_all_worlds: bool = False

    @property
    def meaning(self) -> str:
        """The effect of the call in one line."""
        return (self.handler.__doc__ or "").partition("\n")[0]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variable parts of a path, or None if it does not match."""
        ours, theirs = self.path.split("/"), path.split("/")
        if len(ours) != len(theirs):
            return None
        params: dict[str, str] = {}
        for own, other in zip(ours, theirs, strict=True):
            if own.startswith("{") and other:
                params[own.strip("{}")] = other
            elif own != other:
                return None
        return params


async def overview(command: ControlRequest) -> Response:
    """Return this list of calls, the worlds, and the version."""
    return answer(
        {
            "about": "The control API of a fake of the NemoVideo service.",
            "version": version("nemovideo-harness"),
            "seed": command.world_registry.settings.seed,
            "world": worlds.world_to_json(command.runtime),
            "worlds": list(command.world_registry.runtimes),
            "routes": [
                {"method": route.method, "path": f"/_mock{route.path}", "does": route.meaning} for route in ROUTES
            ],
        }
    )


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "", overview),
    Route("GET", "/worlds", worlds.worlds, of_all_worlds=True),
    Route("POST", "/worlds", worlds.add, of_all_worlds=True),
    Route("DELETE", "/worlds/{name}", worlds.delete, of_all_worlds=True),
    Route("GET", "/clock", clock.clock),
    Route("POST", "/clock/advance", clock.advance),
    Route("POST", "/clock/wait", clock.wait),
    Route("POST", "/clock/mode", clock.mode),
    Route("GET", "/faults", faults.faults),
    Route("POST", "/faults", faults.add),
    Route("DELETE", "/faults", faults.clear),
    Route("GET", "/faults/kinds", faults.kinds),
    Route("DELETE", "/faults/{name}", faults.remove),
    Route("GET", "/journal", journal.journal),
    Route("DELETE", "/journal", journal.clear),
    Route("GET", "/journal/live", journal.live),
    Route("GET", "/journal/har", journal.archive),
    Route("GET", "/accounts", accounts.accounts),
    Route("POST", "/accounts", accounts.add),
    Route("GET", "/credits", accounts.credits_of),
    Route("POST", "/credits", accounts.set_credits),
    Route("GET", "/tokens", accounts.test_tokens),
    Route("GET", "/profile", worlds.profile),
    Route("PUT", "/profile", worlds.set_profile),
    Route("GET", "/snapshot", snapshots.snapshot),
    Route("PUT", "/snapshot", snapshots.put),
    Route("POST", "/fork", snapshots.fork),
    Route("POST", "/scenario", worlds.scenario),
    Route("POST", "/reset", worlds.reset),
)

#: The page at `GET /`, for people.
PAGE: Final = """\
A fake of the NemoVideo service, for developing and testing what talks to it.

Its API is the service's own: put this address in place of the service's.
  {url}api/...   the API
  {url}w/NAME    the same API in a separate world, created on first use
  {url}_mock     the control API: clock, faults, journal, snapshots; it lists its calls
"""


async def respond(world_registry: WorldRegistry, world: str, path: str, request: Request) -> Response:
    """Return the response to a request to `path` behind `/_mock` for a world, or the page at `/`."""
    try:
        return _page(request) if request.scope["path"] == "/" else await _answer(world_registry, world, path, request)
    except ControlError as error:
        return answer({"error": error.sentence}, error.status, error.headers)
    except (FieldError, FaultError, ScenarioError) as error:
        return answer({"error": str(error)}, 400)
    except ServiceError as error:
        return answer({"error": error.message}, int(error.code))
    except ClockStoppedError:
        return answer({"error": "The fake is stopping."}, 503)
    except Exception:
        # As for the calls of the service: the caller gets a response, and the log gets the traceback.
        logger.exception("The control API failed on %s %s.", request.method, path)
        sentence = "The control API failed on this request, which is a defect of the fake; see its log."
        return answer({"error": sentence}, 500)


def _page(request: Request) -> Response:
    if request.method not in {"GET", "HEAD"}:
        raise ControlError(405, "Only GET has an answer here.", {"Allow": "GET"})
    return PlainTextResponse(PAGE.format(url=request.base_url))


async def _answer(world_registry: WorldRegistry, world: str, path: str, request: Request) -> Response:
    server: tuple[str, int | None] | None = request.scope.get("server")
    bound = None if server is None else server[0]
    refused = guard.refusal(request.headers, bound, world_registry.settings.control_token)
    if refused is not None:
        raise ControlError(403, refused)
    method = "GET" if request.method == "HEAD" else request.method
    route, params = _find(method, path.rstrip("/"))
    if route.of_all_worlds and world != DEFAULT_WORLD:
        raise ControlError(404, f"This call is not about one world: use /_mock{route.path}.")
    return await route.handler(ControlRequest(world_registry, world_registry.runtime(world), request, params))


def _find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    allowed: list[str] = []
    for route in ROUTES:
        params = route.match(path)
        if params is not None:
            if route.method == method:
                return route, params
            allowed.append(route.method)
    if allowed:
        methods = ", ".join(sorted(set(allowed)))
        raise ControlError(
            405, f"/_mock{show_name(path)} takes {methods}, not {show_name(method)}.", {"Allow": methods}
        )
    raise ControlError(404, f"The control API has no /_mock{show_name(path)}: GET /_mock lists its calls.")
