"""A report as people read it in a terminal."""

from __future__ import annotations

import click

from nemovideo_contract.reports.finding import Finding, Level, Report

_COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}


def as_text(report: Report) -> str:
    """Each finding with its place, its rule, what to do and who says so; a line of counts at the end.

    Styled: `click.echo` takes the colours out where nobody sees them.
    """
    blocks = [_describe_finding(each) for each in report.findings]
    return "".join(f"{block}\n" for block in (*blocks, _format_counts(report)))


def _describe_finding(finding: Finding) -> str:
    level = click.style(str(finding.level), fg=_COLOURS[finding.level], bold=True)
    lines = [f"{click.style(str(finding.place), bold=True)}: {level}: {finding.message} [{finding.rule}]"]
    if finding.also:
        here = [each for each in finding.also if each.file == finding.place.file]
        places = ", ".join(str(each.line if each in here else each) for each in finding.also)
        lines.append(f"    also in {'line' if len(here) == 1 else 'lines'} {places}")
    if finding.advice:
        lines.append(f"    {finding.advice}")
    if finding.source:
        lines.append(click.style(f"    source: {finding.source}", dim=True))
    return "\n".join(lines)


def _format_counts(report: Report) -> str:
    words = [f"{number} {level}{'' if number == 1 else 's'}" for level, number in report.counts.items() if number]
    where = f"{len(report.subjects)} document{'' if len(report.subjects) == 1 else 's'}"
    return f"{', '.join(words) or 'Nothing found'} in {where}."
