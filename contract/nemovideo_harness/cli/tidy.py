"""How a command that talks to the service ends tidily: one sentence and a code for whatever goes wrong."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from nemovideo_harness.cli.exits import Exit, Stop


@contextmanager
def tidily(interrupted: Callable[[], str]) -> Generator[None]:
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
        raise Stop(code_of(error), str(error)) from None
    except BrokenPipeError:
        raise  # click's to handle: whoever read the output has gone, which is no error
    except OSError as error:
        raise Stop(Exit.UNWRITABLE, f"A file can't be kept: {error.strerror}: {error.filename}.") from None
    finally:
        for number, handler in zip(numbers, previous, strict=True):
            signal.signal(number, handler)


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
