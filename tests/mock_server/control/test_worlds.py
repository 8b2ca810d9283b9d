"""Worlds over HTTP: list, create and delete them, change their profile, reset them, load a scenario."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pytest

from nemovideo_contract.profiles import PROFILES
from nemovideo_mock.clock import VIRTUAL_EPOCH
from nemovideo_mock.control import worlds
from nemovideo_mock.runtime.scenario_file import decode_scenario
from nemovideo_mock.server import RunningServer, running
from tests.guards import HANG_S
from tests.mock_server.control.stage import (
    STUB,
    advance,
    error,
    export,
    fake,
    poll,
    register,
    say,
    start,
    upload,
)


def test_worlds_are_made_by_use_and_listed_with_their_counts() -> None:
    with fake() as http:
        headers = register(http, world="/w/a")
        start(http, headers, "/w/a")
        http.get("/w/b/_mock/clock")
        default, first, second = http.get("/_mock/worlds").json()["worlds"]
        assert [world["name"] for world in (default, first, second)] == ["default", "a", "b"]
        assert {key: first[key] for key in ("seed", "accounts", "sessions", "turns", "renders", "faults")} == {
            "seed": 0,
            "accounts": 1,
            "sessions": 1,
            "turns": 0,
            "renders": 0,
            "faults": 0,
        }
        assert first["clock"]["mode"] == "virtual"
        assert first["profile"] == {"name": "seeds"}


def test_a_world_is_made_with_a_seed_a_profile_and_a_clock_of_its_own() -> None:
    with fake() as http:
        wishes = {"name": "a", "seed": 7, "profile": {"name": "vendor-1.9", "busy": "refuse"}, "clock": "real"}
        made = http.post("/_mock/worlds", json=wishes).json()
        assert (made["seed"], made["clock"]["mode"]) == (7, "real")
        assert made["profile"] == {"name": "vendor-1.9", "busy": "refuse"}
        assert error(http.post("/_mock/worlds", json={"name": "a"}), 409) == "There is a world a already."
        assert http.get("/w/a/_mock").json()["world"]["seed"] == 7


def test_the_seed_decides_what_is_drawn() -> None:
    with fake() as http:
        for name, seed in (("a", 1), ("b", 2)):
            http.post("/_mock/worlds", json={"name": name, "seed": seed})
        tokens = [register(http, world=f"/w/{name}")["Authorization"] for name in "ab"]
        http.delete("/_mock/worlds/a")
        http.post("/_mock/worlds", json={"name": "a", "seed": 1})
        assert register(http, world="/w/a")["Authorization"] == tokens[0] != tokens[1]


def test_a_world_that_is_deleted_is_forgotten() -> None:
    with fake() as http:
        register(http, world="/w/a")
        assert http.delete("/_mock/worlds/a").json() == {"deleted": "a"}
        assert [world["name"] for world in http.get("/_mock/worlds").json()["worlds"]] == ["default"]
        assert error(http.delete("/_mock/worlds/a"), 404) == "There is no world 'a'."
        assert http.get("/w/a/_mock/accounts").json() == {"accounts": []}


def test_the_world_at_the_base_url_restarts_when_it_is_deleted() -> None:
    with fake() as http:
        register(http)
        advance(http, 50)
        http.delete("/_mock/worlds/default")
        world = http.get("/_mock").json()["world"]
        assert (world["accounts"], world["clock"]["now"]) == (0, VIRTUAL_EPOCH)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "name is missing."),
        ({"name": "a/b"}, "name must be the name of a world, not 'a/b'."),
        ({"name": "a", "seed": 1.5}, "seed must be a whole number"),
        ({"name": "a", "profile": "best"}, "profile.name: There is no profile 'best'"),
        ({"name": "a", "clock": "fast"}, "clock must be real or virtual"),
        ({"name": "a", "colour": 1}, "There is no field colour"),
    ],
)
def test_a_world_that_cannot_be_is_not_made(body: dict[str, object], words: str) -> None:
    with fake() as http:
        assert error(http.post("/_mock/worlds", json=body), 400).startswith(words)
        assert http.get("/_mock").json()["worlds"] == ["default"]


def test_calls_about_all_worlds_are_refused_inside_a_world() -> None:
    with fake() as http:
        sentence = error(http.get("/w/a/_mock/worlds"), 404)
        assert sentence == "This call is not about one world: use /_mock/worlds."


def test_a_name_that_no_world_can_have_is_refused() -> None:
    with fake() as http:
        assert "A world's name is" in error(http.get("/w/-x/_mock"), 404)


# --- the profile ------------------------------------------------------------------------------------------------------


def test_the_profile_is_shown_with_what_its_keys_decide_and_the_named_sets() -> None:
    with fake() as http:
        answer = http.get("/_mock/profile").json()
        assert answer["profile"] == {"name": "seeds"}
        assert answer["keys"]["busy"]["takes"] == ["queue", "refuse", "concurrent"]
        assert answer["keys"]["busy"]["value"] == "queue"
        assert answer["keys"]["stream_limit"]["takes"] == "a whole number"
        assert list(answer["sets"]) == list(PROFILES)
        assert answer["sets"]["adk"]["events"] == "adk-2"


def test_another_profile_is_played_from_the_next_call_on() -> None:
    with fake() as http:
        assert http.post("/api/auth/anonymous-token").json()["code"] == 400
        http.put("/_mock/profile", json={"name": "reference-4.4"})
        assert http.post("/api/auth/anonymous-token").json()["code"] == 0
        answer = http.put("/_mock/profile", json={"busy": "refuse"}).json()
        assert answer["profile"] == {"name": "reference-4.4", "busy": "refuse"}
        assert http.put("/_mock/profile", json={"name": "seeds"}).json()["profile"] == {"name": "seeds"}


@pytest.mark.parametrize(
    "body", [{"busy": "maybe"}, {"name": "best"}, {"mood": 1}, {"name": "adk", "busy": 3}, [], "adk"]
)
def test_a_profile_with_a_mistake_changes_nothing(body: object) -> None:
    with fake() as http:
        error(http.put("/_mock/profile", json=body), 400)
        assert http.get("/_mock/profile").json()["profile"] == {"name": "seeds"}


# --- beginning anew ---------------------------------------------------------------------------------------------------


def test_each_scope_forgets_what_it_says_and_keeps_the_rest() -> None:
    expected = {
        "faults": (1, 0, VIRTUAL_EPOCH + 60),
        "journal": (1, 1, VIRTUAL_EPOCH + 60),
        "state": (0, 1, VIRTUAL_EPOCH + 60),
        "world": (0, 0, VIRTUAL_EPOCH),
    }
    for scope, (accounts, faults, time) in expected.items():
        with fake() as http:
            http.post("/_mock/scenario", json={"seed": 7})
            register(http)
            http.post("/_mock/faults", json={"kind": "noise"})
            advance(http, 60)
            before = len(http.get("/_mock/journal").text.splitlines())
            assert http.post("/_mock/reset", json={"scope": scope}).json() == {"reset": scope}
            world = http.get("/_mock").json()["world"]
            assert (world["accounts"], world["faults"]) == (accounts, faults), scope
            assert (world["clock"]["now"], world["seed"]) == (time, 7), scope
            after = len(http.get("/_mock/journal").text.splitlines())
            assert after == (1 if scope in {"journal", "world"} else before + 1), scope


def test_a_reset_of_the_hub_leaves_one_world_with_the_first_seed() -> None:
    with fake() as http:
        http.get("/w/a/_mock")
        http.post("/_mock/scenario", json={"seed": 7, "profile": "adk"})
        assert "is for /_mock/reset" in error(http.post("/w/a/_mock/reset", json={"scope": "hub"}), 400)
        http.post("/_mock/reset", json={"scope": "hub"})
        overview = http.get("/_mock").json()
        assert overview["worlds"] == ["default"]
        assert (overview["world"]["seed"], overview["world"]["profile"]) == (0, {"name": "seeds"})


@pytest.mark.parametrize("body", [{}, {"scope": "everything"}, {"scope": None}, {"scope": "faults", "hard": True}])
def test_a_reset_without_a_scope_keeps_everything(body: dict[str, object]) -> None:
    with fake() as http:
        register(http)
        assert error(http.post("/_mock/reset", json=body), 400)
        assert http.get("/_mock").json()["world"]["accounts"] == 1


def test_a_state_that_is_forgotten_takes_its_exports_along() -> None:
    with running(STUB) as server:
        folder = server.world_registry.storage.root / "renders"
        with httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
            headers = register(http)
            session_id = start(http, headers)
            upload(http, headers, session_id)
            say(http, headers, session_id)
            export(http, headers, session_id)
            advance(http, 100)
            assert poll(http, headers)["status"] == "completed"
            assert len(list(folder.iterdir())) == 1
            http.post("/_mock/reset", json={"scope": "state"})
            assert list(folder.iterdir()) == []
            assert http.get("/api/credits/balance/simple", headers=headers).json()["code"] == 1001


def test_open_streams_end_with_the_state_that_they_are_about() -> None:
    for scope in ("state", "world"):
        with (
            fake(replace(STUB, clock="real")) as http,
            httpx.Client(base_url=http.base_url, trust_env=False, timeout=HANG_S) as other,
        ):
            headers = register(http)
            session_id = start(http, headers)
            other.post("/_mock/faults", json={"kind": "heartbeats_only", "records": 0})
            body = {
                "app_name": "nemo_agent",
                "session_id": session_id,
                "new_message": {"parts": [{"text": "Generate a clip of the sea"}]},
            }
            with http.stream("POST", "/run_sse", json=body, headers=headers) as answer:
                other.post("/_mock/reset", json={"scope": scope})
                assert b"text" not in answer.read()


# --- scenarios --------------------------------------------------------------------------------------------------------

YAML = {"Content-Type": "application/yaml"}


def test_a_scenario_is_read_outside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[str] = []

    def watched(raw: bytes, *, as_json: bool) -> object:
        readers.append(threading.current_thread().name)
        return decode_scenario(raw, as_json=as_json)

    monkeypatch.setattr(worlds, "decode_scenario", watched)
    with fake() as http:
        http.post("/_mock/scenario", json={"seed": 7}).raise_for_status()

    assert readers
    assert "nemovideo-mock" not in readers, "this is the thread of the event loop"


def test_a_scenario_begins_the_world_that_it_is_sent_to() -> None:
    with fake() as http:
        register(http, world="/w/a")
        text = "seed: 7\nprofile: adk\naccounts: [{user_id: user_ada}]\nfaults: [{kind: noise}]\n"
        (world,) = http.post("/w/a/_mock/scenario", content=text, headers=YAML).json()["worlds"]
        assert (world["name"], world["seed"], world["accounts"], world["faults"]) == ("a", 7, 1, 1)
        assert world["profile"] == {"name": "adk"}
        assert http.get("/_mock").json()["world"]["seed"] == 0


def test_a_scenario_for_several_worlds_is_sent_to_the_root() -> None:
    with fake() as http:
        scenario = {"worlds": {"a": {"seed": 1}, "b": {"seed": 2}}}
        assert "send it to /_mock/scenario" in error(http.post("/w/a/_mock/scenario", json=scenario), 400)
        worlds = http.post("/_mock/scenario", json=scenario).json()["worlds"]
        assert [(world["name"], world["seed"]) for world in worlds] == [("a", 1), ("b", 2)]


def test_a_scenario_with_a_mistake_changes_no_world() -> None:
    with fake() as http:
        register(http, world="/w/a")
        text = "worlds:\n  a: {seed: 1}\n  b:\n    faults: [{kind: noise}, {kind: plague}]\n"
        sentence = error(http.post("/_mock/scenario", content=text, headers=YAML), 400)
        assert sentence.startswith("worlds.b.faults[1].kind: There is no kind of fault 'plague'")
        assert http.get("/w/a/_mock").json()["world"]["accounts"] == 1
        assert http.get("/_mock").json()["worlds"] == ["default", "a"]


def test_a_scenario_of_another_type_or_size_is_refused() -> None:
    with fake() as http:
        assert "Content-Type" in error(http.post("/_mock/scenario", content="seed: 1"), 415)
        assert error(http.post("/_mock/scenario", content=b" " * 300_000, headers=YAML), 413)
        assert "did you mean" in error(http.post("/_mock/scenario", json={"sead": 1}), 400)


def uploads_of(server: RunningServer) -> int:
    return len(list((server.world_registry.storage.root / "uploads").iterdir()))


def test_uploads_go_with_the_last_world_that_knows_them() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        headers = register(http)
        upload(http, headers, start(http, headers))
        http.post("/_mock/fork", json={"to": "a"})
        http.post("/_mock/reset", json={"scope": "state"})
        assert uploads_of(server) == 1
        http.delete("/_mock/worlds/a")
        assert uploads_of(server) == 0
        headers = register(http)
        upload(http, headers, start(http, headers))
        assert uploads_of(server) == 1
        http.post("/_mock/reset", json={"scope": "world"})
        assert uploads_of(server) == 0


def test_uploads_stay_for_a_snapshot_that_was_taken_without_them() -> None:
    with running(STUB) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=HANG_S) as http:
        headers = register(http)
        upload(http, headers, start(http, headers))
        http.get("/_mock/snapshot")
        http.post("/_mock/reset", json={"scope": "hub"})
        assert uploads_of(server) == 1


def test_a_request_to_an_unknown_path_creates_no_world() -> None:
    with fake() as http:
        for method, path in (("GET", "/w/a/"), ("GET", "/w/b/favicon.ico"), ("GET", "/w/c/run_sse"), ("PUT", "/w/d/x")):
            assert http.request(method, path).status_code in {404, 405}
        assert [world["name"] for world in http.get("/_mock/worlds").json()["worlds"]] == ["default"]


@pytest.mark.parametrize(
    "foreign",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/page"},
        {"Referer": "https://[evil"},
    ],
)
def test_a_page_of_another_site_makes_no_world_and_finds_those_that_are_there(foreign: dict[str, str]) -> None:
    with fake() as http:
        assert http.get("/w/a/api/credits/balance/simple", headers=foreign).status_code == 403
        assert http.get("/w/a/_mock/clock", headers=foreign).status_code == 403
        assert len(http.get("/_mock/worlds").json()["worlds"]) == 1
        register(http, world="/w/a")
        assert http.get("/w/a/api/credits/balance/simple", headers=foreign).json()["code"] == 1001


def test_a_page_on_this_machine_may_make_a_world_by_its_first_call() -> None:
    with fake() as http:
        for name, header in (("a", {"Origin": "http://localhost:3000"}), ("b", {"Referer": f"{http.base_url}w/b"})):
            headers = header | {"X-Client-Id": "x"}
            assert http.post(f"/w/{name}/api/auth/anonymous-token", headers=headers).json()["code"] == 0
        assert http.get("/_mock").json()["worlds"] == ["default", "a", "b"]


def test_requests_that_are_refused_and_show_no_token_make_no_world() -> None:
    with fake() as http:
        assert http.get("/w/a/api/credits/balance/simple").json()["code"] == 1001
        assert http.get("/w/b/cdn/renders/none/output.mp4").status_code == 404
        error(http.post("/w/c/_mock/clock/advance", content=b"{"), 415)
        error(http.post("/w/d/_mock/clock/advance", json={}), 400)
        error(http.get("/w/e/_mock/credits?account=none"), 404)
        assert http.get("/_mock").json()["worlds"] == ["default"]


def test_a_world_that_a_caller_wants_stays_after_a_request_that_is_refused() -> None:
    with fake() as http:
        assert http.get("/w/a/_mock/clock").status_code == 200
        assert http.get("/w/a/api/credits/balance/simple").json()["code"] == 1001
        wrong = {"Authorization": "Bearer nmv_usr_nobody"}
        assert http.get("/w/b/api/credits/balance/simple", headers=wrong).json()["code"] == 1001
        assert http.get("/_mock").json()["worlds"] == ["default", "a", "b"]
        (entry,) = http.get("/w/a/_mock/journal?kind=request").text.splitlines()
        assert "balance" in entry


def test_a_world_stays_while_another_request_to_it_is_under_way() -> None:
    with fake() as http, http.stream("GET", "/w/a/_mock/journal/live") as live:
        assert live.status_code == 200
        assert http.get("/w/a/api/credits/balance/simple").json()["code"] == 1001
        assert http.get("/_mock").json()["worlds"] == ["default", "a"]
        assert "balance" in next(live.iter_text())
