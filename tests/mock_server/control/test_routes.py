"""What all calls share: errors as one sentence with a fitting status, limited bodies, and a page for people."""

from __future__ import annotations

import socket

import httpx
import pytest

from nemovideo_mock.control.control_request import BODY_LIMIT
from nemovideo_mock.control.routes import ROUTES
from tests.mock_server.control.stage import error, fake

BODIES = [
    b"{", b"[]", b"3", b"null", b'"x"', b"\xff\xfe", b"NaN", b'{"seconds": 1e999}', b'{"a": ' * 5000, b'{"\\ud800": 1}',
    b'"\xed\xa0\x80"', b'{"a": 1, "a": 2}',
]  # fmt: skip


def filled(path: str) -> str:
    return "/_mock" + path.replace("{name}", "nobody")


def test_the_overview_lists_every_call() -> None:
    with fake() as http:
        overview = http.get("/_mock/").json()
        assert [(each["method"], each["path"]) for each in overview["routes"]] == [
            (route.method, f"/_mock{route.path}") for route in ROUTES
        ]
        assert overview["version"] == "0.1.0"
        assert overview["seed"] == 0


#: Calls with a number, written as N, that the caller chooses.
NUMBERS = {
    "/clock/advance": '{"seconds": N}',
    "/clock/wait": '{"until": N, "patience": N}',
    "/clock/mode": '{"mode": "virtual", "speed": N}',
    "/accounts": '{"credits": N, "expires_in": N}',
    "/credits": '{"account": "ada", "available": N}',
    "/faults": '{"kind": "latency", "delay": N}',
    "/worlds": '{"name": "a", "seed": N}',
    "/scenario": '{"seed": N, "clock": {"speed": N}}',
    "/profile": '{"retry_after": N}',
    "/snapshot": '{"format": "nemovideo-mock-world", "format_version": 1, "seed": N, "speed": N}',
}


@pytest.mark.parametrize("number", ["9" * 20, "-" + "9" * 99, "9" * 400, "9" * 5000, "1e400"])
def test_a_number_of_any_length_is_refused_before_anything_changes(number: str) -> None:
    with fake() as http:
        http.post("/_mock/accounts", json={"user_id": "ada"})
        before = http.get("/_mock/snapshot").json()
        for path, body in NUMBERS.items():
            method = "PUT" if path in {"/profile", "/snapshot"} else "POST"
            sent = body.replace("N", number).encode()
            answer = http.request(method, f"/_mock{path}", content=sent, headers={"Content-Type": "application/json"})
            assert error(answer, 400).endswith("."), path
        assert http.get("/_mock/snapshot").json() == before
        assert http.get("/_mock").json()["worlds"] == ["default"]


def test_every_call_with_a_body_refuses_invalid_bodies() -> None:
    with fake() as http:
        for route in ROUTES:
            if route.method in {"POST", "PUT"}:
                for body in BODIES:
                    answer = http.request(
                        route.method, filled(route.path), content=body, headers={"Content-Type": "application/json"}
                    )
                    # An account and a scenario may be empty.
                    assert answer.status_code < 500, (route.path, body, answer.text)
                    if answer.status_code != 200:
                        error(answer, 400)
                    else:
                        assert (route.path, body) in {("/scenario", b"null"), ("/faults", b"[]")}, (route.path, body)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method in {"POST", "PUT"}], ids=lambda r: r.path)
def test_a_body_of_another_type_or_size_is_refused(route: object) -> None:
    assert isinstance(route, type(ROUTES[0]))
    with fake() as http:
        assert "Content-Type" in error(http.request(route.method, filled(route.path), content=b"{}"), 415)
        if route.path not in {"/snapshot", "/scenario"}:
            big = b" " * (BODY_LIMIT + 1)
            headers = {"Content-Type": "application/json"}
            answer = http.request(route.method, filled(route.path), content=big, headers=headers)
            assert error(answer, 413) == f"The body is longer than {BODY_LIMIT} bytes."


@pytest.mark.parametrize("path", ["/_mock/nothing", "/_mock//clock", "/_mock/clock/now", "/_mockery"])
def test_paths_that_there_are_not_are_not_found(path: str) -> None:
    with fake() as http:
        assert http.get(path).status_code == 404


def test_a_slash_at_the_end_changes_nothing() -> None:
    with fake() as http:
        assert http.get("/_mock/clock/").json() == http.get("/_mock/clock").json()


def test_a_method_that_a_path_does_not_take_is_named_with_those_it_does() -> None:
    with fake() as http:
        answer = http.put("/_mock/faults")
        assert error(answer, 405) == "/_mock/faults takes DELETE, GET, POST, not PUT."
        assert answer.headers["allow"] == "DELETE, GET, POST"
        assert http.options("/_mock/clock").status_code == 405


def test_a_head_request_returns_only_the_headers() -> None:
    with fake() as http:
        answer = http.head("/_mock/clock")
        assert (answer.status_code, answer.content) == (200, b"")


def test_parameters_that_a_call_does_not_know_are_refused() -> None:
    with fake() as http:
        assert error(http.get("/_mock/snapshot?file=true"), 400).startswith("There is no parameter 'file' here")
        assert error(http.get("/_mock/snapshot?files=yes"), 400) == "files must be true or false."


def test_people_find_a_page_that_says_what_this_is() -> None:
    with fake() as http:
        answer = http.get("/")
        assert answer.headers["content-type"].startswith("text/plain")
        assert "fake of the NemoVideo service" in answer.text
        assert f"{http.base_url}/_mock" in answer.text
        assert error(http.post("/"), 405)


def test_a_caller_that_leaves_in_the_middle_of_its_body_harms_nothing() -> None:
    with fake() as http:
        address = (http.base_url.host, http.base_url.port)
        with socket.create_connection((str(address[0]), int(address[1] or 0))) as sock:
            sock.sendall(
                b"PUT /_mock/profile HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
                b"Content-Type: application/json\r\n\r\n{"
            )
        answer: httpx.Response = http.get("/_mock/profile")
        assert answer.json()["profile"] == {"name": "seeds"}
