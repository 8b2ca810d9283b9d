"""Numbers as people read them."""

from __future__ import annotations


def seconds(length: float) -> str:
    """A length of time, in seconds: `0.4 s`, `42 s`, `12 min`."""
    if length < 0.05:
        return "0 s"
    if length < 10 and round(length, 1) != round(length):
        return f"{length:.1f} s"
    if length < 180:
        return f"{round(length)} s"
    minutes, rest = divmod(round(length), 60)
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{round(length / 60)} min"


def times(count: int) -> str:
    """How often: `once`, `twice`, `5 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def quantity(count: int, thing: str) -> str:
    """How many of something whose plural ends in s: `1 call`, `14 calls`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def short(name: str) -> str:
    """An id or another text, without the rest of a long one."""
    return name if len(name) <= 16 else f"{name[:8]}…"
