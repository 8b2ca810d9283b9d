"""What a suite may be pointed at: where it is, what it offers, and what it may be made to spend.

A *scenario* is a token whose account meets something out of the ordinary: it has expired, has no credits, its exports
fail. A fake offers all of them; a server of one's own may offer some; production offers none. `approach` says how a
requirement can be checked on a target, or why it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.allowed_hosts import is_loopback, reason_to_refuse
from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import FREE, Cost, Expense, Requirement
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN, PRODUCTION_URL, TEST_TOKEN_PREFIX

#: What a bearer token may be made of (RFC 6750, 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
#: Hosts beyond this machine that may be called.
ALLOWED_HOSTS: Final = frozenset({urlsplit(PRODUCTION_URL).hostname or ""})

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})

#: The scenarios by name, each with the profile keys that its account meets differently.
SCENARIOS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "funded": _NOTHING,
        "fresh": _NOTHING,
        "no_credits": _NOTHING,
        "no_credits_in_stream": {"turn_errors": "in_stream"},
        "registered": _NOTHING,
        "registered_no_credits": _NOTHING,
        "expired": _NOTHING,
        "expires_midway": _NOTHING,
        "read_only": _NOTHING,
        "no_upload": _NOTHING,
        "no_render": _NOTHING,
        "plan_blocked": _NOTHING,
        "rate_limited": _NOTHING,
        "unavailable": _NOTHING,
        "silent": {"silent": "always"},
        "talkative": {"silent": "never"},
        "noise": _NOTHING,
        "two_stage": {"two_stage": True, "silent": "never"},
        "long_turns": {"durations": "vendor"},
        "turn_fails": _NOTHING,
        "turn_stuck": _NOTHING,
        "runs_out": _NOTHING,
        "session_lost": _NOTHING,
        "busy": {"busy": "refuse"},
        "cut": _NOTHING,
        "cut_mid_record": _NOTHING,
        "stall": _NOTHING,
        "heartbeats_only": _NOTHING,
        "malformed": _NOTHING,
        "unknown_event": _NOTHING,
        "drip": _NOTHING,
        "adk": {"events": "adk-2", "heartbeat": "none"},
        "render_fails": _NOTHING,
        "render_fails_once": _NOTHING,
        "render_stuck": _NOTHING,
        "render_lost": _NOTHING,
        "render_slow": _NOTHING,
        "wrapped": {"render": "wrapped"},
        "output_fails": _NOTHING,
        "reset": _NOTHING,
        "slow": _NOTHING,
        "upload_slow": _NOTHING,
        "upload_too_large": _NOTHING,
        "upload_unsupported": _NOTHING,
    }
)
#: Those that differ from an account with credits in the profile and nothing else: where a requirement holds in another
#: profile than the target's, one of these may still show it.
SWITCHES: Final = ("silent", "talkative", "two_stage", "long_turns", "busy", "adk", "wrapped")


class TargetError(Exception):
    """The target can't be used as asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RouteOverride:
    """Another way to a target's host, to rehearse on: whatever is meant for it goes to a port of this machine.

    The name that is asked for, and the one that the certificate has to bear, stay the target's own. `authority` is a
    file with the certificate of whoever signed that; without one the system's are trusted.

    Raises:
        TargetError: `address` is no HOST:PORT of this machine.
    """

    address: str
    authority: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.host) or not 0 < self.port < 65536:
            raise TargetError(f"{self.address!r} is no HOST:PORT of this machine, such as 127.0.0.1:8443.")

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 where there is none."""
        port = self.address.rpartition(":")[2]
        return int(port) if port.isascii() and port.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Target:
    """A server that speaks this API.

    `profile` is None where it is not known and has to be found out. `token` is the bearer to work with; without one an
    anonymous token is asked for, for `client_id` where that is given. `scenarios` has tokens by the names in
    `SCENARIOS`. `spends` is the most that a run may spend in all; None is no limit. `route` leads to a stand-in.
    `without` has the ids of requirements that it is known not to keep, and that are not checked.
    """

    name: str
    base_url: str
    profile: Profile | None = None
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    scenarios: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    spends: Cost | None = FREE
    route: RouteOverride | None = None
    without: frozenset[str] = frozenset()

    def lets(self, cost: Cost) -> bool:
        """Whether the target may be made to spend this."""
        return self.spends is None or cost.within(self.spends)


@dataclass(frozen=True, slots=True)
class Approach:
    """How a requirement can be checked: with a scenario's token or with the target's own, and in which profile."""

    scenario: str | None
    profile: Profile


def fake(base_url: str, profile: Profile | None = None) -> Target:
    """A fake: every scenario is there, and nothing costs anything."""
    return Target("mock", base_url, profile, scenarios=fake_tokens(SCENARIOS), spends=None)


def production(
    token: str,
    *,
    client_id: str | None = None,
    credits: int | None = None,
    may_ask_tokens: bool = False,
    route: RouteOverride | None = None,
) -> Target:
    """The service itself, with a token of one's own.

    Without a ceiling in `credits` only what makes and costs nothing may be done. Rate limits are never run into.

    Raises:
        TargetError: the token is none of the service's.
    """
    if not token:
        raise TargetError(f"production wants a token of your own in {ENV_TOKEN}.")
    if token.startswith(TEST_TOKEN_PREFIX):
        raise TargetError(f"{ENV_TOKEN} holds a test token, which only a fake knows; production wants one of your own.")
    work = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})
    spends = (work if credits is not None else frozenset[Expense]()) | (
        {Expense.TOKEN} if may_ask_tokens else frozenset[Expense]()
    )
    allowance = Cost(spends, credits or 0)
    return Target("production", PRODUCTION_URL, token=token, client_id=client_id, spends=allowance, route=route)


def choose_target(
    said: str,
    environ: Mapping[str, str],
    *,
    profile: Profile | None = None,
    credits: int | None = None,
    may_ask_tokens: bool = False,
    route: RouteOverride | None = None,
) -> Target:
    """The target that is meant by `mock`, `production` or a URL, with what the environment knows of it.

    `mock` is the fake whose address is in `NEMO_API_URL`. A server of this machine may be made to spend anything; where
    `NEMO_TOKEN` is empty it is tried with the fake's test tokens.

    Raises:
        TargetError: it is none of these, may not be called, or wants a token that isn't there.
    """
    token, named = environ.get(ENV_TOKEN, "").strip(), environ.get(ENV_API_URL, "").strip()
    client_id = environ.get(ENV_CLIENT_ID) or None
    if said == "mock" and not named:
        raise TargetError(f"mock wants a fake that runs: nemo-harness serve, and its address in {ENV_API_URL}.")
    url = (named if said == "mock" else PRODUCTION_URL if said == "production" else said).rstrip("/")
    if (reason := refusal(url)) is not None:
        raise TargetError(reason)
    if said != "mock" and token and not _TOKEN.fullmatch(token):
        raise TargetError(f"{ENV_TOKEN} holds no bearer token: one is of letters, digits and -._~+/ alone.")
    if not is_loopback(urlsplit(url).hostname or ""):
        if said == "mock":
            raise TargetError(f"mock wants a fake of this machine, and {ENV_API_URL} names another one.")
        found = production(token, client_id=client_id, credits=credits, may_ask_tokens=may_ask_tokens, route=route)
        # A stand-in is called in its place, on this machine.
        if route is None and (reason := reason_to_refuse(url, environ)) is not None:
            raise TargetError(reason)
        return found
    if route is not None:
        raise TargetError("Another way is for production alone: this target is called where it is.")
    if said == "mock":
        return fake(url, profile)
    if token:
        return Target(said, url, profile, token, client_id, spends=None)
    return Target(said, url, profile, scenarios=fake_tokens(SCENARIOS), spends=None)


def fake_tokens(names: Iterable[str]) -> dict[str, str]:
    """The tokens with which a fake plays these scenarios."""
    return {name: TEST_TOKEN_PREFIX + name for name in names}


def approach(requirement: Requirement, target: Target, profile: Profile) -> Approach | str:
    """How a requirement can be checked on a target that speaks this profile, or a sentence that says why it can't."""
    if requirement.exempt is not None:
        return requirement.exempt
    if requirement.id in target.without:
        return f"{target.name} is known not to keep it, and it was left out by name."
    if not target.lets(requirement.cost):
        return f"A check may spend {requirement.cost}; {target.name} may be made to spend {target.spends}."
    if requirement.needs is not None:
        if requirement.needs not in target.scenarios:
            return f"A check needs the scenario {requirement.needs}, which {target.name} does not offer."
        candidates: list[str | None] = [requirement.needs]
    else:
        candidates = [None, *(name for name in SWITCHES if name in target.scenarios)]
    for name in candidates:
        met = profile if name is None else profile.replace(SCENARIOS[name])
        if requirement.holds(met):
            return Approach(name, met)
    return f"It holds where {' and '.join(requirement.profiles)}, and {target.name} speaks otherwise."


def refusal(base_url: str, allowed: frozenset[str] = ALLOWED_HOSTS) -> str | None:
    """Why a base URL must not be called, in a sentence; None where it may be.

    What stays on this machine may be called, and an allowed host by https. A URL with a user or a password is refused.
    """
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "The base URL is no URL."
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "The base URL must begin with http:// or https:// and name a host."
    if parts.username is not None or parts.password is not None:
        return "The base URL holds a user or a password: leave them out."
    if "?" in base_url or "#" in base_url:
        return "The base URL holds a query or a fragment: leave them out, as paths are put after it."
    if is_loopback(host):
        return None
    if host not in allowed:
        return f"{host} is not among the hosts that may be called: {', '.join(sorted(allowed))}, and this machine."
    return None if parts.scheme == "https" else f"{host} may be called by https only."
