"""Which tests a run takes where its caller chooses none: all but those marked `slow`, or with `--slow` those alone.

Whoever names tests gets the tests that they name, slow or not.
"""

from __future__ import annotations


def expression(*, slow: bool, named: bool, marks: str) -> str:
    """The expression of marks (`-m`) by which pytest chooses.

    Args:
        slow: Whether `--slow` was given.
        named: Whether the command line has a path or `-k`.
        marks: What `-m` says; empty where it was not given.
    """
    if slow:
        return f"({marks}) and slow" if marks else "slow"
    return marks if marks or named else "not slow"
