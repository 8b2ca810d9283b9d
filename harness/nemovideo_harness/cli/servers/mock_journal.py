"""The journal of a running fake, read over its control API: its current entries, or new entries as they arrive."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote, unquote

import httpx

from nemovideo_client.sse import Decoder, RecordTooLargeError, ServerSentEvent
from nemovideo_contract import machine
from nemovideo_contract.content_coding import BodyDecoder, DamagedBodyError, UnknownCodingError
from nemovideo_contract.journal import Entry, JournalError, read_entries
from nemovideo_contract.json_input import parse
from nemovideo_contract.trust import tls_context
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

#: The limit for connecting and for the start of a response, in seconds.
TIMEOUT_S: Final = 10.0
#: The pause between two attempts to reach a fake that has stopped, in seconds.
RETRY_S: Final = 1.0
#: The number of worlds that an error names.
WORLDS_SHOWN: Final = 8
TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 -- a header, not a token
#: The most bytes of a response, and of a line of the journal, after decompression.
LONGEST: Final = 16 * 1024 * 1024
#: The most bytes of all current entries: eight times what a fake keeps, because JSON can need more bytes than a fake
#: counts.
LARGEST_JOURNAL: Final = 256 * 1024 * 1024
#: The errors of a response that has begun.
BROKEN: Final = (httpx.TransportError, httpx.DecodingError)
#: The base URL of a world: the URL of its fake, then its name.
_WORLD: Final = re.compile(r"(.*)/w/([^/]+)")


@dataclass(frozen=True, slots=True)
class JournalUpdate:
    """New entries of a journal, or a message about the journal itself."""

    entries: tuple[Entry, ...] = ()
    note: str | None = None


class MockJournal:
    """The journal of a world of the fake at `base_url`; `token` is for the control API, if it requires one."""

    def __init__(self, base_url: str, world: str | None = None, token: str | None = None) -> None:
        self.base_url = base_url if world is None else f"{base_url}/w/{quote(world, safe='')}"
        found = _WORLD.fullmatch(self.base_url)
        self._root: str = self.base_url if found is None else found[1]
        self._world: str | None = None if found is None else unquote(found[2])
        self._headers = {} if token is None else {TOKEN_HEADER: token}

    def __repr__(self) -> str:
        return f"<MockJournal of {self.base_url}>"

    def check_world(self) -> None:
        """Check that the world exists, because a request for its journal would create it.

        Raises:
            Stop: The world does not exist, the fake can't be reached, or it refuses the request.
        """
        if self._world is None:
            return
        content = self._read("/_mock/worlds", self._root)
        try:
            names = [str(each["name"]) for each in cast("dict[str, Any]", parse(content))["worlds"]]
        except (ValueError, KeyError, TypeError):
            return
        if self._world not in names:
            shown = ", ".join(names[:WORLDS_SHOWN]) + (
                f" and {len(names) - WORLDS_SHOWN} more" if len(names) > WORLDS_SHOWN else ""
            )
            raise Stop(Exit.USAGE, f"There is no world {self._world!r:.80} at {self._root}: there are {shown}.")

    def profile(self) -> str | None:
        """Return the name of the profile that the world plays; None if the fake does not name one.

        Raises:
            Stop: The fake can't be reached, or refuses the request.
        """
        content = self._read("/_mock/profile", self.base_url)
        try:
            found: object = cast("dict[str, Any]", parse(content))["profile"]["name"]
        except (ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, str) else None

    def lines(self) -> Iterator[bytes]:
        """Yield the current entries as lines of JSON.

        Raises:
            Stop: The fake can't be reached, or refuses the request.
        """
        with _stop_if_broken(self.base_url), self._get("/_mock/journal?since=0") as response:
            left, size = b"", 0
            for piece in _content(response):
                *lines, left = (left + piece).split(b"\n")
                yield from lines
                _check_length(left, self.base_url)
                size += len(piece)
                if size > LARGEST_JOURNAL:
                    raise Stop(
                        Exit.USAGE,
                        f"{self.base_url} is not a fake: its journal has more than {LARGEST_JOURNAL} bytes.",
                    )
            if left:
                yield left

    def live(self, sleep: Callable[[float], None] = machine.pause) -> Generator[JournalUpdate]:
        """Yield the current entries and all later ones, without end.

        If the fake stops, this waits until it is back, and then reads its journal from the beginning. The reader of
        the entries drops those that it has seen, and recognizes the entries of a new fake by their numbers.

        Raises:
            Stop: The fake can't be reached the first time, or refuses the request.
        """
        is_first = True
        while True:
            try:
                with self._get("/_mock/journal/live?since=0") as response:
                    if not is_first:
                        yield JournalUpdate(note=f"The fake at {self.base_url} is back.")
                    is_first = False
                    yield from read_events(response)
                yield JournalUpdate(note=_unreachable_message(self.base_url))
            except Stop as stop:
                if is_first or stop.exit_code != Exit.UNREACHABLE:
                    raise
            except BROKEN:
                yield JournalUpdate(note=_unreachable_message(self.base_url))
            sleep(RETRY_S)

    def _read(self, path: str, base_url: str) -> bytes:
        """Return the whole response to a GET request."""
        with _stop_if_broken(base_url), self._get(path, base_url) as response:
            content = b""
            for piece in _content(response):
                content += piece
                _check_length(content, base_url)
            return content

    @contextmanager
    def _get(self, path: str, base_url: str | None = None) -> Generator[httpx.Response]:
        """Send a GET request and yield the response before its body; a stream may be silent for any time."""
        base_url = base_url or self.base_url
        timeout = httpx.Timeout(TIMEOUT_S, read=None)
        with httpx.Client(timeout=timeout, trust_env=False, verify=tls_context(), headers=self._headers) as client:
            request = client.build_request("GET", base_url + path)
            try:
                response = client.send(request, stream=True)
            except httpx.TransportError as error:
                raise Stop(
                    Exit.UNREACHABLE,
                    f"There is no fake at {base_url} ({error}): start one with nemo-harness serve.",
                ) from None
            try:
                if response.status_code != 200:
                    raise Stop(Exit.USAGE, _refusal_message(base_url, response))
                yield response
            finally:
                response.close()


@contextmanager
def _stop_if_broken(base_url: str) -> Generator[None]:
    """Raise `Stop` if a response breaks off."""
    try:
        yield
    except BROKEN as error:
        raise Stop(
            Exit.UNREACHABLE, f"A response of {base_url} broke off ({error}): try again, or check what is between."
        ) from None


def _content(response: httpx.Response) -> Iterator[bytes]:
    """Yield the content of a response in pieces of a limited size."""
    try:
        decoder = BodyDecoder(response.headers.get("content-encoding", ""))
        for chunk in response.iter_raw():
            yield from decoder.pieces(chunk)
    except (UnknownCodingError, DamagedBodyError) as error:
        raise httpx.DecodingError(str(error)) from None


def _check_length(content: bytes, base_url: str) -> None:
    if len(content) > LONGEST:
        raise Stop(
            Exit.USAGE,
            f"{base_url} is not a fake: a response, or a line of its journal, has more than {LONGEST} bytes.",
        )


def read_events(response: httpx.Response) -> Iterator[JournalUpdate]:
    """Yield the events of a stream as they arrive; events that arrive together are one update."""
    decoder = Decoder()
    for chunk in response.iter_bytes():
        lines: list[str] = []
        try:
            records = decoder.feed(chunk)
        except RecordTooLargeError as error:
            raise Stop(Exit.USAGE, f"The fake's journal can't be followed: {error}.") from None
        for record in records:
            if not isinstance(record, ServerSentEvent):
                continue
            if record.event == "message":
                lines.append(record.data)
                continue
            yield JournalUpdate(_entries(lines))
            lines = []
            if record.event == "dropped":
                yield JournalUpdate(
                    note=f"The journal grew too fast, and entries are missing ({_number(record.data)})."
                )
            elif record.event == "reset":
                yield JournalUpdate(note="The world was reset, and its journal is empty again.")
        yield JournalUpdate(_entries(lines))


def _entries(lines: list[str]) -> tuple[Entry, ...]:
    try:
        return tuple(read_entries(lines))
    except JournalError as error:
        raise Stop(Exit.USAGE, f"The fake's journal can't be read. {error}") from None


def _number(data: str) -> str:
    try:
        return str(cast("dict[str, Any]", parse(data))["dropped"])
    except (ValueError, KeyError, TypeError):
        return "unknown number"


def _unreachable_message(base_url: str) -> str:
    return f"The fake at {base_url} has stopped. Waiting until it is back; Ctrl-C ends the wait."


def _refusal_message(base_url: str, response: httpx.Response) -> str:
    """Return why the journal is missing: the error of the fake, or that the server is not a fake."""
    try:
        response.read()
        reason: object = cast("dict[str, Any]", parse(response.content)).get("error")
    except (*BROKEN, ValueError, AttributeError):
        reason = None
    if isinstance(reason, str):
        return f"{base_url} refuses to send its journal: {reason}"
    return f"{base_url} is not a fake: it has no journal (HTTP {response.status_code})."
