"""Worlds of one server: each its own accounts, time and mischief, behind nothing but another base URL."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from nemovideo_client import ExportBlocked, InsufficientCredits
from nemovideo_harness import async_fake, fake
from nemovideo_harness.inprocess import connect
from nemovideo_mock.clock import VIRTUAL_EPOCH
from nemovideo_mock.runtime.world_runtime import WorldRuntime
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S

PHOTO = Path(__file__).parents[2] / "scripts/photos/cat.jpg"
STUB = Settings(quality="stub", clock="virtual")
MESSAGE = "make a 5 second video of this photo"


def elapsed(runtime: WorldRuntime) -> float:
    return runtime.clock.now() - VIRTUAL_EPOCH


def test_one_world_does_not_see_the_work_of_another(tmp_path: Path) -> None:
    with running(STUB) as server, connect(server, world="a") as one, connect(server, world="b") as other:
        session = one.session()
        one.upload(session, PHOTO)
        one.say(session, MESSAGE).read()
        exported = one.export(session, tmp_path / "a.mp4")
        assert one.credits().available == 50
        assert elapsed(server.runtime("a")) > 30
        assert elapsed(server.runtime("b")) == 0
        assert other.credits().available == 100
        assert elapsed(server.runtime()) == 0
        assert exported.size == (tmp_path / "a.mp4").stat().st_size
        token = one.token().value
        headers = {"Authorization": f"Bearer {token}"}
        assert (
            httpx.get(f"{server.url}/w/a/api/credits/balance/simple", headers=headers, timeout=HANG_S).json()["code"]
            == 0
        )
        for base in ("", "/w/b", "/w/c"):
            answer = httpx.get(f"{server.url}{base}/api/credits/balance/simple", headers=headers, timeout=HANG_S)
            assert answer.json()["code"] == 1001
        assert sorted(server.world_registry.runtimes) == ["a", "b", "c", "default"]


def test_the_same_client_gets_another_account_in_each_world_and_the_same_again_with_the_same_seed() -> None:
    def users() -> list[str | None]:
        found: list[str | None] = []
        with running(STUB) as server:
            for name in ("a", "b", None):
                with connect(server, world=name) as nemo:
                    found.append(nemo.token().user_id)
        return found

    first = users()
    assert None not in first
    assert len(set(first)) == 3
    assert users() == first


def test_urls_of_a_worlds_files_lead_into_that_world(tmp_path: Path) -> None:
    with running(STUB) as server, connect(server, world="films") as nemo:
        session = nemo.session()
        (file,) = nemo.upload(session, PHOTO)
        assert file.url is not None
        assert file.url.startswith(f"{server.url}/w/films/cdn/uploads/")
        assert httpx.get(file.url, timeout=HANG_S).content == PHOTO.read_bytes()
        nemo.say(session, MESSAGE).read()
        exported = nemo.export(session, tmp_path / "video.mp4")
        ((render,),) = (renders.values() for renders in server.runtime("films").world.state.renders.values())
        assert render.file is not None
        name = render.file.name
        assert httpx.get(f"{server.url}/w/films/cdn/renders/{name}/output.mp4", timeout=HANG_S).status_code == 200
        assert httpx.get(f"{server.url}/w/other/cdn/renders/{name}/output.mp4", timeout=HANG_S).status_code == 404
        assert exported.path.exists()


@pytest.mark.parametrize("name", ["", "%20", ".hidden", "a" * 65, "..%2f"])
def test_an_invalid_world_name_is_refused_and_the_valid_form_is_named(name: str) -> None:
    with running(STUB) as server:
        answer = httpx.get(f"{server.url}/w/{name}/api/credits/balance/simple", timeout=HANG_S)
        assert answer.status_code == 404
        assert list(server.world_registry.runtimes) == ["default"]


def test_a_deleted_world_is_gone_and_a_new_one_of_its_name_begins_anew() -> None:
    with running(STUB) as server:
        with connect(server, world="a") as nemo:
            token = nemo.token().value
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{server.url}/w/a/api/credits/balance/simple"
        assert httpx.get(url, headers=headers, timeout=HANG_S).json()["code"] == 0
        assert httpx.delete(f"{server.url}/_mock/worlds/a", timeout=HANG_S).status_code in {200, 204}
        assert httpx.get(url, headers=headers, timeout=HANG_S).json()["code"] == 1001


def test_a_test_token_in_the_environment_is_met_by_a_fake_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_test_plan_blocked")
    with fake(STUB) as nemo:
        session = nemo.session()
        nemo.upload(session, PHOTO)
        nemo.say(session, MESSAGE).read()
        with pytest.raises(ExportBlocked):
            nemo.export(session, tmp_path / "video.mp4")


@pytest.mark.anyio
async def test_the_asynchronous_fake_meets_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_test_no_credits")
    async with async_fake(STUB) as nemo:
        session = await nemo.session()
        await nemo.upload(session, PHOTO)
        with pytest.raises(InsufficientCredits):
            await nemo.say(session, MESSAGE).read()


def test_a_real_token_in_the_environment_is_not_shown_to_a_fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_" + "s" * 43)
    with fake(STUB) as nemo:
        assert nemo.credits().available == 100
        assert nemo.token().value != "nmv_usr_" + "s" * 43
