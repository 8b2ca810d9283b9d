from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nemovideo_client import UnusableFile, UnwritableDestination
from nemovideo_client.files import AtomicFile, CountedFile, FileCheck, PartialFile, check_file


def test_a_file_is_examined_without_reading_it(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"12345")

    assert check_file(photo) == FileCheck(photo, 5)
    assert check_file(tmp_path) == FileCheck(tmp_path, problem="folder")
    assert check_file(tmp_path / "none.jpg").problem == "missing"
    assert check_file(photo / "none.jpg").problem == "missing"
    assert check_file(Path("a\0b.jpg")).problem == "missing"


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    assert check_file(tmp_path / "pipe.jpg").problem == "unreadable"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_permission_is_unreadable(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"1")
    photo.chmod(0)

    assert check_file(photo).problem == "unreadable"


def test_a_counted_file_reports_each_read(tmp_path: Path) -> None:
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"x" * 10)
    told: list[int] = []

    with CountedFile(photo, told.append) as file:
        assert (file.read(4), file.read(), file.read()) == (b"xxxx", b"xxxxxx", b"")

    assert told == [4, 6, 0]


def test_a_file_that_vanished_raises_an_error_of_the_client(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"cat\.jpg"):
        CountedFile(tmp_path / "cat.jpg", lambda _: None)


def test_a_part_file_appears_whole_in_place_of_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"old")
    part = AtomicFile(target)

    part.write(b"new")
    assert target.read_bytes() == b"old"
    part.commit()
    part.discard()

    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_a_discarded_part_file_leaves_nothing(tmp_path: Path) -> None:
    part = AtomicFile(tmp_path / "out.mp4")
    part.write(b"new")
    part.discard()

    assert list(tmp_path.iterdir()) == []


def left_behind(target: Path, key: str, etag: str | None, data: bytes = b"half") -> None:
    part = AtomicFile(target)
    part.resume(key)
    part.restart(etag, keep=True)
    part.write(data)
    part.leave()


@pytest.mark.parametrize("etag", ['"a1"', '"a.b/c"', None])
def test_a_kept_part_is_resumed(tmp_path: Path, etag: str | None) -> None:
    target = tmp_path / "out.mp4"
    left_behind(target, "abc", etag)
    part = AtomicFile(target)

    assert part.resume("abc") == PartialFile(4, etag)
    part.write(b" and half")
    part.commit()

    assert target.read_bytes() == b"half and half"
    assert list(tmp_path.iterdir()) == [target]


def test_a_part_is_resumed_only_for_its_own_file(tmp_path: Path) -> None:
    left_behind(tmp_path / "out.mp4", "abc", '"a"')

    for name, key in (("out.mp4", "abd"), ("other.mp4", "abc"), ("out.mp", "abc")):
        part = AtomicFile(tmp_path / name)
        assert part.resume(key) == PartialFile()
        part.leave()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_weak_or_very_long_tag_is_not_kept(tmp_path: Path) -> None:
    for number, etag in enumerate(('W/"a"', '"' + "x" * 100 + '"')):
        left_behind(tmp_path / f"{number}.mp4", "abc", etag)
        part = AtomicFile(tmp_path / f"{number}.mp4")
        assert part.resume("abc") == PartialFile(4, None)
        part.leave()


@pytest.mark.skipif(sys.platform == "win32", reason="other locks there")
def test_two_never_write_one_part(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    left_behind(target, "abc", '"a"')
    first, second = AtomicFile(target), AtomicFile(target)

    assert first.resume("abc") == PartialFile(4, '"a"')
    assert second.resume("abc") == PartialFile()
    second.discard()
    first.leave()
    third = AtomicFile(target)
    assert third.resume("abc") == PartialFile(4, '"a"')
    third.leave()


def test_parts_of_another_address_are_deleted_when_the_file_is_complete(tmp_path: Path) -> None:
    part = AtomicFile(tmp_path / "out.mp4")
    part.resume("abc")
    part.restart('"a"', keep=True)
    part.write(b"half")
    part.resume("def")
    part.write(b"whole")
    part.commit()
    part.leave()

    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def killed(target: Path, key: str, *, keep: bool, data: bytes = b"half") -> None:
    """Leave the partial file as a process does that is killed."""
    part = AtomicFile(target)
    if key:
        part.resume(key)
        part.restart('"a"', keep=keep)
        part.write(data)
    part._stream.close()


def test_the_part_of_a_killed_process_is_resumed_or_deleted_by_the_next_one(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    killed(target, "abc", keep=True)
    killed(target, "", keep=False)
    assert len(list(tmp_path.iterdir())) == 2

    part = AtomicFile(target)

    assert part.resume("abc") == PartialFile(4, '"a"')
    part.leave()
    assert len(list(tmp_path.iterdir())) == 1


def test_no_part_of_a_complete_file_is_left_and_none_of_another_file_is_touched(tmp_path: Path) -> None:
    target = tmp_path / "holiday-in-kyoto-2026-day1.mp4"
    others = [tmp_path / "holiday-in-kyoto-2026-day2.mp4", tmp_path / "holiday-in-kyoto-2026-da.mp4"]
    for path in (target, *others):
        killed(path, "abc", keep=True)
    kept = {path.name for path in tmp_path.iterdir() if path.name not in {part.name for part in _own(target)}}

    part = AtomicFile(target)
    part.resume("def")
    part.write(b"whole")
    part.commit()

    assert {path.name for path in tmp_path.iterdir()} == {target.name, *kept}
    assert len(kept) == 2


def _own(target: Path) -> list[Path]:
    part = AtomicFile(target)
    found = [path for path, _ in part._parts("abc")]
    part.discard()
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="other locks there")
def test_a_part_that_another_process_writes_is_not_deleted(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    first = AtomicFile(target)
    first.resume("abc")
    first.restart('"a"', keep=True)
    first.write(b"first")
    second = AtomicFile(target)
    second.resume("def")
    second.write(b"second")

    second.commit()
    first.commit()

    assert target.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_long_name_still_has_room_for_a_part(tmp_path: Path) -> None:
    left_behind(tmp_path / ("视频" * 40 + ".mp4"), "0123456789abcdef", '"' + "é" * 8 + '"')

    assert len(list(tmp_path.iterdir())) == 1


def test_a_path_where_no_file_can_be_written_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnwritableDestination, match="is a folder"):
        AtomicFile(tmp_path)
    with pytest.raises(UnwritableDestination, match="does not exist"):
        AtomicFile(tmp_path / "none" / "out.mp4")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnwritableDestination, match="can't be written"):
        AtomicFile(tmp_path / "file" / "out.mp4")


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
def test_only_an_ordinary_file_is_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.mp4", tmp_path / "link.mp4"
    os.mkfifo(pipe)
    link.symlink_to(pipe)

    for destination in (pipe, link):
        with pytest.raises(UnwritableDestination, match="pipe or a device"):
            AtomicFile(destination)
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.mp4", "pipe.mp4"]
