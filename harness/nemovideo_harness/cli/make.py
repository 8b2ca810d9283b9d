"""`nemo-harness make`: from photos to a file, in one command, on whatever target."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nemovideo_contract import machine
from nemovideo_harness.cli.console import json_output
from nemovideo_harness.cli.console.error_handling import handle_errors
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.options import credentials, output_file
from nemovideo_harness.cli.options.attribution import skill_option
from nemovideo_harness.cli.options.client import VERBOSE_HELP, limits_for
from nemovideo_harness.cli.options.switch import ASSEMBLY_COST, SelectedTarget, TargetError, check_ceiling, choose

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Call, Client, Credits, Exported, RenderProgress, Session, UploadProgress
    from nemovideo_harness.cli.console.progress import ProgressDisplay

DEFAULT_PROMPT = "Turn these photos into a video"

#: How far real work is, from 0 to 1; None where nobody knows.
Share = Callable[[], float | None]


@dataclass(slots=True)
class MadeVideo:
    """What came of it, as `--json` prints it: sizes in bytes and pixels, `duration` and `seconds` in seconds."""

    file: str
    size: int
    duration: float | None
    timeline: str
    said: list[str]
    ending: str
    credits: dict[str, int]
    spent: int
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
@click.option(
    "-o",
    "--output",
    default="video.mp4",
    show_default=True,
    type=click.Path(path_type=Path, readable=False),
    help="The file to write.",
)
@click.option(
    "--quality",
    type=click.Choice(["full", "preview", "stub"]),
    help="The video quality of the export; only for the target mock.  [default: full]",
)
@click.option(
    "--target",
    metavar="mock|production|URL",
    help="The service to call. mock is a fake inside this command.  [default: NEMO_API_URL, else mock]",
)
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
    try:
        goal = choose(target, os.environ)
        check_ceiling(goal, ASSEMBLY_COST, allow_credits)
    except TargetError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    if quality is not None and goal.base_url is not None:
        raise Stop(Exit.USAGE, f"--quality belongs to the fake of this command; {goal.name} decides for itself.")
    if not prompt.strip():
        raise Stop(Exit.USAGE, "The prompt is empty: say with -p what to make of the photos.")
    check_inputs(photos)
    output_file.check(output, photos)

    from rich.console import Console

    from nemovideo_harness.cli.console import call_log as verbosity
    from nemovideo_harness.cli.console import progress as shows

    console = Console()
    with handle_errors(lambda: f"Interrupted: {output} was not written."), ExitStack() as stack:
        client, share = connect(goal, quality, stack, verbosity.show if verbose else None, skill)
        show = stack.enter_context(shows.choose(as_json=as_json, console=console, is_plain=verbose))
        made = produce(client, show, share, photos, prompt, output)
    made.target = goal.name
    made.quality = (quality or "full") if goal.base_url is None else None
    made.seconds = round(machine.stopwatch() - began, 2)
    report(made, as_json=as_json)
    if allow_credits is not None and made.spent > allow_credits:
        raise Stop(Exit.REFUSED, f"It cost {made.spent} credits, more than the {allow_credits} that were allowed.")


def check_inputs(photos: tuple[Path, ...]) -> None:
    """Refuse what can't be uploaded, before anything is begun."""
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


def connect(
    goal: SelectedTarget,
    quality: str | None,
    stack: ExitStack,
    on_call: Callable[[Call], None] | None,
    skill: Attribution | None,
) -> tuple[Client, Share]:
    """A client for the target, and where to look how far the fake's encode is (nobody knows elsewhere)."""
    if goal.base_url is not None:
        from nemovideo_client import Client

        kept = credentials.load_saved_token(goal.base_url)
        stack.enter_context(credentials.advising(kept))
        client = Client(goal.base_url, token=kept, attribution=skill, limits=limits_for(goal), on_call=on_call)
        return stack.enter_context(client), lambda: None
    from nemovideo_harness.cli.serve import INSTALL_RENDER, require_mock

    require_mock()
    from nemovideo_harness import inprocess
    from nemovideo_mock.render import available
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    if quality != "stub" and not available():
        raise Stop(Exit.NOT_INSTALLED, f"{INSTALL_RENDER}, or ask for --quality stub.")
    settings = Settings(
        clock="virtual", quality="stub" if quality == "stub" else "preview" if quality == "preview" else "full"
    )
    server = stack.enter_context(running(settings))
    render_worker = server.runtime().render_worker
    return stack.enter_context(
        inprocess.connect(server, attribution=skill, token=inprocess.test_token(os.environ), on_call=on_call)
    ), lambda: render_worker.share


def produce(
    client: Client, show: ProgressDisplay, share: Share, photos: tuple[Path, ...], prompt: str, output: Path
) -> MadeVideo:
    """Upload, ask, export; the whole conversation."""
    from nemovideo_client import Text, TurnOutcome, draft_summary

    show.stage("Connecting")
    before = client.credits()
    session = client.session("project", language_of(prompt))
    upload(client, show, session, photos)

    show.stage("Waiting for the agent")
    turn = client.say(session, prompt)
    said: list[str] = []
    line = ""
    for event in turn:
        if isinstance(event, Text):
            said.append(event.content)
            *lines, line = (line + event.content).split("\n")
            for each in lines:
                show.say("Nemo", each.strip())
    if line.strip():
        show.say("Nemo", line.strip())
    ending = turn.ending
    assert ending is not None
    if ending.kind not in {TurnOutcome.ANSWERED, TurnOutcome.SILENT}:
        raise Stop(Exit.REFUSED, f"The agent's turn ended early ({ending.kind}): {ending.error or 'no reason given'}")
    for change in ending.changes or ():
        show.say("Nemo", change)

    draft = client.state(session).draft
    exported = export(client, show, share, session, output)
    after: Credits = client.credits()
    return MadeVideo(
        file=str(exported.path),
        size=exported.size,
        duration=exported.duration,
        timeline=draft_summary.summary(draft),
        said=said,
        ending=ending.kind.value,
        credits=asdict(after),
        spent=before.total - after.total,
        target="",
        quality=None,
        session_id=session.session_id,
        render_id=exported.render_id,
        seconds=0.0,
    )


def upload(client: Client, show: ProgressDisplay, session: Session, photos: tuple[Path, ...]) -> None:
    """All files in one go, with progress."""
    title = f"Uploading {len(photos)} file{'s' if len(photos) != 1 else ''}"
    show.stage(title)

    def progress(sent: UploadProgress) -> None:
        show.stage(title, share=sent.sent / max(sent.total, 1))

    client.upload(session, *photos, on_progress=progress)


def export(client: Client, show: ProgressDisplay, share: Share, session: Session, output: Path) -> Exported:
    """Render and fetch, with progress."""
    show.stage("Rendering", share=0.0)
    show.watch(share)

    def progress(render: RenderProgress) -> None:
        if render.percent is not None:
            show.stage("Rendering", share=render.percent / 100)

    return client.export(session, output, on_progress=progress)


def language_of(prompt: str) -> str:
    """The language to open the session in: Chinese where the prompt has Chinese characters, else English."""
    return "zh-CN" if any("一" <= character <= "鿿" for character in prompt) else "en"


def report(made: MadeVideo, *, as_json: bool) -> None:
    """The last lines: the timeline, what is left, the file."""
    if as_json:
        json_output.write(asdict(made))
        return
    click.echo(made.timeline)
    left = made.credits["available"]
    click.echo(f"Credits: {left} left, {made.spent} spent")
    length = "" if made.duration is None else f"{made.duration:.2f} s, "
    stub = ", a stub without pictures" if made.quality == "stub" else ""
    click.echo(f"Saved {made.file} ({length}{made.size / 1_000_000:.1f} MB{stub}) in {made.seconds:.1f} s")
