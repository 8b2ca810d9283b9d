"""How long it takes to judge a journal, and how much memory: read, put together, judged by every rule.

    scripts/bench_judge.py [ENTRIES]

The journal (100,000 entries by default) is of three kinds: one caller whose turns are long streams, one who asks again
and again, and a hundred callers side by side. Each is written to a file first and read from there, line by line. Memory
is what Python's own allocator gave out at most beyond what it had before, measured in a second run.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.skills.judge.scripted import CALL, HEARTBEAT, RESULT, TEXT, Scripted

from nemovideo_contract.journal import read_entries
from nemovideo_skills.judge.judging import judge_journal
from nemovideo_skills.judge.rules import RULES

DRAFT: Final = {"t": [{"tt": 0, "sg": [{"id": f"sg_{place}", "s": place, "d": 1000} for place in range(40)]}]}


def talker(script: Scripted, session: str, turn: int) -> None:
    """Long streams, well read."""
    script.say(
        f"Change number {turn}", (CALL, *[HEARTBEAT] * 20, *[TEXT] * 30, RESULT, TEXT), session=session, lasts=60
    )
    script.read_state(DRAFT, session=session, after=1)


def asker(script: Scripted, session: str, turn: int) -> None:
    """Short calls, badly made: broken streams, messages that are sent again, hasty polls."""
    script.say("Make a clip", (CALL,), session=session, end="reset")
    script.read_state(DRAFT, session=session, after=2)
    script.say("Make a clip", session=session, after=1)
    script.submit(f"render_{turn}", DRAFT, session=session)
    for _ in range(10):
        script.poll(f"render_{turn}", after=1)


def journal(size: int, work: Callable[[Scripted, str, int], None], callers: int) -> Iterator[dict[str, Any]]:
    """A journal of about this size; several callers take turns."""
    scripts: list[Scripted] = []
    for number in range(callers):
        script = Scripted(account=f"anon_{number:016x}")
        script.token = f"nmv_usr_*{number:08x}"
        script.get_token(f"7c9e6679-7425-40de-944b-{number:012x}", token=script.token)
        script.get_session(f"{55 * 10**17 + number}")
        scripts.append(script)
    count = turn = 0
    while count < size:
        for number, script in enumerate(scripts):
            if count:
                work(script, f"{55 * 10**17 + number}", turn)
            for entry in script.entries:
                count += 1
                yield {**entry, "n": count, "exchange": entry["exchange"] * callers + number}
            script.entries.clear()
        turn += 1


def measure(path: Path) -> tuple[float, float, float, int, int]:
    """Seconds for reading and judging, those of the processor, MiB at most, callers, and rules that any broke."""
    began, worked = time.perf_counter(), time.process_time()
    with path.open(encoding="utf-8") as lines:
        found = judge_journal(read_entries(lines), tuple(RULES.values()))
    took, busy = time.perf_counter() - began, time.process_time() - worked
    tracemalloc.start()
    with path.open(encoding="utf-8") as lines:
        judge_journal(read_entries(lines), tuple(RULES.values()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    broken = {finding.rule.id for each in found for finding in each.broken}
    return took, busy, most / 2**20, len(found), len(broken)


def main() -> None:
    """Measure all three and print."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for name, work, callers in (
        ("long streams", talker, 1),
        ("short calls", asker, 1),
        ("a hundred callers", asker, 100),
    ):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "journal.jsonl"
            with path.open("w", encoding="utf-8") as file:
                count = sum(bool(file.write(json.dumps(entry) + "\n")) for entry in journal(size, work, callers))
            bytes_a_entry = path.stat().st_size / count
            took, busy, most, found, broken = measure(path)
        print(
            f"{name}: {count} entries of {bytes_a_entry:.0f} bytes in {took:.2f} s ({busy:.2f} s of work, "
            f"{count / busy:,.0f} a second), "
            f"{most:.0f} MiB, {found} callers, {broken} rules broken"
        )


if __name__ == "__main__":
    main()
