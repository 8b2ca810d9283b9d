"""Which of the API's calls a request is, read from its method and path alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from nemovideo_contract.wire import Path


class Operation(StrEnum):
    """A call of the API, by what it does; `OUTPUT` is a render's file by its URL, `OTHER` nothing that the API has."""

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


#: The calls that spend nothing and change nothing.
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
    """What a request is for: the call, and the ids that stand in its path (None where the path has none)."""

    call: Operation
    user: str | None = None
    session: str | None = None
    render: str | None = None


def _pattern(path: Path) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+?)(?:_id)?\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + "/?")


_ROUTES: Final = [(method, _pattern(path), call) for call, (method, path) in _METHODS.items()]
#: An id in a path that is longer than people read: it has digits.
_LONG_ID: Final = re.compile(r"(?<=/)(?=[^/]*\d)([\w-]{8})[\w-]{8,}(?=/|$)")
#: What a world's own base path looks like, before the API's path.
_WORLD: Final = re.compile(r"/w/[^/]+(?=/)")


def target_of(method: str, path: str) -> OperationMatch:
    """What a request of this method and path is for; a path without percent-encoding, as the journal has it."""
    path = plain(path)
    for wanted, pattern, call in _ROUTES:
        if method == wanted and (found := pattern.fullmatch(path)) is not None:
            ids = {name: unquote(value) for name, value in found.groupdict().items()}
            return OperationMatch(call, ids.get("user"), ids.get("session"), ids.get("render"))
    return OperationMatch(Operation.OTHER)


def plain(path: str) -> str:
    """A path without the base path of a world."""
    return _WORLD.sub("", path, count=1)


def methods_of(path: str) -> list[str]:
    """The methods by which the API answers at this path; none where it has no such path."""
    return [method for method, pattern, _ in _ROUTES if pattern.fullmatch(path)]


def format_call(method: str, path: str) -> str:
    """A call as people read it: `GET /api/state/nemo_agent/me/46246689…/latest`."""
    return f"{method} {_LONG_ID.sub(lambda found: f'{found[1]}…', path)}"
