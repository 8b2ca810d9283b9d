"""`nemo-harness verify` on correct servers, on wrong servers, and without a server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_harness.cli import main
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.suite.proxies import fails_once, proxy, removes
from tests.guards import HANG_S

COMMAND = "from nemovideo_harness.cli import main; main()"


def verify(*arguments: str, folder: Path, command: str = COMMAND, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    environment = {"PATH": "", "PYTHONPATH": ":".join(sys.path), **environ}
    return subprocess.run(
        [sys.executable, "-c", command, "verify", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=HANG_S,
        check=False,
    )


@contextmanager
def answering(status: int, body: bytes, content_type: str) -> Generator[str]:
    """A server that sends the same response to every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the base class calls it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_fake_agrees_and_the_report_lists_the_checks(tmp_path: Path) -> None:
    done = verify(
        "--profile", "vendor-1.9", "--only", "auth,stream", "--report", "r.json", "--report", "r.html",
        "--report", "r.xml", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "profile vendor-1.9; seen errors=envelope" in done.stdout
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["profile"] == "vendor-1.9"
    agreed = report["requirements"]["agreed"]
    assert {"token-anonymous", "stream-framing"} <= set(agreed)
    assert report["requirements"]["contradicted"] == []
    assert f"{len(agreed)} requirements agreed, 0 contradicted" in done.stdout
    assert "not checked: it holds in another profile" in done.stdout
    assert {each["outcome"] for each in report["checks"]} == {"passed", "skipped"}
    assert "<h1>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<testsuite" in (tmp_path / "r.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("status", "body", "content_type", "hint"),
    [
        (200, b"<h1>hello</h1>", "text/html", "That is a web page"),
        (404, b'{"detail":"Not Found"}', "application/json", "A plain agent server (google-adk)"),
        pytest.param(500, b"oops", "text/plain", "The server itself failed", marks=pytest.mark.slow),
        pytest.param(200, bytes(range(32)) + b"!", "application/json", "", marks=pytest.mark.slow),
    ],
)
def test_a_server_that_is_not_the_service_gets_only_that_finding(
    tmp_path: Path, status: int, body: bytes, content_type: str, hint: str
) -> None:
    with answering(status, body, content_type) as url:
        done = verify("--target", url, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    first, *others = done.stderr.splitlines()
    assert first.startswith(f"Error: {url} is not the service.")
    assert hint in first
    assert [each.split(":")[0].strip() for each in others] == ["asked", "expected", "came"]
    assert f"HTTP {status} {content_type}" in others[-1]
    assert done.stderr.removesuffix("\n").replace("\n", "").isprintable()


def test_a_completely_wrong_server_gets_a_finding_and_no_traceback(tmp_path: Path) -> None:
    with answering(200, b'{"code": 1001, "message": ["no", 5]}', "application/json") as url:
        done = verify("--target", url, folder=tmp_path)
    assert done.returncode == 1
    assert f"{url}" in done.stderr
    assert "can't be used" in done.stderr
    assert "token-anonymous (documented)" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_what_stands_between_is_named_once_above_the_findings(tmp_path: Path) -> None:
    with (
        running(Settings(quality="stub", clock="virtual")) as server,
        proxy(server.url, removes(*ATTRIBUTION)) as url,
    ):
        done = verify("--target", url, "--only", "attribution", "--report", "r.json", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    head, _, rest = done.stdout.partition("In doubt")
    assert "the likely cause of what differs:\n  The attribution headers do not arrive: " in head
    assert "attribution-headers" in rest
    assert "What differs" not in done.stdout
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["between"][0].startswith("The attribution headers do not arrive: ")


@pytest.mark.slow
def test_a_failure_in_between_is_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual")) as server, proxy(server.url, fails_once(40)) as url:
        done = verify("--target", url, "--only", "attribution", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an answer was an error of a server: once." in done.stdout


def test_a_difference_names_its_rule_and_how_to_repeat_it(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual", profile=Profile(render="wrapped"))) as server:
        done = verify("--target", server.url, "--profile", "seeds", "--only", "credits,render", folder=tmp_path)
    assert done.returncode == 1
    assert "CONTRADICTS seeds: render=wrapped" in done.stdout
    assert "\nan export costs nothing\n" in done.stdout
    assert done.stdout.count("render-submit (documented)") == 1
    assert "other checks find the same, such as: " in done.stdout
    assert f"export NEMO_API_URL={server.url}/w/verify-" in done.stdout
    assert "profile seeds, which it contradicts" in done.stdout
    assert "contradicted: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_second_run_on_a_server_has_the_same_result(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual")) as server:
        first, second = (verify("--target", server.url, "--only", "auth", folder=tmp_path) for _ in range(2))
        assert list(server.world_registry.runtimes) == ["default"]
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + second.stdout
    assert told(first) == told(second)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_leaves_neither_worlds_nor_files_behind(tmp_path: Path, number: int) -> None:
    with running(Settings(quality="stub", clock="virtual")) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "verify", "--target", server.url],
            cwd=tmp_path,
            env={"PATH": "", "PYTHONPATH": ":".join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert process.stdout is not None
        said = ""
        while "in its own worlds" not in said:  # from here on checks run
            line = process.stdout.readline()
            assert line, said
            said += line
        process.send_signal(number)
        rest, _ = process.communicate(timeout=HANG_S)
        assert process.returncode == 130, said + rest
        assert "Error: Interrupted." in rest
        assert "Traceback" not in rest
        assert list(server.world_registry.runtimes) == ["default"]
        folders = [server.world_registry.storage.root / name for name in ("incoming", "uploads", "renders")]
        assert [file for folder in folders for file in folder.iterdir()] == []


def test_worlds_that_may_not_be_deleted_are_named(tmp_path: Path) -> None:
    token = "sesame"
    with running(Settings(quality="stub", clock="virtual", control_token=token)) as server:
        refused = verify("--target", server.url, "--only", "service", folder=tmp_path)
        (left,) = [name for name in server.world_registry.runtimes if name != "default"]
        done = verify("--target", server.url, "--only", "service", folder=tmp_path, NEMO_MOCK_TOKEN=token)
        assert list(server.world_registry.runtimes) == ["default", left]
    assert (refused.returncode, done.returncode) == (0, 0), refused.stdout + done.stdout
    assert "1 worlds of this run remain in the fake (its control API refuses; set NEMO_MOCK_TOKEN" in refused.stdout
    assert left in refused.stdout.splitlines()[-1]
    assert "remain in the fake" not in done.stdout


def told(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stdout.splitlines() if "agreed" in line or "not checked" in line]


@pytest.mark.slow
def test_the_fake_agrees_without_the_video_libraries(tmp_path: Path) -> None:
    bare = "import sys; sys.modules.update(av=None, PIL=None); from nemovideo_harness.cli import main; main()"
    done = verify("--only", "upload", folder=tmp_path, command=bare)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the fake does not measure videos: upload-size-video is not checked" in done.stderr
    assert "it was left out by name" in done.stdout


def test_verify_of_an_unreachable_server_is_exit_code_3(tmp_path: Path) -> None:
    done = verify("--target", "http://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "can't be reached" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("https://example.com", "example.com is not among the hosts that may be called"),
        ("production", "needs your own token in NEMO_TOKEN"),
        ("nonsense", "--target nonsense: It must be mock, production, or a URL"),
    ],
)
def test_a_forbidden_target_is_exit_code_2(target: str, sentence: str) -> None:
    done = CliRunner().invoke(main, ["verify", "--target", target], env={"NEMO_TOKEN": None})
    assert done.exit_code == 2
    assert done.output.startswith("Error: ")
    assert sentence in done.output
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--only", "auth,teapots"), "there is no area teapots; the areas are service, auth"),
        (("--report", "r.pdf"), "ends in .html, .xml or .json"),
        (("--without", "no-such-rule"), "there is no requirement no-such-rule"),
        (("--agreed", "agreed.json"), "records only what production does"),
        (("--target", "http://127.0.0.1:9", "--set", "busy=refuse"), "name that profile with --profile"),
        (("--set", "busy=often"), "--set: "),
        (("--target", "http://127.0.0.1:1/?x"), "must not contain a query or a fragment"),
        (("--target", "http://127.0.0.1:1#x"), "must not contain a query or a fragment"),
        (("--target", "production", "--connect-to", "192.0.2.1:443"), "must be a HOST:PORT on this machine"),
        (("--target", "http://127.0.0.1:9", "--connect-to", "127.0.0.1:1"), "is only for production"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    done = CliRunner().invoke(main, ["verify", *arguments], env={"NEMO_TOKEN": "nmv_usr_x"})
    assert done.exit_code == 2
    assert sentence in done.output
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[]", "is not a record of an earlier run"),
        (b"{", "is not a record of an earlier run"),
        (b'{"code-0": "yesterday"}', "is not a record of an earlier run"),
        (b"\xff", "is not a record of an earlier run"),
        (None, "can't be read: Is a directory"),
    ],
)
def test_a_record_that_cant_be_added_to_is_refused_before_the_first_call(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    record = tmp_path / "agreed.json"
    if content is None:
        record.mkdir()
    else:
        record.write_bytes(content)
    arguments = ["--target", "production", "--agreed", str(record)]
    # With the last variable, a run that begins ends with another sentence.
    environment = {"NEMO_TOKEN": "nmv_usr_" + "A" * 43, "NEMO_ALLOWED_HOSTS": "127.0.0.1"}
    done = CliRunner().invoke(main, ["verify", *arguments], env=environment)
    assert (done.exit_code, done.output.count("\n")) == (2, 1), done.output
    assert sentence in done.output
    lost = ["verify", "--target", "production", "--agreed", str(tmp_path / "nowhere" / "x")]
    assert "the folder does not exist" in CliRunner().invoke(main, lost, env=environment).output


def test_a_plan_lists_the_requests_and_sends_nothing(tmp_path: Path) -> None:
    token = "nmv_usr_" + "A" * 43
    done = verify("--target", "production", "--plan", "--allow-credits", "60", folder=tmp_path, NEMO_TOKEN=token)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run_sse x" in done.stdout
    assert "at worst session, upload, up to 50 credits" in done.stdout
    assert token not in done.stdout + done.stderr


def test_a_plan_for_production_needs_no_token_and_areas_may_be_plural_as_the_output_has_them(tmp_path: Path) -> None:
    done = verify("--target", "production", "--plan", "--only", "streams,credits", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "call test_a_balance_is_three_whole_numbers" in done.stdout
    assert "test_records_are_framed" in done.stdout


@pytest.mark.slow
def test_a_fake_with_a_changed_key_agrees_if_the_key_is_set(tmp_path: Path) -> None:
    own = verify("--set", "busy=refuse", "--only", "credits", folder=tmp_path)
    with running(Settings(quality="stub", clock="virtual", profile=Profile(render="wrapped"))) as server:
        done = verify(
            "--target", server.url, "--profile", "seeds", "--set", "render=wrapped", "--only", "credits",
            folder=tmp_path,
        )  # fmt: skip
    for each, said in ((own, "busy=refuse"), (done, "render=wrapped")):
        assert each.returncode == 0, each.stdout + each.stderr
        assert f"profile seeds with {said}" in each.stdout
        assert "CONTRADICTS" not in each.stdout


def test_verify_stops_printing_after_a_broken_pipe(tmp_path: Path) -> None:
    into_nowhere = (
        "import os; from nemovideo_harness.cli import main; read, write = os.pipe(); os.close(read);"
        " os.dup2(write, 1); main()"
    )
    done = verify("--plan", folder=tmp_path, command=into_nowhere)
    assert done.stderr == ""
    assert done.returncode not in {0, 3}


def test_production_is_not_called_if_the_allowed_hosts_exclude_it(tmp_path: Path) -> None:
    token = "nmv_usr_" + "A" * 43
    done = verify("--target", "production", "--plan", folder=tmp_path, NEMO_TOKEN=token, NEMO_ALLOWED_HOSTS="")
    assert done.returncode == 2
    assert "NEMO_ALLOWED_HOSTS allows only this machine" in done.stderr


@pytest.mark.parametrize("token", ["abc\ndef", "gr\u00fcn", "se cret"])
def test_a_malformed_token_is_refused_before_the_first_request_and_not_printed(tmp_path: Path, token: str) -> None:
    done = verify("--target", "http://127.0.0.1:9", folder=tmp_path, NEMO_TOKEN=token)
    assert done.returncode == 2
    assert "NEMO_TOKEN must be a bearer token" in done.stderr
    assert token not in done.stderr


def test_deeply_nested_json_counts_as_another_kind_of_server(tmp_path: Path) -> None:
    with answering(200, b"[" * 100_000, "application/json") as url:
        done = verify("--target", url, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {url} is not the service.")


def test_a_response_of_another_shape_is_checked_against_the_specification_with_its_key(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual", profile=Profile(render="wrapped"))) as server:
        done = verify("--target", server.url, "--profile", "seeds", "--only", "render", folder=tmp_path)
    assert "render-submit (documented): The answer has the form that the specification gives it." in done.stdout
    assert "rule:     openapi.yaml" in done.stdout
    assert "under any of the given schemas" not in done.stdout
