"""`nemo-harness judge`, on files and on a running fake."""

from __future__ import annotations

import io
import json
import os
import random  # noqa: TID251 -- with a seed: an order for a test, the same each time
import re
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli import main
from nemovideo_harness.cli.console.exit_codes import Exit
from nemovideo_harness.cli.judge import follow_journal
from nemovideo_harness.cli.servers import mock_journal
from nemovideo_harness.cli.servers.mock_journal import JournalUpdate, MockJournal, read_events
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from nemovideo_skills.judge.journal_reader import JournalReader
from nemovideo_skills.judge.live import LiveJudge
from nemovideo_skills.judge.rules import FAMILIES, RULES
from tests.contract.suite.test_wrong_servers import behaving
from tests.guards import HANG_S
from tests.skills.judge.cases import clumsy, good, lines_of
from tests.skills.judge.scripted import Scripted

from .commands import Shell


def judge(*arguments: str | Path, stdin: str | None = None, **environ: str | None) -> Result:
    """Run the command without a fake in the environment."""
    env = {ENV_API_URL: None, "NEMO_MOCK_TOKEN": None, **environ}
    return CliRunner().invoke(main, ["judge", *map(str, arguments)], env=env, input=stdin)


def sentence(code: int, *arguments: str | Path, **environ: str | None) -> str:
    """Run the command, check its exit code, and return its error message."""
    result = judge(*arguments, **environ)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").strip()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The journal of a caller that breaks rules."""
    file = tmp_path / "clumsy.jsonl"
    file.write_text("\n".join(lines_of(clumsy())), encoding="utf-8")
    return file


@pytest.fixture
def obeyed(tmp_path: Path) -> Path:
    """The journal of a caller that keeps all rules."""
    file = tmp_path / "good.jsonl"
    file.write_text("\n".join(lines_of(good())), encoding="utf-8")
    return file


# --- files ---


def test_a_correct_caller_ends_with_0_and_a_broken_rule_with_1(obeyed: Path, broken: Path) -> None:
    for file, code, end in ((obeyed, Exit.DONE, "Obeyed.\n"), (broken, Exit.REFUSED, "")):
        result = judge(file)
        assert result.exit_code == code
        assert result.stderr == ""
        assert result.stdout.endswith(end)
    assert "no-resend-after-break  error" in judge(broken).stdout


def test_a_journal_can_come_from_standard_input(broken: Path) -> None:
    assert judge("-", stdin=broken.read_text(encoding="utf-8")).stdout == judge(broken).stdout


def test_only_the_named_rules_are_checked(broken: Path) -> None:
    whole = json.loads(judge(broken, "--format", "json", "--rule", "set-up", "--rule", "poll-interval").stdout)
    assert list(whole["rules"]) == [*(each.id for each in FAMILIES["set-up"]), "poll-interval"]
    whole = json.loads(judge(broken, "--format", "json", "--rule", "set-up", "--ignore", "token-reused").stdout)
    assert list(whole["rules"]) == [each.id for each in FAMILIES["set-up"] if each.id != "token-reused"]
    ignored = [part for family in FAMILIES for part in ("--ignore", family)]
    assert sentence(2, broken, *ignored) == "--ignore excludes all rules, so there is nothing to check."


def test_an_unknown_rule_is_refused_with_the_nearest_name(broken: Path) -> None:
    said = sentence(2, broken, "--rule", "no-message-during-turns")
    assert said == "--rule: there is no rule 'no-message-during-turns': did you mean no-message-during-turn?"
    assert sentence(2, broken, "--ignore", "resend").endswith("did you mean no-resend-after-break?")


@pytest.mark.parametrize(
    ("name", "begins"),
    [("r.html", "<!doctype html>"), ("r.json", "{"), ("r.sarif", '{\n "$schema"'), ("r.xml", "<?xml"), ("r.txt", "")],
)
def test_the_extension_of_the_file_selects_the_format(broken: Path, tmp_path: Path, name: str, begins: str) -> None:
    result = judge(broken, "-o", tmp_path / name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(rf".*{re.escape(name)}: not obeyed: .*\.\n", result.stderr)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins or f"{len(RULES)} rules of conduct")
    assert not (tmp_path / f"{name}.part").exists()


def test_the_format_option_wins_over_the_extension(broken: Path, tmp_path: Path) -> None:
    judge(broken, "--format", "json", "-o", tmp_path / "report.html")
    assert json.loads((tmp_path / "report.html").read_text(encoding="utf-8"))["failed"] is True


def test_sarif_names_the_file_and_the_line(broken: Path) -> None:
    run = json.loads(judge(broken, "--format", "sarif").stdout)["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/clumsy.jsonl")
    assert place["region"]["startLine"] > 1


def test_strict_fails_on_undecided_rules(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl"
    file.write_text("\n".join(lines_of(good(), without={8})), encoding="utf-8")
    assert judge(file).exit_code == 0
    assert judge(file, "--strict").exit_code == 1
    assert "Entry 8 of world default is missing." in judge(file).stdout


def test_the_profile_changes_the_expected_waits(tmp_path: Path) -> None:
    script = Scripted()
    script.set_up()
    script.say()
    script.read_state(after=1)
    script.submit(after=1)
    script.poll(after=11)
    script.poll(after=11)
    script.poll(status="completed", after=11)
    script.fetch()
    file = tmp_path / "polls.jsonl"
    file.write_text("\n".join(lines_of(script)), encoding="utf-8")
    assert "✗ broken         poll-interval" in judge(file).stdout
    assert "✗ broken" not in judge(file, "--profile", "reference-4.4").stdout


def test_waits_are_measured_in_the_chosen_time(tmp_path: Path) -> None:
    script = good()
    for entry in script.entries:  # a machine that took no time for half an hour of the world's
        entry["real"] = script.entries[0]["real"] + (entry["virtual"] - script.entries[0]["virtual"]) / 1000
    file = tmp_path / "quick.jsonl"
    file.write_text("\n".join(lines_of(script)), encoding="utf-8")
    assert "poll-interval" in judge(file, "--time", "real").stdout.partition("✗ 1.")[2]
    assert judge(file, "--time", "virtual").stdout.endswith("Obeyed.\n")


def test_one_of_several_callers_can_be_judged_separately(tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    file.write_text("\n".join(lines_of(clumsy(), good(world="friday", account="user_ada"))), encoding="utf-8")
    assert judge(file).exit_code == 1
    result = judge(file, "--caller", "ada")
    assert result.exit_code == 0
    assert "anon_0123456789abcdef" not in result.stdout
    said = sentence(2, file, "--caller", "zoe")
    assert said == "--caller zoe: there are anon_0123456789abcdef (photo-stories); user_ada (photo-stories)."


def test_all_requests_in_a_world_can_count_as_one_caller(tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    second = Scripted(account="user_ada")
    second.token = "nmv_usr_*fedcba98"
    second.read_credits(after=5)
    lines = lines_of(clumsy())
    shift = len(lines)
    for entry in second.entries:
        entry |= {"n": entry["n"] + shift, "exchange": entry["exchange"] + 100}
    file.write_text("\n".join([*lines, *lines_of(second)]), encoding="utf-8")
    for more, count in (((), 2), (("--together",), 1)):
        callers = json.loads(judge(file, "--format", "json", *more).stdout)["callers"]
        assert len(callers) == count


def test_a_transcript_is_judged_together_with_the_requests(obeyed: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "seen.txt"
    transcript.write_text('user: make a video\nagent: {"code": 0, "data": {}}\n', encoding="utf-8")
    result = judge(obeyed, "--transcript", transcript)
    assert "no-raw-json-shown  warning, likely" in result.stdout
    two = tmp_path / "two.jsonl"
    two.write_text("\n".join(lines_of(clumsy(), good(world="friday", account="user_ada"))), encoding="utf-8")
    said = sentence(2, two, "--transcript", transcript)
    assert said.startswith("A transcript belongs to one caller, but the journal has 2: ")
    assert said.endswith(" Choose one with --caller.")
    assert judge(two, "--transcript", transcript, "--caller", "ada").exit_code == 0
    assert "can't be read: No such file" in sentence(2, obeyed, "--transcript", tmp_path / "nothing.txt")


def test_an_unusable_journal_is_refused_with_one_sentence(tmp_path: Path, broken: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("# Paper\n", encoding="utf-8")
    assert sentence(2, paper).startswith("Line 1 is not JSON")
    paper.write_text("", encoding="utf-8")
    assert sentence(2, paper) == "There are no requests in the journal, so there is nothing to judge."
    assert sentence(2, tmp_path / "none.jsonl").endswith("can't be read: No such file or directory.")
    assert sentence(2, tmp_path).endswith("can't be read: Is a directory.")
    assert sentence(2).startswith("Name a journal: ")
    assert sentence(2, "--target", "production").startswith("Production has no journal.")
    assert sentence(2, broken, "--world", "friday").startswith("--world works only with a running fake")
    assert sentence(2, broken, "--follow").startswith("--follow works only with a running fake")


def test_an_unwritable_report_is_refused_before_the_journal_is_read(broken: Path, tmp_path: Path) -> None:
    assert "folder does not exist" in sentence(4, broken, "-o", tmp_path / "none" / "report.html")


def test_the_rules_are_listed_with_their_sources() -> None:
    result = judge("--rules")
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    for rule in RULES.values():
        assert f"{rule.id} {rule.severity}" in shown
        assert rule.sentence in shown
        assert f"{rule.sources[0].family} {rule.sources[0].place}" in shown


def test_only_terminals_get_colours(broken: Path) -> None:
    assert "\x1b[" not in judge(broken).stdout
    assert "\x1b[31m" in judge(broken, FORCE_COLOR="1", TERM="xterm").stdout
    assert "\x1b[31m" not in judge(broken, FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").stdout


def test_text_without_a_terminal_has_a_fixed_width_unless_columns_is_set(broken: Path) -> None:
    widest = {columns: max(map(len, judge(broken, COLUMNS=columns).stdout.splitlines())) for columns in (None, "70")}
    assert 90 < widest[None] <= 100
    assert widest["70"] <= 70


# --- a running fake ---


def test_a_running_fake_is_judged_by_the_address_of_its_world(shell: Shell) -> None:
    shell.session()
    result = judge("--target", shell.url)
    assert result.exit_code == 0, result.output
    assert f"in world {shell.world}" in result.stdout
    base = shell.server.url
    assert judge("--target", base, "--world", shell.world).stdout == result.stdout
    assert judge(**{ENV_API_URL: shell.url}).stdout == result.stdout


def test_a_running_fake_is_judged_by_the_profile_that_it_plays() -> None:
    from nemovideo_contract.profiles import find_profile

    with running(Settings(quality="stub", clock="virtual", profile=find_profile("vendor-1.9"))) as server:
        CliRunner().invoke(main, ["token"], env={ENV_API_URL: server.url, "NEMO_TOKEN": None, "NEMO_CLIENT_ID": "x"})
        whole = json.loads(judge("--target", server.url, "--format", "json").stdout)
    assert whole["practice"] == "vendor-1.9"


def test_an_unreachable_fake_ends_with_3_and_another_server_with_2(shell: Shell) -> None:
    assert sentence(3, "--target", "http://127.0.0.1:9").startswith("There is no fake at http://127.0.0.1:9 (")
    said = sentence(2, "--target", f"{shell.server.url}/nowhere")
    assert said == f"{shell.server.url}/nowhere is not a fake: it has no journal (HTTP 404)."


def test_the_control_token_is_sent_and_a_wrong_one_is_refused_with_the_fakes_message(tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual", control_token="open sesame")) as server:
        env = {ENV_API_URL: server.url, "NEMO_TOKEN": None, "HOME": str(tmp_path)}
        assert CliRunner().invoke(main, ["token"], env=env).exit_code == 0
        said = sentence(2, "--target", server.url)
        assert said.startswith(f"{server.url} refuses to send its journal: The control API requires its token")
        assert judge("--target", server.url, "--control-token", "open sesame").exit_code == 0
        file = tmp_path / "token.txt"
        file.write_text("open sesame\n", encoding="utf-8")
        assert judge("--target", server.url, "--control-token-file", str(file)).exit_code == 0
        for options, reason in (
            (("--control-token-file", str(file), "--control-token", "x"), "choose one of them"),
            (("--control-token-file", str(tmp_path)), "can't be read"),
            (("--control-token-file", os.devnull), "is empty: write the token into it"),
        ):
            refused = judge("--target", server.url, *options)
            assert (refused.exit_code, reason in refused.stderr) == (2, True), refused.output
        assert judge("--target", server.url, NEMO_MOCK_TOKEN="open sesame").exit_code == 0


SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"
NOT_PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\xff\xff"
PROFILE = b'HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{"profile": {"name": "seeds"}}'


@pytest.mark.parametrize("answers", [{}, {b"GET /_mock/profile": PROFILE}, {b"GET /_mock/worlds": SHORT}])
@pytest.mark.parametrize("other", [SHORT, NOT_PACKED])
def test_a_response_that_breaks_off_is_one_sentence(answers: dict[bytes, bytes], other: bytes) -> None:
    def answer(connection: socket.socket, over: threading.Event) -> None:
        asked = connection.recv(65536)
        connection.sendall(next((each for begins, each in answers.items() if asked.startswith(begins)), other))

    with behaving(answer) as url:
        world = ("--world", "w") if b"GET /_mock/worlds" in answers else ()
        assert sentence(3, "--target", url, *world).startswith(f"A response of {url} broke off (")


@pytest.mark.parametrize("path", [b"GET /_mock/profile", b"GET /_mock/journal"])
def test_a_response_that_unpacks_to_a_large_one_is_refused(path: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_journal, "LONGEST", 100_000)
    packed = zlib.compress(bytes(1_000_000), wbits=31)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    def answer(connection: socket.socket, over: threading.Event) -> None:
        is_large = connection.recv(65536).startswith(path)
        connection.sendall(head % len(packed) + packed if is_large else PROFILE)

    with behaving(answer) as url:
        assert "has more than 100000 bytes" in sentence(2, "--target", url)


def test_a_journal_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mock_journal, "LARGEST_JOURNAL", 100_000)

    def answer(connection: socket.socket, over: threading.Event) -> None:
        if not connection.recv(65536).startswith(b"GET /_mock/journal"):
            connection.sendall(PROFILE)
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n")
        with suppress(OSError):
            while not over.is_set():
                connection.sendall(b"\n" * 10_000)

    with behaving(answer) as url:
        assert "its journal has more than 100000 bytes" in sentence(2, "--target", url)


def test_a_journal_that_names_another_charset_is_read_as_json_is() -> None:
    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(SHORT.replace(b"100", b"2\r\nContent-Type: text/plain; charset=utf-16"))

    with behaving(answer) as url:
        assert sentence(2, "--target", url)


# --- following ---


def attended(heard: Iterator[JournalUpdate]) -> str:
    """Follow these journal updates; return the printed text."""
    file, journal = io.StringIO(), JournalReader()
    console = Console(file=file, width=120, highlight=False, markup=False)
    follow_journal(console, heard, journal, LiveJudge(journal, list(RULES.values())))
    return file.getvalue()


def test_a_followed_violation_is_printed_at_once_and_journal_notes_appear_in_order() -> None:
    entries = clumsy().entries

    def heard() -> Iterator[JournalUpdate]:
        yield JournalUpdate(tuple(entries[:20]))
        yield JournalUpdate(note="The world was reset, and its journal is empty again.")
        yield JournalUpdate(tuple(entries[20:]))
        raise KeyboardInterrupt

    told = attended(heard())
    before, _, later = told.partition("The world was reset, and its journal is empty again.\n")
    assert "attribution-on-every-call  error" in before
    assert "no-resend-after-break" not in before
    assert "no-resend-after-break  error" in later


def heard_until(heard: Iterator[JournalUpdate], wanted: str) -> list[JournalUpdate]:
    """Read updates until a note contains this text, or until a request has this path."""
    found: list[JournalUpdate] = []
    for each in heard:
        found.append(each)
        if wanted in (each.note or "") or any(wanted == entry.get("path") for entry in each.entries):
            return found
    raise AssertionError(wanted)


def test_following_yields_old_and_new_entries_and_the_reset_of_the_world(shell: Shell) -> None:
    shell.run("token")
    shell.run("credits")
    heard = MockJournal(shell.url).live()
    credits = f"/w/{shell.world}/api/credits/balance/simple"
    heard_until(heard, credits)
    shell.run("state", "5529798706024415232")
    heard_until(heard, f"/w/{shell.world}/api/state/nemo_agent/me/5529798706024415232/latest")
    httpx.post(f"{shell.url}/_mock/reset", json={"scope": "world"}, trust_env=False, timeout=HANG_S).raise_for_status()
    heard_until(heard, "The world was reset")
    shell.run("credits")
    heard_until(heard, credits)
    heard.close()


def test_entries_that_a_slow_follower_missed_are_reported_in_their_place() -> None:
    first, second = lines_of(good())[:2]
    lost = 'event: dropped\ndata: {"dropped":7}\n\n'
    stream = f"id: 1\ndata: {first}\n\n{lost}: sign of life\n\nid: 9\ndata: {second}\n\n"
    heard = list(read_events(httpx.Response(200, content=stream.encode())))
    assert [(len(each.entries), each.note) for each in heard] == [
        (1, None),
        (0, "The journal grew too fast, and entries are missing (7)."),
        (1, None),
    ]


def test_following_waits_for_a_stopped_fake_and_recognizes_a_new_one() -> None:
    waits: list[float] = []
    journal = JournalReader()
    with running(Settings(quality="stub", clock="virtual")) as first:
        port = int(first.url.rpartition(":")[2])
        CliRunner().invoke(main, ["credits"], env={ENV_API_URL: first.url, "NEMO_TOKEN": "nmv_usr_test_talkative"})
        heard = MockJournal(first.url).live(waits.append)
        for each in heard_until(heard, "/api/credits/balance/simple"):
            for entry in each.entries:
                journal.feed(entry)
        assert journal.entries > 0
    assert "has stopped. Waiting until it is back" in (heard_until(heard, "has stopped")[-1].note or "")
    with running(Settings(quality="stub", clock="virtual"), port=port) as second:
        CliRunner().invoke(main, ["credits"], env={ENV_API_URL: second.url, "NEMO_TOKEN": "nmv_usr_test_talkative"})
        heard_until(heard, "is back")
        for each in heard_until(heard, "/api/credits/balance/simple"):
            for entry in each.entries:
                journal.feed(entry)
        heard.close()
    assert waits
    assert {each.world for each in journal.assembly.exchanges} == {"default", "default (2)"}


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_following_with_the_complete_report(shell: Shell, tmp_path: Path, ends: signal.Signals) -> None:
    shell.run("credits", NEMO_TOKEN="nmv_usr_nobody")
    report = tmp_path / "report.json"
    command = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()", "judge"]
    with subprocess.Popen(
        [*command, "--target", shell.url, "--follow", "-o", str(report)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "HOME": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Following the journal.")
        shell.run("state", "5529798706024415232")
        for line in process.stdout:
            if "session-before-work" in line:
                break
        process.send_signal(ends)
        _, said = process.communicate(timeout=HANG_S)
    assert process.returncode == 1, said
    assert said.endswith(".\n")
    assert "report.json: not obeyed: " in said
    findings = json.loads(report.read_text(encoding="utf-8"))["callers"][0]["findings"]
    assert "session-before-work" in [each["rule"] for each in findings if each["verdict"] == "broken"]


# --- what people hand in by mistake -----------------------------------------------------------------------------------


@pytest.mark.parametrize("from_stdin", [False, True])
def test_shuffled_lines_are_judged_in_their_order(broken: Path, tmp_path: Path, *, from_stdin: bool) -> None:
    lines = broken.read_text(encoding="utf-8").splitlines()
    random.Random(7).shuffle(lines)  # noqa: S311 -- an order for a test
    file = tmp_path / "shuffled.jsonl"
    file.write_text("\n".join([*lines, lines[0]]), encoding="utf-8")
    result = judge("-", stdin=file.read_text(encoding="utf-8")) if from_stdin else judge(file)
    told = judge(broken).stdout
    # The heading names the file, and counts the line that is there twice.
    assert result.stdout.partition("No entry is missing.")[2] == told.partition("No entry is missing.")[2] != ""


def test_lines_of_a_reset_world_keep_their_order(tmp_path: Path) -> None:
    old, new = good(), good()
    for entry in new.entries:
        entry["real"] += 86_400
    file = tmp_path / "journal.jsonl"
    file.write_text("\n".join(lines_of(old, new)), encoding="utf-8")
    assert "in 2 worlds" in judge(file).stdout


def test_a_har_file_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "traffic.har"
    file.write_text('{\n "log": {"version": "1.2", "entries": []}}', encoding="utf-8")
    assert (
        sentence(2, file)
        == f"{file} is a HAR file. Use the output of GET /_mock/journal instead, which has more details."
    )


def test_judge_does_not_create_a_missing_world(shell: Shell) -> None:
    base = shell.url.removesuffix(f"/w/{shell.world}")
    headers = {"Authorization": "Bearer nmv_usr_nobody"}
    httpx.get(f"{shell.url}/api/credits/balance/simple", headers=headers, trust_env=False, timeout=HANG_S)
    for target in (["--target", base, "--world", "no-such-world"], ["--target", f"{base}/w/no-such-world"]):
        assert sentence(2, *target).startswith(f"There is no world 'no-such-world' at {base}: there are default")
    names = [
        each["name"] for each in httpx.get(f"{base}/_mock/worlds", trust_env=False, timeout=HANG_S).json()["worlds"]
    ]
    assert shell.world in names
    assert "no-such-world" not in names


def test_a_caller_that_sleeps_through_the_clock_api_is_judged_in_virtual_time() -> None:
    with (
        running(Settings(clock="virtual", quality="stub")) as server,
        httpx.Client(
            base_url=server.url,
            trust_env=False,
            headers={"Authorization": f"Bearer {token_of('talkative')}"},
            timeout=HANG_S,
        ) as http,
    ):
        for _ in range(3):
            http.get("/api/render/proxy/lambda/render_1")
            http.post("/_mock/clock/wait", json={"seconds": 30}).raise_for_status()
        result = judge("--target", server.url, "--format", "json", "--rule", "poll-interval")
        (caller,) = json.loads(result.stdout)["callers"]
    assert caller["time"] == "virtual"
    assert [each["verdict"] for each in caller["findings"]] == ["kept"]
