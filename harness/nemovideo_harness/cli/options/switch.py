"""One switch that points the same client at the fake or at production.

What `--target` says wins over `NEMO_API_URL`, which wins over a fake inside this process. Whatever isn't on this
machine may cost something, and is called only with a ceiling for what it may cost.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.wire import ENV_API_URL, PRODUCTION_URL

#: What working on uploads costs in a session, at most (vendor reference 4.4), in credits.
ASSEMBLY_COST: Final = 50
#: What one message costs at most: a clip that is generated from words (vendor reference 4.4), in credits.
MESSAGE_COST: Final = 100


class TargetError(Exception):
    """The target can't be used as asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SelectedTarget:
    """Where calls go: `base_url` is None for the fake inside this process."""

    name: str
    base_url: str | None

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine."""
        return self.base_url is None or is_loopback(urlsplit(self.base_url).hostname or "")


def choose(target: str | None, environ: Mapping[str, str]) -> SelectedTarget:
    """The target that the switch or the environment names.

    Raises:
        TargetError: It is neither mock, production nor an http(s) URL.
    """
    said = target if target is not None else environ.get(ENV_API_URL, "").strip() or "mock"
    if said == "mock":
        return SelectedTarget("mock", None)
    if said == "production":
        return SelectedTarget("production", PRODUCTION_URL)
    try:
        parts = urlsplit(said)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        source = "--target" if target is not None else ENV_API_URL
        raise TargetError(f"{source} is {said!r}: it must be mock, production, or a URL such as http://127.0.0.1:8787.")
    return SelectedTarget(said, said.rstrip("/"))


def check_ceiling(target: SelectedTarget, cost: int, allowed: int | None) -> None:
    """Refuse what may spend more than is allowed.

    Raises:
        TargetError: The target is beyond this machine and no ceiling, or one below the cost, was given.
    """
    if target.is_local:
        return
    if allowed is None:
        raise TargetError(
            f"{target.name} charges for this, up to {cost} credits: allow that with --allow-credits {cost}."
        )
    if allowed < cost:
        raise TargetError(f"This may cost {cost} credits, and --allow-credits allows {allowed}.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
