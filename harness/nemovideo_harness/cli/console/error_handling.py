"""Errors and signals: each becomes one sentence and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_client.errors import NemoError


@contextmanager
def handle_errors(interrupted: Callable[[], str]) -> Generator[None]:
    """Turn every error in the block into a `Stop`; for a signal that ends it, `interrupted` gives its sentence.

    Raises:
        Stop: The block was interrupted or raised an error.
    """
    from nemovideo_client import errors

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)  # its terminal was closed; nohup ignores that

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        for other in numbers:  # a second signal must not stop the cleanup
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    except KeyboardInterrupt:
        raise Stop(Exit.INTERRUPTED, interrupted()) from None
    except errors.NemoError as error:
        raise Stop(code_of(error), str(error), facts_of(error)) from None
    except BrokenPipeError:
        raise  # the program that reads the output has ended: the group ends the command without a message
    except OSError as error:
        raise unwritable_output(error, interrupted()) from None
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


def unwritable_output(error: OSError, interrupted: str = "") -> Stop:
    """Return the error for output or a file that can't be written; `interrupted` says which work continues."""
    if error.filename is not None:
        return Stop(Exit.UNWRITABLE, f"A file can't be written: {error.strerror}: {error.filename}.")
    with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nothing:
        # Otherwise the rest of the buffer would fail again at the end of the process, and change the exit code.
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    rest = interrupted.removeprefix("Interrupted").lstrip(":. ")
    reason = "standard output is closed" if error.errno == errno.EBADF else error.strerror or error
    problem = f"The output can't be written: {reason}."
    return Stop(Exit.UNWRITABLE, f"{problem} {rest[:1].upper()}{rest[1:]}".rstrip())


def open_missing_streams() -> None:
    """Replace standard streams that the caller has closed: no input, no messages, and output that can't be written.

    The new files get the numbers of the closed ones. Otherwise a connection could get the number 2, and a message of a
    library would be sent to the server.
    """
    # Python sets a closed stream to None, although the types do not say so. The order matters: open() takes the lowest
    # free number.
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 -- open until the end of the process
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- as above
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- as above


def facts_of(error: NemoError) -> dict[str, object]:
    """Return the facts about an error for `--json`: its type, and the fields that the service sent with it."""
    names = ("code", "status", "request_id", "retry_after", "render_id")
    facts = {name: getattr(error, name, None) for name in names}
    return {"type": type(error).__name__, **{name: fact for name, fact in facts.items() if fact is not None}}


def code_of(error: Exception) -> Exit:
    """Return the exit code for an error of the client."""
    from nemovideo_client import errors

    match error:
        case errors.UnwritableDestination():
            return Exit.UNWRITABLE
        case errors.MisuseError():
            return Exit.USAGE
        case errors.TransportError():
            return Exit.UNREACHABLE
        case _:
            return Exit.REFUSED


# --- signals ----------------------------------------------------------------------------------------------------------


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
