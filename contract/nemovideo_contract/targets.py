"""What a suite may be pointed at: where it is, what it offers, and what it may be made to spend.

A *scenario* is a token whose account meets something out of the ordinary: it has expired, has no credits, its exports
fail. A fake offers all of them; a server of one's own may offer some; production offers none. `approach` says how a
requirement can be checked on a target, or why it cannot.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import FREE, Cost, Expense, Requirement
from nemovideo_contract.wire import PRODUCTION_URL, TEST_TOKEN_PREFIX

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


@dataclass(frozen=True, slots=True)
class Target:
    """A server that speaks this API.

    `profile` is None where it is not known and has to be found out. `token` is the bearer to work with; without one an
    anonymous token is asked for, for `client_id` where that is given. `scenarios` has tokens by the names in
    `SCENARIOS`. `spends` is the most that a run may spend in all; None is no limit.
    """

    name: str
    base_url: str
    profile: Profile | None = None
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    scenarios: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    spends: Cost | None = FREE

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
    token: str, *, client_id: str | None = None, credits: int | None = None, may_ask_tokens: bool = False
) -> Target:
    """The service itself, with a token of one's own.

    Without a ceiling in `credits` only what makes and costs nothing may be done. Rate limits are never run into.
    """
    work = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})
    spends = (work if credits is not None else frozenset[Expense]()) | (
        {Expense.TOKEN} if may_ask_tokens else frozenset[Expense]()
    )
    return Target("production", PRODUCTION_URL, token=token, client_id=client_id, spends=Cost(spends, credits or 0))


def fake_tokens(names: Iterable[str]) -> dict[str, str]:
    """The tokens with which a fake plays these scenarios."""
    return {name: TEST_TOKEN_PREFIX + name for name in names}


def approach(requirement: Requirement, target: Target, profile: Profile) -> Approach | str:
    """How a requirement can be checked on a target that speaks this profile, or a sentence that says why it can't."""
    if requirement.exempt is not None:
        return requirement.exempt
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
    if is_loopback(host):
        return None
    if host not in allowed:
        return f"{host} is not among the hosts that may be called: {', '.join(sorted(allowed))}, and this machine."
    return None if parts.scheme == "https" else f"{host} may be called by https only."


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
