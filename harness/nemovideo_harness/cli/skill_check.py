"""`nemo-harness skill check`: check skill documents against what the API promises."""

from __future__ import annotations

import difflib
import errno
import glob
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, Final

import click

from nemovideo_contract.reports import Level, Report, as_github, as_json, as_junit, as_sarif, as_text
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.console.output import print_text
from nemovideo_skills.lint import AREAS, RULES, Document, check, decode_text

TOOL: Final = "nemo-harness skill check"
FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
    "junit": as_junit,
}
#: The longest document in bytes; the longest that people have written has 100 kB.
MOST_BYTES: Final = 1024 * 1024
#: Folders with documents of other projects. Not every folder with a dot: installed skills are in such folders too.
_SKIPPED: Final = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".hg", ".svn"})


@click.command("check", short_help="Check skill documents against what the API promises.")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="The output format."
)
@click.option(
    "--severity",
    type=click.Choice([str(level) for level in Level]),
    default=str(Level.NOTE),
    show_default=True,
    help="Hide findings below this severity.",
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Skip this rule; repeatable.")
@click.option("--rules", "lists_rules", is_flag=True, help="Print all rules and exit.")
def command(paths: tuple[str, ...], form: str, severity: str, ignore: tuple[str, ...], *, lists_rules: bool) -> None:
    """Check skill documents against what the API promises.

    PATHS are documents, folders (all *.md files in them), patterns such as 'skills/*/SKILL.md', or - for standard
    input. Each finding shows what the document says, what is true, the source, and what to write instead. If the API
    documents disagree about a fact, the finding is a note.

    Exit codes: 0 no errors and no warnings; 1 at least one; 2 wrong usage, or a document that can't be read (the
    command still checks the others). A document has at most 1 MiB.
    """
    if lists_rules:
        print_text(_rules(), end="")
        return
    _refuse_unknown(ignore)
    if not paths:
        raise Stop(Exit.USAGE, "Name a document, a folder or a pattern, or use --rules.")
    files = sorted({*_files(paths)})
    if not files:
        raise Stop(Exit.USAGE, f"There is no .md file in {', '.join(paths)}.")
    least = Level(severity)
    documents, unreadable = _read(files)
    findings = [
        finding for document in documents for finding in check(document, ignored=ignore) if finding.level.reaches(least)
    ]
    asked = tuple(rule.facts for rule in RULES.values() if rule.id not in ignore)
    report = Report(
        TOOL, metadata.version("nemovideo-harness"), asked, tuple(each.name for each in documents), tuple(findings)
    )
    if documents:
        print_text(FORMATS[form](report), end="")
    if unreadable:
        raise Stop(Exit.USAGE, " ".join(unreadable))
    if report.is_failed:
        raise SystemExit(int(Exit.REFUSED))


def _refuse_unknown(ignored: tuple[str, ...]) -> None:
    for name in ignored:
        if name not in RULES:
            close = difflib.get_close_matches(name, RULES, 1)
            hint = f"did you mean {close[0]}?" if close else "--rules lists them."
            raise Stop(Exit.USAGE, f"There is no rule {name!r}: {hint}")


def _files(paths: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that the paths name, each once, under the name that findings show."""
    seen: set[str] = set()
    for path in paths:
        if path == "-":
            yield path
            continue
        for file in _find_documents(path):
            name = os.path.relpath(file) if Path(file).is_absolute() and _is_below(file) else os.path.normpath(file)
            if os.path.realpath(file) not in seen:
                seen.add(os.path.realpath(file))
                yield name


def _is_below(file: str) -> bool:
    return Path(file).resolve().is_relative_to(Path.cwd())


def _find_documents(path: str) -> Iterator[str]:
    if Path(path).is_dir():
        yield from _below(path)
    elif Path(path).exists():
        yield path
    elif glob.has_magic(path):
        found = glob.glob(path, recursive=True, include_hidden=True)  # noqa: PTH207 -- pathlib takes no absolute ones
        if not found:
            raise Stop(Exit.USAGE, f"No file matches the pattern {path}.")
        for each in found:
            yield from _below(each) if Path(each).is_dir() else (each,)
    else:
        raise Stop(Exit.USAGE, f"{path} does not exist.")


def _below(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if each not in _SKIPPED]
        for file in files:
            if file.lower().endswith(".md"):
                yield str(Path(here) / file)


def _read(files: list[str]) -> tuple[list[Document], list[str]]:
    """Return the documents, and a sentence about each file that can't be read."""
    documents: list[Document] = []
    unreadable: list[str] = []
    for file in files:
        try:
            documents.append(_document(file))
        except OSError as error:
            unreadable.append(f"{file} can't be read: {error.strerror}.")
    return documents, unreadable


def _document(file: str) -> Document:
    """Read the document in a file, or on standard input.

    Raises:
        OSError: The file can't be read, or is too long.
    """
    if file == "-":
        text, is_utf8 = decode_text(_bounded(sys.stdin.buffer))
        return Document(text, "stdin", folder="", is_utf8=is_utf8)
    with Path(file).open("rb") as opened:
        text, is_utf8 = decode_text(_bounded(opened))
    return Document(text, file, folder=Path(file).resolve().parent.name, is_utf8=is_utf8)


def _bounded(file: BinaryIO) -> bytes:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES} bytes, which no skill document needs")
    return content


def _rules() -> str:
    """Return the rules by area, one per line."""
    width = max(map(len, RULES))
    lines: list[str] = []
    for area, rules in AREAS.items():
        lines += [click.style(area, bold=True)]
        lines += [f"  {rule.id:<{width}}  {rule.level:<7}  {rule.sentence}" for rule in rules]
    return "\n".join(lines) + "\n"
