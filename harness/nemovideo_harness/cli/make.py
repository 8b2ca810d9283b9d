"""`nemo-harness make`: turn photos into a video file with one command."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_contract import machine
from nemovideo_contract.targets import ASSEMBLY_COST
from nemovideo_harness.cli.console.error_handling import code_of, facts_of, handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import print_call, print_result, safe_console
from nemovideo_harness.cli.options import output_file
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.client import VERBOSE_HELP
from nemovideo_harness.cli.options.target import TARGET_OR_MOCK, check_cost, check_quality, get_target, quality_option
from nemovideo_harness.cli.servers.target_client import Continuation, Share, connect

if TYPE_CHECKING:
    from nemovideo_client import (
        Attribution,
        Client,
        Exported,
        RenderProgress,
        Session,
        TurnResult,
        UploadProgress,
    )
    from nemovideo_harness.cli.console.progress import ProgressDisplay

DEFAULT_PROMPT = "Turn these photos into a video"


@dataclass(slots=True)
class MadeVideo:
    """The result, as `--json` prints it: `size` in bytes, `duration` and `seconds` in seconds, `spent` in credits.

    `ending` says how the agent's turn ended, and `error` what went wrong in it. `credits` and `spent` are None if the
    balance could not be read at the end.
    """

    file: str
    size: int
    duration: float | None
    timeline: str
    said: list[str]
    ending: str
    error: str | None
    credits: dict[str, int] | None
    spent: int | None
    target: str
    quality: str | None
    session_id: str
    render_id: str
    seconds: float


@click.command("make", short_help="Turn photos into a video file.")
@click.argument("photos", nargs=-1, metavar="PHOTO...", type=click.Path(path_type=Path, readable=False))
@click.option(
    "-p",
    "--prompt",
    default=DEFAULT_PROMPT,
    show_default=True,
    help="A description of the video, in English or Chinese.",
)
@output_file.OUTPUT
@quality_option("The video quality of the export")
@TARGET_OR_MOCK
@skill_option()
@click.option("--allow-credits", type=click.IntRange(0), metavar="N", help="The most credits that it may spend.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("-v", "--verbose", is_flag=True, help=VERBOSE_HELP)
def command(
    photos: tuple[Path, ...],
    prompt: str,
    output: Path,
    quality: str | None,
    target: str | None,
    skill: Attribution | None,
    allow_credits: int | None,
    *,
    as_json: bool,
    verbose: bool,
) -> None:
    """Turn photos into a video file.

    You can also give videos, GIFs and audio files. An audio file becomes the music.

    \b
      nemo-harness make *.jpg -p "a 15-second reel, title 'Kyoto'" -o reel.mp4
    """
    began = machine.stopwatch()
    selected = get_target(target)
    check_cost(selected, ASSEMBLY_COST, allow_credits)
    check_quality(selected, quality)
    if not prompt.strip():
        raise Stop(Exit.USAGE, "The prompt is empty: describe the video with -p.")
    check_inputs(photos)
    output_file.check(output, photos)

    from nemovideo_client import ApiError
    from nemovideo_harness.cli.console import progress

    console = safe_console(sys.stdout)
    work = Continuation(selected, output)

    def interrupted() -> str:
        return f"Interrupted: {output} was not written. {work.advice()}".rstrip()

    with handle_errors(interrupted), ExitStack() as stack:
        client, share = connect(selected, quality, stack, print_call if verbose else None, skill)
        show = stack.enter_context(progress.choose(as_json=as_json, console=console, is_plain=verbose))
        made, ending = produce(client, show, share, photos, prompt, work)
    made.target = selected.name
    made.quality = (quality or "full") if selected.base_url is None else None
    made.seconds = round(machine.stopwatch() - began, 2)
    report(made, as_json=as_json)
    if isinstance(ending.error, ApiError):
        raise Stop(
            code_of(ending.error), f"The turn failed. {ending.error} {output} has what the agent did before that."
        )
    if allow_credits is not None and made.spent is not None and made.spent > allow_credits:
        raise Stop(Exit.REFUSED, f"It cost {made.spent} credits, but --allow-credits allows only {allow_credits}.")


def check_inputs(photos: tuple[Path, ...]) -> None:
    """Refuse files that can't be uploaded, before the first request."""
    from nemovideo_client.errors import UnusableFile
    from nemovideo_client.files import check_file
    from nemovideo_client.flows.uploads import check

    if not photos:
        raise Stop(Exit.USAGE, "Name at least one photo: nemo-harness make PHOTO... -o video.mp4")
    for photo in photos:
        try:
            check(check_file(photo))
        except UnusableFile as error:
            raise Stop(Exit.USAGE, str(error)) from None


def produce(
    client: Client, show: ProgressDisplay, share: Share, photos: tuple[Path, ...], prompt: str, work: Continuation
) -> tuple[MadeVideo, TurnResult]:
    """Run the whole conversation: upload the files, send the prompt, export the video. `work` notes what can go on.

    Raises:
        Stop: Something failed after the message was sent; the sentence says how to continue.
    """
    from nemovideo_client import NemoError, draft_summary

    show.stage("Connecting")
    before = client.credits()
    session = client.session("project", language_of(prompt))
    upload(client, show, session, photos)
    try:
        ending, said = converse(client, show, session, prompt, work)
        draft = client.state(session).draft
        exported = export(client, show, share, session, work)
    except NemoError as error:
        raise Stop(code_of(error), f"{error} {work.advice(client)}".rstrip(), facts_of(error) | work.facts) from None
    try:
        after = client.credits()
    except NemoError:
        after = None  # the video is there, and the balance is only information about it
    made = MadeVideo(
        file=str(exported.path),
        size=exported.size,
        duration=exported.duration,
        timeline=draft_summary.summary(draft),
        said=said,
        ending=ending.kind.value,
        error=None if ending.error is None else str(ending.error),
        credits=None if after is None else asdict(after),
        spent=None if after is None else before.total - after.total,
        target="",
        quality=None,
        session_id=session.session_id,
        render_id=exported.render_id,
        seconds=0.0,
    )
    return made, ending


def converse(
    client: Client, show: ProgressDisplay, session: Session, prompt: str, work: Continuation
) -> tuple[TurnResult, list[str]]:
    """Send the prompt and show the answer; return how the turn ended, and what the agent said.

    Raises:
        NemoError: The service refused the message.
        Stop: The turn broke off, and the state shows no change.
    """
    from nemovideo_client import NemoError, Text, TurnOutcome

    show.stage("Waiting for the agent")
    work.note(client, session)
    if work.is_possible:
        show.say("", f"Session {session.session_id}")
    turn = client.say(session, prompt)
    said: list[str] = []
    line = ""
    try:
        for event in turn:
            if isinstance(event, Text):
                said.append(event.content)
                *lines, line = (line + event.content).split("\n")
                for each in lines:
                    show.say("Nemo", each.strip())
    except NemoError:
        work.session = None  # refused: there is no work to continue
        raise
    if line.strip():
        show.say("Nemo", line.strip())
    ending = turn.ending
    assert ending is not None
    if ending.kind not in {TurnOutcome.ANSWERED, TurnOutcome.SILENT}:
        reason = f"The agent's turn ended early ({ending.kind}): {ending.error or 'no reason given.'}"
        if not ending.changes:
            raise Stop(Exit.REFUSED, f"{reason} {work.advice(client)}".rstrip(), work.facts)
        show.say("", f"{reason} These changes were found:")
    for change in ending.changes or ():
        show.say("Nemo", change)
    return ending, said


def upload(client: Client, show: ProgressDisplay, session: Session, photos: tuple[Path, ...]) -> None:
    """Upload all files and show the progress."""
    title = f"Uploading {len(photos)} file{'s' if len(photos) != 1 else ''}"
    show.stage(title)

    def progress(sent: UploadProgress) -> None:
        show.stage(title, share=sent.sent / max(sent.total, 1))

    client.upload(session, *photos, on_progress=progress)


def export(client: Client, show: ProgressDisplay, share: Share, session: Session, work: Continuation) -> Exported:
    """Render and download the video, and show the progress."""
    show.stage("Rendering", share=0.0)
    show.watch(share)

    def progress(render: RenderProgress) -> None:
        if work.note_render(render):
            show.say("", f"Render {render.render_id}")
        if render.percent is not None:
            show.stage("Rendering", share=render.percent / 100)

    assert work.output is not None
    return client.export(session, work.output, on_progress=progress)


def language_of(prompt: str) -> str:
    """Return the language of the session: Chinese if the prompt has Chinese characters, else English."""
    return "zh-CN" if any("一" <= character <= "鿿" for character in prompt) else "en"


def report(made: MadeVideo, *, as_json: bool) -> None:
    """Print the result: the timeline, the credits, the file."""
    from nemovideo_client.models import format_size

    balance = "not known" if made.credits is None else f"{made.credits['available']} left, {made.spent} spent"
    length = "" if made.duration is None else f"{made.duration:.2f} s, "
    stub = ", a stub without pictures" if made.quality == "stub" else ""
    lines = [
        made.timeline,
        f"Credits: {balance}",
        f"Saved {made.file} ({length}{format_size(made.size)}{stub}) in {made.seconds:.1f} s",
    ]
    print_result(asdict(made), "\n".join(lines), as_json=as_json)
