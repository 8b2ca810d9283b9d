"""What the attacks of `scripts/fuzz` share: numbered cases, the memory of the watched process, and kept finds."""

from __future__ import annotations

import random
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nemovideo_contract import machine

#: The bytes that memory may have grown by at the end, and that one case may take while it runs.
LEFT: Final = 30 * 1024 * 1024
PEAK: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds: memory and its highest value since `reset_peak` (bytes), open descriptors, tasks."""

    resident: int
    peak: int
    descriptors: int
    tasks: int

    @classmethod
    def of(cls, pid: int | str) -> Usage:
        """Return the usage of a process, from `/proc`."""
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        numbers = {key: int(value) for key, value in re.findall(r"^(\w+):\s+(\d+)", status, re.MULTILINE)}
        descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        return cls(numbers["VmRSS"] * 1024, numbers["VmHWM"] * 1024, descriptors, numbers["Threads"])

    def __str__(self) -> str:
        return f"{self.resident / 1e6:.0f} MB, {self.descriptors} descriptors, {self.tasks} tasks"


def reset_peak(pid: int | str) -> None:
    """Let the highest memory of a process start again from its present memory."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


@dataclass(slots=True, eq=False)
class Search:
    """A run of one attack: cases numbered from `first`, each with chance from the seed and its number alone.

    `unit` is the option that limits the run, such as `requests`; `done` counts them, and `outcomes` what came of them.
    Of each kind of find, the first is kept in `folder`: a text, and the bytes that were sent.
    """

    attack: str
    unit: str
    seed: int
    first: int
    count: int
    until: float
    folder: Path
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    finds: Counter[str] = field(default_factory=Counter[str])

    def command(self, case: int | None) -> str:
        """Return the command that repeats a case, or without one, the whole run."""
        first, count = (self.first, self.done) if case is None else (case, 1)
        return f"scripts/fuzz {self.attack} --seed {self.seed} --first {first} --{self.unit} {count}"

    def chance(self, case: int) -> random.Random:
        """Return the random values of a case."""
        return random.Random(f"{self.seed}/{case}")  # noqa: S311 - an order of attacks, not a secret

    def cases(self) -> Iterator[int]:
        """Yield the numbers of cases until the count is reached or the time is over."""
        case = self.first
        while self.done < self.count and machine.stopwatch() < self.until:
            yield case
            case += 1

    def found(self, kind: str, case: int | None, words: str, sent: bytes = b"", ending: str = ".bin") -> None:
        """Print a find with the command that repeats it, and keep the first of its kind."""
        self.finds[kind] += 1
        if self.finds[kind] > 1:
            return
        place = "all" if case is None else case
        name = f"{self.attack}-{self.seed}-{place}-{re.sub(r'[^a-z0-9]+', '-', kind.lower())[:60].strip('-')}"
        self.folder.mkdir(parents=True, exist_ok=True)
        text = self.folder / f"{name}.report.txt"
        text.write_text(f"{kind}\n{self.command(case)}\n\n{words}\n", encoding="utf-8", errors="backslashreplace")
        if sent:
            (self.folder / f"{name}{ending}").write_bytes(sent)
        print(f"found: {kind}\n  repeat: {self.command(case)}\n  kept: {text}", flush=True)

    def raised(self, what: str, case: int, error: BaseException, sent: bytes, ending: str) -> None:
        """Note an exception that nothing caught; its kind is its type and where it was raised."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [each for each in frames if "nemovideo" in each.filename] or frames
        place = f"{Path(ours[-1].filename).name}:{ours[-1].name}"
        words = "".join(traceback.format_exception(error))
        self.found(f"{what}: {type(error).__name__} in {place}", case, words, sent, ending)

    def left(self, before: Usage, after: Usage) -> None:
        """Note memory, descriptors or tasks that did not come back."""
        print(f"before: {before}; after: {after}, highest {after.peak / 1e6:.0f} MB")
        if after.resident > before.resident + LEFT:
            self.found("memory is not back", None, f"before: {before}\nafter: {after}")
        if after.descriptors > before.descriptors:
            self.found("descriptors are not back", None, f"before: {before}\nafter: {after}")
        if after.tasks > before.tasks + 64:  # a pool of threads grows with the machine and stays
            self.found("tasks are not back", None, f"before: {before}\nafter: {after}")

    def report(self) -> int:
        """Print the figures; returns the exit code."""
        print("outcomes:", ", ".join(f"{times} {name}" for name, times in self.outcomes.most_common()))
        for kind, times in self.finds.items():
            print(f"{times} times: {kind}")
        print(f"{self.done} {self.unit}, seed {self.seed}, {len(self.finds)} kinds of finds")
        sys.stdout.flush()
        if not self.done:
            return 2
        return 1 if self.finds else 0
