"""Who hears what a flow emits and tells, made of the callbacks that a caller gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nemovideo_client.progress import StillWorking

T = TypeVar("T")


def reporter(expected: type[T], on_progress: Callable[[T], None] | None) -> Callable[[object], None]:
    """One who hears values of a kind alone."""

    def report(value: object) -> None:
        if on_progress is not None and isinstance(value, expected):
            on_progress(value)

    return report


def call_both(one: Callable[[object], None], other: Callable[[object], None]) -> Callable[[object], None]:
    """Two who hear the same."""

    def report(value: object) -> None:
        one(value)
        other(value)

    return report


def notice_callback(on_still_working: Callable[[float], None] | None) -> Callable[[object], None]:
    """One who hears how long the work goes on, in seconds."""

    def tell(value: object) -> None:
        if on_still_working is not None and isinstance(value, StillWorking):
            on_still_working(value.seconds)

    return tell


def ignore_events(_: object) -> None:
    """Take what nobody asked to see."""
