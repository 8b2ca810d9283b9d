"""The worlds that a run creates in a fake. The first call creates a world, and the end of the run deletes it.

The checks call only the service, which has no call to delete a world. So the run asks the fake's control API. If it
refuses, the receipt names the worlds that remain.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

from nemovideo_contract import machine
from nemovideo_contract.http.driver import FIRST, Driver
from nemovideo_contract.http.exchange import Call
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.suite.profile_detection import MADE_UP
from nemovideo_contract.suite.tested_server import REPEATS
from nemovideo_contract.targets import ENV_CONTROL_TOKEN, control_headers
from nemovideo_contract.wire import Code, Path

#: The longest time that the deletion of all worlds may take, in seconds.
PATIENCE_S: Final = 10.0
#: The timeout of one request, in seconds: below the whole, so that its own error is the reason.
TIMEOUT_S: Final = 9.0
#: The number of names that a line shows.
SHOWN: Final = 4


@contextmanager
def uninterrupted() -> Generator[None]:
    """Ignore Ctrl-C and SIGTERM in the block, which must have a time limit: a second one must not stop a clean-up."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python sets signal handlers only in the main thread, and interrupts only this thread
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Worlds:
    """The existing worlds of a run by name; `trouble` says why they could not be deleted.

    `base_url` is the fake's own. `environ` may hold the token of its control API.
    """

    base_url: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    names: list[str] = field(default_factory=list[str])
    trouble: str | None = None

    def make(self) -> str | None:
        """Create a world and return its base URL, or None if the target has no worlds.

        A world is another base URL of the same fake. In its own world a run meets no accounts or limits of other runs.
        The call costs nothing.

        Raises:
            Unreachable: the server can't be reached any more.
        """
        name = f"verify-{machine.random_hex(4)}"
        url = f"{self.base_url}/w/{name}"
        with Driver(url) as driver:
            driver.patience = FIRST
            self.names.append(name)  # before the call: it may make the world and then be interrupted
            call = Call("credits", "GET", Path.CREDITS, ATTRIBUTION, MADE_UP, expect_refusal=True)
            answer = driver.send(call, REPEATS)
        if answer.code == Code.TOKEN_INVALID:
            return url
        if not answer.late:
            self.names.remove(name)
        return None

    def delete(self) -> None:
        """Delete every world of the run if the fake permits it, within `PATIENCE_S`; a second call is harmless."""
        if not self.names:
            return
        # A server that sends one byte from time to time never exceeds a timeout, so a thread does the work.
        deleting = threading.Thread(target=self._delete, daemon=True)
        with uninterrupted():
            deleting.start()
            deleting.join(PATIENCE_S)
        if deleting.is_alive():
            self.trouble = f"its control API takes longer than {PATIENCE_S:g} s"

    def _delete(self) -> None:
        headers = control_headers(self.base_url, self.environ)
        with httpx.Client(headers=headers, timeout=TIMEOUT_S, trust_env=False) as http:
            for name in list(self.names):
                try:
                    answer = http.delete(f"{self.base_url}/_mock/worlds/{name}")
                except httpx.HTTPError as error:
                    self.trouble = f"{type(error).__name__}: {error}"
                    return
                if answer.status_code in {200, 404}:  # 404: another caller has deleted it, or it never existed
                    self.names.remove(name)
                elif answer.status_code == 403:
                    self.trouble = f"its control API refuses; set {ENV_CONTROL_TOKEN} to its token"
                    return
                else:
                    self.trouble = f"its control API answers with HTTP {answer.status_code}"

    def summary_lines(self) -> list[str]:
        """Return the worlds that remain in the fake, as a line of a receipt."""
        if not self.names:
            return []
        listed = ", ".join(self.names[:SHOWN]) + (", ..." if len(self.names) > SHOWN else "")
        why = f" ({self.trouble})" if self.trouble else ""
        return [f"{len(self.names)} worlds of this run remain in the fake{why}: {listed}"]
