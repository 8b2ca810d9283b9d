"""Run `nemo-harness verify` against `serve` on each clock, quality, speed and profile, and through each proxy.

    scripts/verify-matrix                    every case, one after the other; takes about an hour on two cores
    scripts/verify-matrix NAME...            only these cases
    scripts/verify-matrix --list             the names of the cases

Prints one line for each case, then each requirement that is contradicted or in doubt. A fake that the suite contradicts
is a fault of one of the two, however fast or slow it is and whatever is between.

Exit code 0: no requirement is contradicted. 1: at least one is, or a run ended early.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.contract.suite import proxies

from nemovideo_contract import machine
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.wire import CLIENT_ID_HEADER

HARNESS: Final = (sys.executable, "-c", "from nemovideo_harness.cli import main; main()")
#: The number of a request in the middle of a run.
MIDDLE: Final = 200


@dataclass(frozen=True, slots=True)
class Case:
    """Options of `serve`, options of `verify`, and what makes the proxy between them, if there is one."""

    serve: str
    verify: str = ""
    manner: Callable[[], proxies.Manner] | None = None


@dataclass(slots=True)
class Result:
    """What a run printed and cost: seconds, and CPU seconds of `verify` and of the server."""

    report: dict[str, object] | None
    output: str
    seconds: float = 0.0
    cpu: float = 0.0
    server_cpu: float = 0.0
    wrong: list[str] = field(default_factory=list[str])


def _status_500_once() -> proxies.Manner:
    numbers = itertools.count(1)
    return proxies.rewrites(lambda status: 500 if next(numbers) == MIDDLE else status)


_QUIET: Final = "--clock virtual --quality stub"
CASES: Final = {
    **{
        f"{clock}-{quality}": Case(f"--clock {clock} --quality {quality}")
        for clock in ("virtual", "real")
        for quality in ("stub", "preview", "full")
    },
    "speed-1": Case("--speed 1"),
    "speed-2": Case("--speed 2"),
    "speed-1000": Case("--speed 1000"),
    "speed-10000": Case("--speed 10000 --quality stub"),
    "virtual-speed-0.5": Case(f"{_QUIET} --speed 0.5"),
    "virtual-speed-1000": Case(f"{_QUIET} --speed 1000"),
    "reference-4.4": Case("--profile reference-4.4"),
    "reference-4.4-as-seeds": Case("--profile reference-4.4", "--profile seeds"),
    "vendor-1.9": Case(f"{_QUIET} --profile vendor-1.9"),
    "adk": Case(f"{_QUIET} --profile adk"),
    "disconnect-cancel": Case("--set disconnect=cancel", "--profile seeds --set disconnect=cancel"),
} | {
    f"proxy-{name}": Case(_QUIET, manner=manner)
    for name, manner in {
        "plain": proxies.Manner,
        "idle-closing": lambda: proxies.Manner(idle_s=5.0),
        "gzip": lambda: proxies.compresses("gzip"),
        "502-once": lambda: proxies.fails_once(MIDDLE),
        "500-once": _status_500_once,
        "breaking-once": lambda: proxies.breaks_once(MIDDLE),
        "buffering": proxies.buffers,
        "upload-holding": lambda: proxies.Manner(holds_uploads=True),
        "attribution-removed": lambda: proxies.removes(*ATTRIBUTION),
        "client-id-removed": lambda: proxies.removes(CLIENT_ID_HEADER),
        "header-doubled": lambda: proxies.doubles("Content-Type"),
        "header-of-two-values": lambda: proxies.doubles("Content-Type", "text/plain"),
        "statuses-rewritten": lambda: proxies.rewrites(lambda status: 200 if status >= 400 else status),
    }.items()
}  # fmt: skip


def run(case: Case, folder: Path) -> Result:
    """Run one case and return its result."""
    report = folder / "report.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NEMO_")}
    server = subprocess.Popen(
        [*HARNESS, "serve", "--port", "0", *case.serve.split()],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment | {"PYTHONUNBUFFERED": "1"},
    )
    with ExitStack() as stack:
        try:
            assert server.stdout is not None
            greeting = re.search(r"http://\S+", server.stdout.readline())
            assert greeting is not None, "the fake did not say where it listens"
            url = greeting[0] if case.manner is None else stack.enter_context(proxies.proxy(greeting[0], case.manner()))
            began = machine.stopwatch()
            with (folder / "output").open("w+", encoding="utf-8") as output:
                verify = subprocess.Popen(
                    [*HARNESS, "verify", "--target", url, "--report", report, *case.verify.split()],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=environment,
                )
                cpu = _cpu_of(verify)
                output.seek(0)
                result = Result(None, output.read(), machine.stopwatch() - began, cpu)
        finally:
            server.terminate()
            server_cpu = _cpu_of(server)
    result.server_cpu = server_cpu
    if report.exists():
        result.report = json.loads(report.read_text(encoding="utf-8"))
    return result


def _cpu_of(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> float:
    """Wait for a process and return its CPU seconds and those of its own processes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def show(name: str, result: Result) -> bool:
    """Print a result; return whether the run came to its end and contradicted no requirement."""
    cost = f"{result.seconds:6.1f} s   CPU {result.cpu:6.1f} s, server {result.server_cpu:6.1f} s"
    if result.report is None:
        print(f"{name:24} ended early                     {cost}\n{result.output}", flush=True)
        return False
    found = result.report["requirements"]
    assert isinstance(found, dict)
    unchecked = sum(map(len, found["unchecked"].values()))
    counts = [len(found[each]) for each in ("agreed", "contradicted", "doubted")]
    print(f"{name:24}", *(f"{each:5}" for each in (*counts, unchecked)), f"  {cost}", flush=True)
    for kind in ("contradicted", "doubted"):
        for each in found[kind]:
            print(f"    {kind}: {each}", flush=True)
    return not found["contradicted"]


def main() -> int:
    """Run the cases that the arguments name."""
    parser = argparse.ArgumentParser(
        prog="scripts/verify-matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*CASES, []], help="a case (default: all)")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--keep", type=Path, help="keep each run's report and output in this folder")
    chosen = parser.parse_args()
    if chosen.list:
        print(*CASES, sep="\n")
        return 0
    print(f"{'':24} agree  contr doubt  unchk", flush=True)
    right = True
    with tempfile.TemporaryDirectory() as temporary:
        for name in chosen.names or CASES:
            folder = (chosen.keep or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.json").unlink(missing_ok=True)
            right &= show(name, run(CASES[name], folder))
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
