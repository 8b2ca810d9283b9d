"""`nemo-harness judge`: check the requests in a fake's journal against the rules of conduct."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast
from urllib.parse import urlsplit

import click

from nemovideo_contract.allowed_hosts import reason_to_refuse
from nemovideo_contract.journal import JournalError
from nemovideo_contract.targets import ENV_CONTROL_TOKEN
from nemovideo_contract.wire import PRODUCTION_URL
from nemovideo_harness.cli.console.error_handling import interrupt_on_sigterm
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.judge_output import console_for, report
from nemovideo_harness.cli.console.output import STANDARD_OUTPUT, check_writable
from nemovideo_harness.cli.options.target import get_target
from nemovideo_harness.cli.tokens.lookup import find_control_token
from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.journal_reader import JournalReader, in_order
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.live import LiveJudge
from nemovideo_skills.judge.rules import FAMILIES, RULES, NoRuleError, Rule, resolve_names
from nemovideo_skills.judge.transcripts import Transcript, TranscriptError, read_transcript

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_harness.cli.servers.mock_journal import JournalUpdate, MockJournal
    from nemovideo_skills.judge.history import Time

Form = Literal["text", "json", "sarif", "junit", "html"]
#: The format of a report without --format, by the extension of its file.
ENDINGS: Final[Mapping[str, Form]] = {".html": "html", ".json": "json", ".sarif": "sarif", ".xml": "junit"}
NO_JOURNAL: Final = (
    "Name a journal: a file, - for standard input, or a running fake with --target http://127.0.0.1:8787."
)
#: The start of a HAR file, with or without a byte order mark, and the number of bytes to look at.
HAR: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')
PEEK: Final = 1024
NO_HAR: Final = "Use the output of GET /_mock/journal instead, which has more details."


@click.command("judge", short_help="Check how a caller used the service, from the fake's journal.")
@click.argument("journal", required=False, metavar="[JOURNAL]")
@click.option("--target", metavar="URL", help="Read the journal of this running fake.  [default: NEMO_API_URL]")
@click.option("--world", metavar="NAME", help="Read the journal of this world of the fake.")
@click.option(
    "--control-token-file",
    metavar="FILE",
    help=f"Read the token for the fake's control API from this file.  [default: {ENV_CONTROL_TOKEN}]",
)
@click.option(
    "--control-token",
    metavar="TOKEN",
    help="The token itself. Other users of this machine can read it in the list of processes.",
)
@click.option("--follow", is_flag=True, help="Follow the journal until Ctrl-C, and report each broken rule at once.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *ENDINGS.values()]),
    help="The format of the report.  [default: from the extension of FILE, else text]",
)
@click.option("-o", "--output", metavar="FILE", help="Write the report to this file.")
@click.option(
    "--rule", "chosen", multiple=True, metavar="RULE", help="Check only this rule or family of rules; repeatable."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Skip this rule or family of rules; repeatable.")
@click.option("--caller", metavar="NAME", help="Judge only callers whose name contains this text.")
@click.option("--together", is_flag=True, help="Treat all requests in a world as one caller.")
@click.option(
    "--profile",
    type=click.Choice(list(PRACTICES)),
    help="The documents that set wait times and limits.  [default: those of the fake, else seeds]",
)
@click.option(
    "--time",
    type=click.Choice(["auto", "real", "virtual"]),
    default="auto",
    help="The clock for rules about waits.",
    show_default=True,
)
@click.option("--transcript", metavar="FILE", help="A text file with what the caller showed to its user.")
@click.option("--strict", is_flag=True, help="Also fail on warnings and on rules that can't be decided.")
@click.option("--rules", "lists_rules", is_flag=True, help="Print all rules with their sources, and exit.")
def command(
    journal: str | None,
    target: str | None,
    world: str | None,
    control_token_file: str | None,
    control_token: str | None,
    form: str | None,
    output: str | None,
    chosen: tuple[str, ...],
    ignore: tuple[str, ...],
    caller: str | None,
    profile: str | None,
    time: str,
    transcript: str | None,
    *,
    follow: bool,
    together: bool,
    strict: bool,
    lists_rules: bool,
) -> None:
    """Check how a caller used the service: which rules of conduct it kept, and which it broke.

    The journal of the fake records every request. JOURNAL is a file with the output of GET /_mock/journal, or - for
    standard input. For each broken rule the report shows what happened, the requests that prove it, the source of the
    rule, what breaking it costs, and how to fix it.

    Exit codes: 0 no rule of severity "error" was broken; 1 at least one was broken; 2 wrong usage, or a journal that
    can't be judged; 3 the fake can't be reached; 4 FILE can't be written.
    """
    families = _families(chosen, ignore)
    if lists_rules:
        from nemovideo_skills.judge.report.terminal import print_rules, set_in_columns

        with set_in_columns(console_for(sys.stdout)) as console:
            print_rules(console, families.items())
        return
    form = form or ENDINGS.get(Path(output or "").suffix.lower(), "text")
    if output is not None:
        check_writable(output)
    source = _source(journal, target, world, control_token, control_token_file)
    if follow and isinstance(source, str):
        raise Stop(Exit.USAGE, "--follow works only with a running fake: name it with --target.")
    if not isinstance(source, str):
        source.check_world()
    expectations = profile or _profile_of(source)
    shown = _transcript(transcript)
    rules = [each for family in families.values() for each in family]
    found = JournalReader()
    numbers, clock = PRACTICES[expectations], cast("Time", time)
    if isinstance(source, str):
        found = _read_file(source)
    elif follow:
        err = form != "text" and output in {None, STANDARD_OUTPUT}
        console = console_for(sys.stderr if err else sys.stdout)
        with interrupt_on_sigterm():
            follow_journal(
                console,
                source.live(),
                found,
                LiveJudge(found, rules, expectations=numbers, time=clock, together=together),
            )
    else:
        found = _read(source.lines())
    if not found.assembly.exchanges:
        raise Stop(Exit.USAGE, "There are no requests in the journal, so there is nothing to judge.")

    from nemovideo_skills.judge.report import JudgeReport

    try:
        assembly = found.assembly if caller is None else found.of(caller, together=together)
        judgements = judge_journal(
            assembly, rules, expectations=numbers, time=clock, together=together, transcript=shown
        )
    except LookupError as error:
        raise Stop(Exit.USAGE, f"--caller {caller}: there are {'; '.join(error.args[0])}.") from None
    except TranscriptError as error:
        raise Stop(Exit.USAGE, f"{error}. Choose one with --caller.") from None
    name = source if isinstance(source, str) else source.base_url
    version = metadata.version("nemovideo-harness")
    case = JudgeReport(name, found, families, tuple(judgements), expectations, version, strict)
    report(case, form, output)
    if case.is_failed:
        raise SystemExit(int(Exit.REFUSED))


def follow_journal(
    console: Console, updates: Iterator[JournalUpdate], journal: JournalReader, watch: LiveJudge
) -> None:
    """Read journal updates and print each broken rule as soon as it is proven, until Ctrl-C or the last update."""
    from nemovideo_skills.judge.report.terminal import print_note, print_occurrence, set_in_columns

    print_note(console, "Following the journal. Ctrl-C stops, then prints the report.")
    try:
        for each in updates:
            for entry in each.entries:
                journal.feed(entry)
            if each.note is not None:
                print_note(console, each.note)
            if each.entries:
                for proven in watch.news():
                    with set_in_columns(console):
                        print_occurrence(console, proven.history, proven.rule, proven.broken)
    except KeyboardInterrupt:
        console.print()


# --- the journal ------------------------------------------------------------------------------------------------------


def _source(
    journal: str | None, target: str | None, world: str | None, token: str | None, token_file: str | None
) -> str | MockJournal:
    """Return the name of the file, or the journal of the running fake."""
    if journal is not None:
        options = {
            "--target": target,
            "--world": world,
            "--control-token": token,
            "--control-token-file": token_file,
        }
        for option, value in options.items():
            if value is not None:
                raise Stop(
                    Exit.USAGE, f"{option} works only with a running fake, but {journal} is a file: choose one of them."
                )
        return journal
    selected = get_target(target)
    if selected.base_url is None:
        raise Stop(Exit.USAGE, NO_JOURNAL)
    if urlsplit(selected.base_url).hostname == urlsplit(PRODUCTION_URL).hostname:
        raise Stop(Exit.USAGE, f"Production has no journal. {NO_JOURNAL}")
    if (reason := reason_to_refuse(selected.base_url)) is not None:
        raise Stop(Exit.USAGE, reason)
    from nemovideo_harness.cli.servers.mock_journal import MockJournal

    return MockJournal(selected.base_url, world, find_control_token(token, token_file))


def _profile_of(source: str | MockJournal) -> str:
    """Return the profile whose wait times and limits apply: that of the fake, or seeds for a file."""
    name = None if isinstance(source, str) else source.profile()
    return name if name is not None and name in PRACTICES else "seeds"


def _read_file(file: str) -> JournalReader:
    """Read the journal in a file. Standard input is copied to a file first, as unordered lines are read twice."""
    try:
        with tempfile.TemporaryFile() if file == "-" else Path(file).open("rb") as lines:
            if file == "-":
                shutil.copyfileobj(sys.stdin.buffer, lines)
                lines.seek(0)
            is_har = HAR.match(lines.read(PEEK)) is not None
            lines.seek(0)
            if is_har:
                raise Stop(Exit.USAGE, f"{file} is a HAR file. {NO_HAR}")
            found = _read(lines)
            if not found.is_disordered:
                return found
            lines.seek(0)
            return in_order(lines)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None


def _read(lines: Iterable[str | bytes]) -> JournalReader:
    journal = JournalReader()
    try:
        journal.read(lines)
    except JournalError as error:
        raise Stop(Exit.USAGE, str(error)) from None
    return journal


def _transcript(file: str | None) -> Transcript | None:
    if file is None:
        return None
    try:
        return read_transcript(Path(file).read_text(encoding="utf-8-sig", errors="replace"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{file} can't be read: {error.strerror}.") from None


# --- the rules --------------------------------------------------------------------------------------------------------


def _families(chosen: tuple[str, ...], ignored: tuple[str, ...]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules to check by family; families without such rules are omitted."""
    wanted, unwanted = _resolve_names(chosen, "--rule") or set(RULES), _resolve_names(ignored, "--ignore")
    asked = {name: tuple(each for each in rules if each.id in wanted - unwanted) for name, rules in FAMILIES.items()}
    if not any(asked.values()):
        raise Stop(Exit.USAGE, "--ignore excludes all rules, so there is nothing to check.")
    return {name: rules for name, rules in asked.items() if rules}


def _resolve_names(names: tuple[str, ...], option: str) -> set[str]:
    try:
        return resolve_names(names)
    except NoRuleError as error:
        sentence = str(error)
        raise Stop(Exit.USAGE, f"{option}: {sentence[0].lower()}{sentence[1:]}") from None
