from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from nemovideo_client import (
    ApiError,
    AsyncClient,
    Attribution,
    Client,
    ConnectionFailed,
    ConnectionLost,
    Credits,
    Heartbeat,
    InsufficientCredits,
    InvalidAttribution,
    InvalidSetting,
    Limits,
    MisuseError,
    NemoError,
    RenderProgress,
    Session,
    Text,
    TimedOut,
    ToolCall,
    TransportError,
    TurnOutcome,
    UnexpectedAnswer,
    UnusableFile,
    UnwritableDestination,
    UploadProgress,
)
from nemovideo_client.flows.effects import Emit, Flow, Notify, Sleep
from tests.guards import HANG_S

from .fake_edge import BASE, DRAFT, SECRET, VIDEO, Edge, Pieces, records
from .still_clock import AsyncStillClock, StillClock

SESSION = Session("55", "task_1")
TOKEN = f"{SECRET}1"
#: Generators inside httpx that are left when a stream is; trio warns of them, asyncio does not.
HTTPX_LEAVES_GENERATORS = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")


def client(
    edge: Edge, *, token: str | None = None, clock: StillClock | None = None, environ: Mapping[str, str] | None = None
) -> Client:
    return Client(
        None if environ else BASE,
        token=token,
        client_id="me",
        clock=clock or StillClock(),
        transport=edge.transport(),
        environ=environ or {},
    )


def async_client(edge: Edge, *, clock: AsyncStillClock | None = None) -> AsyncClient:
    return AsyncClient(BASE, client_id="me", clock=clock or AsyncStillClock(), transport=edge.transport(), environ={})


def photo(folder: Path, name: str = "a.jpg", size: int = 200_000) -> Path:
    path = folder / name
    path.write_bytes(hashlib.shake_128(name.encode()).digest(size))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_from_token_to_file(tmp_path: Path) -> None:
    edge = Edge()
    with client(edge) as nemo:
        session = nemo.session(language="en")
        nemo.upload(session, photo(tmp_path))
        with nemo.say(session, "make it") as turn:
            events = list(turn)
        exported = nemo.export(session, tmp_path / "out.mp4")

        assert events == [ToolCall("edit_multitrack", {}), Heartbeat("comment"), Text("Done.")]
        assert (turn.text, turn.ending and turn.ending.kind) == ("Done.", TurnOutcome.ANSWERED)
        assert nemo.credits() == Credits(50, 0, 50)
        assert nemo.state(session).draft == DRAFT
        assert nemo.claim_link(session) == "https://nemovideo.com/workspace/claim?ct=clm_x"
        nemo.cancel("render_1")
    assert exported.path.read_bytes() == VIDEO
    assert names(tmp_path) == ["a.jpg", "out.mp4"]
    assert edge.stream.closed
    assert edge.tokens == 1


@pytest.mark.anyio
async def test_from_token_to_file_asynchronously(tmp_path: Path) -> None:
    edge = Edge()
    async with async_client(edge) as nemo:
        session = await nemo.session(language="en")
        await nemo.upload(session, photo(tmp_path))
        async with nemo.say(session, "make it") as turn:
            events = [event async for event in turn]
        exported = await nemo.export(session, tmp_path / "out.mp4")

        assert events == [ToolCall("edit_multitrack", {}), Heartbeat("comment"), Text("Done.")]
        assert (turn.text, turn.ending and turn.ending.kind) == ("Done.", TurnOutcome.ANSWERED)
        assert await nemo.credits() == Credits(50, 0, 50)
        assert (await nemo.state(session)).draft == DRAFT
        assert await nemo.claim_link(session) == "https://nemovideo.com/workspace/claim?ct=clm_x"
        await nemo.cancel("render_1")
    assert exported.path.read_bytes() == VIDEO
    assert names(tmp_path) == ["a.jpg", "out.mp4"]
    assert edge.stream.closed
    assert edge.tokens == 1


def test_the_bearer_and_the_attribution_are_always_sent_together(tmp_path: Path) -> None:
    edge = Edge()
    with client(edge) as nemo:
        session = nemo.session()
        nemo.upload(session, photo(tmp_path), "https://x/a.jpg")
        nemo.say(session, "make it").read()
        nemo.export(session, tmp_path / "out.mp4")
        nemo.claim_link(session)
        nemo.credits()

    for request in edge.seen:
        home = request.url.host == "api.example" and not request.url.path.endswith("anonymous-token")
        assert (request.headers.get("Authorization") == f"Bearer {TOKEN}") is home
        assert (request.headers.get("X-Skill-Source") == "nemovideo-harness") is home
        assert bool(request.headers.get("X-Skill-Version")) is home
        assert (request.headers.get("X-Skill-Platform") == "unknown") is home
        assert TOKEN not in str(request.url)


def test_a_multipart_upload_is_streamed_in_order_and_reports_progress(tmp_path: Path) -> None:
    edge = Edge(upload_video=lambda _: httpx.Response(
        200, json={"code": 0, "data": {"files": [{"filename": "b.jpg"}, {"filename": "a.jpg"}]}}
    ))  # fmt: skip
    first, second = photo(tmp_path, "b.jpg"), photo(tmp_path, "a.jpg", 100)
    told: list[UploadProgress] = []

    with client(edge) as nemo:
        files = nemo.upload(SESSION, first, str(second), on_progress=told.append)

    body = edge.seen[-1].content
    assert [file.filename for file in files] == ["b.jpg", "a.jpg"]
    assert body.count(b'name="files"') == 2
    assert -1 < body.find(first.read_bytes()) < body.find(second.read_bytes())
    assert edge.seen[-1].headers["Content-Length"] == str(len(body))
    assert told[-1] == UploadProgress(200_100, 200_100)
    assert [progress.sent for progress in told] == sorted({progress.sent for progress in told})
    assert len(told) > 3


def test_the_turns_request_is_exactly_the_documented_one() -> None:
    edge = Edge()
    with client(edge) as nemo:
        nemo.say(SESSION, "做一个视频").read()

    (request,) = (request for request in edge.seen if request.url.path == "/run_sse")
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == {
        "app_name": "nemo_agent", "user_id": "me", "session_id": "55",
        "new_message": {"parts": [{"text": "做一个视频"}]},
    }  # fmt: skip


def test_nothing_is_sent_before_the_first_event_is_asked_for() -> None:
    edge = Edge()
    with client(edge) as nemo:
        nemo.say(SESSION, "make it").close()

    assert edge.seen == []


def test_leaving_the_loop_closes_the_stream() -> None:
    edge = Edge()
    with client(edge) as nemo:
        turn = nemo.say(SESSION, "make it")
        for _ in turn:
            break

        assert edge.stream.closed
        assert edge.stream.given == 1
        assert turn.ending is None
        with pytest.raises(MisuseError, match="once"):
            list(turn)


@HTTPX_LEAVES_GENERATORS
@pytest.mark.anyio
async def test_leaving_the_block_closes_the_stream_asynchronously() -> None:
    edge = Edge()
    async with async_client(edge) as nemo:
        async with nemo.say(SESSION, "make it") as turn:
            iterator = aiter(turn)
            await anext(iterator)
        assert edge.stream.closed
        assert edge.stream.given == 1
        assert turn.ending is None


@HTTPX_LEAVES_GENERATORS
@pytest.mark.anyio
async def test_closing_the_iterator_closes_the_stream_asynchronously() -> None:
    edge = Edge()
    async with async_client(edge) as nemo:
        iterator = aiter(nemo.say(SESSION, "make it"))
        await anext(iterator)
        assert not edge.stream.closed
        await iterator.aclose()
        assert edge.stream.closed


@pytest.mark.anyio
async def test_cancelling_a_task_closes_its_stream() -> None:
    edge = Edge()

    class Endless(Pieces):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield records({"type": "heartbeat"})
            await anyio.sleep_forever()

    edge.stream = Endless()
    async with async_client(edge) as nemo, anyio.create_task_group() as tasks:
        async for _ in nemo.say(SESSION, "make it"):
            tasks.cancel_scope.cancel()

    assert edge.stream.closed


def test_the_clock_counts_the_caller_as_busy_while_a_flow_runs_and_not_between_events() -> None:
    clock = StillClock()
    depths: list[int] = []

    def watch(request: httpx.Request) -> httpx.Response:
        depths.append(clock.depth)
        return Edge().answer(request)

    nemo = Client(BASE, client_id="me", clock=clock, transport=httpx.MockTransport(watch), environ={})
    for _ in nemo.say(SESSION, "make it"):
        assert clock.depth == 0
    nemo.close()

    assert clock.depth == 0
    assert set(depths) == {1}


def counted(*values: str) -> Flow[int]:
    """A flow of one's own: shows values, tells and waits, gives their number."""
    for value in values:
        yield Emit(value)
    yield Notify("beside")
    yield Sleep(2.0)
    return len(values)


def test_a_custom_flow_gives_its_values_and_its_result() -> None:
    clock, told = StillClock(), list[object]()
    with client(Edge(), clock=clock) as nemo:
        play = nemo.play(counted("a", "b"), on_tell=told.append)
        assert list(play) == ["a", "b"]

    assert (play.result, told, clock.sleeps) == (2, ["beside"], [2.0])


@pytest.mark.anyio
async def test_a_custom_flow_gives_its_values_and_its_result_asynchronously() -> None:
    clock, told = AsyncStillClock(), list[object]()
    async with async_client(Edge(), clock=clock) as nemo:
        play = nemo.play(counted("a", "b"), on_tell=told.append)
        assert [shown async for shown in play] == ["a", "b"]

    assert (play.result, told, clock.sleeps) == (2, ["beside"], [2.0])


def test_a_custom_flow_that_is_left_early_is_closed() -> None:
    closed = list[bool]()

    def endless() -> Flow[None]:
        try:
            while True:
                yield Emit("again")
        finally:
            closed.append(True)

    with client(Edge()) as nemo:
        play = nemo.play(endless())
        assert next(iter(play)) == "again"
        play.close()

    assert closed == [True]


def test_a_refused_turn_raises_and_its_ending_says_so() -> None:
    edge = Edge(run_sse=lambda _: httpx.Response(200, json={"code": 2001, "message": "no credits"}))
    with client(edge) as nemo:
        turn = nemo.say(SESSION, "make it")

        with pytest.raises(InsufficientCredits, match="register"):
            turn.read()

        assert turn.ending is not None
        assert turn.ending.kind is TurnOutcome.REFUSED


def test_a_stream_that_breaks_is_recovered_through_the_clock() -> None:
    edge, clock = Edge(), StillClock()
    edge.stream = Pieces(records({"type": "text", "content": "Wor"}), httpx.ReadError("reset"))
    with client(edge, clock=clock) as nemo:
        turn = nemo.say(SESSION, "make it")
        turn.read()

    assert turn.ending is not None
    assert (turn.ending.kind, turn.ending.changes) == (TurnOutcome.TRUNCATED, ())
    assert isinstance(turn.ending.error, ConnectionLost)
    assert clock.sleeps == [30, 60, 30, 30, 60, 30, 30]  # a notice every two minutes interrupts a wait
    assert edge.paths.count("/run_sse") == 1
    assert edge.stream.closed


@pytest.mark.anyio
async def test_a_stream_that_breaks_is_recovered_through_the_clock_asynchronously() -> None:
    edge, clock = Edge(), AsyncStillClock()
    edge.stream = Pieces(records({"type": "text", "content": "Wor"}), httpx.ReadTimeout("silence"))
    async with async_client(edge, clock=clock) as nemo:
        turn = nemo.say(SESSION, "make it")
        await turn.read()

    assert turn.ending is not None
    assert (turn.ending.kind, turn.ending.changes) == (TurnOutcome.STALLED, ())
    assert clock.sleeps == [30, 60, 30, 30, 60, 30, 30]
    assert edge.paths.count("/run_sse") == 1


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError("refused"), ConnectionFailed),
        (httpx.ConnectTimeout("slow"), ConnectionFailed),
        (httpx.ReadTimeout("slow"), TimedOut),
        (httpx.WriteTimeout("slow"), TimedOut),
        (httpx.ReadError("reset"), ConnectionLost),
        (httpx.RemoteProtocolError("early end"), ConnectionLost),
        (httpx.DecodingError("gzip"), ConnectionLost),
    ],
)
def test_every_transport_failure_becomes_an_error_of_the_client(
    raised: Exception, expected: type[TransportError]
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised

    with client(Edge(with_session=fail)) as nemo, pytest.raises(TransportError) as caught:
        nemo.session()

    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


def test_an_export_reports_progress_and_polls_through_the_clock(tmp_path: Path) -> None:
    answers = iter(["pending", "processing", "completed"])

    def render(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"status": next(answers), "output": {"url": "https://cdn.example/x"}})

    clock = StillClock()
    told: list[RenderProgress] = []
    with client(Edge(render_proxy_lambda=render), clock=clock) as nemo:
        nemo.export(SESSION, tmp_path / "out.mp4", draft=DRAFT, on_progress=told.append)

    assert [progress.status for progress in told] == ["pending", "processing", "completed"]
    assert clock.sleeps == [30, 30]


def test_an_unwritable_destination_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    edge = Edge()
    with client(edge) as nemo, pytest.raises(UnwritableDestination, match="does not exist"):
        nemo.export(SESSION, tmp_path / "none" / "out.mp4")

    assert edge.seen == []


@pytest.mark.parametrize("breaking", [httpx.ReadError("reset"), KeyboardInterrupt()])
def test_a_broken_download_keeps_the_part_that_can_be_resumed(tmp_path: Path, breaking: BaseException) -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise breaking

    def half(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken(), headers={"Content-Type": "video/mp4"})

    answers = Edge()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "cdn.example" or request.url.path.endswith("/download"):
            return half(request)
        return answers.answer(request)

    nemo = Client(BASE, client_id="me", clock=StillClock(), transport=httpx.MockTransport(answer), environ={})
    with nemo, pytest.raises((NemoError, KeyboardInterrupt)):
        nemo.export(SESSION, tmp_path / "out.mp4")

    assert {(path.suffix, path.read_bytes()) for path in tmp_path.iterdir()} == {(".part", b"half")}


def test_a_wrong_file_is_refused_before_a_token_is_spent(tmp_path: Path) -> None:
    edge = Edge()
    with client(edge) as nemo, pytest.raises(UnusableFile, match=r"notes\.txt"):
        nemo.upload(SESSION, photo(tmp_path, "notes.txt"))

    assert edge.seen == []


def test_a_redirect_of_a_call_is_not_followed() -> None:
    edge = Edge(credits=lambda _: httpx.Response(302, headers={"Location": "https://evil.example/"}))
    with client(edge) as nemo, pytest.raises(NemoError, match="302"):
        nemo.credits()

    assert {request.url.host for request in edge.seen} == {"api.example"}


def test_many_threads_get_one_token() -> None:
    edge = Edge()
    meet = threading.Barrier(8)

    def ask(_: int) -> str:
        meet.wait(HANG_S)
        return nemo.token().value

    clock_free = Client(BASE, client_id="me", transport=edge.transport(), environ={})
    with clock_free as nemo, ThreadPoolExecutor(8) as pool:
        values = set(pool.map(ask, range(8)))

    assert values == {TOKEN}
    assert edge.tokens == 1


@pytest.mark.anyio
async def test_many_tasks_get_one_token() -> None:
    edge = Edge()
    async with (
        AsyncClient(BASE, client_id="me", transport=edge.transport(), environ={}) as nemo,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(8):
            tasks.start_soon(nemo.credits)

    assert edge.tokens == 1


def test_a_refused_anonymous_token_is_replaced_for_all_later_calls() -> None:
    def expired(request: httpx.Request) -> httpx.Response:
        old = request.headers["Authorization"] == f"Bearer {TOKEN}"
        return httpx.Response(200, json={"code": 1001} if old else {"code": 0, "data": {"available": 1}})

    edge = Edge(credits=expired)
    with client(edge) as nemo:
        assert nemo.credits().available == 1
        assert nemo.credits().available == 1

    assert edge.tokens == 2
    assert len(edge.seen) == 5


@pytest.mark.parametrize(
    ("argument", "environ", "bearer"),
    [
        ("nmv_usr_given", {"NEMO_TOKEN": "nmv_usr_environment"}, "nmv_usr_given"),
        (None, {"NEMO_TOKEN": " nmv_usr_environment\n"}, "nmv_usr_environment"),
        (None, {"NEMO_TOKEN": " "}, TOKEN),
        ("", {"NEMO_TOKEN": "nmv_usr_environment"}, TOKEN),
    ],
)
def test_the_token_is_the_given_one_then_the_environments_then_an_anonymous_one(
    argument: str | None, environ: dict[str, str], bearer: str
) -> None:
    edge = Edge()
    with client(edge, token=argument, environ={"NEMO_API_URL": BASE, **environ}) as nemo:
        nemo.credits()

    assert edge.seen[-1].headers["Authorization"] == f"Bearer {bearer}"


def test_the_address_is_the_given_one_then_the_environments_then_production() -> None:
    environ = {"NEMO_API_URL": "http://localhost:8787/w/one/"}

    for given, expected in ((BASE, BASE), (None, "http://localhost:8787/w/one")):
        with Client(given, environ=environ) as nemo:
            assert nemo.base_url == expected
    with Client(environ={"NEMO_API_URL": " "}) as nemo:
        assert nemo.base_url == "https://mega-api-prod.nemovideo.ai"


def test_the_rest_of_the_environment_is_honoured(tmp_path: Path) -> None:
    edge = Edge()
    environ = {"NEMO_CLIENT_ID": "from-environment", "NEMO_WEB_URL": "https://web.example/", "SKILL_SOURCE": "github"}
    with Client(BASE, transport=edge.transport(), environ=environ, config_dir=tmp_path) as nemo:
        link = nemo.claim_link(SESSION)

    assert link == "https://web.example/workspace/claim?ct=clm_x"
    assert edge.seen[0].headers["X-Client-Id"] == "from-environment"
    assert edge.seen[1].headers["X-Skill-Platform"] == "github"
    assert list(tmp_path.iterdir()) == []


def test_the_client_id_is_kept_and_only_when_it_is_needed(tmp_path: Path) -> None:
    edge = Edge()
    with Client(BASE, token="t", transport=edge.transport(), environ={}, config_dir=tmp_path / "nemovideo") as nemo:
        nemo.credits()
    assert not (tmp_path / "nemovideo").exists()

    for _ in range(2):
        with Client(BASE, transport=edge.transport(), environ={}, config_dir=tmp_path / "nemovideo") as nemo:
            nemo.token()

    kept = (tmp_path / "nemovideo" / "client_id").read_text(encoding="utf-8").strip()
    assert [request.headers["X-Client-Id"] for request in edge.seen[-2:]] == [kept, kept]


def test_a_given_attribution_is_sent() -> None:
    edge = Edge()
    with Client(
        BASE, token="t", attribution=Attribution("s", "1", "clawhub"), transport=edge.transport(), environ={}
    ) as nemo:
        nemo.credits()

    assert [edge.seen[0].headers[f"X-Skill-{name}"] for name in ("Source", "Version", "Platform")] == [
        "s",
        "1",
        "clawhub",
    ]


def test_invalid_settings_are_refused_at_once_and_the_token_is_not_shown() -> None:
    with pytest.raises(InvalidSetting) as caught:
        Client(BASE, token="nmv_usr_a\nb", environ={})
    assert "nmv_usr_a" not in str(caught.value)
    with pytest.raises(InvalidSetting):
        Client("api.example", environ={})
    with pytest.raises(InvalidSetting):
        Client(BASE, client_id="x" * 65, environ={})
    with pytest.raises(InvalidAttribution):
        Client(BASE, environ={"SKILL_SOURCE": "a\nb"})


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_token_goes_over_plain_http_only_to_this_machine_or_where_that_is_allowed(
    kind: type[Client | AsyncClient],
) -> None:
    for environ in ({}, {"NEMO_API_URL": "http://fake.example:8787"}):
        with pytest.raises(InvalidSetting, match=r"fake\.example may be called only over https.*allow_plain_http=True"):
            kind(None if environ else "http://fake.example:8787", token=TOKEN, environ=environ)
    for url in ("http://127.0.0.1:8787", "http://localhost:1/w/one", "http://[::1]:9", "https://fake.example"):
        assert kind(url, token=TOKEN, environ={}).base_url == url
    assert kind("http://fake.example", environ={}, allow_plain_http=True).base_url == "http://fake.example"


def test_a_closed_client_says_so() -> None:
    nemo = client(Edge())
    nemo.close()
    nemo.close()

    with pytest.raises(MisuseError, match="closed"):
        nemo.credits()


def test_the_token_shows_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def leak(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"code": 1001, "message": request.headers["Authorization"]})

    caplog.set_level(0)
    edge = Edge(credits=leak, run_sse=leak)
    with client(edge, token=TOKEN) as nemo:
        turn = nemo.say(SESSION, "make it")
        shown = [repr(nemo), str(nemo), repr(nemo.token()), str(nemo.token()), repr(turn)]
        for call in (nemo.credits, turn.read):
            with pytest.raises(NemoError) as caught:
                call()
            shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
        shown += [repr(turn.ending), nemo.claim_link(SESSION), nemo.base_url]

    assert TOKEN not in "".join(shown) + caplog.text
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_turn_that_is_closed_inside_its_loop_just_ends() -> None:
    edge = Edge()
    with client(edge) as nemo:
        seen = 0
        for _ in (turn := nemo.say(SESSION, "make it")):
            turn.close()
            seen += 1
        assert (seen, turn.ending) == (1, None)
        with nemo.say(SESSION, "make it") as left:
            events = iter(left)
            next(events)
        assert list(events) == []
        play = nemo.play(counted("a", "b"))
        assert next(iter(play)) is not None
        play.close()
        assert list(play) == []
        with pytest.raises(MisuseError, match="stopped before the end"):
            play.result  # noqa: B018 -- reading it is what raises


@HTTPX_LEAVES_GENERATORS
@pytest.mark.anyio
async def test_a_turn_that_is_closed_inside_its_loop_just_ends_asynchronously() -> None:
    async with async_client(Edge()) as nemo:
        seen = 0
        async for _ in (turn := nemo.say(SESSION, "make it")):
            await turn.close()
            seen += 1
        assert (seen, turn.ending) == (1, None)


@pytest.mark.parametrize(
    "url", ["http://h/\x01", "http://\u2603-.com/", "http://xn--a/", "https://cdn.example/" + "a" * 70_000]
)
def test_an_address_that_cannot_be_called_leaves_the_download_call(url: str, tmp_path: Path) -> None:
    rendered = {"status": "completed", "output": {"url": url}}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/download"):
            return httpx.Response(200, content=VIDEO, headers={"Content-Type": "video/mp4"})
        return httpx.Response(200, json=rendered)

    with client(Edge(render=answer)) as nemo:
        assert nemo.export(SESSION, tmp_path / "out.mp4", draft=DRAFT).size == len(VIDEO)


def test_ids_and_addresses_that_fit_into_no_url_raise_an_error_of_the_client() -> None:
    with client(Edge(state=lambda _: httpx.Response(404, json={})), token=TOKEN) as nemo, pytest.raises(NemoError):
        nemo.state(Session("\udcff"))
    with Client("https://\u2603-.com", token=TOKEN, environ={}) as nemo, pytest.raises(NemoError):
        nemo.credits()


def test_extreme_answers_are_accepted_or_raise_an_error_of_the_client(tmp_path: Path) -> None:
    late = {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1200"}
    cdn = {"code": 0, "data": {"files": [{"cdn_url": "http://[bad"}]}}
    edge = Edge(
        credits=lambda _: httpx.Response(429, json={}, headers=late), upload=lambda _: httpx.Response(200, json=cdn)
    )
    with client(edge, token=TOKEN) as nemo:
        with pytest.raises(NemoError, match="many years"):
            nemo.credits()
        assert [file.filename for file in nemo.upload(SESSION, photo(tmp_path))] == [""]


@pytest.mark.parametrize("path", ["with_session", "credits"])
@pytest.mark.parametrize("code", [0, 500, 1002])
@pytest.mark.parametrize("is_encoded", [False, True])
def test_a_token_that_the_service_repeats_shows_in_no_error(path: str, code: int, *, is_encoded: bool) -> None:
    token = "a-token-of/another-form"
    shown = "".join(f"%{ord(each):02X}" for each in token) if is_encoded else token

    def answer(request: httpx.Request) -> httpx.Response:
        data = {"token": shown, "x": [shown], "id": str(request.url)}
        return httpx.Response(200, json={"code": code, "message": f"no Bearer {shown}", "data": data})

    edge = Edge(**{path: answer})
    with client(edge, token=token) as nemo, pytest.raises((UnexpectedAnswer, ApiError)) as caught:
        _ = nemo.session() if path == "with_session" else nemo.credits()

    assert shown not in repr(caught.value) + str(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    "limits", [{"turn_s": 0.0}, {"turn_s": math.nan}, {"polls": 0}, {"poll_interval_s": -1.0}, {"connect_s": -math.inf}]
)
def test_a_limit_that_leaves_no_time_is_refused_in_one_sentence(limits: dict[str, Any]) -> None:  # Any: of any field
    (name,) = limits
    with pytest.raises(InvalidSetting, match=rf"^The limit {name} must be above 0, not [^.]+(\.\d)?\.$"):
        Limits(**limits)


def test_a_client_that_polls_faster_than_the_documents_says_so() -> None:
    agents: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["User-Agent"])
        return httpx.Response(200, json={"code": 0, "data": {"available": 1, "frozen": 0, "total": 1}})

    for limits in (Limits(), Limits(poll_interval_s=0.2)):
        with Client(
            "http://127.0.0.1:9", token="nmv_usr_x", limits=limits, transport=httpx.MockTransport(answer)
        ) as nemo:
            nemo.credits()
    assert "polls" not in agents[0]
    assert agents[1].endswith(" (polls every 0.2 s)")
