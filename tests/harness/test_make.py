"""`nemo-harness make`, used by a person and by a program."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from nemovideo_harness.cli import main
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings

ROOT = Path(__file__).parents[2]
PHOTOS = [str(path) for path in sorted((ROOT / "scripts/photos").glob("*.jpg"))]
COMMAND = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()"]
PROMPT = "Turn these photos into a 15-second vertical reel with a calm pace and soft cross-dissolves, title 'Kyoto'"


def make(*arguments: str | Path, **environ: str) -> Result:
    env: dict[str, str | None] = {"NEMO_API_URL": None, "NEMO_TOKEN": None, **environ}
    return CliRunner().invoke(main, ["make", *map(str, arguments)], env=env)


def sentence(result: Result, code: int) -> str:
    """Check the exit code of a failed command, and return its error message."""
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    return result.stderr.removeprefix("Error: ").strip()


def test_make_writes_a_video_and_prints_a_summary(tmp_path: Path) -> None:
    target = tmp_path / "reel.mp4"
    result = make(*PHOTOS, "-p", PROMPT, "-o", target, "--quality", "stub")
    assert result.exit_code == 0, result.output
    assert target.read_bytes()[4:8] == b"ftyp"
    lines = result.stdout.splitlines()
    assert "Uploading 4 files" in lines[1]
    assert any(line.startswith("Nemo: ") for line in lines)
    assert "Rendering 100%" in lines
    assert lines[-3].startswith("Timeline (3 tracks): 1. Video: ")
    assert lines[-3].endswith('3. Title: "Kyoto" (0-3s)')
    assert "(0-15s, 35%)" in lines[-3]
    assert lines[-2] == "Credits: 50 left, 50 spent"
    assert lines[-1].startswith(f"Saved {target} (15.00 s, ")
    assert "stub" in lines[-1]
    assert "\x1b" not in result.stdout


def test_make_prints_one_json_object(tmp_path: Path) -> None:
    target = tmp_path / "reel.mp4"
    result = make(*PHOTOS, "-p", PROMPT, "-o", target, "--quality", "stub", "--json")
    made = json.loads(result.stdout)
    assert made["file"] == str(target)
    assert made["size"] == target.stat().st_size
    assert (made["duration"], made["spent"], made["target"], made["quality"]) == (15.0, 50, "mock", "stub")
    assert made["credits"] == {"available": 50, "frozen": 0, "total": 50}
    assert made["timeline"].startswith("Timeline (3 tracks)")
    assert made["said"]


def test_a_chinese_prompt_gets_chinese_answers(tmp_path: Path) -> None:
    result = make(
        *PHOTOS,
        "-p",
        "把这4张照片做成15秒的竖屏视频,标题“京都”",
        "-o",
        tmp_path / "a.mp4",
        "--quality",
        "stub",
        "--json",
    )
    made = json.loads(result.stdout)
    assert 'Title: "京都"' in made["timeline"]
    assert any("一" <= character <= "鿿" for character in "".join(made["said"]))


def test_make_uses_the_server_in_the_option_or_the_environment(tmp_path: Path) -> None:
    settings = Settings(quality="stub", speed=5000, agent_settings=AgentSettings(silent=0.0))
    with running(settings) as server:
        home = str(tmp_path)
        for arguments, environ in ((["--target", server.url], {}), ([], {"NEMO_API_URL": server.url})):
            target = tmp_path / f"{len(environ)}.mp4"
            names = {"HOME": home, "NEMO_CLIENT_ID": f"t{len(environ)}", **environ}
            result = make(PHOTOS[0], "-o", target, "--json", *arguments, **names)
            assert result.exit_code == 0, result.output
            assert json.loads(result.stdout)["target"] == server.url


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "Name at least one photo"),
        (["missing.jpg"], 2, "missing.jpg does not exist."),
        (["."], 2, "is a folder, not a file."),
        (["notes.txt"], 2, "notes.txt has a format that the service does not accept. It accepts mp4, "),
        (["empty.jpg"], 2, "empty.jpg is empty."),
        ([PHOTOS[0], "-p", " "], 2, "The prompt is empty"),
        ([PHOTOS[0], "-o", "reel.avi"], 2, "The result is an MP4: name it reel.mp4"),
        ([PHOTOS[0], "-o", "nowhere/reel.mp4"], 4, "The folder nowhere does not exist"),
        ([PHOTOS[0], "-o", ""], 4, ". is a folder"),
        ([PHOTOS[0], "-o", "/"], 4, "/ is a folder"),
        ([PHOTOS[0], "-o", "x" * 300 + ".mp4"], 4, "can't be written: File name too long."),
        ([PHOTOS[0], "-o", "folder.mp4"], 4, "folder.mp4 is a folder"),
        ([PHOTOS[0], "--target", "prod"], 2, "--target prod: It must be mock, production, or a URL"),
        ([PHOTOS[0], "--target", "production"], 2, "production charges up to 50 credits for this"),
        ([PHOTOS[0], "--target", "production", "--allow-credits", "10"], 2, "This may cost 50 credits"),
        (
            [PHOTOS[0], "--target", "http://127.0.0.1:1", "--quality", "full"],
            2,
            "--quality works only with --target mock",
        ),
        (["broken.jpg", "--quality", "stub"], 1, "broken.jpg"),
    ],
)
def test_bad_input_gets_one_sentence_and_an_exit_code_and_leaves_nothing(
    arguments: list[str], code: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("hello", encoding="utf-8")
    Path("empty.jpg").touch()
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    Path("folder.mp4").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert says in sentence(make(*arguments), code)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_service_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = make(PHOTOS[0], "-o", tmp_path / "a.mp4", "--target", url, NEMO_CLIENT_ID="t")
    assert "could not be reached" in sentence(result, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_that_is_not_text_can_be_uploaded(tmp_path: Path) -> None:
    photo = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")
    Path(photo).write_bytes(Path(PHOTOS[0]).read_bytes())
    assert make(photo, "-o", tmp_path / "a.mp4", "--quality", "stub").exit_code == 0


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow)])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_output_encoding_without_chinese_loses_characters_but_not_the_video(
    tmp_path: Path, encoding: str, options: list[str]
) -> None:
    target = tmp_path / "a.mp4"
    done = subprocess.run(
        [*COMMAND, "make", PHOTOS[0], "-p", "做成5秒的竖屏视频", "-o", target, "--quality", "stub", *options],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert target.is_file()
    if options:
        assert "视频" in "".join(json.loads(done.stdout)["said"])


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    assert make(PHOTOS[0], "-o", clip, "--quality", "stub").exit_code == 0
    before = clip.read_bytes()
    assert "would be overwritten" in sentence(make(clip, "-o", clip), 2)
    assert clip.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_leaves_no_file_and_no_process(tmp_path: Path, number: signal.Signals) -> None:
    target = tmp_path / "reel.mp4"
    process = subprocess.Popen(
        [*COMMAND, "make", *PHOTOS, "-p", "a 5-minute video of these photos", "-o", str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    timer = threading.Timer(50, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            if line.startswith("Rendering"):
                process.send_signal(number)
                break
        _, stderr = process.communicate()
    finally:
        timer.cancel()
    assert process.returncode == 130
    assert stderr == f"Error: Interrupted: {target} was not written.\n"
    assert list(tmp_path.iterdir()) == []


def test_help_lists_the_commands_without_loading_them() -> None:
    code = "import sys\nfrom nemovideo_harness.cli import main\n"
    code += "main(['--help'], standalone_mode=False)\n"
    code += "print([name for name in sys.modules if name in {'httpx', 'rich', 'starlette', 'uvicorn', 'PIL', 'av'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert "Turn photos into a video file." in done.stdout
    assert done.stdout.endswith("[]\n")


def test_each_command_has_help_that_fits_its_line_in_the_list() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.short_help
        assert command.short_help in CliRunner().invoke(main, ["--help"]).output
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2
