"""A run deletes the worlds that it has created in a fake, and names the worlds that it may not delete."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.exchange import Call, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.suite import worlds as module
from nemovideo_contract.suite.worlds import Worlds
from nemovideo_contract.targets import ENV_CONTROL_TOKEN
from nemovideo_contract.wire import Path
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

STUB = Settings(quality="stub", clock="virtual")


def made(server: RunningServer, worlds: Worlds) -> list[str]:
    """The names of two new worlds."""
    assert [worlds.make() for _ in range(2)] == [server.url_of(name) for name in worlds.names]
    return list(worlds.names)


def test_only_worlds_of_the_run_are_deleted() -> None:
    with running(STUB) as server:
        server.world_registry.runtime_from_any_thread("friday")
        worlds = Worlds(server.url, {})
        assert len(made(server, worlds)) == 2
        worlds.delete()
        assert list(server.world_registry.runtimes) == ["default", "friday"]
        assert (worlds.names, worlds.summary_lines()) == ([], [])
        worlds.delete()


def test_a_world_that_somebody_else_has_deleted_is_no_trouble() -> None:
    with running(STUB) as server:
        worlds = Worlds(server.url, {})
        first, _ = made(server, worlds)
        Worlds(server.url, {}, [first]).delete()
        worlds.delete()
        assert (worlds.summary_lines(), list(server.world_registry.runtimes)) == ([], ["default"])


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_control_api_that_wants_a_token_leaves_them_and_the_receipt_names_them(token: str | None) -> None:
    with running(Settings(quality="stub", clock="virtual", control_token="sesame")) as server:
        worlds = Worlds(server.url, {} if token is None else {ENV_CONTROL_TOKEN: token})
        names = made(server, worlds)
        worlds.delete()
        (told,) = worlds.summary_lines()
        why = "its control API refuses; set NEMO_MOCK_TOKEN to its token"
        assert told == f"2 worlds of this run remain in the fake ({why}): {', '.join(names)}"
        Worlds(server.url, {ENV_CONTROL_TOKEN: "sesame"}, names).delete()
        assert list(server.world_registry.runtimes) == ["default"]


def test_a_fake_that_has_gone_is_told_of() -> None:
    with running(STUB) as server:
        worlds = Worlds(server.url, {})
        made(server, worlds)
    worlds.delete()
    (told,) = worlds.summary_lines()
    assert told.startswith("2 worlds of this run remain in the fake (ConnectError: ")


def test_a_world_goes_with_its_uploads_also_where_one_is_arriving_meanwhile() -> None:
    with running(STUB) as server:
        worlds = Worlds(server.url, {})
        url = worlds.make()
        assert url is not None
        token = "nmv_usr_test_funded"
        with Driver(url) as driver:
            call = Call("create_session", "POST", Path.SESSION.format(user_id="me"), {}, token, {"task_name": "x"})
            session_id = driver.send(call).text("data", "session_id")
            path = Path.UPLOAD.format(user_id="me", session_id=session_id)
            assert driver.send(Call("upload", "POST", path, {}, token, (File("a.png", png()),))).code == 0
        uploads = server.world_registry.storage.root / "uploads"
        assert len(list(uploads.iterdir())) == 1
        with server.world_registry.storage.receiving():
            worlds.delete()
            assert len(list(uploads.iterdir())) == 1
        assert list(uploads.iterdir()) == []


@contextmanager
def deleting(act: Callable[[], object]) -> Generator[str]:
    """Run a server that acts before it accepts each deletion; yield its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            act()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_ctrl_c_and_sigterm_during_the_deletion_leave_no_world_behind() -> None:
    received: list[int] = []

    def interrupt() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)

    before = {
        number: signal.signal(number, lambda got, _: received.append(got)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with deleting(interrupt) as url:
            worlds = Worlds(url, {}, ["a", "b"])
            worlds.delete()
            assert (worlds.names, worlds.trouble, received) == ([], None, [])
            os.kill(os.getpid(), signal.SIGINT)
            assert received == [signal.SIGINT]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_deletion_that_never_ends_is_given_up_and_the_worlds_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0)
    monkeypatch.setattr(module, "TIMEOUT_S", 600)
    goes_on = threading.Event()
    with deleting(goes_on.wait) as url:
        worlds = Worlds(url, {}, ["a", "b"])
        worlds.delete()
        goes_on.set()
        (told,) = worlds.summary_lines()
    assert told == "2 worlds of this run remain in the fake (its control API takes longer than 0 s): a, b"
