"""The worlds that a run makes in a fake: each is made by its first call, and all are deleted when the run ends.

The checks call nothing but the service. What is here is the run's own business: a world has no call of the service that
would end it, so the fake's control API is asked to. Where that is not to be had, the receipt names what stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from nemovideo_contract import machine
from nemovideo_contract.allowed_hosts import is_loopback
from nemovideo_contract.http.driver import FIRST, Driver
from nemovideo_contract.http.exchange import Call
from nemovideo_contract.suite.messages import ATTRIBUTION
from nemovideo_contract.suite.profile_detection import MADE_UP
from nemovideo_contract.wire import Code, Path

#: Carries the token of a fake's control API, as `nemo-harness serve` reads it.
ENV_CONTROL_TOKEN: Final = "NEMO_MOCK_TOKEN"  # noqa: S105 -- a variable's name
_TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 -- a header's name
#: Seconds that the end of a world is waited for.
PATIENCE_S: Final = 10.0
#: Names that are shown.
SHOWN: Final = 4


@dataclass(slots=True)
class Worlds:
    """The worlds of a run by name, those that are still there; `trouble` says why they are where they were to go.

    `base_url` is the fake's own, `environ` may hold the token of its control API.
    """

    base_url: str
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    names: list[str] = field(default_factory=list[str])
    trouble: str | None = None

    def make(self) -> str | None:
        """The base URL of a world that nobody else uses; None where the target is no fake that has such.

        A world is another base URL of the same fake. In one of its own a run meets no other run's accounts and limits.
        What is asked is free.

        Raises:
            Unreachable: nobody answers there any more.
        """
        name = f"verify-{machine.random_hex(4)}"
        url = f"{self.base_url}/w/{name}"
        with Driver(url) as driver:
            driver.patience = FIRST
            self.names.append(name)  # before the call: it may make the world and then be interrupted
            answer = driver.send(Call("credits", "GET", Path.CREDITS, ATTRIBUTION, MADE_UP, expect_refusal=True))
        if answer.code == Code.TOKEN_INVALID:
            return url
        if not answer.late:
            self.names.remove(name)
        return None

    def delete(self) -> None:
        """Delete every world that was made, as far as the fake lets us; may be called again."""
        if not self.names:
            return
        token = self.environ.get(ENV_CONTROL_TOKEN) if is_loopback(httpx.URL(self.base_url).host) else None
        headers = {_TOKEN_HEADER: token} if token else {}
        with httpx.Client(headers=headers, timeout=PATIENCE_S, trust_env=False) as http:
            for name in list(self.names):
                try:
                    answer = http.delete(f"{self.base_url}/_mock/worlds/{name}")
                except httpx.HTTPError as error:
                    self.trouble = f"{type(error).__name__}: {error}"
                    return
                if answer.status_code in {200, 404}:  # the latter: somebody else has deleted it, or it never was
                    self.names.remove(name)
                elif answer.status_code == 403:
                    self.trouble = f"its control API refuses; {ENV_CONTROL_TOKEN} may hold the token that it wants"
                    return
                else:
                    self.trouble = f"its control API answers with HTTP {answer.status_code}"

    def told(self) -> list[str]:
        """What stays in the fake, as a line of a receipt."""
        if not self.names:
            return []
        listed = ", ".join(self.names[:SHOWN]) + (", ..." if len(self.names) > SHOWN else "")
        why = f" ({self.trouble})" if self.trouble else ""
        return [f"{len(self.names)} worlds of this run stay in the fake{why}: {listed}"]
