from __future__ import annotations

import os
import stat
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nemovideo_client import InvalidSetting
from nemovideo_client.client_id import client_id, default_config_dir
from tests.guards import HANG_S


def test_the_environment_wins_and_nothing_is_written(tmp_path: Path) -> None:
    assert client_id({"NEMO_CLIENT_ID": " mine "}, tmp_path / "nemovideo") == "mine"
    assert not (tmp_path / "nemovideo").exists()


def test_an_id_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "nemovideo"

    made = client_id({}, folder)

    assert str(uuid.UUID(made)) == made
    assert client_id({}, folder) == made
    assert [path.name for path in folder.iterdir()] == ["client_id"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_only_the_owner_can_read_the_folder_and_the_file(tmp_path: Path) -> None:
    client_id({}, tmp_path / "nemovideo")

    assert stat.S_IMODE((tmp_path / "nemovideo").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "nemovideo" / "client_id").stat().st_mode) == 0o600


def test_an_id_that_a_skill_made_is_kept_even_if_it_is_not_a_uuid(tmp_path: Path) -> None:
    (tmp_path / "client_id").write_text("client-1710600000-4242\n", encoding="utf-8")

    assert client_id({}, tmp_path) == "client-1710600000-4242"


@pytest.mark.parametrize("content", ["", "\n", "x" * 65, "two words", "é"])
def test_a_file_without_a_valid_id_gets_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "client_id").write_text(content, encoding="utf-8")

    made = client_id({}, tmp_path)

    assert str(uuid.UUID(made)) == made
    assert client_id({}, tmp_path) == made


def test_many_threads_agree_on_one_id(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = {job.result() for job in [pool.submit(client_id, {}, tmp_path / "nemovideo") for _ in range(64)]}

    assert len(found) == 1


def test_two_processes_agree_on_one_id(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from nemovideo_client.client_id import client_id; "
        "print(client_id({}, pathlib.Path(sys.argv[1])))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "nemovideo")],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for _ in range(2)
    ]

    found = {process.communicate(timeout=HANG_S)[0].strip() for process in running}

    assert len(found) == 1
    assert len(found.pop()) == 36


def test_without_a_usable_folder_the_id_lasts_for_this_process(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")

    first, second = client_id({}, blocked / "nemovideo"), client_id({}, blocked / "nemovideo")

    assert uuid.UUID(first) != uuid.UUID(second)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_in_a_read_only_folder_the_id_lasts_for_this_process(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        made = client_id({}, tmp_path / "nemovideo")
    finally:
        tmp_path.chmod(0o700)
    assert str(uuid.UUID(made)) == made


@pytest.mark.parametrize("value", ["x" * 65, "a b", "é", "a\nb"])
def test_an_id_that_cannot_be_sent_is_refused(value: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="NEMO_CLIENT_ID"):
        client_id({"NEMO_CLIENT_ID": value}, tmp_path)


def test_the_folder_is_the_documents_one() -> None:
    assert default_config_dir({"HOME": "/home/me"}) == Path("/home/me/.config/nemovideo")
