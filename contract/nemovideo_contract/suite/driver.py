"""The suite's own way to a server: plain HTTP, nothing repeated or followed, streams as bytes with their times."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

import httpx

from nemovideo_contract.suite.exchange import Answer, Call, File
from nemovideo_contract.suite.findings import Unreachable
from nemovideo_contract.suite.sse import StrictReader
from nemovideo_contract.targets import is_loopback

#: Seconds for a connection, and between two bytes of an answer.
CONNECT_S: Final = 5.0
READ_S: Final = 30.0
#: Seconds between two bytes of a stream, and for all of it: the documents' ten and fifteen minutes; here less.
STREAM_READ_S: Final = (60.0, 600.0)
STREAM_S: Final = (120.0, 930.0)
#: A body that is longer is not read on.
LONGEST: Final = 256 * 1024 * 1024


_BOUNDARY: Final = "nemovideo-contract-boundary"
#: The headers of a form that is written by hand.
FORM: Final = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
_PIECE: Final = bytes(1 << 20)


def _frame(file: File) -> tuple[bytes, bytes]:
    disposition = f'form-data; name="{file.field_name}"; filename="{file.name}"'
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()


def form_of(file: File) -> Iterator[bytes]:
    """A form of one file in pieces, of which the first is half of its content."""
    head, tail = _frame(file)
    half = len(file.content) // 2
    yield head + file.content[:half]
    yield file.content[half:]
    for at in range(0, file.padding, len(_PIECE)):
        yield _PIECE[: file.padding - at]
    yield tail


def length_of(file: File) -> int:
    """The bytes of that form."""
    return sum(map(len, _frame(file))) + len(file.content) + file.padding


class Listening:
    """A stream that is being read: `answer` has what came so far."""

    def __init__(self, call: Call, response: httpx.Response, began: float, limit: float) -> None:
        self._reader = StrictReader()
        self._pieces: Iterator[bytes] = response.iter_raw()
        self._began = began
        self._limit = limit
        self.answer = Answer(call, response.status_code, _headers(response), b"", 0.0, whole=False)

    def read(self, enough: Callable[[Answer], bool] = lambda _: False) -> Answer:
        """Read until there is enough, or to the end."""
        answer = self.answer
        try:
            while not (enough(answer) or answer.whole or answer.broken):
                piece = next(self._pieces, None)
                answer.seconds = time.monotonic() - self._began
                if piece is None:
                    answer.whole = True
                    answer.left = self._reader.left
                else:
                    answer.content += piece
                    answer.records += self._reader.feed(piece, answer.seconds)
                if answer.seconds > self._limit:
                    answer.broken = f"it has not ended after {self._limit:g} s"
                elif len(answer.content) > LONGEST:
                    answer.broken = f"it has more than {LONGEST} bytes"
        except httpx.HTTPError as error:
            answer.broken = f"{type(error).__name__}: {error}"
            answer.left = self._reader.left
        return answer


class Driver:
    """Sends calls to one base URL.

    Raises `Unreachable` where no connection comes about; a connection that breaks is an answer with `broken`.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        #: Tells the client ids of one run from another's.
        self.number = secrets.randbelow(1_000_000)
        self._near = is_loopback(httpx.URL(base_url).host)
        # Proxies of the environment stand between this machine and others, never before itself.
        self._http = httpx.Client(trust_env=not self._near, timeout=httpx.Timeout(READ_S, connect=CONNECT_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(self, call: Call) -> Answer:
        """The answer to a call, read whole."""
        with self.listen(call) as listening:
            return listening.read()

    @contextmanager
    def listen(self, call: Call) -> Generator[Listening]:
        """The answer to a call, to be read as far as one likes; leaving it closes the connection."""
        began = time.monotonic()
        streams = call.operation == "run_sse"
        extensions = {"timeout": {"connect": CONNECT_S, "pool": CONNECT_S, "read": READ_S, "write": READ_S}}
        if streams:
            extensions["timeout"]["read"] = STREAM_READ_S[0 if self._near else 1]
        try:
            response = self._http.send(self._request(call, extensions), stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(f"{self._base_url} can't be reached: {error}.") from None
        except httpx.HTTPError as error:
            answer = Answer(call, 0, {}, b"", time.monotonic() - began, broken=f"{type(error).__name__}: {error}")
            yield _Lost(answer)
            return
        try:
            yield Listening(call, response, began, STREAM_S[0 if self._near else 1])
        finally:
            response.close()

    def send_slowly(self, call: Call, pieces: Iterator[bytes]) -> int:
        """Send a body piece by piece; returns the HTTP status, 0 where none came. For a thread of its own."""
        headers = {**call.headers, "Authorization": f"Bearer {call.token}"}
        try:
            answer = self._http.request(call.method, self._base_url + call.path, headers=headers, content=pieces)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    def _request(self, call: Call, extensions: dict[str, dict[str, float]]) -> httpx.Request:
        headers = dict(call.headers)
        if call.token is not None:
            headers["Authorization"] = f"Bearer {call.token}"
        url = call.url or self._base_url + call.path
        if isinstance(call.body, tuple) and any(each.padding for each in call.body):
            headers |= {**FORM, "Content-Length": str(sum(map(length_of, call.body)))}
            pieces = (piece for each in call.body for piece in form_of(each))
            return self._http.build_request(call.method, url, headers=headers, content=pieces, extensions=extensions)
        if isinstance(call.body, tuple):
            files = [(each.field_name, (each.name, each.content)) for each in call.body]
            return self._http.build_request(call.method, url, headers=headers, files=files, extensions=extensions)
        if isinstance(call.body, bytes):
            return self._http.build_request(call.method, url, headers=headers, content=call.body, extensions=extensions)
        if call.body is None:
            return self._http.build_request(call.method, url, headers=headers, extensions=extensions)
        return self._http.build_request(call.method, url, headers=headers, json=call.body, extensions=extensions)


class _Lost(Listening):
    """A call that has no answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def read(self, enough: Callable[[Answer], bool] = lambda _: False) -> Answer:
        """Nothing more comes."""
        del enough
        return self.answer


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
