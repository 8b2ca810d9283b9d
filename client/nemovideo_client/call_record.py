"""A record of each HTTP call, without secrets, and a curl command that repeats it.

This module sends and prints nothing. The client passes a `Call` to the `on_call` callback.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from nemovideo_client.errors import redact
from nemovideo_client.flows.effects import Request
from nemovideo_client.json_reading import decode
from nemovideo_contract import wire

_HIDDEN: Final = "***"
#: Headers that give access (a client id gives access to the next token), and what a curl command has in their place.
_SECRET: Final[Mapping[str, str]] = {
    "authorization": f"Bearer ${wire.ENV_TOKEN}",
    wire.CLIENT_ID_HEADER.lower(): f"${{{wire.ENV_CLIENT_ID}:-$(cat ~/.config/nemovideo/client_id)}}",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its result.

    `headers` and `url` contain no secrets. `body` is the decoded JSON body, or None if there is none; `files` are sent
    as a form; `size` is the size of the body in bytes. `status` is None if no response came, and then `error` says why.
    `seconds` passed until the response was complete, or until it began if it is a stream.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: object
    files: tuple[Path, ...]
    size: int
    status: int | None
    seconds: float
    error: str | None = None

    def __str__(self) -> str:
        sent = f", {self.size} bytes sent" if self.size else ""
        return f"{self.method} {self.url}: {self.status or self.error} after {self.seconds:.1f} s{sent}"

    def curl(self) -> str:
        """Return a curl command for a POSIX shell that repeats the call, with the token from the environment."""
        words = ["curl", "-sS"]
        if ("Accept", wire.EVENT_STREAM) in self.headers:
            words.append("-N")
        if self.method != ("GET" if self.body is None and not self.files else "POST"):
            words += ["-X", self.method]
        words.append(shlex.quote(self.url))
        for name, value in self.headers:
            replacement = _SECRET.get(name.lower())
            # Double quotes, so that the shell expands the variable.
            words += ["-H", shlex.quote(f"{name}: {value}") if replacement is None else f'"{name}: {replacement}"']
        if self.body is not None:
            words += ["--data-raw", shlex.quote(json.dumps(self.body, ensure_ascii=False))]
        for path in self.files:
            words += ["-F", shlex.quote(f"{wire.UPLOAD_FIELD}=@{_form_path(path)}")]
        return " ".join(words)


def record_call(request: Request, *, size: int, status: int | None, seconds: float, error: str | None = None) -> Call:
    """Return the `Call` for a request, with all secrets redacted."""
    secrets = [value.removeprefix("Bearer ") for name, value in request.headers if name.lower() == "authorization"]
    return Call(
        method=request.method,
        url=redact(_redact_url(request.url), *secrets),
        headers=tuple((name, _HIDDEN if name.lower() in _SECRET else value) for name, value in request.headers),
        body=None if request.body is None else decode(redact(request.body.decode("utf-8", "replace"), *secrets)),
        files=request.files,
        size=size,
        status=status,
        seconds=seconds,
        error=None if error is None else redact(error, *secrets),
    )


def _redact_url(url: str) -> str:
    """Redact the user and the query, because passwords and signatures there give access to a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    shown = parts._replace(query=_HIDDEN if parts.query else "")
    if "@" in parts.netloc:
        shown = shown._replace(netloc=f"{_HIDDEN}@{parts.netloc.rpartition('@')[2]}")
    return url if shown == parts else urlunsplit(shown)


def _form_path(path: Path) -> str:
    # For curl, a comma or semicolon ends the name unless the name is quoted.
    name = str(path)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if {*name} & {*',;"'} else name
