"""Sends hostile and ordinary requests over every entrance of `nemo-harness serve`, and watches its process.

A case is an episode: one world, and about 120 requests to it, one after the other. Ordinary requests keep the world
going; each hostile one is an ordinary one that is changed: its JSON, form, path, headers, framing, or how its caller
behaves. Nothing is shared between episodes but the process, so one episode repeats by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

from fuzz_mutations import NUMBERS, RAW, TEXTS, json_bytes, mutate_json, mutate_media, mutate_text
from fuzz_search import LEFT, PEAK, Search, Usage, reset_peak

from nemovideo_contract import machine
from nemovideo_contract.http.sample_files import gif, png, wav
from nemovideo_contract.profiles import PROFILES
from nemovideo_contract.wire import Path as ApiPath
from nemovideo_mock.control.routes import ROUTES as CONTROL
from nemovideo_mock.faults.kinds import KINDS
from nemovideo_mock.http.app import ROUTES as SERVICE
from nemovideo_mock.runtime.scenario_tokens import token_of

EPISODE: Final = 120
#: Servers that a long search attacks at once, and the episodes after which a server has loaded all that it needs.
LANES: Final = 4
WARM: Final = 3
#: Real seconds: for one answer, after which its caller leaves; for one to half a request; for a busy server; for its
#: end at SIGTERM.
ANSWER_S: Final = 0.6
HALF_S: Final = 0.1
ALIVE_S: Final = 60.0
END_S: Final = 30.0
#: Descriptors of a server that gets more connections than it can have, and the bytes that its log may have then.
FEW: Final = 128
LOG: Final = 100_000
SERVE: Final = (sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "serve", "--port", "0")

_SESSION: Final = {"app_name": "nemo_agent", "user_id": "me", "session_id": "{session_id}"}
_PART: Final = {"text": "a 4-second vertical reel, title 'Kyoto'"}
#: What the calls of service and control API take, by method and path. A name in braces is filled with a known id.
BODIES: Final[dict[str, object]] = {
    f"POST {ApiPath.ANONYMOUS_TOKEN}": {},
    f"POST {ApiPath.CLAIM_TOKEN}": {"task_id": "{task_id}", "session_id": "{session_id}"},
    f"POST {ApiPath.SESSION}": {"task_name": "Kyoto", "language": "en"},
    f"POST {ApiPath.RUN_SSE}": {**_SESSION, "new_message": {"role": "user", "parts": [_PART]}},
    f"POST {ApiPath.UPLOAD}": {"urls": ["http://127.0.0.1:9/cat.jpg"], "source_type": "url"},
    f"POST {ApiPath.RENDER}": {
        "id": "{render_id}",
        "sessionId": "{session_id}",
        "draft": "{draft}",
        "output": {"format": "mp4", "quality": "high"},
    },
    "POST /worlds": {"name": "other", "seed": 7, "profile": "vendor-1.9", "clock": "virtual"},
    "POST /clock/advance": {"seconds": 30, "patience": 1},
    "POST /clock/wait": {"seconds": 1, "patience": 1},
    "POST /clock/mode": {"mode": "virtual", "speed": 1000},
    "POST /accounts": {"user_id": "user_ada", "registered": True, "credits": 50, "scopes": ["read"], "expires_in": 60},
    "POST /credits": {"account": "{user_id}", "available": 25_000},
    "PUT /profile": {"name": "vendor-1.9", "busy": "refuse"},
    "POST /fork": {"to": "branch"},
    "POST /scenario": {"seed": 7, "clock": {"mode": "virtual"}, "accounts": [{"user_id": "u"}], "profile": "seeds"},
    "POST /reset": {"scope": "state"},
    "PUT /snapshot": "{snapshot}",
}
#: Query strings of the calls that take one.
QUERIES: Final = ("", "", "?files=true", "?since=0&limit=5&kind=control", "?account=anon_test_funded", "?a=%ff&a=1&=")
HEADERS: Final = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Content-Length: 0", b"Content-Length: 5",
    b"Content-Length: 99999999999999999999", b"Content-Length: -1", b"Host: evil.test", b"Host: ",
    b"Expect: 100-continue", b"Content-Encoding: gzip", b"Connection: close", b"Connection: upgrade", b"Upgrade: h2c",
    b"Origin: http://evil.test", b"Range: bytes=0-0", b"Range: bytes=-1,0-,5-4", b"Range: bytes=" + b"0-0," * 2000,
    b"If-None-Match: *", b"If-Range: x", b"X-Forwarded-Host: evil.test\r\nX-Forwarded-Proto: javascript",
    b"Forwarded: host=\"\r", b"Sec-Fetch-Site: cross-site", b"Content-Type: application/json; charset=utf-7",
    b"Content-Type: text/plain", b"Content-Type: multipart/form-data",
    b"Content-Type: multipart/form-data; boundary=" + b"b" * 300, b"Authorization: Bearer \xff",
    b"Authorization: Basic x", b"X-Client-Id: \xed\xa0\x80", b"X-Odd: " + b"a" * 70_000, b"X Odd: 1", b": 1",
    b"X-Odd: \0", b" folded", b"Accept-Encoding: gzip", b"\r\n".join(b"X-%d: 1" % each for each in range(300)),
    b"Last-Event-ID: -9", b"Cookie: " + b"a=b;" * 500,
)  # fmt: skip
METHODS: Final = (
    "HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "DELETE", "PUT", "get", "G\0T", "A" * 300, "PRI",
)  # fmt: skip
GARBAGE: Final = (
    b"\x16\x03\x01\x02\x00\x01\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\0" * 5000,
    b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"GET http://evil.test/_mock HTTP/1.1\r\nHost: a\r\n\r\n",
    b"A" * 200_000,
)  # fmt: skip
_CHUNKS: Final = (
    b"5\r\nab", b"zz\r\n", b"-1\r\n\r\n", b"0\r\nX: 1\r\n\r\n", b"FFFFFFFFFFFFFFFFF\r\n", b"1;a=b\r\nx\r\n0\r\n\r\n",
    b"1\nx\n0\n\n", b"0\r\n\r\nGET /_mock HTTP/1.1\r\n\r\n",
)  # fmt: skip
TYPES: Final = (b"application/json", b"application/yaml", b"application/octet-stream", b"text/plain", b"")


def is_supported() -> bool:
    """Return whether this system shows a process's memory and descriptors."""
    return Path("/proc/self/clear_refs").exists()


class Call(NamedTuple):
    """A request that is not yet bytes: `target` has a path and a query; `media` is the type of the body."""

    method: str
    target: str
    body: bytes = b""
    media: bytes = b"application/json"
    headers: tuple[bytes, ...] = ()

    def head(self, *lines: bytes) -> bytes:
        """Return the request line and the headers, with more lines at the end."""
        first = f"{self.method} {self.target} HTTP/1.1".encode("utf-8", "surrogatepass")
        typed = (b"Content-Type: " + self.media,) if self.body else ()
        return b"\r\n".join((first, b"Host: localhost", *typed, *self.headers, *lines)) + b"\r\n\r\n"

    def raw(self) -> bytes:
        """Return the bytes of the request in its usual form."""
        return self.head(b"Content-Length: %d" % len(self.body)) + self.body


@dataclass(slots=True)
class Answer:
    """What came back: status 0 if nothing that is HTTP did; `complete` is false if the caller left before the end."""

    status: int = 0
    body: bytes = b""
    complete: bool = False

    def json(self) -> dict[str, Any]:  # Any: JSON
        """Return the body if it is a JSON object, else an empty one."""
        with suppress(ValueError, RecursionError):
            found = json.loads(self.body)
            if isinstance(found, dict):
                return found
        return {}


class Server:
    """A fake in a process of its own; its log is a file, and its temporary files are in a folder of their own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.log = folder / "log"
        environ = {**os.environ, "TMPDIR": str(self.temporary)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*SERVE, "--quality", "stub", "--speed", "10000", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                env=environ,
                encoding="utf-8",
            )
        assert self.process.stdout is not None
        address = re.search(r"http://[^\s/]+", self.process.stdout.readline())
        assert address is not None, f"the server did not start: {self.log.read_text(encoding='utf-8')}"
        self.port = urlsplit(address[0]).port or 0
        self._seen = 0

    @property
    def pid(self) -> int:
        """The ID of the process."""
        return self.process.pid

    def news(self) -> str:
        """Return what the log got since the last call; it should get nothing."""
        if self.log.stat().st_size == self._seen:
            return ""
        machine.pause(0.05)  # a traceback is written in parts
        with self.log.open("rb") as log:
            log.seek(self._seen)
            found = log.read(LOG)
        self._seen = self.log.stat().st_size
        return found.decode("utf-8", "replace")

    def stop(self) -> str | None:
        """End the process by SIGTERM; returns a sentence if it does not end as it should."""
        if self.process.poll() is not None:
            return f"it had ended with {self.process.returncode}"
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"it did not end within {END_S:.0f} s"
        left = [each.name for each in self.temporary.iterdir()]
        return f"it ended with {code}" if code else f"it left {left}" if left else None


@contextmanager
def serving(*options: str) -> Generator[Server]:
    """Run a server; one that is still there at the end is killed."""
    with tempfile.TemporaryDirectory(prefix="nemo-fuzz-") as folder:
        server = Server(Path(folder), *options)
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
            assert server.process.stdout is not None
            server.process.stdout.close()


async def read_answer(reader: asyncio.StreamReader, most: int = 2_000_000) -> Answer:
    """Read one answer: by its length, by chunks, or until the connection ends."""
    answer = Answer()
    with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError):
        head = b""
        while not answer.status or answer.status < 200:
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.match(rb"HTTP/1\.[01] (\d{3})", head)
            if found is None:
                return answer
            answer.status = int(found[1])
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        body = bytearray()
        try:
            if length is not None:
                body += await reader.readexactly(min(int(length[1]), most))
            elif re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
                while size := int(await reader.readline(), 16):
                    body += (await reader.readexactly(size + 2))[:-2]
                    if len(body) > most:
                        return answer
                await reader.readline()
            else:
                body += await reader.read(most)
            answer.complete = True
        finally:
            answer.body = bytes(body)
    return answer


@dataclass(slots=True, eq=False)
class Episode:
    """One world and the requests to it."""

    search: Search
    server: Server
    case: int
    chance: Random
    size: int = EPISODE
    world: str = ""
    token: str = ""
    tokens: list[str] = field(default_factory=list[str])
    known: dict[str, Any] = field(default_factory=dict[str, Any])  # Any: JSON
    sent: list[bytes] = field(default_factory=list[bytes])
    _open: list[asyncio.StreamWriter] = field(default_factory=list[asyncio.StreamWriter])
    _kept: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self) -> bool:
        """Send all requests; returns false if the server no longer answers."""
        chance = self.chance
        self.world = chance.choice(("", *[f"/w/f{self.case}"] * 6))
        tokens = (await self.ask("GET", "/_mock/tokens")).json()["tokens"]
        self.tokens = [each["token"] for each in tokens]
        self.token = chance.choice((*[token_of("funded")] * 3, *self.tokens))
        before = Usage.of(self.server.pid).resident
        reset_peak(self.server.pid)
        begin = {"profile": chance.choice(list(PROFILES)), "clock": {"mode": chance.choice(("real", "virtual"))}}
        await self.ask("POST", f"{self.world}/_mock/scenario", {"seed": self.case, **begin})
        upload = f"{self.world}{ApiPath.UPLOAD}"
        for call in (
            self.service("POST", ApiPath.SESSION),
            self.filled("POST", upload, form([("cat.png", png())])),
            self.service("POST", ApiPath.RUN_SSE),
            self.service("GET", ApiPath.STATE),
            self.service("POST", ApiPath.RENDER),
        ):
            answer = await self.exchange(call().raw())
            self.learn(answer)
            await self.judge(call(), answer)
        for _ in range(self.size):
            await self.step()
            if self.server.process.poll() is not None:
                break
        for writer in self._open:
            writer.close()
        self._drop()
        alive = await self.ask("POST", "/_mock/reset", {"scope": "hub"}, ALIVE_S)
        if alive.status != 200:
            code = self.server.process.poll()
            gone = f"no answer for {ALIVE_S:.0f} s" if code is None else f"the process has ended with {code}"
            self._found("the server no longer answers", f"{gone}\n{self.server.news()}")
            return False
        peak = Usage.of(self.server.pid).peak - before
        if peak > PEAK:
            self._found("an episode takes much memory", f"{peak / 1e6:.0f} MB more than before")
        return True

    async def step(self) -> None:
        """Send one request, or several at once, and look at what comes of it."""
        chance, call = self.chance, self.next()
        self.search.done += 1
        try:
            if chance.random() < 0.3:
                answer = await self.exchange(call.raw(), again=True)
            else:
                answer = await self.attack(call)
        except OSError:
            answer = Answer()  # the server may close a connection at any time
        self.search.outcomes[str(answer.status) if answer.status else "no answer"] += 1
        self.learn(answer)
        await self.judge(call, answer)

    async def judge(self, call: Call, answer: Answer) -> None:
        """Note an answer of 500 or more that was not ordered, an error that is not a sentence, and any line of log."""
        if answer.status >= 500 and not await self._is_ordered(call, answer):
            kind = f"{answer.status} from {call.method} {self._template(call)}"
            self._found(kind, answer.body[:2000].decode("utf-8", "replace"))
        if 400 <= answer.status < 500 and answer.complete and answer.body.startswith(b'{\n "error":'):
            sentence = answer.json().get("error")
            if not (isinstance(sentence, str) and sentence.endswith((".", "?")) and "\n" not in sentence):
                self._found(f"an error of {self._template(call)} is not a sentence", repr(answer.body[:2000]))
        if news := self.server.news():
            self._found(f"log: {log_kind(news)}", news)

    async def _is_ordered(self, call: Call, answer: Answer) -> bool:
        """Return whether the journal says that a fault made this answer."""
        if b"defect of the fake" in answer.body or "/_mock" in call.target:
            return False
        journal = await self.ask("GET", f"{self.world}/_mock/journal?kind=response", None, ALIVE_S)
        lines = [json.loads(line) for line in journal.body.splitlines()]
        return any(line["fault"] for line in lines if line["status"] == answer.status)

    def _found(self, kind: str, words: str) -> None:
        sent = b"\n\n--- next request ---\n\n".join(self.sent[-8:])
        self.search.found(kind, self.case, words, sent, ".http")

    def _template(self, call: Call) -> str:
        path = call.target.partition("?")[0].removeprefix(self.world)
        for value in (self.known.get(name) for name in ("session_id", "render_id", "user_id")):
            path = path.replace(str(value), "ID") if value else path
        return f"{path:.60}"

    # --- ordinary requests --------------------------------------------------------------------------------------------

    def next(self) -> Call:
        """Return an ordinary request to any entrance."""
        chance = self.chance
        if chance.random() < 0.1:
            return self.filled("POST", f"{self.world}{ApiPath.UPLOAD}", self.form())()
        if chance.random() < 0.05:
            return self.filled("GET", str(self.known.get("url", "/")))()
        if chance.random() < 0.55:
            _, method, path, _ = chance.choice(SERVICE)
            return self.service(method, path)()
        route = chance.choice(CONTROL)
        prefix = "" if route.of_all_worlds else self.world
        body = BODIES.get(f"{route.method} {route.path}")
        if route.method == "POST" and route.path == "/faults":
            body = dict(chance.choice(list(KINDS.values())).example)
        if route.method == "POST" and route.path == "/reset":
            body = {"scope": chance.choice(("faults", "journal", "journal", "state", "world"))}
        query = chance.choice(QUERIES) if route.method == "GET" else ""
        return self.filled(route.method, f"{prefix}/_mock{route.path}{query}", None if body is None else (body, b""))()

    def service(self, method: str, path: str) -> Callable[[], Call]:
        """Return an ordinary request of the service."""
        body = BODIES.get(f"{method} {path}")
        return self.filled(method, self.world + path, None if body is None else (body, b""))

    def filled(self, method: str, target: str, content: tuple[object, bytes] | None = None) -> Callable[[], Call]:
        """Return a function that makes the request, with the ids that are known by then in the place of names."""

        def make() -> Call:
            ids = {"user_id": "me", "session_id": "1", "render_id": "render_1", "name": "x", "sha256": "0" * 64}
            ids |= {"filename": "cat.png"} | {key: value for key, value in self.known.items() if isinstance(value, str)}
            named = re.sub(r"\{(\w+)\}", lambda found: quote(str(ids.get(found[1], "x"))), target)
            headers = (b"Authorization: Bearer " + self.token.encode(), b"X-Client-Id: fuzz-%d" % self.case)
            if content is None:
                return Call(method, named, headers=headers)
            body, media = content
            if isinstance(body, bytes):
                return Call(method, named, body, media, headers)
            return Call(method, named, json.dumps(self._fill(body)).encode(), headers=headers)

        return make

    def _fill(self, value: object) -> object:
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            return self.known.get(value[1:-1], value)
        if isinstance(value, dict):
            return {key: self._fill(each) for key, each in value.items()}
        return [self._fill(each) for each in value] if isinstance(value, list) else value

    def form(self) -> tuple[bytes, bytes]:
        """Return a form with some files, of which one may be hostile."""
        chance = self.chance
        files = chance.choices(
            [("cat.png", png()), ("a.gif", gif()), ("s.wav", wav(0.1)), ("p.jpg", PHOTO)], k=chance.randint(1, 3)
        )
        if chance.random() < 0.5:
            files = [(name, mutate_media(data, chance)) for name, data in files]
        return form(files)

    def learn(self, answer: Answer) -> None:
        """Remember the ids, the draft, the snapshot and the links of an answer."""
        found = answer.json()
        if "accounts" in found and "clock" in found:
            self.known["snapshot"] = found
        todo: list[object] = [found]
        while todo:
            node = todo.pop()
            pairs = list(node.items()) if isinstance(node, dict) else []
            for key, value in pairs:
                name = {"id": "render_id", "cdn_url": "url"}.get(key, key)
                if isinstance(value, str) and name in {"session_id", "task_id", "user_id", "render_id", "url"}:
                    self.known[name] = urlsplit(value).path if name == "url" else value
                if key == "draft" and value:
                    self.known["draft"] = value
                todo.append(value)
            todo += node if isinstance(node, list) else []
        self.known.setdefault("render_id", f"render_{self.case}")

    # --- hostile requests ---------------------------------------------------------------------------------------------

    async def attack(self, call: Call) -> Answer:
        """Send a request that is changed in one way, or whose caller behaves oddly."""
        chance = self.chance
        way = chance.randrange(100)
        if way < 45:
            return await self.exchange(self.mutated(call).raw(), again=True)
        if way < 53:
            return await self.exchange(call._replace(target=self.odd_path(call.target)).raw(), again=True)
        if way < 65:
            other = b"Authorization: Bearer " + chance.choice(self.tokens).encode()
            odd = chance.choices((*HEADERS, other, other), k=chance.randint(1, 3))
            length = [b"Content-Length: %d" % len(call.body)] * chance.choice((0, 1, 1, 1, 2))
            return await self.exchange(call.head(*odd, *length) + call.body)
        if way < 70:
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in self.pieces(call.body))
            end = chance.choice((b"0\r\n\r\n", *_CHUNKS))
            return await self.exchange(call.head(b"Transfer-Encoding: chunked") + chunks + end, seconds=HALF_S)
        if way < 74:
            return await self.exchange(call._replace(method=chance.choice(METHODS)).raw())
        if way < 78:
            others = b"".join(self.mutated(self.next()).raw() for _ in range(chance.randint(1, 5)))
            return await self.exchange(call.raw() + others)
        if way < 80:
            return await self.exchange(chance.choice(GARBAGE))
        if way < 83:
            sent = call.head(b"Content-Length: %d" % (len(call.body) + chance.choice((-1, 1, 1000, 10**9)))) + call.body
            return await self.exchange(sent, seconds=HALF_S)
        if way < 87:
            raw = self.mutated(call).raw()
            return await self.exchange(raw[: chance.randrange(len(raw))], leave=chance.choice(("close", "reset")))
        if way < 91:
            return await self.exchange(call.raw(), leave=chance.choice(("close", "reset", "keep")))
        if way < 93:
            return await self.exchange(call.raw(), slowly=True)
        calls = [self.mutated(self.next()).raw() for _ in range(6)]
        return (await asyncio.gather(self.exchange(call.raw()), *map(self.exchange, calls)))[0]

    def mutated(self, call: Call) -> Call:
        """Return the request with another body, of a kind that fits it or not."""
        chance = self.chance
        if b"multipart" in call.media:
            return call._replace(body=mutate_text(call.body, chance))
        way = chance.random()
        if not call.body or way < 0.05:
            body = chance.choice(
                (*RAW[:-3], b"", b"null", b"[]", b"\0", chance.choice(TEXTS).encode("utf-8", "surrogatepass"))
            )
            return call._replace(body=body, media=chance.choice(TYPES))
        if way < 0.15:
            return call._replace(body=mutate_text(call.body, chance), media=chance.choice((call.media, *TYPES)))
        return call._replace(body=json_bytes(mutate_json(json.loads(call.body), chance), chance))

    def odd_path(self, target: str) -> str:
        """Return a path with another part, encoding or query."""
        chance = self.chance
        parts = target.split("/")
        at = chance.randrange(1, len(parts)) if len(parts) > 1 else 0
        odd = chance.choice((*TEXTS, *map(str, NUMBERS[:12])))
        match chance.randrange(5):
            case 0:
                parts[at] = quote(odd[:3000], safe="", errors="surrogatepass")
            case 1:
                parts[at] = chance.choice(
                    ("..", ".", "", "%2e%2e", "%2f", "%00", "%", "%ff", "%ED%A0%80", "a%20b", "*")
                )
            case 2:
                parts[at] += chance.choice(("/", "//", "%00", ";a=b", "?", "#", " ", "\\"))
            case 3:
                query = quote(odd[:3000], safe="=&", errors="surrogatepass")
                return f"{target}?{query}={chance.choice(('', '1', '%', '-1'))}"
            case _:
                return chance.choice(("/w/", "/w/a%2fb", "/w//", "/w/..", "//", "*", "/w/" + "a" * 5000)) + target
        return "/".join(parts)

    def pieces(self, body: bytes) -> list[bytes]:
        """Return the body in some pieces."""
        size = self.chance.choice((1, 7, 1000)) if len(body) < 2000 else 8000
        return [body[at : at + size] for at in range(0, len(body), size)]

    # --- connections --------------------------------------------------------------------------------------------------

    async def ask(self, method: str, target: str, body: object = None, seconds: float = ALIVE_S) -> Answer:
        """Return the answer to a request of our own, which is not part of the attack."""
        call = Call(method, target, b"" if body is None else json.dumps(body).encode())
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 22)
                writer.write(call.raw())
                answer = await read_answer(reader, 1 << 28)
                writer.close()
                return answer
        return Answer()

    async def exchange(
        self, raw: bytes, *, again: bool = False, leave: str = "", slowly: bool = False, seconds: float = ANSWER_S
    ) -> Answer:
        """Send bytes and return the answer; `again` uses a connection that stays open.

        `leave` says how the caller leaves after it has sent: it closes, it resets, or it keeps the connection and never
        reads.
        """
        self.sent.append(raw)
        del self.sent[:-8]
        if again and self._kept is not None and not self._kept[1].is_closing():
            reader, writer = self._kept
        else:
            self._drop()
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port, limit=1 << 20)
        answer = Answer()
        keeps = leave == "keep"
        try:
            async with asyncio.timeout(seconds):
                for part in [raw[at : at + 97] for at in range(0, min(len(raw), 3000), 97)] if slowly else [raw]:
                    writer.write(part)
                    await writer.drain()
                    if slowly:
                        await asyncio.sleep(0)
                if not leave:
                    answer = await read_answer(reader)
        except (TimeoutError, OSError):
            answer.complete = False
        finally:
            if again and answer.complete:
                self._kept = reader, writer
            elif keeps and len(self._open) < 30:
                self._open.append(writer)
            else:
                if leave == "reset":
                    sock: socket.socket = writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                writer.close()
        return answer

    def _drop(self) -> None:
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None


PHOTO: Final = (Path(__file__).parent / "photos/cat.jpg").read_bytes()[:30_000]


def form(files: list[tuple[str, bytes]]) -> tuple[bytes, bytes]:
    """Return a multipart form with these files, and its media type."""
    parts = [
        b'--b0\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in files
    ]
    return b"".join(parts) + b"--b0--\r\n", b"multipart/form-data; boundary=b0"


def log_kind(news: str) -> str:
    """Return one line for what a log says: the error of a traceback and its last place in our code, or the line."""
    lines = news.strip().splitlines()
    places = [each.strip() for each in lines if re.match(r'\s+File ".*nemovideo', each)]
    errors = [each for each in lines if re.match(r"[\w.]+(Error|Exception|Disconnect)(:|$)", each)]
    error = errors[-1] if errors else lines[0]
    place = re.sub(r'.*/([\w.]+)", line \d+, in', r"\1", places[-1]) if places else ""
    return re.sub(r"\d+", "N", f"{error:.80} {place}".strip())


def search(search: Search) -> int:
    """Attack servers until the requests are sent or the time is over; returns the exit code."""
    if not is_supported():
        print("scripts/fuzz http watches a process through /proc, which this system does not have.")
        return 2
    asyncio.run(_attack(search))
    if search.first == 0:
        _crowd(search)
    return search.report()


async def _attack(search: Search) -> None:
    """Attack some servers at once: most of an attack is waiting for answers that do not come."""
    cases = search.cases()
    lanes = LANES if search.count > LANES * EPISODE else 1
    with suppress(StopIteration):
        await asyncio.gather(*(_lane(search, cases) for _ in range(lanes)))


async def _lane(search: Search, cases: Iterator[int]) -> None:
    """Attack one server after the other, each until it no longer answers, or until there are no more cases."""
    is_over = False
    while not is_over:
        with serving("--seed", "1") as server:
            is_over = await _attack_one(search, server, cases)


async def _attack_one(search: Search, server: Server, cases: Iterator[int]) -> bool:
    """Attack one server; returns false if it no longer answers."""
    began, before = machine.stopwatch(), Usage.of(server.pid)
    size = EPISODE if search.count == 1 else max(10, min(EPISODE, search.count // 8))
    for number, case in enumerate(cases):
        if not await Episode(search, server, case, search.chance(case), size).run():
            return False
        if number < WARM:
            before = Usage.of(server.pid)
        if number % 50 == 49:
            print(f"case {case}, {search.done} requests, {Usage.of(server.pid)}", flush=True)
    print(f"{machine.stopwatch() - began:.0f} s")
    search.left(before, await _settled(server, before))
    open_streams = await _leave_streams(server)
    if wrong := await asyncio.to_thread(server.stop):
        search.found("SIGTERM", None, f"with {len(open_streams)} open streams, {wrong}\n{server.news()}")
    elif news := server.news():
        search.found(f"log at the end: {log_kind(news)}", None, news)
    for writer in open_streams:
        writer.close()
    return True


async def _settled(server: Server, before: Usage) -> Usage:
    """Return the usage when it is back to what it was, or after ten seconds."""
    after = Usage.of(server.pid)
    for _ in range(20):
        if after.resident <= before.resident + LEFT and after.descriptors <= before.descriptors:
            break
        await asyncio.to_thread(machine.pause, 0.5)
        after = Usage.of(server.pid)
    return after


async def _leave_streams(server: Server, count: int = 100) -> list[asyncio.StreamWriter]:
    """Open streams that are still running when the server is told to stop."""
    writers: list[asyncio.StreamWriter] = []
    for number in range(count):
        call = Call("GET", f"/w/s{number % 20}/_mock/journal/live")
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(call.raw())
        writers.append(writer)
    await asyncio.to_thread(machine.pause, 0.5)
    return writers


def _crowd(search: Search) -> None:
    """Look at a server that gets more connections than it has descriptors: it answers, and its log stays small."""
    with serving() as server:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
        working = HTTPConnection("127.0.0.1", server.port, timeout=ALIVE_S)
        others: list[socket.socket] = []
        try:
            working.connect()
            address = ("127.0.0.1", server.port)
            others.extend(socket.create_connection(address, timeout=ALIVE_S) for _ in range(3 * FEW))
            for _ in range(20):
                working.request("GET", "/_mock/clock")
                response = working.getresponse()
                response.read()
                if response.status != 200:
                    search.found("a crowd: a working connection is refused", 0, f"{response.status}\n{server.news()}")
                    break
        except (OSError, HTTPException) as error:
            search.found("a crowd: a working connection is not answered", 0, f"{error!r}\n{server.news()}")
        finally:
            working.close()
            for each in others:
                each.close()
        if server.log.stat().st_size > LOG or "Traceback" in server.news():
            search.found("a crowd: the log grows", 0, f"{server.log.stat().st_size} bytes of log")
        if wrong := server.stop():
            search.found("a crowd: SIGTERM", 0, wrong)
