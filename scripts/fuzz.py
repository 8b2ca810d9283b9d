"""Searches for what breaks, with fresh chance and many examples, until its time is over.

    scripts/fuzz properties [--minutes N] [--seed S] [--rounds R] [PYTEST ARGS]
                               every property test and state machine in tests/, round after round with other seeds

Exit code 0: nothing was found. 1: something was; each find is named with the command that repeats it. 2: nothing ran.
"""

from __future__ import annotations

import argparse
import sys

import fuzz_properties

from nemovideo_contract import machine

SEEDS = 1 << 32


def main() -> int:
    """Search as the arguments say."""
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    properties = kinds.add_parser("properties", help="every property test and state machine in tests/")
    properties.add_argument(
        "--minutes", type=float, default=10.0, help="no test is started after that time (default 10)"
    )
    properties.add_argument("--seed", type=int, help="the first round's seed; each round adds one (default: by chance)")
    properties.add_argument("--rounds", type=int, help="stop after so many rounds, even if time is left")
    chosen, others = parser.parse_known_args()
    seed = machine.random_below(SEEDS) if chosen.seed is None else chosen.seed
    return fuzz_properties.search(others, seed, chosen.minutes * 60, chosen.rounds)


if __name__ == "__main__":
    sys.exit(main())
