from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nemovideo_client import UnusableFile, UnwritableDestination
from nemovideo_client.files import CountedFile, Examined, PartFile, examine


def test_a_file_is_examined_without_reading_it(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"12345")

    assert examine(photo) == Examined(photo, 5)
    assert examine(tmp_path) == Examined(tmp_path, problem="folder")
    assert examine(tmp_path / "none.jpg").problem == "missing"
    assert examine(photo / "none.jpg").problem == "missing"
    assert examine(Path("a\0b.jpg")).problem == "missing"


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    assert examine(tmp_path / "pipe.jpg").problem == "unreadable"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"1")
    photo.chmod(0)

    assert examine(photo).problem == "unreadable"


def test_a_counted_file_tells_each_read(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"x" * 10)
    told: list[int] = []

    with CountedFile(photo, told.append) as file:
        assert (file.read(4), file.read(), file.read()) == (b"xxxx", b"xxxxxx", b"")

    assert told == [4, 6, 0]


def test_a_file_that_vanished_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"cat\.jpg"):
        CountedFile(tmp_path / "cat.jpg", lambda _: None)


def test_a_part_file_appears_whole_in_place_of_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    part = PartFile(target)

    part.write(b"new")
    assert target.read_bytes() == b"old"
    part.commit()
    part.discard()

    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_discarded_part_file_leaves_nothing(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "out.mp4")
    part.write(b"new")
    part.discard()

    assert list(tmp_path.iterdir()) == []


def test_a_place_for_no_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnwritableDestination, match="is a folder"):
        PartFile(tmp_path)
    with pytest.raises(UnwritableDestination, match="does not exist"):
        PartFile(tmp_path / "none" / "out.mp4")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnwritableDestination, match="can't be written"):
        PartFile(tmp_path / "file" / "out.mp4")
