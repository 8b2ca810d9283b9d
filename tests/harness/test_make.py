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
import httpx
import pytest
from click.testing import CliRunner, Result

from nemovideo_client import Client, TurnResult
from nemovideo_contract.targets import SelectedTarget
from nemovideo_harness.cli import main
from nemovideo_harness.cli.console.exit_codes import Stop
from nemovideo_harness.cli.console.progress import LineProgress
from nemovideo_harness.cli.make import MadeVideo, produce
from nemovideo_harness.cli.servers.target_client import Continuation
from nemovideo_mock.agent.turn_planner import AgentSettings
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.client.fake_edge import BASE, DRAFT, SECRET, VIDEO, Edge, Pieces, envelope, records
from tests.client.still_clock import StillClock
from tests.guards import HANG_S

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
    timer = threading.Timer(HANG_S, process.kill)
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


# --- work that is paid is not thrown away ---


def test_a_turn_that_was_cut_goes_on_to_the_export_if_its_changes_are_found(tmp_path: Path) -> None:
    target = tmp_path / "reel.mp4"
    result = make(*PHOTOS, "-p", PROMPT, "-o", target, "--quality", "stub", NEMO_TOKEN="nmv_usr_test_cut")
    assert result.exit_code == 0, result.output
    assert target.read_bytes()[4:8] == b"ftyp"
    assert "ended early (truncated): " in result.stdout
    assert "These changes were found:" in result.stdout
    made = json.loads(make(*PHOTOS, "-o", target, "--quality", "stub", "--json", NEMO_TOKEN="nmv_usr_test_cut").stdout)
    assert made["ending"] == "truncated"
    assert made["error"]
    assert made["spent"] == 50


CUT = Pieces(records({"type": "tool_call", "name": "edit_multitrack", "args": {}}), httpx.ReadError("cut"))
TOKENS = {"own": SECRET, "anonymous": None}


class Service(Edge):
    """A service whose state shows the work of a turn that was cut; `fails` names the call that is lost."""

    def __init__(self, *, changes: bool = True, fails: str = "") -> None:
        answers = {"state": self._state, fails: self._fail} if fails else {"state": self._state}
        super().__init__(**answers)
        self.stream = Pieces(*CUT._pieces)
        self._changes = changes
        self._states = self._failures = 0

    def _state(self, request: httpx.Request) -> httpx.Response:
        del request
        self._states += 1
        return envelope(state={"draft": DRAFT if self._changes and self._states > 1 else None})

    def _fail(self, request: httpx.Request) -> httpx.Response:
        self._failures += 1
        if request.url.path.endswith("simple") and self._failures == 1:
            return envelope(available=100, frozen=0, total=100)
        raise httpx.ReadError("lost")


def produced(service: Edge, folder: Path, token: str | None = SECRET) -> tuple[MadeVideo, TurnResult]:
    """Run the work of `make` on a service beyond this machine, without a wait."""
    work = Continuation(SelectedTarget(BASE, BASE), folder / "reel.mp4")
    with Client(
        BASE, token=token, client_id="me", transport=service.transport(), clock=StillClock(), environ={}
    ) as client:
        return produce(client, LineProgress(), lambda: None, (Path(PHOTOS[0]),), "a reel", work)


def test_make_tells_the_session_and_the_render_as_soon_as_it_knows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, ending = produced(Service(), tmp_path)
    assert (made.ending, made.size, made.session_id) == ("truncated", len(VIDEO), "55")
    assert ending.changes
    lines = capsys.readouterr().out.splitlines()
    assert "Session 55" in lines
    assert f"Render {made.render_id}" in lines


@pytest.mark.parametrize("fails", ["", "download", "render"])
def test_make_says_how_to_continue_work_that_it_could_not_finish(tmp_path: Path, fails: str) -> None:
    service = Service(changes=bool(fails), fails={"download": "_x", "render": "api_render"}.get(fails, ""))
    with pytest.raises(Stop) as caught:
        produced(service, tmp_path)
    said = caught.value.message
    assert "The session is 55" in said
    assert caught.value.facts["session_id"] == "55"
    if fails == "download":
        assert f"nemo-harness download {caught.value.facts['render_id']} -o {tmp_path / 'reel.mp4'}" in said
    else:
        assert f"nemo-harness export 55 -o {tmp_path / 'reel.mp4'} --target {BASE} writes the video." in said


def test_make_offers_a_link_to_a_session_whose_token_no_other_command_has(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"Open it in a browser: https://.*ct=clm_x \. Run nemo-harness token --save"):
        produced(Service(changes=False), tmp_path, None)


def test_a_video_that_is_saved_is_reported_though_the_balance_can_not_be_read(tmp_path: Path) -> None:
    made, _ = produced(Service(fails="credits"), tmp_path)
    assert made.size == len(VIDEO)
    assert (made.credits, made.spent) == (None, None)


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
