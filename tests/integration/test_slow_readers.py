"""Participants of a virtual clock whose bytes the fake leaves lying, and who leave before it has noticed."""

from __future__ import annotations

import io
import wave
from contextlib import AbstractContextManager, ExitStack

import httpx
import pytest

from nemovideo_contract.profiles import Profile
from nemovideo_harness.virtual_time import AsyncVirtualTimeTransport, VirtualTimeTransport
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.journal import EndEntry
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

#: More than what the fake reads ahead (64 KiB), and more than what two sockets' buffers hold.
SIZES = (300_000, 12_000_000)
BEARER = {"Authorization": f"Bearer {token_of('slow')}"}


def server() -> AbstractContextManager[RunningServer]:
    return running(Settings(quality="stub", clock="virtual", profile=Profile(silent="never")))


def sound(size: int) -> bytes:
    """A WAV of about this many bytes."""
    held = io.BytesIO()
    with wave.open(held, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(48_000)
        made.writeframes(bytes(size))
    return held.getvalue()


def clock_of(fake: RunningServer) -> VirtualClock:
    clock = fake.runtime().clock
    assert isinstance(clock, VirtualClock)
    return clock


@pytest.mark.parametrize("size", SIZES)
def test_an_upload_to_a_slow_fake_arrives_whole(size: int) -> None:
    with ExitStack() as stack:
        fake = stack.enter_context(server())
        clock = clock_of(fake)
        transport = VirtualTimeTransport(clock)
        http = stack.enter_context(httpx.Client(base_url=fake.url, transport=transport, headers=BEARER, timeout=HANG_S))
        began = clock.now()
        session = http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "project"}).json()["data"]
        upload = f"/api/upload-video/nemo_agent/me/{session['session_id']}"
        files = {"files": ("a.wav", sound(size), "audio/wav")}
        answer = http.post(upload, files=files)
        assert answer.json()["code"] == 0
        assert clock.now() - began >= 2


@pytest.mark.anyio
@pytest.mark.parametrize("size", SIZES)
async def test_an_upload_from_a_task_arrives_whole(size: int) -> None:
    with server() as fake:
        transport = AsyncVirtualTimeTransport(clock_of(fake))
        async with httpx.AsyncClient(base_url=fake.url, transport=transport, headers=BEARER, timeout=HANG_S) as http:
            path = "/api/tasks/me/with-session/nemo_agent"
            session = (await http.post(path, json={"task_name": "project"})).json()["data"]["session_id"]
            files = {"files": ("a.wav", sound(size), "audio/wav")}
            answer = await http.post(f"/api/upload-video/nemo_agent/me/{session}", files=files)
            assert answer.json()["code"] == 0


def test_no_time_passes_between_a_caller_leaving_and_the_end_of_its_stream() -> None:
    with ExitStack() as stack:
        fake = stack.enter_context(server())
        clock = clock_of(fake)
        transport = VirtualTimeTransport(clock)
        bearer = {"Authorization": f"Bearer {token_of('funded')}"}
        http = stack.enter_context(httpx.Client(base_url=fake.url, transport=transport, headers=bearer, timeout=HANG_S))
        answer = http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "p"})
        session = answer.json()["data"]["session_id"]
        message = {"parts": [{"text": "make a 5 second video of a cat"}]}
        body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session, "new_message": message}
        for _ in range(20):
            with http.stream("POST", "/run_sse", json=body) as stream, clock.running():
                next(stream.iter_lines())
                left = clock.now()
                stream.close()
            clock.sleep(300)
            journal = fake.runtime().journal
            end = [entry for entry in journal.entries(kind="end") if isinstance(entry, EndEntry)][-1]
            records = [entry for entry in journal.entries(kind="record") if entry.exchange == end.exchange]
            assert (end.how, end.virtual) == ("caller_left", left)
            assert max(record.virtual for record in records) <= left
