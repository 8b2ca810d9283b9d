"""The journal of a running fake, over its control API: as it stands, or as it grows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

import httpx

from nemovideo_client.sse import Decoder, RecordTooLargeError, ServerSentEvent
from nemovideo_contract import machine
from nemovideo_contract.journal import Entry, JournalError, read_entries
from nemovideo_contract.trust import trusted
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

#: Seconds: to connect and for an answer to begin; between two tries to reach a fake that has gone.
PATIENCE_S: Final = 10.0
RETRY_S: Final = 1.0
#: Worlds whose names are told.
NAMED: Final = 8
TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 -- a header, not a token
#: A world's own address: that of its fake, and its name.
_WORLD: Final = re.compile(r"(.*)/w/([^/]+)")


@dataclass(frozen=True, slots=True)
class JournalUpdate:
    """What came of a journal at one time: entries, or a sentence about the journal itself."""

    entries: tuple[Entry, ...] = ()
    note: str | None = None


class MockJournal:
    """The journal of one world of a fake at `base_url`; `token` is the control API's, where it wants one."""

    def __init__(self, base_url: str, world: str | None = None, token: str | None = None) -> None:
        self.base_url = base_url if world is None else f"{base_url}/w/{quote(world, safe='')}"
        found = _WORLD.fullmatch(self.base_url)
        self._root: str = self.base_url if found is None else found[1]
        self._world: str | None = None if found is None else unquote(found[2])
        self._headers = {} if token is None else {TOKEN_HEADER: token}

    def __repr__(self) -> str:
        return f"<MockJournal of {self.base_url}>"

    def check_world(self) -> None:
        """Say that there is no such world, as asking for its journal would make one.

        Raises:
            Stop: there is none, or the fake can't be reached, or it refuses.
        """
        if self._world is None:
            return
        with self._asked("/_mock/worlds", self._root) as response:
            response.read()
            try:
                names = [str(each["name"]) for each in response.json()["worlds"]]
            except (ValueError, KeyError, TypeError):
                return
        if self._world not in names:
            shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
            raise Stop(Exit.USAGE, f"There is no world {self._world!r:.80} at {self._root}: there are {shown}.")

    def profile(self) -> str | None:
        """The name of the set of variations that the world plays; None where it says none.

        Raises:
            Stop: the fake can't be reached, or refuses.
        """
        with self._asked("/_mock/profile") as response:
            response.read()
            try:
                found: object = response.json()["profile"]["name"]
            except (ValueError, KeyError, TypeError):
                return None
        return found if isinstance(found, str) else None

    def lines(self) -> Iterator[str]:
        """The entries that there are, as lines of JSON.

        Raises:
            Stop: the fake can't be reached, or refuses.
        """
        with self._asked("/_mock/journal?since=0") as response:
            yield from response.iter_lines()

    def live(self, sleep: Callable[[float], None] = machine.pause) -> Generator[JournalUpdate]:
        """The entries that there are and all that come, without end.

        A fake that goes is waited for. What it then has is read from the beginning: entries that come twice count once,
        and a new fake's are told from the old one's by their numbers.

        Raises:
            Stop: the fake can't be reached the first time, or refuses.
        """
        is_first = True
        while True:
            try:
                with self._asked("/_mock/journal/live?since=0") as response:
                    if not is_first:
                        yield JournalUpdate(note=f"The fake at {self.base_url} is back.")
                    is_first = False
                    yield from read_events(response)
                yield JournalUpdate(note=_unreachable_message(self.base_url))
            except Stop as stop:
                if is_first or stop.exit_code != Exit.UNREACHABLE:
                    raise
            except httpx.TransportError:
                yield JournalUpdate(note=_unreachable_message(self.base_url))
            sleep(RETRY_S)

    @contextmanager
    def _asked(self, path: str, base_url: str | None = None) -> Generator[httpx.Response]:
        """An answer whose body is still to come; a stream may be silent for as long as nobody calls."""
        base_url = base_url or self.base_url
        timeout = httpx.Timeout(PATIENCE_S, read=None)
        with httpx.Client(timeout=timeout, trust_env=False, verify=trusted(), headers=self._headers) as client:
            request = client.build_request("GET", base_url + path)
            try:
                response = client.send(request, stream=True)
            except httpx.TransportError as error:
                raise Stop(
                    Exit.UNREACHABLE,
                    f"There is no fake at {base_url} ({error}): nemo-harness serve starts one.",
                ) from None
            try:
                if response.status_code != 200:
                    raise Stop(Exit.USAGE, _refusal_message(base_url, response))
                yield response
            finally:
                response.close()


def read_events(response: httpx.Response) -> Iterator[JournalUpdate]:
    """Events as they come, as many at a time as the network brings."""
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
                    note=f"The journal was faster than this: entries are missing ({_number(record.data)})."
                )
            elif record.event == "reset":
                yield JournalUpdate(note="The world has begun anew, and its journal with it.")
        yield JournalUpdate(_entries(lines))


def _entries(lines: list[str]) -> tuple[Entry, ...]:
    try:
        return tuple(read_entries(lines))
    except JournalError as error:
        raise Stop(Exit.USAGE, f"The fake's journal can't be read. {error}") from None


def _number(data: str) -> str:
    try:
        return str(json.loads(data)["dropped"])
    except (ValueError, KeyError, TypeError):
        return "nobody knows how many"


def _unreachable_message(base_url: str) -> str:
    return f"The fake at {base_url} has gone; waiting until it is back. Ctrl-C ends this."


def _refusal_message(base_url: str, response: httpx.Response) -> str:
    """Why there is no journal: in the fake's own words where it is one."""
    try:
        response.read()
        said: object = response.json().get("error")
    except (httpx.TransportError, ValueError, AttributeError):
        said = None
    if isinstance(said, str):
        return f"{base_url} refuses its journal: {said}"
    return f"{base_url} is no fake: it has no journal (HTTP {response.status_code})."
