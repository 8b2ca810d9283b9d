"""A replacement for `sleep`: it waits on a world's virtual clock, so that the waits of a shell script take no time.

It is started by the path of this file, in a Python without packages: `sleep_command.py URL 30`, `sleep_command.py URL
1m 30s`.
"""

from __future__ import annotations

import http.client
import json
import sys
from urllib.parse import urlsplit

#: Seconds in a unit, as in sleep(1).
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
#: The longest wait in seconds that a world's clock accepts.
LONGEST_S = 366 * 86_400.0
#: Real seconds for which another caller's work may hold the clock, and the timeout of the request.
PATIENCE_S = 600
TIMEOUT_S = 660


def length(arguments: list[str]) -> float:
    """Return the sum of sleep(1)'s arguments in seconds.

    Raises:
        ValueError: an argument is not a length of time, or there is none.
    """
    if not arguments:
        raise ValueError("missing operand")
    return min(sum(map(_one, arguments)), LONGEST_S)


def _one(argument: str) -> float:
    unit = UNITS.get(argument[-1:])
    seconds = float(argument if unit is None else argument[:-1]) * (1.0 if unit is None else unit)
    if not seconds >= 0:
        raise ValueError(f"invalid time interval {argument!r}")
    return seconds


def wait(url: str, seconds: float) -> None:
    """Wait as a participant in the clock of the world at `url`.

    Raises:
        OSError: the world is gone, or does not allow the wait.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    body = json.dumps({"seconds": seconds, "patience": PATIENCE_S})
    try:
        connection.request("POST", f"{parts.path}/_mock/clock/wait", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(answer.read().decode("utf-8", "replace"))
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Run sleep(1) and return the exit code."""
    try:
        wait(arguments[0], length(arguments[1:]))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sleep: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
