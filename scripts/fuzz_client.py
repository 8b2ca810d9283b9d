"""Calls a hostile server with both clients and with the commands; only documented errors may come out of them.

A case is one call of a client, or one command. The server's answers are those of a fake, changed in what they say, in
their status, headers, framing, encoding or length. Pauses of client and commands take no time. A client may raise
`NemoError` alone, a command ends with a documented exit code and one sentence, no token reaches another origin or a
message, no control character reaches the terminal, and memory stays bounded.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio.lowlevel
import fuzz_files
import pytest
from click.testing import CliRunner
from fuzz_mutations import TEXTS, json_bytes, mutate_json, mutate_media, mutate_text
from fuzz_search import Search, Usage, reset_peak

from nemovideo_client import AsyncClient, Client, Limits, NemoError, Session
from nemovideo_contract import machine
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN, Code
from nemovideo_contract.wire import Path as ApiPath
from nemovideo_harness.cli import main

#: The bytes that a case may take; an endless answer ends after twice as many, so that it does no harm.
PEAK: Final = 192 * 1024 * 1024
TOKEN: Final = "nmv_usr_" + "Fz7" * 14 + "A"
SESSION: Final = Session("1234567890123456789", "task_1", "anon_1")
LIMITS: Final = Limits(5, 2, 10, 5, 2, 20, 60, 30, 3)
STATUSES: Final = (
    200, 200, 200, 204, 206, 301, 302, 307, 308, 304, 400, 401, 402, 403, 404, 409, 416, 429, 500, 502, 503, 599,
)  # fmt: skip
HEADERS: Final = (
    b"Content-Encoding: br", b"Content-Encoding: gzip, gzip", b"Content-Encoding: identity", b"Content-Type: text/html",
    b"Content-Type: text/event-stream", b"Content-Type: application/json; charset=utf-16", b"Content-Type: \xff",
    b"Retry-After: 1e9", b"Retry-After: -1", b"Retry-After: Thu, 32 Foo 9999 99:99:99 GMT",
    b"Retry-After: " + b"9" * 400, b"Content-Range: bytes 5-1/0", b"Content-Range: bytes */*", b"Accept-Ranges: bytes",
    b"ETag: \"\x01\"", b"Date: x", b"Content-Disposition: attachment; filename=\"../../evil.mp4\"", b"Set-Cookie: a=b",
    b"X-Request-Id: \x1b]52;c;YQ==\x07", b"Transfer-Encoding: chunked", b"Content-Length: 5", b"X: " + b"a" * 90_000,
    b"\r\n".join(b"X-%d: 1" % n for n in range(500)),
)  # fmt: skip
ERRORS: Final[tuple[object, ...]] = (
    *({"code": int(code), "message": "no", "data": None} for code in Code),
    *({"detail": "Session not found"}, {"detail": [{"msg": "x"}]}, {"error": {"message": "x"}}, "no", None, [], 7),
)


class JumpClock:
    """A clock for `Client` whose pauses take no time."""

    def __init__(self) -> None:
        self._passed = 1_800_000_000.0 - machine.stopwatch()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._passed + _stopwatch()

    def sleep(self, seconds: float) -> None:
        """Let some seconds have passed."""
        self._passed += max(0.0, seconds)

    def running(self) -> nullcontext[None]:
        """Do nothing."""
        return nullcontext()


class AsyncJumpClock(JumpClock):
    """The same for `AsyncClient`."""

    async def sleep(self, seconds: float) -> None:  # type: ignore[override]  # as the client's own two clocks
        """Let some seconds have passed."""
        self._passed += max(0.0, seconds)
        await anyio.lowlevel.checkpoint()


_stopwatch: Final = machine.stopwatch


# --- the server -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Hostile:
    """A server in a thread; `chance` decides what it does in a case. `answers` are valid ones by the kind of path."""

    answers: dict[str, list[object]]
    streams: list[list[bytes]]
    video: bytes
    chance: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - replaced by each case
    served: list[str] = field(default_factory=list[str])
    strayed: list[str] = field(default_factory=list[str])
    url: str = ""
    foreign: str = ""

    @contextmanager
    def running(self) -> Generator[None]:
        """Serve while the block runs."""
        ready, loop = threading.Event(), asyncio.new_event_loop()

        async def serve() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
            other = await asyncio.start_server(self._stray, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.foreign = f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}"
            ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                other.close()

        def work() -> None:
            with suppress(asyncio.CancelledError), asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(serve())

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        ready.wait()
        yield
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        thread.join()

    async def _stray(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer for the other origin, and note a token that came here."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            if TOKEN.encode() in head:
                self.strayed.append(head.decode("latin-1"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.video) + self.video)
            await writer.drain()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if length := re.search(rb"(?i)\r\ncontent-length: *(\d+)", head):
                    await reader.readexactly(int(length[1]))
                elif re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head):
                    while size := int(await reader.readline(), 16):
                        await reader.readexactly(size + 2)
                    await reader.readline()
                target = head.split(b" ", 2)[1].decode("latin-1")
                self.served.append(head.partition(b"\r\n")[0].decode("latin-1"))
                if not await self._answer(kind_of(target), writer):
                    break
        writer.close()

    async def _answer(self, kind: str, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection stays open."""
        chance, way = self.chance, self.chance.randrange(100)
        status, headers, body = 200, [], self.body(kind)
        if len(self.served) > 60:  # a client that asks so often gets what it wants
            way = 99
        if way < 4:
            async for part in self._endless(kind):
                writer.write(part)
                await writer.drain()
            return False
        if way < 8:
            writer.write(
                chance.choice((b"", b"HTTP/1.1\r\n\r\n", b"\0" * 100, b"HTTP/1.1 99999 x\r\n\r\n", b"SSH-2.0-x\r\n"))
            )
            return False
        if way < 14:
            status = chance.choice(STATUSES)
            places = (
                f"{self.foreign}/x",
                "/x",
                "//",
                "file:///etc/passwd",
                "http://[",
                "\x1b[2J",
                self.url,
                "data:,x",
                "",
            )
            headers.append(b"Location: " + chance.choice(places).encode())
        elif way < 24:
            status, body = chance.choice(STATUSES), json_bytes(mutate_json(chance.choice(ERRORS), chance), chance)
        elif way < 32:
            headers += chance.choices(HEADERS, k=chance.randint(1, 2))
        elif way < 38:
            body, encoding = self._encoded(body)
            headers.append(b"Content-Encoding: " + encoding)
        length = len(body)
        if 38 <= way < 44:
            length = max(0, length + chance.choice((-1, -length, 1, 1000, 10**15)))
        if 44 <= way < 48:
            size = chance.choice((b"%x" % length, b"zz", b"-1", b"f" * 40, b"0"))
            writer.write(_head(status, [*headers, b"Transfer-Encoding: chunked"]) + size + b"\r\n" + body + b"\r\n")
            writer.write(chance.choice((b"0\r\n\r\n", b"0\r\nX: 1\r\n\r\n", b"", b"x")))
        else:
            early = b"HTTP/1.1 103 Early Hints\r\n\r\n" * chance.choice((1, 5000)) if way == 48 else b""
            writer.write(early + _head(status, [*headers, b"Content-Length: %d" % length]) + body)
        await writer.drain()
        return length == len(body) and way >= 48

    def body(self, kind: str) -> bytes:
        """Return the body of an answer; two in three are changed."""
        chance, is_changed = self.chance, self.chance.random() < 0.66
        if kind == "RENDER_DOWNLOAD" or kind == "other":
            return mutate_media(self.video, chance) if is_changed else self.video
        if kind == "RUN_SSE":
            return self._stream() if is_changed else b"".join(chance.choice(self.streams))
        value = chance.choice(self.answers.get(kind) or [{}])
        if chance.random() < 0.1:
            value = json.loads(re.sub(r"http://[^/\"]+", self.foreign, json.dumps(value)))
        return json_bytes(mutate_json(value, chance) if is_changed else value, chance)

    def _stream(self) -> bytes:
        chance, records = self.chance, list(chance_of(self.streams, self.chance))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(records) + 1)
            record = records[at] if at < len(records) else b"data: {}\n\n"
            data = record.partition(b":")[2].strip()
            with suppress(ValueError, RecursionError):
                value = mutate_json(json.loads(data), chance)
                records.insert(at, b"data: " + json_bytes(value, chance).replace(b"\n", b"\ndata: ") + b"\n\n")
        match chance.randrange(8):
            case 0:
                return mutate_text(b"".join(records), chance)
            case 1:
                return b"".join(records).replace(b"\n", chance.choice((b"\r", b"\r\n")))
            case 2:
                odd = chance.choice(TEXTS).encode("utf-8", "surrogatepass")
                return b"id: \0\nretry: 99999999999999999999\nevent: " + odd + b"\n" + b"".join(records)
            case 3:
                return b"".join(records[: chance.randrange(len(records) + 1)])
            case _:
                return b"".join(records)

    def _encoded(self, body: bytes) -> tuple[bytes, bytes]:
        packed = zlib.compress(body, 9, wbits=31)
        if self.chance.random() < 0.3:
            return (
                (bomb(), b"gzip") if self.chance.random() < 0.8 else (zlib.compress(bomb(), 9, wbits=31), b"gzip, gzip")
            )
        return self.chance.choice(
            (
                *(
                    (packed, b"gzip"),
                    (packed[:-9], b"gzip"),
                    (packed + b"x", b"gzip"),
                    (body, b"gzip"),
                    (zlib.compress(body), b"deflate"),
                ),
                *((body, b"deflate"), (body, b"zstd"), (b"\x1f\x8b", b"x-gzip")),
            )
        )

    async def _endless(self, kind: str) -> AsyncIterator[bytes]:
        """Yield an answer that does not end by itself."""
        chance = self.chance
        status = chance.choice((200, 200, 500, 302, 404))
        parts = (
            b"a" * 65_536,
            b" " * 65_536,
            b"0," * 30_000,
            b"data: x\n\n" * 8000,
            b": beat\n\n" * 8000,
            b"\n" * 65_536,
        )
        part = chance.choice(parts)
        media = b"text/event-stream" if kind == "RUN_SSE" else b"application/json"
        yield _head(status, [b"Content-Type: " + media]) + chance.choice((b"", b'{"data": "', b"[", b"data: "))
        if chance.random() < 0.1:
            while True:
                yield b"HTTP/1.1 100 Continue\r\n\r\n"
        for _ in range(2 * PEAK // len(part)):
            yield part


def _head(status: int, headers: list[bytes]) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 %d Odd" % status, *headers)) + b"\r\n\r\n"


def chance_of(streams: list[list[bytes]], chance: Random) -> list[bytes]:
    """Return the records of one of the streams."""
    return chance.choice(streams)


@cache
def bomb(size: int = 2 * PEAK) -> bytes:
    """Return zeros as gzip."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join((*parts, packer.flush()))


_KINDS: Final = [(each.name, re.compile(re.sub(r"\{\w+\}", "[^/]+", each) + "$")) for each in ApiPath]


def kind_of(target: str) -> str:
    """Return the name of the path of a request, or `other`."""
    return next((name for name, pattern in _KINDS if pattern.search(target.partition("?")[0])), "other")


def learned(journal: bytes) -> tuple[dict[str, list[object]], list[list[bytes]]]:
    """Return the answers of a journal by the kind of their path, and the records of its streams."""
    paths: dict[object, str] = {}
    answers: dict[str, list[object]] = {}
    streams: dict[object, list[bytes]] = {}
    for entry in map(json.loads, journal.splitlines()):
        match entry["kind"]:
            case "request":
                paths[entry["exchange"]] = kind_of(entry["path"])
            case "response" if "json" in entry["body"]:
                answers.setdefault(paths[entry["exchange"]], []).append(entry["body"]["json"])
            case "record":
                streams.setdefault(entry["exchange"], []).append(
                    b"data: " + json.dumps(entry["data"]).encode() + b"\n\n"
                )
            case _:
                pass
    return answers, [*streams.values(), [b": heartbeat\n\n"]]


# --- the callers ------------------------------------------------------------------------------------------------------

#: Calls of a client, with the folder of the case.
CALLS: Final[dict[str, Callable[[Any, Path], Any]]] = {  # Any: both clients, and what they return
    "credits": lambda nemo, _: nemo.credits(),
    "session": lambda nemo, _: nemo.session("Kyoto", "en"),
    "state": lambda nemo, _: nemo.state(SESSION),
    "upload": lambda nemo, folder: nemo.upload(SESSION, folder / "cat.jpg"),
    "say": lambda nemo, _: nemo.say(SESSION, "make it vertical"),
    "recover": lambda nemo, _: nemo.recover(SESSION),
    "submit": lambda nemo, _: nemo.submit(SESSION),
    "render": lambda nemo, _: nemo.render("render_1"),
    "await_render": lambda nemo, _: nemo.await_render("render_1"),
    "export": lambda nemo, folder: nemo.export(SESSION, folder / "out.mp4"),
    "download": lambda nemo, folder: nemo.download("render_1", folder / "out.mp4"),
    "cancel": lambda nemo, _: nemo.cancel("render_1"),
    "claim_link": lambda nemo, _: nemo.claim_link(SESSION),
}
#: Commands, and the exit codes that they document.
COMMANDS: Final = (
    ["credits"], ["credits", "--json"], ["session"], ["state", "{id}"], ["state", "{id}", "--json"], ["token"],
    ["upload", "{id}", "cat.jpg"], ["say", "{id}", "hi"], ["say", "{id}", "hi", "--json"],
    ["make", "cat.jpg", "-p", "a reel"], ["export", "{id}", "-o", "a.mp4"], ["download", "render_1", "-o", "a.mp4"],
    ["chat"], ["chat", "--json"], ["credits", "-v"], ["judge", "--target", "{url}"],
    ["record", "-o", "tape.json", "--only", "session"], ["diff", "tape.json", "--target", "{url}"],
)  # fmt: skip
CODES: Final = (0, 1, 2, 3, 4)


def _call(server: Hostile, name: str, folder: Path, *, anonymous: bool) -> None:
    token = "" if anonymous else TOKEN
    with Client(
        server.url, token=token, client_id="fuzz", clock=JumpClock(), limits=LIMITS, environ={}, config_dir=folder
    ) as nemo:
        result = CALLS[name](nemo, folder)
        if name == "say":
            list(result)
            repr(result.ending)
        repr(result)


async def _call_async(server: Hostile, name: str, folder: Path, *, anonymous: bool) -> None:
    token = "" if anonymous else TOKEN
    async with AsyncClient(
        server.url, token=token, client_id="fuzz", clock=AsyncJumpClock(), limits=LIMITS, environ={}, config_dir=folder
    ) as nemo:
        result = CALLS[name](nemo, folder)
        if name == "say":
            [_ async for _ in result]
            repr(result.ending)
        else:
            repr(await result)


def _command(server: Hostile, words: list[str], folder: Path) -> None:
    arguments = [each.format(id=SESSION.session_id, url=server.url) for each in words]
    environ = {ENV_API_URL: server.url, ENV_TOKEN: TOKEN, "HOME": str(folder)}
    if arguments[0] == "record":
        arguments += ["--target", server.url]
    clock = JumpClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nemovideo_client.client.SystemClock", lambda: clock)
        patch.setattr(machine, "pause", clock.sleep)
        patch.setattr(machine, "stopwatch", clock.now)
        stdin = fuzz_files.CHAT.encode() if words[0] == "chat" else b""
        result = CliRunner().invoke(main, arguments, env=environ, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code not in CODES:
        raise AssertionError(f"{words[0]} ends with {result.exit_code}: {result.output[-2000:]}")
    if result.exit_code > 1 and result.stderr.count("Error: ") != 1:
        raise AssertionError(f"{words[0]} ends with {result.exit_code} without one sentence: {result.output[-2000:]!r}")
    if escape := fuzz_files.ESCAPES.search(result.output):
        raise AssertionError(f"{words[0]} prints a control character: {escape[0]!r} in {result.output!r}")
    if TOKEN in result.output and words[0] != "token":
        raise AssertionError(f"{words[0]} prints the token: {result.output[-2000:]}")


def search(search: Search) -> int:
    """Make calls until they are used up or the time is over; returns the exit code."""
    with fuzz_files.stage() as stage:
        answers, streams = learned(stage.samples["journal"][0])
        video, folder = stage.samples["photo"][-1], stage.folder
        (folder / "tape.json").write_bytes(stage.samples["recording"][0])
        server = Hostile(answers, streams, video)
        with server.running(), fuzz_files.limited(folder):
            before = Usage.of("self")
            for number, case in enumerate(search.cases()):
                _attack(search, server, case, folder)
                if number == fuzz_files.WARM:
                    before = fuzz_files.settled(stage)
                if number % 200 == 199:
                    print(f"{search.done} calls, {Usage.of('self')}, {len(search.finds)} kinds", flush=True)
        search.left(before, fuzz_files.settled(stage))
    return search.report()


def _attack(search: Search, server: Hostile, case: int, folder: Path) -> None:
    chance = search.chance(case)
    server.chance, server.served, server.strayed = search.chance(case), [], []
    shutil.copy(fuzz_files.TOP / "scripts/photos/cat.jpg", folder)
    name, words = chance.choice(list(CALLS)), list(chance.choice(COMMANDS))
    who = chance.choice(("Client", "AsyncClient", "command"))
    what = f"{who}.{name}" if who != "command" else " ".join(words[:1])
    before = Usage.of("self").resident
    reset_peak("self")
    search.done += 1
    anonymous = chance.random() < 0.2
    try:
        with fuzz_files.cpu_limit():
            if who == "Client":
                _call(server, name, folder, anonymous=anonymous)
            elif who == "AsyncClient":
                asyncio.run(_call_async(server, name, folder, anonymous=anonymous))
            else:
                _command(server, words, folder)
        search.outcomes[f"{who} returned"] += 1
    except NemoError as error:
        search.outcomes[type(error).__name__] += 1
        if TOKEN in f"{error!s}{error!r}{vars(error)}":
            search.found(f"{what}: an error shows the token", case, repr(error))
        if who == "command":
            search.raised(what, case, error, "\n".join(server.served).encode(), ".txt")
    except AssertionError as error:
        search.found(f"{str(error).partition(':')[0]:.80}", case, f"{error}\n" + "\n".join(server.served))
    except (Exception, fuzz_files.TooLongError) as error:  # noqa: BLE001 - whatever is raised is a find
        search.raised(what, case, error, "\n".join(server.served).encode(), ".txt")
    if server.strayed:
        search.found(f"{what}: a token left its origin", case, server.strayed[0])
    if (more := Usage.of("self").peak - before) > PEAK:
        search.found(f"{what} takes much memory", case, f"{more / 1e6:.0f} MB\n" + "\n".join(server.served))
    for each in folder.glob("*.mp4*"):
        each.unlink()
