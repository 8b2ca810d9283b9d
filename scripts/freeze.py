"""Record what users see, and compare it after a change of structure.

    scripts/freeze save FOLDER [--documents FOLDER]...    record this working copy
    scripts/freeze save FOLDER --only PART                record a part of it once more, into a freeze that is there
    scripts/freeze compare FOLDER                         record it once more, elsewhere, and compare
    scripts/freeze compare FOLDER OTHER                   compare two such folders
    scripts/freeze list                                   the parts, and what each records

A freeze is a folder of plain files, a folder in it for each part. It holds no times, ports, paths or ids that differ
from run to run: the same code gives the same bytes, in any time zone and wherever the working copy lies.

`compare FOLDER` judges, checks and replays the journals, documents and recordings that FOLDER holds, so old files are
read by new code; what the new code writes is compared as well. The exit code is 1 where anything differs.

`freeze_ours.py` has all that the parts know of our modules.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import freeze_behaviour as behaviour
import freeze_interface as interface
from freeze_ours import TOP
from freeze_part import Place, environment

Record = Callable[[Place], None]

#: Parts that only start processes, so that they can run in parallel; the longest first.
APART: Final[dict[str, Record]] = {
    "matrix": behaviour.matrix,
    "recording": behaviour.recording,
    "wheel": interface.wheel,
    "pytest": interface.pytest_names,
    "scenario": behaviour.scenario,
    "papers": interface.papers,
}
#: Parts that run commands in this process, one after the other.
HERE: Final[dict[str, Record]] = {
    "help": interface.help_pages,
    "refusals": interface.refusals,
    "names": interface.names,
    "http": interface.http_surface,
    "commands": behaviour.commands,
    "traffic": behaviour.traffic,
    "frames": behaviour.frames,
    "documents": behaviour.documents,
}
#: Parts that read what others wrote, or that others would slow down so that what they say depends on it.
LAST: Final[dict[str, Record]] = {"judged": behaviour.judge_journals, "verify": behaviour.verify}
PARTS: Final = {**APART, **HERE, **LAST}


def record(new: Path, old: Path, scratch: Path, chosen: list[str], documents: tuple[Path, ...] = ()) -> dict[str, str]:
    """Write the chosen parts of a freeze to `new`, from the inputs that `old` holds; what went wrong, by part."""
    failed: dict[str, str] = {}

    def run(name: str) -> None:
        own = scratch / f"of-{name}"
        own.mkdir()
        try:
            PARTS[name](Place(new, old, own, documents))
        except Exception:  # noqa: BLE001 -- the other parts are worth their while; main ends with an error
            failed[name] = traceback.format_exc()
        print(f"  {name}", file=sys.stderr)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        apart = [pool.submit(run, name) for name in APART if name in chosen]
        for name in HERE:
            if name in chosen:
                run(name)
        for each in apart:
            each.result()
    for name in LAST:
        if name in chosen:
            run(name)
    return failed


def differences(old: Path, new: Path, name: str) -> Iterator[tuple[str, list[str]]]:
    """The files of a part that differ, each with the lines of a unified diff."""
    files = {
        str(file.relative_to(folder)) for folder in (old, new) for file in (folder / name).rglob("*") if file.is_file()
    }
    for file in sorted(files):
        before, after = (_lines(folder / file) for folder in (old, new))
        if before != after:
            one = "/dev/null" if before is None else f"old/{file}"
            two = "/dev/null" if after is None else f"new/{file}"
            yield file, list(difflib.unified_diff(before or [], after or [], one, two, n=2))


def _lines(file: Path) -> list[str] | None:
    """Return the lines with their line ends, or None if the file does not exist."""
    if not file.exists():
        return None
    return [f"{line}\n" for line in file.read_bytes().decode("utf-8", "surrogateescape").split("\n")]


def compare(old: Path, new: Path, chosen: list[str], failed: Mapping[str, str], *, brief: bool) -> bool:
    """Print what differs, part by part, and what could not be recorded; whether there is any of it."""
    summary: dict[str, str] = {}
    for name in chosen:
        found = [] if name in failed else list(differences(old, new, name))
        for file, lines in found:
            sys.stdout.write(f"{file}\n" if brief else "".join(lines))
        if name in failed:
            sys.stdout.write(failed[name])
            summary[name] = "could not be recorded"
        elif found:
            summary[name] = "1 file differs" if len(found) == 1 else f"{len(found)} files differ"
    for name in chosen:
        print(f"{name:<10} {summary.get(name, 'the same')}")
    return bool(summary)


def main() -> int:
    """Save, compare or list."""
    parser = argparse.ArgumentParser(prog="scripts/freeze", description="Record what users see, and compare it.")
    orders = parser.add_subparsers(dest="order", required=True)
    save = orders.add_parser("save", help="record this working copy")
    save.add_argument("folder", type=Path, help="where to; it must be empty, or not there yet")
    save.add_argument("--only", choices=PARTS, action="append", help="only this part, in its place; repeatable")
    save.add_argument("--documents", type=Path, action="append", default=[], help="a folder of skill documents too")
    held = orders.add_parser("compare", help="compare a freeze with this working copy, or with another freeze")
    held.add_argument("folder", type=Path)
    held.add_argument("other", type=Path, nargs="?", help="another freeze; else this working copy")
    held.add_argument("--only", choices=PARTS, action="append", help="only this part; repeatable")
    held.add_argument("--brief", action="store_true", help="only the names of the files that differ")
    orders.add_parser("list", help="list the parts")
    said = parser.parse_args()
    if said.order == "list":
        for name, part in PARTS.items():
            print(f"{name:<10} {(part.__doc__ or '').strip()}")
        return 0
    for each in (said.folder, said.other) if said.order == "compare" else ():
        if each is not None and not (each / "help").is_dir():
            parser.error(f"{each} is no freeze.")
    if said.order == "save" and not said.only and said.folder.exists() and any(said.folder.iterdir()):
        parser.error(f"{said.folder} is not empty.")
    folder, documents = (
        said.folder.resolve(),
        tuple(each.resolve(strict=True) for each in getattr(said, "documents", ())),
    )
    sys.path.insert(0, str(TOP))  # for the examples among the tests
    with tempfile.TemporaryDirectory() as kept:
        scratch = Path(kept).resolve()
        chosen = [name for name in PARTS if not said.only or name in said.only]
        if said.order == "save":
            _quiet(scratch)
            for name in chosen:
                shutil.rmtree(folder / name, ignore_errors=True)
            failed = record(folder, folder, scratch, chosen, documents)
            sys.stderr.writelines(failed.values())
            return int(bool(failed))
        other, failed = said.other, {}
        if other is None:
            _quiet(scratch)
            other = scratch / "new"
            other.mkdir()
            failed = record(other, folder, scratch, chosen)
        return int(compare(folder, other, chosen, failed, brief=said.brief))


def _quiet(home: Path) -> None:
    """Give this process the environment that its commands have."""
    wanted = environment(home)
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    os.environ.update(wanted)


if __name__ == "__main__":
    raise SystemExit(main())
