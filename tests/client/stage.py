"""A driver without sockets: plays a flow against scripted answers and keeps what it did."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from nemovideo_client.attribution import Attribution
from nemovideo_client.errors import NemoError, TimedOut
from nemovideo_client.files import FileCheck, PartialFile
from nemovideo_client.flows import Service
from nemovideo_client.flows.effects import (
    Authorise,
    Close,
    Commit,
    Create,
    Effect,
    Emit,
    Examine,
    Flow,
    Notify,
    Now,
    Open,
    Outcome,
    Read,
    Request,
    Response,
    Restart,
    Resume,
    Send,
    Sleep,
    Write,
)
from nemovideo_client.json_reading import Json, decode, mapping
from nemovideo_client.models import DEFAULT_LIMITS, Limits, Session, Token
from nemovideo_client.progress import ProgressTimer

T = TypeVar("T")

BASE = "https://api.example"
SECRET = "nmv_usr_" + "s3cr3t-" * 6
TOKEN = Token(SECRET, user_id="anon_0123456789abcdef", renewable=True)
VIDEO = b"video" * 100
SESSION = Session("5529798706024415232", "task_1", "anon_0123456789abcdef")


def service(limits: Limits = DEFAULT_LIMITS) -> Service:
    return Service(BASE, "https://web.example", Attribution("my-skill", "1.2", "clawhub"), limits)


def answer(body: object, status: int = 200, **headers: str) -> Response:
    return Response(
        status,
        {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}},
        json.dumps(body).encode(),
    )


def envelope(**data: object) -> Response:
    return answer({"code": 0, "message": "success", "data": data})


def failure(code: int, message: str = "no", status: int = 200) -> Response:
    return answer({"code": code, "message": message}, status)


@dataclass
class Stream:
    """An answer read in pieces; a number among them lets so many seconds pass before the next."""

    pieces: Iterable[bytes | float | NemoError]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"})


def records(*values: object) -> bytes:
    return b"".join(b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n" for value in values)


Answer = Response | Stream | NemoError


class Stage:
    """Where a flow is played."""

    def __init__(
        self,
        *answers: Answer,
        token: Token = TOKEN,
        files: dict[Path, FileCheck] | None = None,
        left: PartialFile | None = None,
    ) -> None:
        self.answers = list(answers)
        self.left = left or PartialFile()
        self.token = token
        self.time = 1_000_000.0
        self.requests: list[Request] = []
        self.sleeps: list[float] = []
        self.emitted: list[object] = []
        self.told: list[object] = []
        self.keys: list[str] = []
        self.restarts: list[tuple[str | None, bool]] = []
        self.refused: list[Token] = []
        self.known_files = files or {}
        self.written: bytes | None = None
        self.committed: bytes | None = None
        self.closed = 0
        self._pieces: list[bytes | float | NemoError] = []
        self._waits = False

    def run(self, flow: Flow[T]) -> T:
        outcome: Outcome = None
        thrown: NemoError | None = None
        while True:
            try:
                effect = flow.send(outcome) if thrown is None else flow.throw(thrown)
            except StopIteration as stop:
                assert not self.answers, f"answers that nobody asked for: {self.answers}"
                result: T = stop.value
                return result
            outcome = thrown = None
            self._waits = self._waits if isinstance(effect, Sleep | Now | Notify) else False
            try:
                outcome = self._perform(effect)
            except NemoError as error:
                thrown = error
            self._waits = self._waits or isinstance(effect, Sleep)

    def _perform(self, effect: Effect) -> Outcome:
        match effect:
            case Send(request):
                return self._answer(request)
            case Open(request):
                return self._open(request)
            case Read(until, progress_timer):
                return self._read(until, progress_timer)
            case Close():
                self.closed += 1
                self._pieces = []
            case Sleep(seconds):
                self._sleep(seconds)
            case Now():
                return self.time
            case Authorise(refused):
                return self._authorise(refused)
            case Emit(value):
                self.emitted.append(value)
            case Notify(value):
                self.told.append(value)
            case Examine(path):
                return self.known_files.get(path, FileCheck(path, problem="missing"))
            case Create() | Resume() | Restart() | Write() | Commit():
                return self._file(effect)
        return None

    def _sleep(self, seconds: float) -> None:
        """A wait that a notice interrupts is one wait."""
        if self._waits:
            self.sleeps[-1] += seconds
        else:
            self.sleeps.append(seconds)
        self.time += seconds

    def _authorise(self, refused: Token | None) -> Token:
        if refused is not None:
            self.refused.append(refused)
            self.token = Token("nmv_usr_second", user_id=refused.user_id, renewable=True)
        return self.token

    def _file(self, effect: Create | Resume | Restart | Write | Commit) -> PartialFile | None:
        match effect:
            case Create():
                self.written = b""
            case Resume(key):
                self.keys.append(key)
                left, self.left = self.left, PartialFile()
                self.written = VIDEO[: left.size]
                return left
            case Restart(etag, keep):
                self.restarts.append((etag, keep))
                self.written = b""
            case Write(data):
                assert self.written is not None
                self.written += data
            case Commit():
                self.committed = self.written
        return None

    def _next(self, request: Request) -> Answer:
        self.requests.append(request)
        assert self.answers, f"nothing is scripted for {request.method} {request.url}"
        return self.answers.pop(0)

    def _answer(self, request: Request) -> Response:
        found = self._next(request)
        if isinstance(found, NemoError):
            raise found
        assert isinstance(found, Response)
        return found

    def _open(self, request: Request) -> Response:
        found = self._next(request)
        if isinstance(found, NemoError):
            raise found
        if isinstance(found, Stream):
            self._pieces = list(found.pieces)
            return Response(found.status, found.headers)
        self._pieces = [found.body]
        return Response(found.status, found.headers)

    def _read(self, until: float, progress_timer: ProgressTimer | None) -> bytes:
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, bytes):
                return piece
            if isinstance(piece, NemoError):
                raise piece
            end = self.time + piece
            while progress_timer is not None and progress_timer.next <= min(end, until):
                self.time = progress_timer.next
                self.told.append(progress_timer.due(self.time))
            self.time = min(end, until)
            if end > until:
                self._pieces.insert(0, end - until)
                raise TimedOut("the time is up")
        return b""


def headers_of(request: Request) -> dict[str, str]:
    return dict(request.headers)


def body_of(request: Request) -> Json:
    assert request.body is not None
    found = mapping(decode(request.body))
    assert found is not None
    return found
