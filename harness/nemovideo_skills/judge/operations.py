"""Find the API operation of a request by its method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from nemovideo_contract.wire import Path


class Operation(StrEnum):
    """An API operation; `OUTPUT` downloads a render's file by its URL, `OTHER` is not an operation of the API."""

    TOKEN = "token"  # noqa: S105  (the name of a call)
    CLAIM = "claim"
    SESSION = "session"
    MESSAGE = "message"
    UPLOAD = "upload"
    STATE = "state"
    CREDITS = "credits"
    SUBMIT = "submit"
    POLL = "poll"
    CANCEL = "cancel"
    DOWNLOAD = "download"
    OUTPUT = "output"
    OTHER = "other"


#: The operations that cost nothing and change nothing.
READS: Final = frozenset({Operation.STATE, Operation.CREDITS, Operation.POLL, Operation.DOWNLOAD, Operation.OUTPUT})

_METHODS: Final = {
    Operation.TOKEN: ("POST", Path.ANONYMOUS_TOKEN),
    Operation.CLAIM: ("POST", Path.CLAIM_TOKEN),
    Operation.SESSION: ("POST", Path.SESSION),
    Operation.MESSAGE: ("POST", Path.RUN_SSE),
    Operation.UPLOAD: ("POST", Path.UPLOAD),
    Operation.STATE: ("GET", Path.STATE),
    Operation.CREDITS: ("GET", Path.CREDITS),
    Operation.SUBMIT: ("POST", Path.RENDER),
    Operation.POLL: ("GET", Path.RENDER_STATUS),
    Operation.CANCEL: ("POST", Path.RENDER_CANCEL),
    Operation.DOWNLOAD: ("GET", Path.RENDER_DOWNLOAD),
}


@dataclass(frozen=True, slots=True)
class OperationMatch:
    """The operation of a request and the ids in its path; an id is None if the path does not have it."""

    call: Operation
    user: str | None = None
    session: str | None = None
    render: str | None = None


def _pattern(path: Path) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+?)(?:_id)?\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + "/?")


_ROUTES: Final = [(method, _pattern(path), call) for call, (method, path) in _METHODS.items()]
#: A long id in a path, which reports shorten; it must contain a digit.
_LONG_ID: Final = re.compile(r"(?<=/)(?=[^/]*\d)([\w-]{8})[\w-]{8,}(?=/|$)")
#: The base path of a world, which comes before the API's path.
_WORLD: Final = re.compile(r"/w/[^/]+(?=/)")


def target_of(method: str, path: str) -> OperationMatch:
    """Return the operation of a method and a path. The path has no percent-encoding, as in the journal."""
    path = plain(path)
    for wanted, pattern, call in _ROUTES:
        if method == wanted and (found := pattern.fullmatch(path)) is not None:
            ids = {name: unquote(value) for name, value in found.groupdict().items()}
            return OperationMatch(call, ids.get("user"), ids.get("session"), ids.get("render"))
    return OperationMatch(Operation.OTHER)


def plain(path: str) -> str:
    """Return a path without the base path of a world."""
    return _WORLD.sub("", path, count=1)


def methods_of(path: str) -> list[str]:
    """Return the methods that the API accepts at this path, or an empty list for an unknown path."""
    return [method for method, pattern, _ in _ROUTES if pattern.fullmatch(path)]


def format_call(method: str, path: str) -> str:
    """Return a call as reports show it: `GET /api/state/nemo_agent/me/46246689…/latest`."""
    return f"{method} {_LONG_ID.sub(lambda found: f'{found[1]}…', path)}"
