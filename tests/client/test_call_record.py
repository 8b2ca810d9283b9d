from __future__ import annotations

import json
import shlex
from pathlib import Path

import httpx
import pytest

from nemovideo_client import AsyncClient, Call, Client, NemoError, Session
from nemovideo_client.call_record import record_call
from nemovideo_client.flows.effects import Request

from .fake_edge import BASE, SECRET, Edge
from .still_clock import AsyncStillClock, StillClock

SESSION = Session("55", "task_1")
TOKEN = "a-token-of-another-form"


def of(request: Request) -> Call:
    return record_call(request, size=0, status=200, seconds=0.5)


def bearing(url: str, body: bytes | None = None, method: str = "POST") -> Request:
    return Request(method, url, (("Authorization", f"Bearer {TOKEN}"), ("X-Client-Id", "me")), body)


def test_every_call_is_reported_with_its_result(tmp_path: Path) -> None:
    calls: list[Call] = []
    edge = Edge(credits=lambda _: httpx.Response(500, json={}))
    with Client(
        BASE, client_id="me", clock=StillClock(), transport=edge.transport(), environ={}, on_call=calls.append
    ) as nemo:
        nemo.say(SESSION, "make it").read()
        photo = tmp_path / "a.jpg"
        photo.write_bytes(b"x" * 1000)
        nemo.upload(SESSION, photo)
        with pytest.raises(NemoError):
            nemo.credits()

    assert [(call.method, httpx.URL(call.url).path, call.status) for call in calls] == [
        ("POST", "/api/auth/anonymous-token", 200),
        ("GET", "/api/state/nemo_agent/me/55/latest", 200),
        ("POST", "/run_sse", 200),
        ("POST", "/api/upload-video/nemo_agent/me/55", 200),
        *[("GET", "/api/credits/balance/simple", 500)] * 4,
    ]
    upload = next(call for call in calls if call.files)
    assert upload.size > 1000
    assert SECRET not in repr(calls) + "".join(str(call) + call.curl() for call in calls)


@pytest.mark.anyio
async def test_both_clients_report_a_failed_call() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    told: list[Call] = []
    edge = httpx.MockTransport(fail)
    with (
        Client(BASE, token=TOKEN, clock=StillClock(), transport=edge, environ={}, on_call=told.append) as nemo,
        pytest.raises(NemoError),
    ):
        nemo.session()
    async with AsyncClient(
        BASE, token=TOKEN, clock=AsyncStillClock(), transport=edge, environ={}, on_call=told.append
    ) as twin:
        with pytest.raises(NemoError):
            await twin.session()

    first, second = told
    assert first == second
    assert (first.status, first.error) == (
        None,
        "The service could not be reached. Is the address right, and the network up?",
    )
    assert TOKEN not in repr(told)


def test_the_curl_command_repeats_the_call_with_the_token_from_the_environment() -> None:
    body = json.dumps({"text": "it's $HOME `x`", "token": TOKEN}).encode()

    line = of(bearing(f"{BASE}/run_sse", body)).curl()

    assert '"Authorization: Bearer $NEMO_TOKEN"' in line
    assert '"X-Client-Id: ${NEMO_CLIENT_ID:-$(cat ~/.config/nemovideo/client_id)}"' in line
    assert TOKEN not in line
    words = shlex.split(line)
    assert words[:3] == ["curl", "-sS", f"{BASE}/run_sse"]
    assert json.loads(words[words.index("--data-raw") + 1]) == {"text": "it's $HOME `x`", "token": "***"}


def test_the_curl_command_names_the_method_that_curl_would_not_guess() -> None:
    assert "-X" not in of(bearing(BASE + "/a", method="GET")).curl()
    assert "-X POST" in of(bearing(BASE + "/a")).curl()
    stream = Request("POST", BASE, (("Accept", "text/event-stream"),), b"{}")
    assert " -N " in of(stream).curl()


def test_the_curl_command_sends_files_as_a_form() -> None:
    call = of(Request("POST", BASE, files=(Path("/a b/c.jpg"), Path("/d;e.jpg"))))

    assert shlex.split(call.curl())[-4:] == ["-F", "files=@/a b/c.jpg", "-F", 'files=@"/d;e.jpg"']


def test_an_address_is_shown_without_passwords_and_signatures() -> None:
    assert of(Request("GET", "https://cdn.example/x?Signature=abc")).url == "https://cdn.example/x?***"
    assert of(Request("GET", f"{BASE}/x?X-Amz-Signature=abc")).url == f"{BASE}/x?***"
    assert of(Request("GET", "https://user:secret@cdn.example/f")).url == "https://***@cdn.example/f"
    assert of(Request("GET", f"{BASE}/x")).url == f"{BASE}/x"
    assert of(Request("GET", f"{BASE}/{SECRET}")).url == f"{BASE}/nmv_usr_***"
