"""Fetching by URL, from a server on loopback in place of the internet."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from nemovideo_mock.http.endpoints import uploads
from nemovideo_mock.http.url_fetch import MAX_REDIRECTS, Fetcher, FetchError, is_public
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S
from tests.leaks import nothing_left_open

PHOTO = (Path(__file__).parents[3] / "scripts/photos/cat.jpg").read_bytes()
#: Another address of this machine, in place of one in a private network.
PRIVATE = "127.0.0.2"


@dataclass
class Origin:
    """A web server: its content by path, and its requests (path and Host header)."""

    port: int = 0
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(
        default_factory=dict[str, tuple[int, dict[str, str], bytes]]
    )
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    looked_up: list[str] = field(default_factory=list[str])
    silence: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, host: str = "photos.example") -> str:
        return f"http://{host}:{self.port}{path}"

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Resolve all names to this machine, except for a few."""
        del port
        self.looked_up.append(host)
        if host == "nowhere.example":
            raise OSError
        return {"inside.example": [PRIVATE], "mixed.example": ["127.0.0.1", PRIVATE]}.get(host, ["127.0.0.1"])

    def fetcher(self, patience: float = 30) -> Fetcher:
        return Fetcher(resolve=self.resolve, allow=lambda address: address == "127.0.0.1", patience=patience)


@pytest.fixture
def origin() -> Iterator[Origin]:
    origin = Origin()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            origin.asked.append((self.path, self.headers["Host"]))
            if self.path == "/silent.jpg":
                origin.silence.wait(HANG_S)
                self.close_connection = True
                return
            status, headers, body = origin.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # has received enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    origin.pages["/cat.jpg"] = (200, {"Content-Type": "text/plain"}, PHOTO)
    yield origin
    origin.silence.set()
    server.shutdown()
    thread.join()
    server.server_close()


async def fetched(fetcher: Fetcher, url: str) -> bytes:
    async with fetcher.open(url) as pieces:
        return b"".join([piece async for piece in pieces])


@pytest.mark.anyio
async def test_a_file_comes_from_the_checked_address_with_the_requested_host_name(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert await fetched(origin.fetcher(), origin.url("/cat.jpg")) == PHOTO

    assert origin.asked == [("/cat.jpg", f"photos.example:{origin.port}")]
    assert origin.looked_up == ["photos.example"]


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["inside.example", "mixed.example"])
async def test_a_host_with_one_address_that_isnt_public_is_not_asked(host: str, origin: Origin) -> None:
    with pytest.raises(FetchError, match=rf"^The host {host} is not on the public internet, and nothing else is"):
        await fetched(origin.fetcher(), origin.url("/cat.jpg", host))

    assert origin.asked == []


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:127.0.0.1]"])
async def test_by_default_this_machine_is_not_the_internet_however_it_is_spelled(host: str, origin: Origin) -> None:
    with pytest.raises(FetchError, match=r"is not on the public internet|has no address"):
        await fetched(Fetcher(), origin.url("/cat.jpg", host))

    assert origin.asked == []


@pytest.mark.anyio
async def test_redirects_are_followed_a_few_times(origin: Origin) -> None:
    for number in range(MAX_REDIRECTS + 1):
        onward = "/cat.jpg" if number == 0 else origin.url(f"/hop{number - 1}", f"hop{number}.example")
        origin.pages[f"/hop{number}"] = (302, {"Location": onward}, b"")

    assert await fetched(origin.fetcher(), origin.url(f"/hop{MAX_REDIRECTS - 1}")) == PHOTO
    with pytest.raises(FetchError, match=r"^The URL redirects more than 3 times\.$"):
        await fetched(origin.fetcher(), origin.url(f"/hop{MAX_REDIRECTS}"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("http://inside.example/x.jpg", "The host inside.example is not on the public internet"),
        ("file:///etc/passwd", "Only http and https URLs are fetched."),
        ("ftp://photos.example/cat.jpg", "Only http and https URLs are fetched."),
        ("http://me:secret@photos.example/", "The fake does not fetch a URL with a user name or password."),
        ("http://[broken", "The URL could not be fetched: "),
        ("http://xn--/a.jpg", "The URL could not be fetched: "),
        ("http://xn--a-\u00fc.example/", "The URL could not be fetched: "),
        ("http://photos.example:0/", "The URL has the invalid port 0."),
    ],
)
async def test_a_redirect_is_checked_as_the_first_url_was(location: str, sentence: str, origin: Origin) -> None:
    origin.pages["/hop"] = (301, {"Location": location}, b"")

    with pytest.raises(FetchError) as failure:
        await fetched(origin.fetcher(), origin.url("/hop"))

    assert str(failure.value).startswith(sentence)
    assert [path for path, _ in origin.asked] == ["/hop"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("/gone.jpg", "The URL answered with HTTP status 404."),
        ("/gzip.jpg", "The URL answered with a compressed body, which was not asked for."),
        ("/short.jpg", "The URL could not be fetched: "),
        ("http://nowhere.example/cat.jpg", "The host nowhere.example has no address."),
        ("http://photos.example:1/cat.jpg", "The URL could not be fetched: "),
        ("http://photos.example:99999/cat.jpg", "The URL has the invalid port 99999."),
        (f"http://{'x' * 70}.example/cat.jpg", "The "),
        ("ftp://photos.example/cat.jpg", "Only http and https URLs are fetched."),
        ("http://xn--/a.jpg", "The URL could not be fetched: "),
        ("http://xn--0.example/a.jpg", "The "),
    ],
)
async def test_a_failed_fetch_is_explained_in_one_sentence(url: str, sentence: str, origin: Origin) -> None:
    origin.pages["/gzip.jpg"] = (200, {"Content-Encoding": "gzip"}, PHOTO)
    origin.pages["/short.jpg"] = (200, {"Content-Length": "1000000", "Connection": "close"}, PHOTO)

    with pytest.raises(FetchError) as failure:
        await fetched(origin.fetcher(), origin.url(url) if url.startswith("/") else url)

    assert str(failure.value).startswith(sentence)
    assert str(failure.value).endswith(".")


@pytest.mark.anyio
async def test_a_server_that_says_nothing_is_given_up(origin: Origin) -> None:
    with pytest.raises(FetchError, match=r"^The URL did not deliver its file within 0\.2 s\.$"):
        await fetched(origin.fetcher(patience=0.2), origin.url("/silent.jpg"))


@pytest.mark.anyio
async def test_a_server_that_is_given_up_in_the_middle_of_the_tls_handshake_leaves_no_connection() -> None:
    with nothing_left_open(), socket.create_server(("127.0.0.1", 0)) as silent:
        origin = Origin(silent.getsockname()[1])
        url = origin.url("/cat.jpg").replace("http:", "https:")
        with pytest.raises(FetchError, match=r"^The URL did not deliver its file within 0\.2 s\.$"):
            await fetched(origin.fetcher(patience=0.2), url)


@pytest.mark.anyio
async def test_a_fetch_that_is_cancelled_in_the_middle_of_the_tls_handshake_leaves_no_connection() -> None:
    async def begin_and_cancel(silent: socket.socket) -> None:
        origin = Origin(silent.getsockname()[1])
        task = asyncio.create_task(fetched(origin.fetcher(), origin.url("/cat.jpg").replace("http:", "https:")))
        loop = asyncio.get_running_loop()
        connection, _ = await loop.sock_accept(silent)
        with connection:
            assert await loop.sock_recv(connection, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with nothing_left_open(), socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        await begin_and_cancel(silent)  # the task is gone with its frame


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("2002:5db8:d70e::1", True),
        ("64:ff9b::5db8:d70e", True),
        *[
            (address, False)
            for address in (
                *("127.0.0.1", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
                *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
                *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
                *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::1", "2002:a00:1::"),
                *(
                    "192.0.0.8",
                    "192.0.0.9",
                    "192.0.0.192",
                    "192.88.99.1",
                    "192.31.196.1",
                    "192.52.193.1",
                    "192.175.48.1",
                ),
                *("64:ff9b::c000:8", "::ffff:192.0.0.192", "2002:c000:8::1", "3fff::1", "3fff:fff:ffff::1"),
                *("2001:1::1", "2001:20::1", "2620:4f:8000::1", "5f00::1"),
                *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001::1", "100::1", "", "localhost"),
            )
        ],
    ],
)
def test_only_addresses_of_the_internet_at_large_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


# --- through the fake -------------------------------------------------------------------------------------------------

Upload = Callable[[list[str]], dict[str, object]]


@pytest.fixture
def upload(tmp_path: Path) -> Iterator[Upload]:
    """Upload by URL to a fake that may fetch, and return the body of the response."""
    settings = Settings(quality="stub", clock="virtual", allow_fetch=True, size_limit=1_000_000, directory=tmp_path)
    with running(settings) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        token = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "x"}).json()["data"]["token"]
        http.headers.update({"Authorization": f"Bearer {token}"})
        session = http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"}).json()["data"]
        path = f"/api/upload-video/nemo_agent/me/{session['session_id']}"

        def upload(urls: list[str]) -> dict[str, object]:
            answer = http.post(path, json={"urls": urls, "source_type": "url"})
            told: dict[str, object] = answer.json()
            state = http.get(f"/api/state/nemo_agent/me/{session['session_id']}/latest").json()["data"]["state"]
            assert len(state["video_infos"]) == (len(urls) if told["code"] == 0 else 0)
            assert list((tmp_path / "incoming").iterdir()) == []
            return told

        yield upload


def test_a_fetched_file_is_measured_and_served_like_any_other(
    upload: Upload, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "fetcher", origin.fetcher)
    origin.pages["/moved.jpg"] = (302, {"Location": "/cat.jpg"}, b"")

    told = upload([origin.url("/cat.jpg"), origin.url("/moved.jpg")])

    assert told["code"] == 0, told
    data = json.loads(json.dumps(told["data"]))
    assert [(file["filename"], file["width"], file["hash"]) for file in data["files"]] == [
        (name, 451, hashlib.sha256(PHOTO).hexdigest()) for name in ("cat.jpg", "moved.jpg")
    ]
    assert httpx.get(data["files"][0]["cdn_url"], trust_env=False, timeout=HANG_S).content == PHOTO


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("/page.jpg", 4001, "page.jpg is not a readable media file;"),
        ("/cat.mp4", 4001, "cat.mp4 is a video by its name but an image by its content;"),
        ("/large.wav", 4002, "large.wav is larger than 1 MB."),
        ("/gone.jpg", 400, "The URL answered with HTTP status 404."),
    ],
)
def test_fetched_files_are_checked_like_uploads_and_accepted_all_or_none(
    path: str, code: int, sentence: str, upload: Upload, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "fetcher", origin.fetcher)
    origin.pages["/page.jpg"] = (200, {"Content-Type": "image/jpeg"}, b"<html>" + bytes(50_000))
    origin.pages["/cat.mp4"] = (200, {"Content-Type": "video/mp4"}, PHOTO)
    origin.pages["/large.wav"] = (200, {}, b"RIFF\0\0\0\0WAVEfmt " + bytes(20_000_000))

    told = upload([origin.url("/cat.jpg"), origin.url(path)])

    assert told["code"] == code
    assert str(told["message"]).startswith(sentence)


def test_a_fake_that_may_fetch_still_fetches_nothing_from_this_machine(upload: Upload, origin: Origin) -> None:
    told = upload([origin.url("/cat.jpg", "127.0.0.1")])

    assert told["code"] == 400
    assert told["message"] == "The host 127.0.0.1 is not on the public internet, and nothing else is fetched."
    assert origin.asked == []


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@pytest.mark.anyio
async def test_a_name_that_changes_its_mind_after_the_check_is_not_asked_again(origin: Origin) -> None:
    answers = iter([["127.0.0.1"], [PRIVATE]])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    fetcher = Fetcher(resolve=resolve, allow=lambda address: address == "127.0.0.1", patience=30)

    assert await fetched(fetcher, origin.url("/cat.jpg")) == PHOTO
    with pytest.raises(FetchError, match="is not on the public internet"):
        await fetched(fetcher, origin.url("/cat.jpg"))
