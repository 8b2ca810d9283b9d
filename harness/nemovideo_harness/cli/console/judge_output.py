"""The report of `judge` on a terminal, on standard output or in a file, in one of five formats."""

from __future__ import annotations

import io
import sys
from typing import IO, TYPE_CHECKING, Final

from nemovideo_harness.cli.console.output import STANDARD_OUTPUT, print_notice, report_console, write_file

if TYPE_CHECKING:
    from rich.console import Console

    from nemovideo_skills.judge.report import JudgeReport

#: The width of text that does not go to a terminal, in characters.
WIDTH: Final = 100


def report(case: JudgeReport, form: str, output: str | None) -> None:
    """Print the report, or write it to a file, completely or not at all.

    Raises:
        Stop: The file can't be written.
    """
    if output in {None, STANDARD_OUTPUT}:
        if form == "text":
            _print(case, sys.stdout)
        else:
            write_file(STANDARD_OUTPUT, _format_report(case, form))
        return
    assert output is not None
    write_file(output, _format_report(case, form), errors="replace")
    print_notice(f"{output}: {case.verdict}.")


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
    """Return a console for the text report."""
    return report_console(file, width=WIDTH)
