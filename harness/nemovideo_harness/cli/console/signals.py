"""What SIGTERM does to a command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from nemovideo_harness.cli.console.exit_codes import Exit


@contextmanager
def interrupt_on_sigterm() -> Generator[None]:
    """Make SIGTERM do what Ctrl-C does: a shell starts its background commands without Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    with _handle_sigterm(interrupt):
        yield


@contextmanager
def exit_on_sigterm() -> Generator[None]:
    """Make SIGTERM end the command after cleanup, if the command uses Ctrl-C for something else."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise SystemExit(int(Exit.INTERRUPTED))

    with _handle_sigterm(end):
        yield


@contextmanager
def _handle_sigterm(handler: Callable[[int, FrameType | None], NoReturn]) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python sets signal handlers only in the main thread
        return
    previous = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
