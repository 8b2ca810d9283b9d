"""`nemo-harness record`: record requests to a server, and its responses, in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from nemovideo_contract.allowed_hosts import is_loopback
from nemovideo_contract.profiles import PROFILES
from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import check_writable, print_notice, print_text
from nemovideo_harness.cli.options.recording_file import save_recording
from nemovideo_harness.cli.servers.recording_session import (
    SCRIPT,
    RecordingSession,
    TargetOptions,
    open_session,
    play_script,
    require_suite,
    script_state,
    show_requests,
)

if TYPE_CHECKING:
    from nemovideo_contract.recording.recording import Recording


@click.command("record", short_help="Record requests to a server, and its responses, to a file.")
@click.option("-o", "--output", required=True, metavar="FILE", help="The file for the recording; - is standard output.")
@click.option("--target", default="mock", show_default=True, help="The server to call: mock, production, or a URL.")
@click.option("--profile", type=click.Choice(list(PROFILES)), help="The profile of the target mock.  [default: seeds]")
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Change one key of the profile; repeatable.")
@click.option("--only", metavar="PARTS", help="Play only these parts, separated by commas.")
@click.option(
    "--listen",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Record the requests of other programs to this port.",
)
@click.option(
    "--allow-credits",
    type=click.IntRange(0),
    metavar="N",
    help="The most credits that the run may spend on production.",
)
@click.option("--allow-token", is_flag=True, help="Allow the run to request an anonymous token from production.")
@click.option(
    "--connect-to", metavar="HOST:PORT", help="Rehearse: send production requests to this address on this machine."
)
@click.option("--authority", metavar="FILE", help="The CA certificate for the TLS server at --connect-to.")
@click.option("--plan", is_flag=True, help="List the requests and what they may cost; send nothing.")
@click.argument("caller", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
def command(
    output: str,
    target: str,
    profile: str | None,
    changes: tuple[str, ...],
    only: str | None,
    listen: int | None,
    allow_credits: int | None,
    connect_to: str | None,
    authority: str | None,
    caller: tuple[str, ...],
    *,
    allow_token: bool,
    plan: bool,
) -> None:
    """Run a fixed series of requests against a server, and save all requests and responses without secrets.

    The series has these parts: token, refusals, credits, session, upload, message, edit, talk, export and clip. With
    --only, the command plays the parts that you name and the parts that they need. Production needs a token in
    NEMO_TOKEN. Without --allow-credits, the command sends production only requests that are free and create nothing.

    With --listen, the command records other programs instead. It forwards each request at that port to the target. It
    stops on Ctrl-C, or when COMMAND ends. COMMAND gets the address of the port in NEMO_API_URL.
    """
    require_suite()
    if caller and listen is None:
        raise Stop(Exit.USAGE, "A COMMAND can be recorded only with --listen, such as --listen 0.")
    parts = _parts(only)
    target_options = TargetOptions(target, profile, changes, allow_credits, allow_token, connect_to, authority, plan)
    if plan:
        _print_plan(target_options, parts)
        return
    check_writable(output)
    if listen is not None:
        raise SystemExit(_record_proxy(target_options, listen, caller, output))
    with open_session(target_options) as session, show_requests(session):
        try:
            play_script(session, _with_token(session, parts), script_state(session))
        except Stop:
            if session.exchanges:  # they may have cost credits: keep them even if the server fails
                save_recording(session.recording(SCRIPT), output)
                _print_summary(session, session.recording(SCRIPT), output)
            raise
        recording = session.recording(SCRIPT)
    if not recording.exchanges:
        reasons = "; ".join(f"{each.name}: {each.reason}" for each in recording.skipped[:1])
        raise Stop(Exit.USAGE, f"No request was sent, so there is nothing to save. {reasons}")
    save_recording(recording, output)
    _print_summary(session, recording, output)


def _parts(only: str | None) -> tuple[str, ...]:
    from nemovideo_contract.recording.scripted_conversation import PARTS, choose_chapters

    named = tuple(each.strip() for each in (only or "").split(",") if each.strip())
    try:
        return choose_chapters(named)
    except KeyError as error:
        raise Stop(Exit.USAGE, f"--only: there is no part {error.args[0]}; the parts are {', '.join(PARTS)}.") from None


def _with_token(session: RecordingSession, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts; without a known token, the part that requests one comes first."""
    return parts if session.token is not None or "token" in parts else ("token", *parts)


def _record_proxy(target_options: TargetOptions, port: int, caller: tuple[str, ...], output: str) -> int:
    """Record the requests of other programs; return the exit code of their command, or 0 without one."""
    from nemovideo_harness.cli.servers.recording_proxy import recording_proxy

    with open_session(target_options, apart=False) as session:
        if not is_loopback(urlsplit(session.driver.base_url).hostname or ""):
            raise Stop(
                Exit.USAGE,
                "--listen needs a target on this machine: it can't limit what other programs spend elsewhere.",
            )
        try:
            with recording_proxy(session.driver.base_url, port) as (address, captured_calls):
                print_notice(f"Recording {session.label} at {address}." + ("" if caller else " Ctrl-C ends it."))
                code = _run(caller, address) if caller else _wait()
        except OSError as error:
            raise Stop(Exit.USAGE, f"Can't listen on port {port}: {error.strerror}.") from None
        session.exchanges += captured_calls.finished
        recording = session.recording("listening")
    save_recording(recording, output)
    _print_summary(session, recording, output)
    return code


def _run(caller: tuple[str, ...], address: str) -> int:
    """Run a command with an address in its environment; return its exit code."""
    try:
        done = subprocess.run(caller, env={**os.environ, ENV_API_URL: address}, check=False)  # noqa: S603 -- the user's own command
    except OSError as error:
        raise Stop(Exit.USAGE, f"{caller[0]} can't be started: {error.strerror}.") from None
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    return done.returncode


def _wait() -> int:
    """Wait for Ctrl-C or SIGTERM."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        ended.set()

    # Both handlers are set here, because a shell starts the background commands of a script without Ctrl-C.
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not ended.wait(0.2):  # a wait without a timeout would block signals
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return int(Exit.DONE)


def _print_plan(target_options: TargetOptions, parts: tuple[str, ...]) -> None:
    from nemovideo_contract.recording.scripted_conversation import PARTS
    from nemovideo_contract.requirements import FREE

    target = None if target_options.target == "mock" else target_options.choose()
    total = FREE
    for name in parts:
        cost = PARTS[name].cost
        if target is not None and not target.lets(cost):
            print_text(f"  skip {name}: it may spend {cost}, and the run may spend {target.spends}")
            continue
        total += cost
        print_text(f"  call {name}: {PARTS[name].calls}; at worst {cost}")
    print_text(f"At worst {total}. Nothing was sent.")


def _print_summary(session: RecordingSession, recording: Recording, output: str) -> None:
    """Print what was recorded, on standard error: the recording itself may go to standard output."""
    spent = f", {session.spending.spent} credits spent" if session.spending.charged else ""
    print_notice(f"{output}: {len(recording.exchanges)} exchanges with {recording.target}{spent}.")
    for each in recording.skipped:
        print_notice(f"  left out {each.name}: {each.reason}")
