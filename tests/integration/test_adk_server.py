"""Both clients against a real Agent Development Kit server, where the kit is installed; see `docs/adk.md`.

The kit has the service's `/run_sse` and none of its other endpoints: no state to read after a silent edit or a broken
stream, so an ending there knows less. What it sends is its own: only the model's words are scripted, in `adk_server`.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio
import httpx
import pytest

from nemovideo_client import (
    ApiError,
    AsyncClient,
    Client,
    ErrorEvent,
    Event,
    Limits,
    NemoError,
    ServiceFailed,
    Session,
    SessionNotFound,
    Text,
    TimedOut,
    ToolCall,
    ToolResult,
    TurnOutcome,
    TurnResult,
    Unknown,
)
from nemovideo_client.clock import SystemClock
from nemovideo_contract.wire import ENV_TOKEN
from tests.guards import HANG_S
from tests.integration.adk_server import SCENES, SEPARATORS
from tests.integration.altered import Altering, AsyncAltering

try:
    #: The kit's major version; its families of events differ.
    FAMILY: Final = importlib.metadata.version("google-adk").partition(".")[0]
except importlib.metadata.PackageNotFoundError:
    pytest.skip("the kit is not installed", allow_module_level=True)

SESSIONS: Final = "/apps/nemo_agent/users/me/sessions"
TOKEN: Final = {ENV_TOKEN: "nmv_usr_the_kit_looks_at_none"}
WORK: Final = ["edit_multitrack", "edit_multitrack"]


class HastyClock:
    """Time as it is, but that sleeping takes none of it."""

    def __init__(self) -> None:
        self.slept = 0.0
        self._clock = SystemClock()

    def now(self) -> float:
        return self._clock.now() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def running(self) -> AbstractContextManager[object]:
        return nullcontext()


class AsyncHastyClock(HastyClock):
    async def sleep(self, seconds: float) -> None:  # type: ignore[override]  # the twin's only difference
        self.slept += seconds


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn as its caller saw it."""

    events: list[Event] = field(default_factory=list[Event])
    text: str = ""
    ending: TurnResult | None = None
    raised: NemoError | None = None

    @property
    def kind(self) -> TurnOutcome:
        """How it ended."""
        assert self.ending is not None
        return self.ending.kind

    @property
    def tools(self) -> list[str]:
        """The names in calls and results, in their order."""
        return [event.name for event in self.events if isinstance(event, ToolCall | ToolResult)]

    @property
    def errors(self) -> list[ErrorEvent]:
        """What failed."""
        return [event for event in self.events if isinstance(event, ErrorEvent)]

    @property
    def unknown(self) -> list[Unknown]:
        """What the client did not understand."""
        return [event for event in self.events if isinstance(event, Unknown)]


@dataclass(frozen=True, slots=True)
class Way:
    """How to listen: with which client, and whether the model streams its words."""

    twin: str
    streaming: bool

    def hear(
        self,
        url: str,
        message: str,
        *,
        session: Session | None = None,
        limits: Limits | None = None,
        changes: dict[str, object] | None = None,
    ) -> Heard:
        """A turn to its end, in a session of its own where none is named; `changes` are made to what is sent."""
        session, limits = session or new_session(url), limits or Limits()
        changes = {"streaming": self.streaming, **(changes or {})}
        if self.twin == "sync":
            return hear(url, session, message, limits, changes)
        return anyio.run(hear_async, url, session, message, limits, changes)


WAYS: Final = [Way(twin, streaming) for twin in ("sync", "async") for streaming in (False, True)]


def hear(url: str, session: Session, message: str, limits: Limits, changes: dict[str, object]) -> Heard:
    transport = Altering(httpx.HTTPTransport(), changes)
    with Client(url, environ=TOKEN, transport=transport, clock=HastyClock(), limits=limits) as nemo:
        turn, events = nemo.say(session, message), list[Event]()
        try:
            events.extend(turn)
        except NemoError as error:
            return Heard(events, turn.text, turn.ending, error)
        return Heard(events, turn.text, turn.ending)


async def hear_async(url: str, session: Session, message: str, limits: Limits, changes: dict[str, object]) -> Heard:
    transport = AsyncAltering(httpx.AsyncHTTPTransport(), changes)
    async with AsyncClient(url, environ=TOKEN, transport=transport, clock=AsyncHastyClock(), limits=limits) as nemo:
        turn, events = nemo.say(session, message), list[Event]()
        try:
            async for event in turn:
                events.append(event)
        except NemoError as error:
            return Heard(events, turn.text, turn.ending, error)
        return Heard(events, turn.text, turn.ending)


def new_session(url: str) -> Session:
    """A session, made by the kit's own route."""
    made = httpx.post(url + SESSIONS, json={}, trust_env=False, timeout=HANG_S).json()
    return Session(made["id"])


def messages(url: str, session: Session) -> list[str]:
    """What the kit was told in a session."""
    events = httpx.get(f"{url}{SESSIONS}/{session.session_id}", trust_env=False, timeout=HANG_S).json()["events"]
    return [event["content"]["parts"][0]["text"] for event in events if event["author"] == "user"]


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    """The address of the kit's server."""
    program = [sys.executable, str(Path(__file__).with_name("adk_server.py"))]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the kit's server did not start; its complaint is on standard error"
        yield url
        process.stdin.close()
        process.wait(HANG_S)


@pytest.fixture(params=WAYS, ids=[f"{way.twin}-{'streaming' if way.streaming else 'whole'}" for way in WAYS])
def way(request: pytest.FixtureRequest) -> Way:
    """Each client, with and without the model's words as they come."""
    way: Way = request.param
    return way


def test_words_come_once_though_the_kit_repeats_what_it_streamed(server: str, way: Way) -> None:
    heard = way.hear(server, "greet")
    words = ["Hello, ", "I am ", "nemo_agent."] if way.streaming else ["Hello, I am nemo_agent."]
    assert heard.events == [Text(piece, partial=way.streaming) for piece in words]
    assert heard.text == "Hello, I am nemo_agent."
    assert heard.kind is TurnOutcome.ANSWERED


def test_separators_of_lines_inside_words_divide_no_record(server: str, way: Way) -> None:
    heard = way.hear(server, "separators")
    assert heard.text == SEPARATORS + ' 完成 🎬 "quoted" \\ end'
    assert all(isinstance(event, Text) for event in heard.events)


def test_thoughts_are_no_words(server: str, way: Way) -> None:
    heard = way.hear(server, "think")
    assert heard.text == "Hello."
    assert [event for event in heard.events if isinstance(event, Text)] == [Text("Hello.", partial=way.streaming)]


def test_an_edit_is_one_call_one_result_and_the_words(server: str, way: Way) -> None:
    heard = way.hear(server, "edit")
    call, result, *words = heard.events
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.name, call.args) == ("edit_multitrack", {"action": "trim", "track": 1})
    assert result.result == {"status": "ok", "action": "trim", "track": 1}
    assert call.call_id
    assert call.call_id == result.call_id
    assert all(isinstance(event, Text) for event in words)
    assert heard.text == "Done: edited the timeline."
    assert heard.kind is TurnOutcome.ANSWERED


def test_words_before_a_call_and_after_it_come_once_and_in_order(server: str, way: Way) -> None:
    heard = way.hear(server, "announce")
    assert heard.tools == WORK
    assert heard.text == "Let me see. Done: edited the timeline."


def test_calls_at_once_are_calls_and_results_of_their_own(server: str, way: Way) -> None:
    heard = way.hear(server, "several")
    calls = [event.call_id for event in heard.events if isinstance(event, ToolCall)]
    assert len(set(calls)) == 2
    assert calls == [event.call_id for event in heard.events if isinstance(event, ToolResult)]
    assert heard.tools == ["edit_multitrack", "generate_video_with_seedance"] * 2
    assert heard.kind is TurnOutcome.ANSWERED


def test_a_run_of_two_rounds_is_one_turn(server: str, way: Way) -> None:
    heard = way.hear(server, "rounds")
    assert heard.tools == ["generate_video_with_seedance"] * 2 + WORK
    assert heard.text == "Ready."
    assert heard.kind is TurnOutcome.ANSWERED


def test_two_thousand_words_come_whole(server: str, way: Way) -> None:
    heard = way.hear(server, "long")
    assert heard.text.split() == " ".join(map(str, SCENES["long"][0])).split()
    assert len(heard.events) == (2_000 if way.streaming else 1)


@pytest.mark.parametrize("scene", ["skip", "hush", "blank", "stop"])
def test_a_run_without_a_word_is_silent_in_each_of_the_kits_forms(server: str, way: Way, scene: str) -> None:
    heard = way.hear(server, scene)
    assert heard.tools == WORK
    assert heard.errors == []
    assert heard.unknown == []
    assert heard.text == ""
    assert heard.kind is TurnOutcome.SILENT
    # The kit has no state to read, so that nobody knows what the edit did.
    assert heard.ending is not None
    assert heard.ending.changes is None


def test_a_stream_without_a_record_is_silent(server: str, way: Way) -> None:
    heard = way.hear(server, "nothing")
    assert heard.events == []
    assert heard.kind is TurnOutcome.SILENT


def test_a_failure_before_any_word_is_told_once_with_the_kits_words(server: str, way: Way) -> None:
    heard = way.hear(server, "crash")
    assert [error.message for error in heard.errors] == ['backend exploded: "café" 完\nsecond line']
    assert heard.raised is None
    assert heard.ending is not None
    assert isinstance(heard.ending.error, ApiError)
    assert 'backend exploded: "café" 完' in str(heard.ending.error)
    assert heard.kind is TurnOutcome.TRUNCATED


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("crash midway", "backend exploded midway"),
        ("crash after work", "backend exploded after the work"),
        ("tool fails", "the timeline is locked"),
    ],
)
def test_a_failure_midway_leaves_what_came_and_says_why(server: str, way: Way, scene: str, message: str) -> None:
    heard = way.hear(server, scene)
    assert [error.message for error in heard.errors] == [message]
    assert heard.raised is None
    assert heard.kind is TurnOutcome.TRUNCATED
    assert heard.ending is not None
    assert message in str(heard.ending.error)
    assert heard.text == ("partial" if scene == "crash midway" else "")


def test_a_tool_that_the_kit_has_not_is_a_result_and_a_failure_before_2(server: str, way: Way) -> None:
    heard = way.hear(server, "unknown tool")
    if FAMILY == "1":
        (error,) = heard.errors
        assert "no_such_tool" in str(error.message)
        assert heard.kind is TurnOutcome.TRUNCATED
        return
    (result,) = [event for event in heard.events if isinstance(event, ToolResult)]
    assert "no_such_tool" in str(result.result["error"])
    assert heard.kind is TurnOutcome.ANSWERED


@pytest.mark.parametrize("scene", ["unsafe", "unsafe after work"])
def test_a_model_that_may_not_answer_is_a_failure_that_names_its_reason(server: str, way: Way, scene: str) -> None:
    heard = way.hear(server, scene)
    assert {error.code for error in heard.errors} == {"SAFETY"}
    assert heard.kind is TurnOutcome.TRUNCATED
    assert heard.ending is not None
    assert "SAFETY" in str(heard.ending.error)


def test_a_session_that_the_kit_does_not_know_is_refused_before_anything_begins(server: str, way: Way) -> None:
    heard = way.hear(server, "greet", changes={"session_id": "nobody"})
    assert isinstance(heard.raised, SessionNotFound)
    assert heard.raised.status == 404
    assert "Session not found" in str(heard.raised)
    assert heard.kind is TurnOutcome.REFUSED
    assert heard.events == []


@pytest.mark.parametrize(
    ("changes", "statuses"),
    [
        ({"app_name": "nobody"}, {"2": 404, "1": 500}),
        ({"app_name": ""}, {"2": 400, "1": 500}),
        ({"session_id": 5}, {"2": 422, "1": 422}),
    ],
    ids=["another-agent", "no-agent", "number-for-session"],
)
def test_a_request_that_the_kit_does_not_take_ends_with_its_status(
    server: str, way: Way, changes: dict[str, object], statuses: dict[str, int]
) -> None:
    heard = way.hear(server, "greet", changes=changes)
    if statuses[FAMILY] >= 500:  # which may come after the work began, so it is looked for and nothing is raised
        assert heard.raised is None
        assert heard.kind is TurnOutcome.TRUNCATED
        assert heard.ending is not None
        assert isinstance(heard.ending.error, ServiceFailed)
        assert heard.ending.error.status == statuses[FAMILY]
        return
    assert isinstance(heard.raised, ApiError)
    assert heard.raised.status == statuses[FAMILY]
    assert heard.kind is TurnOutcome.REFUSED


def test_a_tool_that_never_ends_stalls_the_turn_and_is_cancelled_when_the_client_gives_up(
    server: str, way: Way
) -> None:
    session = new_session(server)
    heard = way.hear(server, "wait", session=session, limits=Limits(byte_idle_s=0.5))
    assert heard.tools == ["generate_video_with_seedance"]
    assert heard.kind is TurnOutcome.STALLED
    assert heard.ending is not None
    assert isinstance(heard.ending.error, TimedOut)
    assert messages(server, session) == ["wait"]
    assert httpx.get(f"{server}/scene/cancelled", timeout=HANG_S, trust_env=False).status_code == 204


def test_a_turn_that_is_left_is_cancelled_and_its_session_can_be_used_again(server: str) -> None:
    session = new_session(server)
    with Client(server, environ=TOKEN, clock=HastyClock()) as nemo:
        with nemo.say(session, "wait") as turn:
            event = next(iter(turn))
        assert httpx.get(f"{server}/scene/cancelled", timeout=HANG_S, trust_env=False).status_code == 204
        again = nemo.say(session, "edit")
        assert again.read() == "Done: edited the timeline."
    assert isinstance(event, ToolCall)
    assert turn.ending is None
    assert messages(server, session) == ["wait", "edit"]
    assert again.ending is not None
    assert again.ending.kind is TurnOutcome.ANSWERED
