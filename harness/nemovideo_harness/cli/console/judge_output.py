"""Where a judgement goes: a terminal, standard output or a file, in the form that is asked for."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import click

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_skills.judge.report import JudgeReport

#: Columns of text that goes to no terminal.
WIDTH: Final = 100


def report(case: JudgeReport, form: str, output: str | None) -> None:
    """The report, where it goes; to a file whole or not at all."""
    if output in {None, "-"}:
        if form == "text":
            _print(case, sys.stdout)
        else:
            click.echo(_format_report(case, form), nl=False)
        return
    assert output is not None
    part = Path(f"{output}.part")
    try:
        part.write_text(_format_report(case, form), encoding="utf-8", errors="replace")
        part.replace(output)
    except OSError as error:
        raise Stop(Exit.UNWRITABLE, f"{output} can't be written: {error.strerror}.") from None
    click.echo(f"{output}: {case.verdict}.", err=True)


def _format_report(case: JudgeReport, form: str) -> str:
    from nemovideo_skills.judge import report

    match form:
        case "html":
            return report.as_html(case)
        case "json":
            return report.as_json(case)
        case "sarif":
            is_file = case.source != "-" and "://" not in case.source
            return report.as_sarif(case, case.source if is_file else "journal.jsonl")
        case "junit":
            return report.as_junit(case)
        case _:
            text = io.StringIO()
            _print(case, text)
            return text.getvalue()


def _print(case: JudgeReport, file: IO[str]) -> None:
    from nemovideo_skills.judge.report.terminal import print_report, set_in_columns

    with set_in_columns(console_for(file)) as console:
        print_report(console, case)


def console_for(file: IO[str]) -> Console:
    """A console that is as wide as its terminal; text that goes elsewhere is for no terminal in particular."""
    from rich.console import Console

    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console
