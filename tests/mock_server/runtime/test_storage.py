from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.runtime.storage import Arrival, Storage


def test_an_arrival_is_counted_and_hashed_as_it_is_written(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    arrival = Arrival(storage.incoming())

    arrival.write([b"one", memoryview(b"-two-")[1:4]])
    arrival.write([b"three"])
    arrival.close()

    assert (arrival.size, arrival.sha256) == (11, hashlib.sha256(b"onetwothree").hexdigest())
    assert storage.keep(arrival.path, arrival.sha256).read_bytes() == b"onetwothree"
    assert storage.upload(arrival.sha256) is not None
    arrival.discard()
    assert storage.upload(arrival.sha256) is not None


def test_a_discarded_arrival_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    arrival = Arrival(storage.incoming())
    arrival.write([bytes(100)])

    arrival.discard()
    arrival.discard()

    assert list((tmp_path / "incoming").iterdir()) == []


def test_two_fakes_that_share_a_folder_never_write_to_the_same_file(tmp_path: Path) -> None:
    first, second = Storage(tmp_path), Storage(tmp_path)

    paths = [first.incoming(), second.incoming(), first.incoming(), second.incoming()]

    assert len(set(paths)) == 4


def test_the_same_bytes_are_stored_once_for_all_callers(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    sha256 = hashlib.sha256(b"cat").hexdigest()
    for _ in range(2):
        incoming = storage.incoming()
        incoming.write_bytes(b"cat")
        storage.keep(incoming, sha256)

    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [sha256]


@pytest.mark.parametrize("name", ["", "0" * 63, "0" * 65, "G" * 64, "../" + "0" * 61, "A" * 64])
def test_only_a_hash_names_an_upload(name: str, tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    if name and "/" not in name:
        (tmp_path / "uploads" / name).touch()

    assert storage.upload(name) is None


TEXT = st.text(st.characters(), max_size=5)  # also half surrogate pairs and control characters


@given(st.tuples(TEXT, TEXT, TEXT), st.tuples(TEXT, TEXT, TEXT))
def test_exports_of_other_worlds_accounts_and_ids_have_other_names(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    name = Storage.render_name

    assert (name(*one) == name(*other)) is (one == other)


def test_a_separator_inside_a_name_moves_nothing_from_one_account_to_another() -> None:
    name = Storage.render_name

    assert name("w", "a\x1fb", "c") != name("w", "a", "b\x1fc")
    assert name("w", "a", "b/c") != name("w", "a/b", "c")
    assert name("anon_1", "render_1") == name("", "anon_1", "render_1")


def test_forgotten_exports_are_gone_and_the_others_stay(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    names = [storage.render_name("w", "anon_1", f"render_{number}") for number in range(3)]
    for name in names:
        storage.render(name).write_bytes(b"film")

    storage.forget_renders([names[0], names[2], storage.render_name("w", "anon_1", "never")])

    assert [path.stem for path in (tmp_path / "renders").iterdir()] == [names[1]]


def test_a_temporary_folder_ends_with_its_storage_and_a_given_one_stays(tmp_path: Path) -> None:
    temporary, given_one = Storage(), Storage(tmp_path / "kept")

    temporary.close()
    given_one.close()

    assert not temporary.root.exists()
    assert (tmp_path / "kept" / "uploads").is_dir()


def filed(storage: Storage, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    incoming = storage.incoming()
    incoming.write_bytes(data)
    storage.keep(incoming, sha256)
    return sha256


def test_unused_uploads_are_removed_and_pinned_ones_stay() -> None:
    storage = Storage()
    known, unknown, pinned = (filed(storage, data) for data in (b"known", b"unknown", b"pinned"))
    storage.pin([pinned])

    with storage.receiving():
        storage.forget_uploads(lambda: {known})
        assert storage.upload(unknown) is not None

    assert [storage.upload(sha256) is not None for sha256 in (known, unknown, pinned)] == [True, False, True]
    storage.close()


def test_a_given_folder_keeps_all_its_uploads(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    sha256 = filed(storage, b"cat")

    storage.forget_uploads(set)

    assert storage.upload(sha256) is not None
