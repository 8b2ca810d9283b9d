"""`nemo-harness record` and `diff`: their recordings, their differences, and their exit codes."""

from __future__ import annotations

import dataclasses
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.exchange import Call
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.openapi import Json
from nemovideo_contract.profiles import DEFAULT, KEYS, PROFILES, Profile, find_profile
from nemovideo_contract.recording import Comparison, Recording, compare, read, write
from nemovideo_contract.recording.facts import operations_of
from nemovideo_contract.recording.recording import StreamBody, TextBody
from nemovideo_contract.recording.scripted_conversation import PARTS, choose_chapters
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.targets import Target
from nemovideo_harness.cli import main
from nemovideo_harness.cli.console.diff_output import NOT_COVERED, print_comparison
from nemovideo_harness.cli.servers.recording_proxy import recording_proxy
from nemovideo_harness.cli.servers.recording_session import (
    RecordingSession,
    TargetOptions,
    open_session,
    play_recording,
    play_script,
    script_state,
)
from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.contract.recording.recordings import conversation
from tests.contract.suite.proxies import Manner as ProxyManner
from tests.contract.suite.proxies import compresses, fails_once, proxy, removes
from tests.contract.suite.stand_in import TOKEN, standing_in
from tests.contract.suite.test_wrong_servers import Manner, behaving
from tests.guards import HANG_S

from .commands import PHOTOS, Shell

#: What a caller sees of each key in the conversation, on a virtual clock and with the fake's first seed: key=value.
VISIBLE = (
    *("events=adk-2", "events=adk-1", "text_key=text", "heartbeat=event", "heartbeat=comment"),
    *("errors=http", "turn_errors=in_stream", "turn_errors=adk", "render=wrapped", "duplicate_render=existing"),
    *("output_ttl=1", "client_id=optional", "token_limit=hour", "token_limit=none", "token_expiry=never"),
    *("retry_after=7", "attribution=exhausted", "attribution=everywhere", "attribution=none", "two_stage=true"),
    *("silent=always", "gui_talk=false", "pricing=operation", "empty_draft=null", "empty_draft=absent"),
)
#: What shows only in what the conversation doesn't do, in time, or by the luck of the draw.
HIDDEN = (
    *("heartbeat=typed", "heartbeat=empty", "heartbeat=none", "render_queue=session", "orphan=token"),
    *("size_limit_mb=500", "disconnect=cancel", "busy=refuse", "busy=concurrent", "stream_limit=900"),
    *("session_idle=9000", "reissue=fresh", "durations=vendor", "trailing_noise=true"),
    *("silent=generation", "silent=never"),
)


def recorded(target: str = "mock", profile: str | None = None, changes: tuple[str, ...] = ()) -> Recording:
    """Record the whole script with a server."""
    with open_session(TargetOptions(target, profile, changes)) as goal:
        play_script(goal, choose_chapters(()), script_state(goal))
        return goal.recording("conversation")


def replayed(recording: Recording, profile: str | None = None, changes: tuple[str, ...] = ()) -> Recording:
    """Replay a recording on a new fake."""
    with open_session(TargetOptions("mock", profile, changes)) as goal:
        play_recording(goal, recording)
        return goal.recording("replay")


@pytest.fixture(scope="module")
def seeds() -> Recording:
    """The recording of the whole script with an unchanged fake."""
    return recorded()


def answering(answer: bytes, times: int = 100) -> Manner:
    """A server that sends this response a number of times, and then closes each connection without one."""
    left = [answer] * times

    def answered(connection: socket.socket, over: threading.Event) -> None:
        del over
        if connection.recv(4096) and left:
            connection.sendall(left.pop())

    return answered


def differences(recording: Recording, *changes: str) -> Comparison:
    """Replay a recording on a fake with changed profile keys; return the comparison."""
    return compare(recording, replayed(recording, None, changes))


# --- what is between --------------------------------------------------------------------------------------------------


def recorded_through(manner: ProxyManner) -> Recording:
    """Record the whole script with a fake behind a proxy."""
    with running(Settings(quality="stub", clock="virtual")) as server, proxy(server.url, manner) as url:
        return recorded(url)


@pytest.mark.parametrize("encoding", ["gzip", pytest.param("deflate", marks=pytest.mark.slow)])
def test_compressed_answers_are_recorded_as_they_are_without_compression(seeds: Recording, encoding: str) -> None:
    found = compare(seeds, recorded_through(compresses(encoding)))
    assert {each.subject for each in found.sure} <= {"header content-encoding", "header content-length"}


def test_one_failure_in_between_changes_no_recording(seeds: Recording) -> None:
    assert not compare(seeds, recorded_through(fails_once(20))).sure


def test_a_difference_quotes_the_refusal_that_it_is_about(seeds: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    second = recorded_through(removes(*ATTRIBUTION))
    found = compare(seeds, second)
    exports = [each for each in found.differences if each.second == "refused with 402"]
    assert exports
    quoted = "Export is blocked: the request lacks the attribution header X-Skill-Source."
    assert {each.quotes for each in exports} == {(None, quoted)}
    assert all("attribution-headers" in each.requirements for each in exports)
    print_comparison(found, ("one", "two"), second)
    assert f"second says: {quoted}" in " ".join(capsys.readouterr().out.split())


# --- the profile keys -------------------------------------------------------------------------------------------------


def test_a_replay_on_the_same_fake_has_no_differences(seeds: Recording) -> None:
    again = replayed(seeds)
    assert not compare(seeds, again).differences
    assert operations_of(again) == operations_of(seeds)
    assert not again.skipped


@pytest.mark.parametrize("change", VISIBLE)
def test_a_visible_profile_key_is_named_and_no_other(seeds: Recording, change: str) -> None:
    found = differences(seeds, change)
    key, _, value = change.partition("=")
    assert found.keys == (key,)
    assert not found.unexplained
    values = found.values(key)
    if values is not None:
        before = str(getattr(Profile(), key)).lower()
        assert before in values[0].split(" or ")
        assert value in values[1].split(" or ")
    assert all(each.requirements for each in found.differences)


@pytest.mark.parametrize("change", HIDDEN)
def test_an_invisible_profile_key_makes_no_difference(seeds: Recording, change: str) -> None:
    assert not differences(seeds, change).differences


def test_these_tests_cover_every_value_of_every_key() -> None:
    tested = {change.partition("=")[0] for change in (*VISIBLE, *HIDDEN)}
    assert tested == set(KEYS)


@pytest.mark.parametrize("name", PROFILES)
def test_the_differences_of_a_named_profile_are_its_keys(seeds: Recording, name: str) -> None:
    found = compare(seeds, replayed(seeds, name))
    changed = set(PROFILES[DEFAULT].differences(PROFILES[name]))
    visible = {change.partition("=")[0] for change in VISIBLE}
    assert set(found.keys) - {"heartbeat"} == changed & visible - {"heartbeat"}
    # A sign of life shows in streams that are long enough, and those are another profile's affair.
    assert "heartbeat" not in found.keys or "heartbeat" in changed
    assert not found.unexplained


def test_longer_work_shows_in_the_times_of_the_records() -> None:
    one = recorded(changes=("events=adk-2",))
    two = replayed(one, None, ("events=adk-2", "durations=vendor"))
    assert not compare(one, two).differences
    assert compare(one, two, timing=True).keys == ("durations",)


def test_two_keys_at_once_are_both_named(seeds: Recording) -> None:
    found = differences(seeds, "errors=http", "render=wrapped")
    assert set(found.keys) == {"errors", "render"}
    assert found.values("render") == ("flat", "wrapped")


# --- the commands -----------------------------------------------------------------------------------------------------


def test_a_recording_is_written_read_and_compared(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    made = shell.run("record", "-o", file)
    assert (made.exit_code, made.stdout) == (0, "")
    assert made.stderr.startswith(f"{file}: ")
    assert "exchanges with mock, profile seeds." in made.stderr
    assert not (tmp_path / "tape.json.part").exists()
    same = shell.run("diff", file, "--target", "mock")
    assert same.exit_code == 0, same.output
    assert "No difference that a caller can see." in same.stdout


def test_differences_end_with_1_and_name_the_step_the_rule_and_the_key(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    shell.run("record", "-o", file, "--only", "export,refusals")
    found = shell.run("diff", file, "--target", "mock", "--set", "render=wrapped", "--set", "attribution=everywhere")
    assert found.exit_code == 1
    assert "the balance without attribution" in found.stdout
    assert "answered → refused with 1001" in found.stdout
    assert "attribution-export-only, attribution-everywhere" in found.stdout
    assert "flat → wrapped" in found.stdout
    assert NOT_COVERED not in found.stdout
    assert "All of them are documented variations" in found.stdout


def test_json_has_the_differences_and_nothing_else_is_printed(shell: Shell, tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    shell.run("record", "-o", one, "--only", "refusals")
    found = shell.run("diff", one, "--target", "mock", "--set", "errors=http", "--save", two, "--json")
    assert (found.exit_code, found.stderr) == (1, "")
    report = json.loads(found.stdout)
    assert report["profile_keys"] == {"errors": ["envelope", "http"]}
    assert {each["what"] for each in report["differences"]} == {"HTTP status"}
    again = shell.run("diff", one, two, "--json")
    assert json.loads(again.stdout)["differences"] == report["differences"]


def test_two_servers_are_compared_live(shell: Shell) -> None:
    found = shell.run("diff", "--target", "mock", "--against", "mock", "--set", "empty_draft=null", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["profile_keys"] == {"empty_draft": ["object", "null"]}


def test_random_differences_count_only_with_strict(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    shell.run("record", "-o", file, "--only", "message")
    options = ("diff", file, "--target", "mock", "--set", "silent=always")
    lenient = shell.run(*options)
    assert lenient.exit_code == 0
    assert "words → silence" in lenient.stdout
    assert shell.run(*options, "--strict").exit_code == 1


def test_a_server_without_test_tokens_is_recorded_with_an_anonymous_token() -> None:
    with running(Settings(quality="stub", clock="virtual")) as server:
        with open_session(TargetOptions(server.url)) as goal:
            assert goal.token is not None
            bare = dataclasses.replace(goal.target, scenarios={})
            other = RecordingSession(bare, goal.driver, goal.spending, "my own")
            play_script(other, choose_chapters(("export",)), script_state(other))
        assert not other.exchanges
        with Driver(server.url) as driver:
            fresh = RecordingSession(bare, driver, SpendingLimits(None), "my own")
            play_script(fresh, ("token", *choose_chapters(("export",))), script_state(fresh))
    recording = fresh.recording("conversation")
    assert recording.exchanges[-1].name == "the file at its address"
    assert {each.request.token for each in recording.exchanges} == {None, "nmv_usr_<token:1>"}
    assert not compare(recording, replayed(recording)).differences


def test_only_plays_the_named_parts_and_those_that_they_need(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    shell.run("record", "-o", file, "--only", "upload")
    names = [each.name for each in read(file.read_text(encoding="utf-8")).exchanges]
    assert names == ["a session", "the state of a new session", "an upload of a photo", "the state after the upload"]


def test_only_the_recording_goes_to_standard_output(shell: Shell) -> None:
    made = shell.run("record", "-o", "-", "--only", "credits")
    assert len(read(made.stdout).exchanges) == 1


# --- how they end -----------------------------------------------------------------------------------------------------


def test_a_recording_with_a_byte_order_mark_is_read(shell: Shell, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(write(conversation()), encoding="utf-8")
    other.write_text(write(conversation()), encoding="utf-8-sig")
    result = shell.run("diff", one, other)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "It is not JSON: "),
        ('{"format": ' + "9" * 5000 + "}", "It has a number of more than 100 digits."),
        ('{"format": 1, "format": 1}', "The key 'format' appears twice in one object."),
        ('{"format": 99}', "It has the format 99, and this version reads 1"),
        ('{"format": 1}', "It is not a recording"),
    ],
)
def test_a_file_without_a_recording_is_one_sentence_and_2(
    shell: Shell, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text, encoding="utf-8")
    said = shell.sentence(2, "diff", file, "--target", "mock")
    assert said.startswith(f"{file} can't be read. {sentence}")


def test_a_missing_or_binary_file_is_2(shell: Shell, tmp_path: Path) -> None:
    assert "No such file" in shell.sentence(2, "diff", tmp_path / "none.json", "--target", "mock")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in shell.sentence(2, "diff", tmp_path / "bytes", "--target", "mock")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("diff",), "Give a recording and --target, or two recordings"),
        (("diff", "--target", "mock"), "Give a recording and --target, or two recordings"),
        (("record", "-o", "x", "--only", "nonsense"), "there is no part nonsense"),
        (("record", "-o", "x", "--target", "https://example.com"), "example.com is not among the hosts"),
        (("record", "-o", "x", "--target", "http://127.0.0.1:1", "--profile", "adk"), "--profile and --set"),
        (("record", "-o", "x", "--", "ls"), "only with --listen"),
        (("diff", "--target", "mock", "--against", "mock", "--connect-to", "127.0.0.1:9"), "a stand-in for production"),
    ],
)
def test_wrong_usage_is_one_sentence_and_2(shell: Shell, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in shell.sentence(2, *arguments)


def test_production_needs_a_token_before_the_first_request(shell: Shell) -> None:
    assert "needs your own token" in shell.sentence(
        2, "record", "-o", "x", "--target", "production", "--connect-to", "127.0.0.1:9", NEMO_TOKEN=None
    )


def test_record_respects_the_allowed_hosts_of_the_process(shell: Shell) -> None:
    # Only the plan: without the rule, this test would call the service.
    options = ("record", "-o", "x", "--target", "production", "--plan")
    assert "NEMO_ALLOWED_HOSTS" in shell.sentence(2, *options, NEMO_TOKEN="nmv_usr_" + "A" * 43)


def test_an_unreachable_server_is_3(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    made = shell.run("record", "-o", file, "--target", "http://127.0.0.1:9")
    assert made.exit_code == 3
    assert made.stderr.startswith("Error: http://127.0.0.1:9 can't be reached: ")
    assert len(made.stderr.splitlines()) == 1
    assert not file.exists()


def test_another_kind_of_server_is_named_and_no_file_is_written(shell: Shell, tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<html>hi</html>"
    deep = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + b"[" * 100_000
    for answer in (page, deep):
        with behaving(answering(answer)) as url:
            for token in (None, "nmv_usr_" + "A" * 43):
                said = shell.sentence(1, "record", "-o", tmp_path / "x.json", "--target", url, NEMO_TOKEN=token)
                assert said.startswith(
                    f"{url} is not the service. GET /api/credits/balance/simple must return a JSON object"
                )
    assert not (tmp_path / "x.json").exists()


def test_a_fake_is_recorded_in_a_new_world_unless_the_url_names_one(shell: Shell, tmp_path: Path) -> None:
    with running(Settings(quality="stub", clock="virtual")) as server:
        for token in (None, "nmv_usr_test_funded"):
            options = ("record", "-o", tmp_path / "x.json", "--only", "credits,session", "--target")
            shell.out(*options, server.url, NEMO_TOKEN=token)
            assert not [each for each in server.runtime().journal.entries() if getattr(each, "method", "") == "POST"]
            shell.out(*options, f"{server.url}/w/mine", NEMO_TOKEN=token)
            entries = list(server.runtime("mine").journal.entries())
            assert [each for each in entries if getattr(each, "method", "") == "POST"]


def test_the_recording_so_far_is_saved_if_the_server_stops(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    body = b'{"code": 0, "data": {"session_id": "1234567890123456789"}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with behaving(answering(head + body, times=2)) as url:
        token = "nmv_usr_" + "A" * 43
        made = shell.run("record", "-o", file, "--only", "upload", "--target", url, NEMO_TOKEN=token)
    assert made.exit_code == 3, made.output
    assert read(file.read_text(encoding="utf-8")).exchanges[0].operation == "create_session"


def test_an_unwritable_file_is_4_before_the_first_request(shell: Shell, tmp_path: Path) -> None:
    assert "can't be written" in shell.sentence(4, "record", "-o", tmp_path / "none/tape.json", "--target", shell.url)
    assert shell.requests() == []


def test_recordings_without_a_common_step_cannot_be_compared(shell: Shell, tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    shell.run("record", "-o", one, "--only", "credits")
    shell.run("record", "-o", two, "--only", "refusals")
    assert "nothing to compare" in shell.sentence(2, "diff", one, two)


# --- the rails --------------------------------------------------------------------------------------------------------

WORK = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})
OWN = "nmv_usr_test_funded"


@contextmanager
def charging(spends: Cost) -> Generator[tuple[RecordingSession, list[float]]]:
    """A fake in place of a server that charges, and the pauses between its requests, in seconds."""
    waits: list[float] = []
    with running(Settings(quality="stub", clock="virtual")) as server, Driver(server.url) as driver:
        target = Target("stand-in", server.url, token=OWN, spends=spends)
        yield RecordingSession(target, driver, SpendingLimits(spends, OWN, sleep=waits.append), "stand-in"), waits


def test_without_a_limit_nothing_is_created() -> None:
    with charging(Cost()) as (goal, _):
        play_script(goal, choose_chapters(()), script_state(goal))
        recording = goal.recording("conversation")
    assert {each.operation for each in recording.exchanges} == {"credits", "state", "render_status"}
    left_out = {each.name for each in recording.skipped}
    assert {"a message to a session that nobody made", "part token", "part message", "part clip"} <= left_out


def test_below_a_limit_only_the_most_expensive_part_is_skipped() -> None:
    with charging(Cost(WORK, 60)) as (goal, waits):
        play_script(goal, choose_chapters(()), script_state(goal))
        assert goal.spending.spent <= 60
        recording = goal.recording("conversation")
    names = [each.name for each in recording.exchanges]
    assert "the file at its address" in names
    assert "a message that describes a clip" not in names
    assert "an anonymous token" not in names
    assert max(waits) >= 30  # between two polls
    assert [each for each in recording.skipped if each.name == "part clip"]


def test_a_replay_stops_at_the_limit(seeds: Recording) -> None:
    with charging(Cost(WORK, 160)) as (goal, _):
        play_recording(goal, seeds)
        assert goal.spending.calls["anonymous_token"] == 0
        assert goal.spending.spent == 50
    left_out = [each.name for each in goal.skipped if each.name.startswith("a message")]
    assert left_out == ["a message that asks for a change", "a message that describes a clip"]


def test_reserved_credits_count_as_spent_and_balance_requests_are_counted() -> None:
    body = b'{"code": 0, "data": {"available": 3, "frozen": 97, "total": 100}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    waits: list[float] = []
    with (
        behaving(answering(head + body)) as url,
        Driver(url) as driver,
    ):
        spends = Cost(WORK, 60)
        goal = RecordingSession(
            Target("own", url, token=OWN, spends=spends), driver, SpendingLimits(spends, OWN, waits.append), "own"
        )
        scene = script_state(goal)
        scene.session_id = "1234567890123456789"
        play_script(goal, ("talk",), scene)
    assert goal.spending.before == 3
    assert goal.spending.calls == {
        "credits": 2,
        "run_sse": 1,
    }  # the script's own reading, and the one before the message
    assert len(waits) == 2


def test_an_unreadable_balance_skips_the_message_and_keeps_the_recording() -> None:
    for kind in ("status", "reset"):
        with charging(Cost(WORK, 60)) as (goal, _), Driver(goal.driver.base_url + "/_mock") as control:
            scene = script_state(goal)
            play_script(goal, ("session", "upload"), scene)
            fault: Json = {"kind": kind, "on": "credits"}
            ordered = control.send(Call("", "POST", "/faults", {"Content-Type": "application/json"}, None, fault))
            assert ordered.status < 300, ordered.content
            play_script(goal, ("talk",), scene)
            recording = goal.recording("conversation")
        assert goal.spending.calls["run_sse"] == 0
        assert [each.operation for each in recording.exchanges][:2] == ["create_session", "state"]
        assert recording.skipped[0].name == "part talk"
        assert recording.skipped[0].reason.startswith("The balance can't be read: ")


def test_a_recordings_own_claims_do_not_lift_the_spending_limit(seeds: Recording) -> None:
    for said in ("", "state"):
        listed = tuple(dataclasses.replace(each, operation=said) for each in seeds.exchanges)
        with charging(Cost()) as (goal, _):
            play_recording(goal, dataclasses.replace(seeds, exchanges=listed))
        assert {each.request.method for each in goal.exchanges} == {"GET"}
        assert any(each.name == "a message that asks for a reel" for each in goal.skipped)


def test_a_recording_with_foreign_urls_does_not_leak_the_token(tmp_path: Path, seeds: Recording) -> None:
    text = write(seeds).replace('"path": "/api/credits/balance/simple"', '"path": ".evil.example/x"')
    (tmp_path / "tape.json").write_text(text, encoding="utf-8")
    with standing_in(tmp_path) as stand_in:
        way = ("--target", "production", "--connect-to", stand_in.address, "--authority", stand_in.authority)
        environ = {"NEMO_TOKEN": TOKEN}
        refused = CliRunner().invoke(main, ["diff", str(tmp_path / "tape.json"), *map(str, way)], env=environ)
        assert (refused.exit_code, stand_in.requests) == (2, [])
        assert "It is not a recording: at $.exchanges[" in refused.stderr


def test_diff_can_be_rehearsed_on_a_stand_in(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "tape.json"
    shell.run("record", "-o", file, "--only", "credits")
    with standing_in(tmp_path) as stand_in:
        way = ("--target", "production", "--connect-to", stand_in.address, "--authority", stand_in.authority)
        found = shell.run("diff", file, *way, NEMO_TOKEN=TOKEN)
        assert found.exit_code == 0, found.output
        assert [each.path for each in stand_in.requests] == ["/api/credits/balance/simple"]


def test_record_plan_lists_the_parts_and_sends_nothing(shell: Shell) -> None:
    token = "nmv_usr_" + "A" * 43
    options = ("record", "-o", "x", "--target", "production", "--plan", "--allow-credits", "60")
    told = shell.out(*options, "--connect-to", "127.0.0.1:9", NEMO_TOKEN=token)
    assert "call message: credits, run_sse, state, credits; at worst up to 50 credits" in told
    assert "skip clip" in told
    assert "Nothing was sent." in told
    assert token not in told
    assert "call credits:" in shell.out(*options, "--connect-to", "127.0.0.1:9", NEMO_TOKEN=None)


def test_the_plan_names_the_requests_of_the_recording(seeds: Recording) -> None:
    planned = {name for chapter in PARTS.values() for name in chapter.calls.replace(",", " ").split()}
    made = {each.operation for each in seeds.exchanges if each.operation}
    assert made == planned - {"x2", "up", "to", "x10", "the", "file"}


def test_no_secret_is_in_a_recording() -> None:
    with running(Settings(quality="stub", clock="virtual")) as server:
        with Driver(server.url) as driver:
            bare = RecordingSession(Target("own", server.url, spends=None), driver, SpendingLimits(None), "own")
            scene = script_state(bare)
            play_script(bare, ("token",), scene)
            assert scene.token is not None
            play_script(bare, ("refusals", "session"), scene)
        text = json.dumps(dataclasses.asdict(bare.recording("conversation")), default=str)
    raw = [
        each
        for exchange in bare.exchanges
        for each in (exchange.request.token, exchange.request.headers.get("X-Client-Id"))
    ]
    secrets = {each for each in raw if each}
    assert len(secrets) >= 3
    assert not [each for each in secrets if str(each) in text]


# --- listening --------------------------------------------------------------------------------------------------------


def test_the_requests_of_another_command_are_recorded_and_can_be_replayed(shell: Shell, tmp_path: Path) -> None:
    file, video = tmp_path / "make.json", tmp_path / "reel.mp4"
    own = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()"]
    made = shell.run("record", "-o", file, "--listen", "0", "--", *own, "make", PHOTOS[0], "-o", video)
    assert made.exit_code == 0, made.output
    assert video.read_bytes()[4:8] == b"ftyp"
    recording = read(file.read_text(encoding="utf-8"))
    operations = [each.operation for each in recording.exchanges]
    assert [each for each in operations if each in {"create_session", "upload", "run_sse", "submit_render"}] == [
        "create_session", "upload", "run_sse", "submit_render",
    ]  # fmt: skip
    assert "JFIF" not in file.read_text(encoding="utf-8")
    again = replayed(recording)
    assert not compare(recording, again).sure
    assert not again.skipped
    assert compare(recording, replayed(recording, None, ("render=wrapped",))).keys == ("render",)


def test_the_exit_code_of_a_recorded_command_is_passed_on(shell: Shell, tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "raise SystemExit(7)"]
    made = shell.run("record", "-o", tmp_path / "x.json", "--listen", "0", "--", *failing)
    assert made.exit_code == 7, made.output
    assert (tmp_path / "x.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_recording_is_saved_after_a_signal(tmp_path: Path, number: int) -> None:
    file = tmp_path / "heard.json"
    own = [sys.executable, "-c", "from nemovideo_harness.cli import main; main()"]
    command = [*own, "record", "-o", str(file), "--listen", "0", "--profile", "vendor-1.9"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, encoding="utf-8", env={"PYTHONPATH": ":".join(sys.path)}
    ) as run:
        assert run.stderr is not None
        address = run.stderr.readline().split(" at ")[1].split(". ")[0]
        with Driver(address) as driver:
            refused = driver.send(Call("credits", "GET", "/api/credits/balance/simple", {}, "nmv_usr_" + "A" * 43))
            lost = driver.send(Call("", "POST", "/nowhere", {}, None, b"not json"))
        run.send_signal(number)
        assert run.wait(HANG_S) == 0
    assert (refused.code, lost.status) == (1001, 404)
    one, two = read(file.read_text(encoding="utf-8")).exchanges
    assert (one.operation, one.request.token, one.reply.status) == ("credits", "nmv_usr_<token:1>", 200)
    assert (two.name, two.request.body) == ("POST /nowhere", TextBody("not json"))


def test_the_proxy_forwards_a_stream_piece_by_piece_and_survives_a_disconnect() -> None:
    with (
        running(Settings(quality="stub", heartbeat=0.05)) as server,
        recording_proxy(server.url, 0) as (address, captured_calls),
        Driver(address) as driver,
    ):
        bare = RecordingSession(
            Target("own", address, token="nmv_usr_test_turn_stuck", spends=None), driver, SpendingLimits(None), "own"
        )
        scene = script_state(bare)
        play_script(bare, ("session", "upload"), scene)
        with driver.listen(scene.message(scene.session(), "a reel of it")) as stream:
            answer = stream.read(lambda so_far: len(so_far.signs) > 1)
        assert not answer.whole
        bare.send(scene.balance("afterwards"))
    # What is heard is whole when the listening has ended: a call is noted after its answer has gone out.
    assert [each.operation for each in captured_calls.finished][-1] == "credits"
    left = next(each for each in captured_calls.finished if each.operation == "run_sse")
    assert not left.reply.whole
    assert isinstance(left.reply.body, StreamBody)
    assert len(left.reply.body.records) >= 2


def test_the_proxy_refuses_requests_for_other_servers() -> None:
    with running(Settings(quality="stub")) as server, recording_proxy(server.url, 0) as (address, captured_calls):
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), HANG_S) as connection:
            connection.sendall(b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), HANG_S) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: zz\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert not captured_calls.finished


def test_the_proxy_forwards_nothing_beyond_this_machine(shell: Shell, tmp_path: Path) -> None:
    token = "nmv_usr_" + "A" * 43
    way = ("--target", "production", "--connect-to", "127.0.0.1:9")
    options = ("record", "-o", tmp_path / "x.json", "--listen", "0", *way)
    assert "needs a target on this machine" in shell.sentence(2, *options, NEMO_TOKEN=token)


def test_the_recorded_profile_is_the_chosen_one() -> None:
    recording = recorded(profile="vendor-1.9")
    assert recording.target == "mock, profile vendor-1.9"
    assert not compare(recording, replayed(recording, "vendor-1.9")).differences
    assert find_profile("vendor-1.9").attribution == "everywhere"
