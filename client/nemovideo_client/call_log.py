"""What went over the wire, one value a call, fit to be shown: without the token, and with a line that repeats it.

Nothing here sends or prints; the client hands a `Call` to whoever asked for it with `on_call`.
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
#: Headers that give access, as a client id does to the next token, and what stands for them in a line to be repeated.
_SECRET: Final[Mapping[str, str]] = {
    "authorization": f"Bearer ${wire.ENV_TOKEN}",
    wire.CLIENT_ID_HEADER.lower(): f"${{{wire.ENV_CLIENT_ID}:-$(cat ~/.config/nemovideo/client_id)}}",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request and what came of it.

    `headers` and `url` are without secrets. `body` is the decoded JSON body, None where there is none; `files` are sent
    as a form; `size` is the body's in bytes. `status` is None where no answer came, and `error` says why.
    `seconds` passed until the answer was whole, or had begun where it is read piece by piece.
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
        """A line for a POSIX shell that makes the call again, with the token from the environment."""
        words = ["curl", "-sS"]
        if ("Accept", wire.EVENT_STREAM) in self.headers:
            words.append("-N")
        if self.method != ("GET" if self.body is None and not self.files else "POST"):
            words += ["-X", self.method]
        words.append(shlex.quote(self.url))
        for name, value in self.headers:
            stands_for = _SECRET.get(name.lower())
            # Double quotes, so that the shell puts the value in.
            words += ["-H", shlex.quote(f"{name}: {value}") if stands_for is None else f'"{name}: {stands_for}"']
        if self.body is not None:
            words += ["--data-raw", shlex.quote(json.dumps(self.body, ensure_ascii=False))]
        for path in self.files:
            words += ["-F", shlex.quote(f"{wire.UPLOAD_FIELD}=@{_form_path(path)}")]
        return " ".join(words)


def record_call(request: Request, *, size: int, status: int | None, seconds: float, error: str | None = None) -> Call:
    """The call that a request was, with every secret struck out."""
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
    """The address without user and query, in which passwords and signatures stand that open a file to anybody."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    shown = parts._replace(query=_HIDDEN if parts.query else "")
    if "@" in parts.netloc:
        shown = shown._replace(netloc=f"{_HIDDEN}@{parts.netloc.rpartition('@')[2]}")
    return url if shown == parts else urlunsplit(shown)


def _form_path(path: Path) -> str:
    # curl reads a comma or semicolon as the end of the name, unless it is quoted.
    name = str(path)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if {*name} & {*',;"'} else name
