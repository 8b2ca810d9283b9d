"""`nemo-harness diff`: compare what a caller sees in a recording with another server or another recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import click

from nemovideo_contract.profiles import PROFILES
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import check_writable, print_json
from nemovideo_harness.cli.options.recording_file import read_recording, save_recording
from nemovideo_harness.cli.servers.recording_session import (
    SCRIPT,
    TargetOptions,
    open_session,
    play_recording,
    play_script,
    require_suite,
    script_state,
    show_requests,
)

if TYPE_CHECKING:
    from nemovideo_contract.recording import Recording

USAGE: Final = "Give a recording and --target, or two recordings, or --target and --against without a recording."


@click.command("diff", short_help="Compare a recording with a server or with another recording.")
@click.argument("recordings", nargs=-1, metavar="[RECORDING]...")
@click.option("--target", help="Replay the recording on this server: mock, production, or a URL.")
@click.option("--against", metavar="TARGET", help="Without a recording: the second server to run the same requests on.")
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    help="The profile of the fake (of the second one, if both targets are mock).  [default: seeds]",
)
@click.option("--set", "changes", metavar="KEY=VALUE", multiple=True, help="Change one key of the profile; repeatable.")
@click.option("--timing", is_flag=True, help="Also report large differences in time.")
@click.option("--strict", is_flag=True, help="Also count differences that may vary from run to run.")
@click.option("--save", "kept", metavar="FILE", help="Save the responses of the target as a recording.")
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
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def command(
    recordings: tuple[str, ...],
    target: str | None,
    against: str | None,
    profile: str | None,
    changes: tuple[str, ...],
    kept: str | None,
    allow_credits: int | None,
    connect_to: str | None,
    authority: str | None,
    *,
    timing: bool,
    strict: bool,
    allow_token: bool,
    as_json: bool,
) -> None:
    """Compare what a caller sees: in a recording and its replay, in two recordings, or on two servers.

    \b
    nemo-harness diff one.json --target mock --profile vendor-1.9
    nemo-harness diff one.json two.json
    nemo-harness diff --target production --against mock --allow-credits 60

    IDs and other values that change in every run are not compared literally: the command compares where each value
    comes from. Each difference lists the requirements it concerns, and the profile key that explains it.

    Exit codes: 0 no differences; 1 differences; 2 wrong usage or an unreadable recording; 3 the server can't be
    reached.
    """
    require_suite()
    from nemovideo_contract.recording import compare
    from nemovideo_harness.cli.console.diff_output import comparison_fields, print_comparison

    if kept is not None:
        check_writable(kept)
    if connect_to is not None and "production" not in {target, against}:
        raise Stop(Exit.USAGE, "--connect-to names a stand-in for production: use it only with that target.")
    played = _CalledSide(profile, changes, allow_credits, allow_token, connect_to, authority)
    match recordings, target, against:
        case (first, second), None, None:
            one, two = read_recording(first), read_recording(second)
            names = (first, second)
        case (first,), str(), None:
            one = read_recording(first)
            two = _replay(one, played.with_profile(target))
            names = (first, two.target)
        case (), str(), str():
            # If both are fakes, --profile is for the second one.
            is_first = target == "mock" and against != "mock"
            one = _record(played.with_profile(target) if is_first else played.without_profile(target))
            two = _record(played.without_profile(against) if is_first else played.with_profile(against))
            names = (one.target, two.target)
        case _:
            raise Stop(Exit.USAGE, USAGE)
    if kept is not None:
        save_recording(two, kept)
    found = compare(one, two, timing=timing)
    if not found.compared:
        raise Stop(Exit.USAGE, "The two recordings have no step in common, so there is nothing to compare.")
    counted = found.differences if strict else found.sure
    if as_json:
        print_json(comparison_fields(found, names, two))
    else:
        print_comparison(found, names, two)
    raise SystemExit(int(Exit.REFUSED if counted else Exit.DONE))


@dataclass(frozen=True, slots=True)
class _CalledSide:
    """The options for the servers that the command calls."""

    profile: str | None
    changes: tuple[str, ...]
    credits: int | None
    may_mint: bool
    connect_to: str | None = None
    authority: str | None = None

    def with_profile(self, target: str) -> TargetOptions:
        """Return the options for a target that gets `--profile` and `--set`."""
        return replace(self.without_profile(target), profile=self.profile, changes=self.changes)

    def without_profile(self, target: str) -> TargetOptions:
        """Return the options for a target that does not get `--profile` and `--set`."""
        route = (self.connect_to, self.authority) if target == "production" else (None, None)
        return TargetOptions(target, None, (), self.credits, self.may_mint, *route)


def _replay(recording: Recording, target_options: TargetOptions) -> Recording:
    with open_session(target_options) as session, show_requests(session):
        play_recording(session, recording)
        return session.recording("replay")


def _record(target_options: TargetOptions) -> Recording:
    from nemovideo_contract.recording.scripted_conversation import choose_chapters

    with open_session(target_options) as session, show_requests(session):
        play_script(session, choose_chapters(()), script_state(session))
        return session.recording(SCRIPT)
