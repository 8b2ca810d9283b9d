"""How a command that talks to the service ends tidily: one sentence and a code for whatever goes wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
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
    """Ctrl-C and SIGTERM end the command once, with the sentence that `interrupted` gives; errors become sentences too.

    Raises:
        Stop: Whatever went wrong.
    """
    from nemovideo_client import errors

    numbers = (signal.SIGINT, signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        for other in numbers:  # a second one must not keep the first from tidying up
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
        raise  # whoever read the output has gone: the group ends the command without a word
    except OSError as error:
        raise unwritable_output(error, interrupted()) from None
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


def unwritable_output(error: OSError, interrupted: str = "") -> Stop:
    """The end of a command that can't write its output, or a file; `interrupted` says what goes on without it."""
    if error.filename is not None:
        return Stop(Exit.UNWRITABLE, f"A file can't be kept: {error.strerror}: {error.filename}.")
    with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nothing:
        # What is still in the buffer would fail again at the end of the process, and change its exit code.
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    goes_on = interrupted.removeprefix("Interrupted").lstrip(":. ")
    said = f"The output can't be written: {error.strerror or error}."
    return Stop(Exit.UNWRITABLE, f"{said} {goes_on[:1].upper()}{goes_on[1:]}".rstrip())


def facts_of(error: NemoError) -> dict[str, object]:
    """What a program may want to know of an error: its type, and what the service said with it."""
    names = ("code", "status", "request_id", "retry_after", "render_id")
    facts = {name: getattr(error, name, None) for name in names}
    return {"type": type(error).__name__, **{name: fact for name, fact in facts.items() if fact is not None}}


def code_of(error: Exception) -> Exit:
    """The exit code that fits an error of the client."""
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
