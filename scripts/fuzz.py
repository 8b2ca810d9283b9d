"""Searches for what breaks, with fresh chance and many examples, until its time is over.

    scripts/fuzz properties [--minutes N] [--seed S] [--rounds R] [PYTEST ARGS]
                               every property test and state machine in tests/, round after round with other seeds
    scripts/fuzz http [--minutes N] [--seed S] [--first N] [--requests N] [--keep FOLDER]
                               hostile and ordinary requests to every entrance of a server, whose process is watched
    scripts/fuzz files [--minutes N] [--seed S] [--first N] [--files N] [--keep FOLDER]
                               mutated journals, recordings, scenarios, snapshots, chats, skills and photos
    scripts/fuzz client [--minutes N] [--seed S] [--first N] [--calls N] [--keep FOLDER]
                               hostile answers to both clients and to the commands

Exit code 0: nothing was found. 1: something was; each find is named with the command that repeats it. 2: nothing ran.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from nemovideo_contract import machine

SEEDS = 1 << 32
#: Attack -> the option that limits it, and how many it makes without the option.
ATTACKS: Final = {"http": ("requests", 200_000), "files": ("files", 10_000), "client": ("calls", 5_000)}


def main() -> int:
    """Search as the arguments say."""
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    properties = kinds.add_parser("properties", help="every property test and state machine in tests/")
    properties.add_argument("--rounds", type=int, help="stop after so many rounds, even if time is left")
    for name, (unit, count) in ATTACKS.items():
        attack = kinds.add_parser(name, help=f"stops after --{unit}, {count:,} if you don't say")
        attack.add_argument("--first", type=int, default=0, help="the number of the first case (default 0)")
        attack.add_argument(f"--{unit}", dest="count", type=int, default=count, help="stop after so many")
        attack.add_argument("--keep", type=Path, default=Path(".fuzz"), help="the folder for finds (default .fuzz)")
    for each in kinds.choices.values():
        each.add_argument("--minutes", type=float, default=10.0, help="nothing is started after that time (default 10)")
        each.add_argument("--seed", type=int, help="the seed of all chance (default: by chance, and printed)")
    chosen, others = parser.parse_known_args()
    seed = machine.random_below(SEEDS) if chosen.seed is None else chosen.seed
    if chosen.kind == "properties":
        import fuzz_properties

        return fuzz_properties.search(others, seed, chosen.minutes * 60, chosen.rounds)
    if others:
        parser.error(f"unknown arguments: {shlex.join(others)}")
    from fuzz_search import Search

    unit, _ = ATTACKS[chosen.kind]
    until = machine.stopwatch() + chosen.minutes * 60
    run: Callable[[Search], int] = import_module(f"fuzz_{chosen.kind}").search
    print(f"scripts/fuzz {chosen.kind} --seed {seed} --first {chosen.first} --{unit} {chosen.count}", flush=True)
    return run(Search(chosen.kind, unit, seed, chosen.first, chosen.count, until, chosen.keep))


if __name__ == "__main__":
    sys.exit(main())
