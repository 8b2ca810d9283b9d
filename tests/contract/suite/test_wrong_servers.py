"""Another server answers at the address: the first answer shows it, and the run does not wait for long."""

from __future__ import annotations

import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
import trustme

from nemovideo_contract.allowed_hosts import ENV_ALLOWED_HOSTS
from nemovideo_contract.http import driver as driver_module
from nemovideo_contract.http.driver import Driver, Timeouts
from nemovideo_contract.http.errors import CallNotAllowed, Unreachable
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite import profile_detection
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.profile_detection import NotTheService
from nemovideo_contract.targets import Target, fake
from tests.guards import HANG_S

#: The patience of these tests, in seconds; a test shortens what it is about alone, so that no other limit comes first.
LONG = Timeouts(connect=HANG_S, read=HANG_S, answer=HANG_S, stream_read=HANG_S, stream=HANG_S)
FOR_THE_NEXT_BYTE = replace(LONG, read=0.2, stream_read=0.2)
FOR_THE_END = replace(LONG, answer=0.4, stream=0.4)
BEGINS_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
BEGINS_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

Manner = Callable[[socket.socket, threading.Event], None]


@contextmanager
def behaving(behavior: Manner) -> Generator[str]:
    """Open a port on this machine where each connection is handled in this way; the event says that it is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def meet(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(HANG_S)
                behavior(connection, over)

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    threads.append(threading.Thread(target=meet, args=(listener.accept()[0],), daemon=True))
                    threads[-1].start()

        threads = [threading.Thread(target=accept, daemon=True)]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            for thread in threads:
                thread.join()


def hangs(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    over.wait()


def closes(connection: socket.socket, over: threading.Event) -> None:
    del over
    connection.recv(65536)


def streams_for_ever(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(BEGINS_STREAM)
    while not over.wait(0.01):
        connection.sendall(b'data: {"type":"heartbeat"}\n\n')


def drips(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(BEGINS_JSON)
    while not over.wait(0.05):
        connection.sendall(b" ")


def never_ends(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(BEGINS_JSON)
    while not over.is_set():
        connection.sendall(b"x" * 65536)


def knows_tls_alone(connection: socket.socket, over: threading.Event) -> None:
    del over
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType] -- OpenSSL's own contexts have no types
    context.wrap_socket(connection, server_side=True)


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Timeouts:
    """How long a first answer is waited for."""
    patience: Timeouts = getattr(request, "param", LONG)
    monkeypatch.setattr(profile_detection, "FIRST", patience)
    monkeypatch.setattr(driver_module, "FIRST", patience)
    return patience


@contextmanager
def context_at(url: str) -> Generator[Context]:
    """Yield a context at an address."""
    with Driver(url) as driver:
        yield Context(fake(url), driver, SpendingLimits(None), Profile())


@pytest.mark.parametrize(
    ("behavior", "patience", "came"),
    [
        (hangs, FOR_THE_NEXT_BYTE, "no answer: nothing came in time"),
        (closes, LONG, "no answer: "),
        (streams_for_ever, FOR_THE_END, "not ended after 0.4 s"),
        (drips, FOR_THE_END, "not ended after 0.4 s"),
        (never_ends, LONG, "it has more than 4194304 bytes"),
        (knows_tls_alone, LONG, "does it want https://?"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
    indirect=["patience"],
)
@pytest.mark.usefixtures("patience")
def test_a_wrong_server_is_found_out_by_its_first_answer(behavior: Manner, came: str) -> None:
    with behaving(behavior) as url, context_at(url) as context:
        with pytest.raises(NotTheService) as found:
            profile_detection.detect_profile(context, None)
        assert sum(context.spending.calls.values()) == 1
    assert str(found.value).startswith(f"{url} is not the service.")
    assert came in str(found.value)
    assert len(str(found.value)) < 1000


def test_a_port_that_nobody_listens_on_is_unreachable() -> None:
    with behaving(closes) as url:
        pass
    with context_at(url) as context, pytest.raises(Unreachable, match="can't be reached: ConnectError"):
        profile_detection.detect_profile(context, None)


def test_https_to_a_server_without_it_says_so() -> None:
    with behaving(closes) as url, context_at(url.replace("http:", "https:")) as context, pytest.raises(Unreachable):
        profile_detection.detect_profile(context, None)


def test_a_server_that_stops_answering_ends_the_run_after_three_calls() -> None:
    call = Call("credits", "GET", "/api/credits/balance/simple", {})
    with behaving(hangs) as url, Driver(url) as driver:
        driver.patience = FOR_THE_NEXT_BYTE
        assert [driver.send(call).status for _ in range(2)] == [0, 0]
        with pytest.raises(Unreachable, match="has not answered the last 3 calls: nothing came in time"):
            driver.send(call)


def test_a_server_of_this_machine_leads_nobody_away_from_it() -> None:
    with Driver("http://127.0.0.1:9") as driver:
        answer = driver.send(Call("", "GET", "", {}, url="http://192.0.2.1/film.mp4"))
    assert answer.status == 0
    assert "192.0.2.1" in str(answer.broken)


@pytest.mark.parametrize("path", [".evil.example/x", "@evil.example/x", ":1/x", "http://evil/x", "\x00"])
def test_no_path_leads_a_call_to_another_server(path: str) -> None:
    for base_url in ("https://mega-api-prod.nemovideo.ai", "http://127.0.0.1:9"):
        with Driver(base_url) as driver, pytest.raises(CallNotAllowed, match=r"may be called|makes no URL"):
            driver.send(Call("credits", "GET", path, {}, "nmv_usr_real"))


def test_no_token_goes_to_an_address_that_a_server_gives() -> None:
    with Driver("https://mega-api-prod.nemovideo.ai") as driver, pytest.raises(CallNotAllowed, match="may be called"):
        driver.send(Call("", "GET", "", {}, "nmv_usr_real", url="https://cdn.example.com/film.mp4"))


def test_nothing_beyond_the_allowed_hosts_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_ALLOWED_HOSTS, "")
    with Driver("https://mega-api-prod.nemovideo.ai") as driver:
        for url in (None, "https://cdn.example.com/film.mp4"):
            with pytest.raises(CallNotAllowed, match="allows only this machine"):
                driver.send(Call("", "GET", "/", {}, url=url))


def test_headers_that_drip_for_ever_are_waited_for_no_longer_than_an_answer() -> None:
    def drips(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            while not over.wait(0.02):
                connection.sendall(b"X-More: 1\r\n")

    with behaving(drips) as url, Driver(url) as driver:
        driver.patience = replace(LONG, answer=0.2)
        answer = driver.send(Call("credits", "GET", "/x", {}))
        assert (answer.status, answer.broken) == (0, "its headers have not ended after 0.2 s")
        driver.send(Call("credits", "GET", "/x", {}))
        with pytest.raises(Unreachable, match="has not answered the last 3 calls: its headers"):
            driver.send(Call("credits", "GET", "/x", {}))


def test_json_that_is_nested_too_deep_is_no_object() -> None:
    call = Call("credits", "GET", "/x", {})
    deep = Answer(call, 200, {"content-type": "application/json"}, b'{"a":' * 100_000, 0.0)
    assert (deep.object, deep.code) == (None, None)
    long = Answer(call, 200, {}, b'{"code": "' + b"9" * 5000 + b'"}', 0.0)
    assert long.code is None


def test_a_server_that_knows_no_test_token_is_asked_for_an_anonymous_one() -> None:
    def serves(connection: socket.socket, over: threading.Event) -> None:
        body = b'{"code": 1001, "message": "Who are you?"}'
        while not over.is_set() and connection.recv(65536):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head + body)

    with behaving(serves) as url, Driver(url) as driver:
        context = Context(fake(url), driver, SpendingLimits(None), Profile())
        with pytest.raises(AssertionError, match="token-anonymous"):
            profile_detection.detect_profile(context, None)
        assert context.target == Target("mock", url, spends=None)
        assert context.spending.calls["anonymous_token"] == 1


def test_a_small_answer_that_unpacks_to_a_large_one_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "LONGEST", 500_000)
    packed = zlib.compress(zlib.compress(bytes(50_000_000), wbits=31), wbits=31)

    def bomb(connection: socket.socket, over: threading.Event) -> None:
        del over
        body = packed if b"/twice" in connection.recv(65536) else zlib.decompress(packed, wbits=31)
        coding = b"gzip, gzip" if body is packed else b"gzip"
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (coding, len(body)) + body
        )

    with behaving(bomb) as url, Driver(url) as driver:
        tracemalloc.start()
        try:
            once, twice = (driver.send(Call("get_state", "GET", path, {})) for path in ("/once", "/twice"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert once.broken == "it has more than 500000 bytes"
    assert (twice.content, twice.encoding) == (packed, "gzip, gzip")
    assert peak < 4_000_000


def test_the_answer_to_a_body_that_is_sent_slowly_is_not_read_to_its_end() -> None:
    with behaving(never_ends) as url, Driver(url) as driver:
        assert driver.send_slowly(Call("upload", "POST", "/api", {}, body=b"x"), iter([b"x"])) == 200
