"""Encodes in a background thread, and pictures in place of files that the fake does not have."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.render_worker import RenderWorker, with_placeholders
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.world import Render, RenderFile
from tests.guards import HANG_S

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "tt", "sg", "m", "hash"]), inner),
    max_leaves=15,
)


def draft(length: int = 1000) -> Json:
    segment = {"id": "sg_1", "s": 0, "d": length, "m": {"kind": "generated", "prompt": "the sea"}}
    return {"t": [{"tt": 0, "sg": [segment]}], "d": length, "m": {"width": 180, "height": 320, "fps": 30}}


def job(made: Json, output: Json | None = None) -> Render:
    return Render("render_1", "anon_1", "1", "nmv_usr_1", made, output or {}, 0.0, 1.0, 2.0, 2.0)


def outcome(render_worker: RenderWorker, render: Render, world: str = "") -> RenderFile | str:
    ended = threading.Event()
    outcomes: list[RenderFile | str] = []

    def done(result: RenderFile | str) -> None:
        outcomes.append(result)
        ended.set()

    render_worker.start(render, done, world)
    assert ended.wait(HANG_S)
    return outcomes[0]


def test_an_encode_leaves_a_file_of_the_size_that_it_says(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    render_worker = RenderWorker(storage, "stub")
    made = outcome(render_worker, job(draft()))
    assert isinstance(made, RenderFile)
    assert (made.duration, made.quality) == (1.0, "stub")
    assert storage.render(made.name).stat().st_size == made.size
    render_worker.close()


@pytest.mark.parametrize(
    "broken", [{"t": "x"}, {"t": [5]}, {"t": [{"tt": 0, "sg": [5]}]}, {"t": [{"tt": 0, "sg": "x"}]}]
)
def test_a_draft_that_cant_be_drawn_becomes_a_sentence_and_no_file(tmp_path: Path, broken: Json) -> None:
    storage = Storage(tmp_path)
    render_worker = RenderWorker(storage, "stub")
    said = outcome(render_worker, job(broken))
    assert isinstance(said, str)
    assert "unexpectedly" not in said
    assert list((tmp_path / "renders").iterdir()) == []
    render_worker.close()


def test_closing_stops_the_encode_that_runs_and_leaves_no_file(tmp_path: Path) -> None:
    render_worker = RenderWorker(Storage(tmp_path), "full")
    outcomes: list[RenderFile | str] = []
    render_worker.start(job(draft(600_000)), outcomes.append)
    render_worker.close()
    assert outcomes in ([], ["cancelled"])
    assert list((tmp_path / "renders").iterdir()) == []


def test_the_same_render_in_two_worlds_leaves_two_files(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    render_worker = RenderWorker(storage, "stub")
    made = [outcome(render_worker, job(draft()), world) for world in ("one", "two")]
    names = {each.name for each in made if isinstance(each, RenderFile)}
    assert len(names) == 2
    assert all(storage.render(name).is_file() for name in names)
    render_worker.close()


def test_a_cancelled_encode_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    render_worker = RenderWorker(Storage(tmp_path), "full")
    render = job(draft(600_000))
    ended = threading.Event()
    outcomes: list[RenderFile | str] = []

    def done(result: RenderFile | str) -> None:
        outcomes.append(result)
        ended.set()

    render_worker.start(render, done)
    render_worker.cancel(render)
    assert ended.wait(HANG_S)
    assert outcomes == ["cancelled"]
    assert list((tmp_path / "renders").iterdir()) == []
    render_worker.cancel(render)
    render_worker.close()


def test_a_file_that_never_came_becomes_a_painted_picture_and_others_stay() -> None:
    known = {"id": "a", "s": 0, "d": 1, "m": {"kind": "image", "name": "cat", "hash": "known"}}
    unknown = {"id": "b", "s": 1, "d": 1, "m": {"kind": "image", "name": "harbour", "hash": "unknown"}}
    before: Json = {"t": [{"tt": 0, "sg": [known, unknown]}, {"tt": 7, "sg": [unknown]}], "d": 2}
    after = with_placeholders(before, lambda sha256: sha256 == "known")
    painted = {**unknown, "m": {"kind": "generated", "name": "harbour", "prompt": "harbour"}}
    assert after == {"t": [{"tt": 0, "sg": [known, painted]}, {"tt": 7, "sg": [unknown]}], "d": 2}


@given(st.dictionaries(st.sampled_from(["t", "d", "m"]), json_values))
def test_no_draft_however_odd_trips_it_or_loses_a_segment(odd: Json) -> None:
    assert with_placeholders(odd, lambda _: True) == odd


def test_a_storage_gives_out_no_paths_but_its_own(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    for name in ("../secret", "..", "", "a" * 64 + "/..", "A" * 64, "g" * 64):
        assert storage.upload(name) is None
    assert storage.render(storage.render_name("../..", "../../x")).parent == tmp_path / "renders"


def test_a_temporary_storage_ends_with_its_close_and_one_with_a_folder_stays(tmp_path: Path) -> None:
    temporary, kept = Storage(), Storage(tmp_path / "kept")
    temporary.close()
    kept.close()
    assert not temporary.root.exists()
    assert kept.root.is_dir()


def test_closing_waits_no_longer_than_it_is_told_for_an_encode_that_does_not_end(tmp_path: Path) -> None:
    begun, end = threading.Event(), threading.Event()

    class Stubborn(RenderWorker):
        def _encode(self, job: Render, cancel: threading.Event, world: str) -> RenderFile | str:
            del job, world
            begun.set()
            end.wait(HANG_S)
            return "cancelled" if cancel.is_set() else "not cancelled"

    render_worker = Stubborn(Storage(tmp_path), "stub")
    outcomes: list[RenderFile | str] = []
    render_worker.start(job(draft()), outcomes.append)
    assert begun.wait(HANG_S)

    render_worker.close(0.0)

    assert outcomes == [], "it was not waited for"
    end.set()
    render_worker.close()
    assert outcomes == ["cancelled"]


def test_the_end_of_one_encode_that_cant_be_reported_does_not_stop_the_next(tmp_path: Path) -> None:
    render_worker = RenderWorker(Storage(tmp_path), "stub")

    def fails(_: RenderFile | str) -> None:
        raise RuntimeError

    render_worker.start(job(draft()), fails)
    assert isinstance(outcome(render_worker, job(draft())), RenderFile)
    render_worker.close()
