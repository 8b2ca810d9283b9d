"""Find the calls in a document: in prose, in tables, and as curl commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from nemovideo_skills.lint.curl_commands import CurlCommand
from nemovideo_skills.lint.endpoints import Endpoint, PathMatch, fitting

_PLACEHOLDER: Final = (
    r"\$\{[^}\n]{0,200}\}|\$[A-Za-z_]\w*|<[^<>\n|]{1,40}>|\{[^{}\n\"':,]{1,40}\}|\[[A-Za-z_ -]{1,40}\]"
)
_PATH: Final = rf"(?:/(?:[A-Za-z0-9_.~%*+:@=-]|{_PLACEHOLDER})*)+(?:\?[^\s\"'`<>|)]*)?"
#: Paths that are recognised without an address before them: paths of the API and of web pages.
_ROOTS: Final = r"/(?:api|run_?sse|v\d+|workspace|register|login|settings|dashboard|pricing)(?![A-Za-z0-9])"
#: An address, or a placeholder for one.
_BASE: Final = (
    r"https?://(?P<host>[A-Za-z0-9.-]+(?::\d+)?)|\$\{[^}\n]{0,200}\}|\$[A-Za-z_]\w*|\{[A-Za-z_ ]+\}|<[A-Za-z_ -]+>"
)
_METHODS: Final = r"GET|POST|PUT|PATCH|DELETE"
_TARGET: Final = re.compile(
    rf"(?:\b(?P<method>{_METHODS})(?:ing)?\b[ \t`*\"'|:]*(?:(?:requests?|to|on|at)\b[ \t`*\"':]*)*\n?[ \t]*)?"
    rf"(?:(?P<base>{_BASE})(?P<path>{_PATH})|(?<![A-Za-z0-9_/.~$}}>-])(?P<bare>(?={_ROOTS}){_PATH}))"
    rf"(?P<after>[`*]*[ \t]*\|\s*`?(?P<column>{_METHODS})\b(?=`?\s*\|)|发送(?P<sent>{_METHODS}))?"
)
#: The text before an address in a program: `requests.post(f"`, `axios.get(` with its quote.
_CODED: Final = re.compile(r"\.(?P<verb>get|post|put|patch|delete)\(\s*(?:url ?= ?)?[frb]?[\"'`]$")
_URL: Final = re.compile(rf"(?P<base>{_BASE})?(?P<path>{_PATH})")


@dataclass(frozen=True, slots=True)
class DocumentedCall:
    """A call in a document.

    `base` is the text before the path, and `host` the host in it. `method` is None if prose names no method. `command`
    is the curl command that makes the call.
    """

    method: str | None
    base: str | None
    host: str | None
    path: str
    endpoint: Endpoint | None
    fit: PathMatch
    offset: int
    end: int
    command: CurlCommand | None = None


def find_calls(text: str, commands: Iterable[CurlCommand]) -> Iterator[DocumentedCall]:
    """Return the calls in order; a call in a command is not also returned as prose."""
    listed = sorted(commands, key=lambda each: each.offset)
    found = [call for command in listed if (call := _of_command(command)) is not None]
    spans = iter([(each.offset, each.end) for each in listed] + [(len(text) + 1, len(text) + 1)])
    begin, end = next(spans)
    for match in _TARGET.finditer(text):
        at = match.start("bare") if match["bare"] else match.start("base")
        while at >= end:
            begin, end = next(spans)
        if not begin <= at < end:
            found.append(_of_prose(text, match))
    yield from sorted(found, key=lambda each: each.offset)


def _of_command(command: CurlCommand) -> DocumentedCall | None:
    if command.url is None:
        return None
    match = _URL.match(command.url.text)
    if match is None:
        return None
    path = match["path"]
    endpoint, fit = fitting(path)
    offset = command.url.offset + match.start("path")
    return DocumentedCall(
        command.method, match["base"], match["host"], path, endpoint, fit, offset, command.end, command
    )


def _of_prose(text: str, match: re.Match[str]) -> DocumentedCall:
    path = (match["bare"] or match["path"]).rstrip(".:*=")
    endpoint, fit = fitting(path)
    method = match["method"] or match["column"] or match["sent"]
    if method is None:
        coded = _CODED.search(text, max(0, match.start() - 40), match.start())
        method = coded["verb"].upper() if coded else None
    start = match.start("bare") if match["bare"] else match.start("path")
    return DocumentedCall(method, match["base"], match["host"], path, endpoint, fit, start, start + len(path))
