"""One part of a freeze: where it writes, what it reads of an earlier freeze, and how it starts commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from freeze_ours import COMMAND, TOP, root
from freeze_plain import Plain

#: Columns of all that is printed.
WIDTH = 80
#: Seconds after which a command is taken to hang.
PATIENCE_S = 600
#: Variables that say how we behave; none of the user's has a say in a freeze.
OWN = ("NEMO_", "SKILL_SOURCE", "PYTEST_", "COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR", "XDG_")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part works: `new` is the freeze that is made, `old` the one whose inputs are used again.

    Where nothing is compared, both are the same folder. `scratch` is an empty folder of the part's own.
    """

    new: Path
    old: Path
    scratch: Path
    documents: tuple[Path, ...] = ()

    def plain(self, *ids: str) -> Plain:
        """Replaces what differs from run to run in the part's texts; `ids` are patterns of more ids."""
        return Plain({"SCRATCH": self.scratch, "OLD": self.old, "NEW": self.new, "CLONE": TOP}, *ids)

    def write(self, name: str, text: str) -> None:
        """Write a file of the freeze."""
        path = self.new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *arguments: str | Path, folder: Path | None = None, **environ: str) -> Done:
        """Run a Python module (`-m` and a name) or script (a path) with arguments in a new process."""
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=folder or self.scratch,
            env=environment(self.scratch) | environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def command(self, *arguments: str | Path, folder: Path | None = None) -> Done:
        """Run `nemo-harness` with these arguments in a new process."""
        return self.start(Path(sys.executable).with_name(COMMAND), *arguments, folder=folder)


@dataclass(frozen=True, slots=True)
class Part:
    """A part: what it records, and how. If `apart`, it only starts processes, so others can run in parallel."""

    meaning: str
    record: Callable[[Place], None]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    def check(self, *codes: int) -> Done:
        """The same, where it ended with one of these codes: a freeze of a mistake would agree with itself for ever.

        Raises:
            AssertionError: it ended in another way; the message has what it printed.
        """
        assert self.code in codes, f"A command of the freeze did not do its work: {self}"
        return self

    def __str__(self) -> str:
        """All of it."""
        parts = [f"exit code {self.code}\n"]
        parts += [f"--- {name}\n{text}" for name, text in (("out", self.out), ("err", self.err)) if text]
        return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts)


def environment(home: Path) -> dict[str, str]:
    """The variables of all that is recorded: none of the user's own, a home that is empty, no way to other machines."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return kept | {"HOME": str(home), "COLUMNS": str(WIDTH), "NO_COLOR": "1", "NEMO_ALLOWED_HOSTS": "", "TERM": "dumb"}


def invoke(
    *arguments: str | Path, folder: Path, stdin: str = "", environ: Mapping[str, str | None] | None = None
) -> Done:
    """What `nemo-harness` does in this process, where that is quicker; for parts that are not `apart`."""
    with chdir(folder):
        done = CliRunner().invoke(
            root(),
            [*map(str, arguments)],
            input=stdin,
            env=dict(environ or {}),
            prog_name=COMMAND,
            terminal_width=WIDTH,
        )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)
