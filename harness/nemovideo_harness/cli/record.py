"""`nemo-harness record`: a run against a server, kept as a tape."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from types import FrameType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from nemovideo_contract.profiles import PROFILES
from nemovideo_contract.wire import ENV_API_URL
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options.recording_file import check_writable, save, showing
from nemovideo_harness.cli.options.switch import is_loopback
from nemovideo_harness.cli.servers.recording_session import (
    RecordingSession,
    TargetOptions,
    open_session,
    perform,
    require_suite,
    scene_of,
)

if TYPE_CHECKING:
    from nemovideo_contract.recording.recording import Recording

SCRIPT: Final = "conversation"


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
        raise Stop(Exit.USAGE, "A command to record goes with --listen, such as --listen 0.")
    parts = _parts(only)
    target_options = TargetOptions(target, profile, changes, allow_credits, allow_token, connect_to, authority)
    if plan:
        _tell_plan(target_options, parts)
        return
    check_writable(output)
    if listen is not None:
        raise SystemExit(_record_proxy(target_options, listen, caller, output))
    with open_session(target_options) as goal, showing(goal):
        try:
            perform(goal, _with_token(goal, parts), scene_of(goal))
        except Stop:
            if goal.exchanges:  # what has been made, and may have cost something, is not lost with the server
                save(goal.recording(SCRIPT), output)
                _tell(goal, goal.recording(SCRIPT), output)
            raise
        recording = goal.recording(SCRIPT)
    if not recording.exchanges:
        reasons = "; ".join(f"{each.name}: {each.reason}" for each in recording.skipped[:1])
        raise Stop(Exit.USAGE, f"Nothing was called, so there is nothing to keep. {reasons}")
    save(recording, output)
    _tell(goal, recording, output)


def _parts(only: str | None) -> tuple[str, ...]:
    from nemovideo_contract.recording.conversation import PARTS, choose_chapters

    named = tuple(each.strip() for each in (only or "").split(",") if each.strip())
    try:
        return choose_chapters(named)
    except KeyError as error:
        raise Stop(Exit.USAGE, f"--only: there is no part {error.args[0]}; take some of {', '.join(PARTS)}.") from None


def _with_token(goal: RecordingSession, parts: tuple[str, ...]) -> tuple[str, ...]:
    """The parts, the token's first where there is no other."""
    return parts if goal.token is not None or "token" in parts else ("token", *parts)


def _record_proxy(target_options: TargetOptions, port: int, caller: tuple[str, ...], output: str) -> int:
    """Record what others call; returns how their command ended, 0 without one."""
    from nemovideo_harness.cli.servers.recording_proxy import recording_proxy

    with open_session(target_options, apart=False) as goal:
        if not is_loopback(urlsplit(goal.driver.base_url).hostname or ""):
            raise Stop(
                Exit.USAGE, "--listen passes calls on to this machine alone: nothing would keep them from spending."
            )
        try:
            with recording_proxy(goal.driver.base_url, port) as (address, captured_calls):
                click.echo(f"Recording {goal.label} at {address}." + ("" if caller else " Ctrl-C ends it."), err=True)
                code = _run(caller, address) if caller else _wait()
        except OSError as error:
            raise Stop(Exit.USAGE, f"Can't listen on port {port}: {error.strerror}.") from None
        goal.exchanges += captured_calls.heard
        recording = goal.recording("listening")
    save(recording, output)
    _tell(goal, recording, output)
    return code


def _run(caller: tuple[str, ...], address: str) -> int:
    """How a command ends that finds an address in its environment."""
    try:
        done = subprocess.run(caller, env={**os.environ, ENV_API_URL: address}, check=False)  # noqa: S603 -- the user's own command
    except OSError as error:
        raise Stop(Exit.USAGE, f"{caller[0]} can't be run: {error.strerror}.") from None
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    return done.returncode


def _wait() -> int:
    """Wait for Ctrl-C, or for being told to end."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        ended.set()

    # Set by hand: what a script runs in the background is begun without an ear for Ctrl-C.
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not ended.wait(0.2):  # in pieces, or no signal comes through
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return int(Exit.DONE)


def _tell_plan(target_options: TargetOptions, parts: tuple[str, ...]) -> None:
    from nemovideo_contract.recording.conversation import PARTS
    from nemovideo_contract.requirements import FREE

    target = None if target_options.target == "mock" else target_options.aim()
    total = FREE
    for name in parts:
        cost = PARTS[name].cost
        if target is not None and not target.lets(cost):
            click.echo(f"  skip {name}: it may spend {cost}, and the run may spend {target.spends}")
            continue
        total += cost
        click.echo(f"  call {name}: {PARTS[name].calls}; at worst {cost}")
    click.echo(f"At worst {total}. Nothing was sent.")


def _tell(goal: RecordingSession, recording: Recording, output: str) -> None:
    """What was recorded, on standard error, so that a tape may go to standard output."""
    spent = f", {goal.spending.spent} credits spent" if goal.spending.charged else ""
    click.echo(f"{output}: {len(recording.exchanges)} exchanges with {recording.target}{spent}.", err=True)
    for each in recording.skipped:
        click.echo(f"  left out {each.name}: {each.reason}", err=True)
