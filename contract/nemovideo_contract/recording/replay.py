"""Replay a recording to another server: make the recorded calls in their order, with the values of that server.

If a recorded answer gave a value and a later request used it, the replay takes the value from the same place in the new
answer. Ids that the caller chose are replaced by new ones, so a recording can be replayed twice. A call that can't be
made again is skipped, with the reason. The replay never calls an address that no answer of this run gave.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote

from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sample_files import png, wav
from nemovideo_contract.json_input import DEEPEST_BODY, depth
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.calls_from_http import KEPT_OF_REQUESTS, operation_of
from nemovideo_contract.recording.json_places import Place, at, nodes
from nemovideo_contract.recording.recording import (
    BinaryBody,
    FilesBody,
    JsonBody,
    RecordedExchange,
    RecordedFile,
    RecordedRequest,
    Recording,
    Skipped,
    StreamBody,
    TextBody,
)
from nemovideo_contract.recording.scripted_conversation import (
    FINAL,
    STRANGER,
    MissingPart,
    NextCall,
    status_of,
    text_at,
)
from nemovideo_contract.recording.value_names import is_made
from nemovideo_contract.redaction import NUMBERED_MARK
from nemovideo_contract.wire import (
    CLIENT_ID_HEADER,
    CLIENT_ID_MAX_LENGTH,
    ME,
    RENDER_ID_PREFIX,
    TEST_TOKEN_PREFIX,
    FileType,
    file_type_of,
)

#: What the replay uploads if a file was not kept, by its kind: an ending, and a function that makes the content.
_STAND_INS: Final[dict[FileType, tuple[str, Callable[[], bytes]]]] = {
    FileType.IMAGE: ("png", png),
    FileType.AUDIO: ("wav", wav),
}
#: The headers that a replay sends. A recording may be edited, and other headers could steer the connection or leak.
_SENT_HEADERS: Final = KEPT_OF_REQUESTS.keys() | {"content-type"}
#: The most characters of a path with its query. The API has no longer ones.
_LONGEST_PATH: Final = 8192
#: The characters of an address, and of a header's value.
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+")
_SENDABLE: Final = re.compile(r"[\x20-\x7e]*")
#: Characters of a query that stay as they are.
_QUERY: Final = "!$%&'()*+,/:;=?@~"
_OWN_ID: Final = re.compile(r"[\w-]{6,}")
#: The place of the same value in the other form of an export's answer (profile key `render`).
_ELSEWHERE: Final[dict[Place, Place]] = {
    ("output", "url"): ("data", "outputUrl"),
    ("data", "outputUrl"): ("output", "url"),
}
_WITH_USER: Final = re.compile(r"/api/(?:tasks|upload-video/nemo_agent|state/nemo_agent)/(?P<user>[^/]+)")

Replay = Generator[NextCall | Skipped, Answer | None, None]


@dataclasses.dataclass(slots=True)
class ReplayResources:
    """What a replay has on its target: the account's token, if any, and a source of new ids.

    `near` means a local server, to which a replay may send test tokens. Other servers get at most one request for an
    anonymous token. `polls` is the most polls of one export.
    """

    token: str | None
    fresh: Callable[[], str]
    near: bool
    polls: int
    may_mint: bool = True


def replay(recording: Recording, means: ReplayResources) -> Replay:
    """Yield the calls of a recording one after the other, and what is skipped; a skipped call receives no answer."""
    player = _Player(recording, means)
    listed = recording.exchanges
    at_number = 0
    while at_number < len(listed):
        end = _end_of_polls(listed, at_number)
        try:
            if listed[at_number].operation == "render_status" and _status(listed[end - 1]) in FINAL:
                yield from player.poll(at_number, end)
            else:
                for number in range(at_number, end):
                    ask = player.ask(number)
                    answer = yield ask
                    player.came(number, answer)
        except MissingPart as missing:
            yield Skipped(listed[at_number].name, str(missing))
        at_number = end


def _end_of_polls(listed: Sequence[RecordedExchange], begin: int) -> int:
    """Return the index after the last poll in a row of one export."""
    first, end = listed[begin], begin + 1
    while first.operation == "render_status" and end < len(listed) and _same_request(listed[end], first):
        end += 1
    return end


def _same_request(one: RecordedExchange, two: RecordedExchange) -> bool:
    return (one.operation, one.request.path, one.request.token) == (two.operation, two.request.path, two.request.token)


def _status(exchange: RecordedExchange) -> str | None:
    body = exchange.reply.body
    value = body.value if isinstance(body, JsonBody) else None
    return text_at(value, "status") or text_at(value, "data", "status")


class _Player:
    """The state of a replay: the place of each recorded value, and the new server's value at the same place."""

    def __init__(self, recording: Recording, means: ReplayResources) -> None:
        self._listed = recording.exchanges
        self._means = means
        self._came: dict[int, Json] = {}
        self._sources: dict[str, tuple[int, Place]] = {}
        self._wholes: dict[str, tuple[int, Place]] = {}
        self._made: dict[str, str] = {}
        self._minted = 0
        self._strangers = _strangers(recording)

    # --- one call after another ---------------------------------------------------------------------------------------

    def ask(self, number: int, *, again: bool = False) -> NextCall:
        """Return the call of an exchange, as this server needs it.

        Raises:
            MissingPart: it can't be called again.
        """
        exchange = self._listed[number]
        request = exchange.request
        url = None if request.url is None else self._url(request)
        path = "" if url is not None else self._path(request.path)
        operation = "" if url is not None else self._operation(request.method, path)
        call = Call(
            operation,
            request.method,
            path,
            self._headers(request.headers),
            None if url is not None else self._token(request.token),
            self._body(exchange),
            url,
        )
        taped = exchange.reply
        left = not taped.whole and taped.broken is None and isinstance(taped.body, StreamBody)
        records = len(taped.body.records) if left and isinstance(taped.body, StreamBody) else None
        return NextCall(exchange.name, call, again, records)

    def came(self, number: int, answer: Answer | None) -> None:
        """Note the answer to the call of an exchange."""
        assert answer is not None, "the replay skipped an exchange without yielding Skipped"
        exchange = self._listed[number]
        came = answer.object
        self._came[number] = came if depth(came) <= DEEPEST_BODY else None
        body = exchange.reply.body
        if not isinstance(body, JsonBody):
            return
        for place, node in nodes(body.value):
            if isinstance(node, str) and is_made(node):
                self._sources.setdefault(node, (number, place))
            elif isinstance(node, dict) and len(node) > 1:
                self._wholes[json.dumps(node, sort_keys=True)] = (number, place)

    def poll(self, begin: int, end: int) -> Generator[NextCall | Skipped, Answer | None, None]:
        """Poll until the export has ended, however often the recording did."""
        for number in range(self._means.polls):
            answer = yield self.ask(begin, again=number > 0)
            assert answer is not None
            if status_of(answer) in FINAL or status_of(answer) is None:
                self.came(end - 1, answer)
                return

    def _operation(self, method: str, path: str) -> str:
        """Return the operation of a call by its method and path, whatever the recording calls it.

        Raises:
            MissingPart: it may not be called.
        """
        operation = operation_of(method, path)
        if not operation and method != "GET" and not self._means.near:
            raise MissingPart(f"{method} {path:.80} is not a call of the API, and its cost is unknown.")
        if operation == "anonymous_token":
            self._minted += 1
            if not self._means.may_mint or (self._minted > 1 and not self._means.near):
                raise MissingPart("It may not ask for another anonymous token.")
        return operation

    # --- replaced values ---------------------------------------------------------------------------------------

    def _token(self, recorded: str | None) -> str | None:
        if recorded is None:
            return None
        if recorded in self._sources:
            return self._value(recorded)
        if recorded in self._strangers:
            return STRANGER
        if recorded.startswith(TEST_TOKEN_PREFIX) and self._means.near:
            return recorded
        if self._means.token is None:
            raise MissingPart("There is no token to call with.")
        return self._means.token

    def _headers(self, recorded: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in recorded.items():
            if name.lower() not in _SENT_HEADERS:
                continue
            if not _SENDABLE.fullmatch(value):
                raise MissingPart(f"Its header {name} has characters that no header may have.")
            if name.lower() == CLIENT_ID_HEADER.lower() and NUMBERED_MARK.search(value):
                found[name] = self._made.setdefault(value, self._means.fresh()[:CLIENT_ID_MAX_LENGTH])
            elif not NUMBERED_MARK.search(value):
                found[name] = value
        return found

    def _path(self, recorded: str) -> str:
        if not recorded.startswith("/") or recorded.startswith("//") or len(recorded) > _LONGEST_PATH:
            raise MissingPart(f"{recorded:.80} is not a path below the base URL.")
        path, mark, query = recorded.partition("?")
        user = _WITH_USER.match(path)
        if user is not None and unquote(user["user"]) not in self._sources:
            # A user that no answer of this run has named is the account itself.
            path = path[: user.start("user")] + ME + path[user.end("user") :]
        parts = (quote(self._own(unquote(each)), safe="") for each in path.split("/"))
        return "/".join(parts) + mark + quote(query, safe=_QUERY)

    def _url(self, request: RecordedRequest) -> str:
        """Return the new server's address in place of a recorded one. The replay only reads it, and sends no token."""
        if request.url is None or request.url not in self._sources:
            raise MissingPart("No answer of this run gave the address.")
        found = self._value(request.url)
        if request.method not in {"GET", "HEAD"} or not found.startswith(("http://", "https://")):
            raise MissingPart("The value in place of its address can't be fetched.")
        if len(found) > _LONGEST_PATH or not _VISIBLE.fullmatch(found):
            raise MissingPart("The value in place of its address is not an address.")
        return found

    def _body(self, exchange: RecordedExchange) -> Json | bytes | tuple[File, ...]:
        body = exchange.request.body
        match body:
            case None:
                return None
            case JsonBody(value):
                if exchange.operation == "submit_render" and isinstance(value, dict):
                    self._make_id(value.get("id"))
                return self._json(value)
            case TextBody(text):
                return text.encode()
            case FilesBody(files):
                return tuple(_file(each) for each in files)
            case BinaryBody() | StreamBody():
                raise MissingPart("Its body was not kept.")

    def _make_id(self, recorded: Json) -> None:
        if isinstance(recorded, str) and _OWN_ID.fullmatch(recorded) and recorded not in self._made:
            self._made[recorded] = RENDER_ID_PREFIX + self._means.fresh().replace("-", "")

    def _json(self, node: Json) -> Json:
        if isinstance(node, dict):
            source = self._wholes.get(json.dumps(node, sort_keys=True)) if len(node) > 1 else None
            if source is not None:
                try:
                    return at(self._came[source[0]], source[1])
                except LookupError:
                    pass  # it is at another place now, or missing: replace its parts
            return {key: self._json(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._json(each) for each in node]
        return self._own(node) if isinstance(node, str) else node

    def _own(self, recorded: str) -> str:
        """Return this run's value for a recorded one; the same value if it came from no answer."""
        if recorded in self._made:
            return self._made[recorded]
        return self._value(recorded) if recorded in self._sources else recorded

    def _value(self, recorded: str) -> str:
        number, place = self._sources[recorded]
        for where in (place, _ELSEWHERE.get(place, place)):
            try:
                found = at(self._came[number], where)
            except LookupError:
                continue
            if isinstance(found, str):
                return found
        wanted = ".".join(map(str, place))
        raise MissingPart(f"It needs {wanted} of “{self._listed[number].name}”, which did not come.")


def _strangers(recording: Recording) -> set[str]:
    """Return the tokens that the recorded server refused (code 1001) in every call."""
    refused: set[str] = set()
    accepted: set[str] = set()
    for each in recording.exchanges:
        if each.request.token is not None:
            body = each.reply.body
            code = body.value.get("code") if isinstance(body, JsonBody) and isinstance(body.value, dict) else None
            (refused if code == 1001 else accepted).add(each.request.token)
    return refused - accepted


def _file(taped: RecordedFile) -> File:
    """Return the file, or another file of its kind."""
    if taped.content is not None:
        return File(taped.name, taped.content, taped.field_name)
    kind = file_type_of(taped.name)
    if kind is None or kind not in _STAND_INS:
        raise MissingPart(f"The file {taped.name} was not kept, and nothing can take its place.")
    ending, make = _STAND_INS[kind]
    return File(f"{taped.name.rpartition('.')[0]}.{ending}", make(), taped.field_name)
