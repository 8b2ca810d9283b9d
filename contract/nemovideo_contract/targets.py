"""The target switch: which server to call, under which rules, and what a run may spend there.

`select_target` is the switch of commands that call the service for a user. `choose_target` is the switch of the suite
and of recordings. Both accept `mock`, `production` or a URL, and both refuse a URL by the rules of `refusal`.

A *scenario* is a token whose account behaves in a special way: it has expired, has no credits, or its exports fail. A
fake offers all scenarios, another server may offer some, and production offers none. `approach` says how a requirement
can be checked on a target, or why it cannot be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from nemovideo_contract.allowed_hosts import is_loopback, reason_to_refuse
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN, PRODUCTION_URL, TEST_TOKEN_PREFIX

if TYPE_CHECKING:
    # Imported where they are used: they read openapi.yaml, and most commands only need the address of a server.
    from nemovideo_contract.profiles import Profile
    from nemovideo_contract.requirements import Cost, Requirement

#: The characters of a bearer token (RFC 6750, 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
#: The hosts beyond this machine that the suite may call.
ALLOWED_HOSTS: Final = frozenset({urlsplit(PRODUCTION_URL).hostname or ""})
#: The environment variable with the token for the control API of a fake.
ENV_CONTROL_TOKEN: Final = "NEMO_MOCK_TOKEN"  # noqa: S105 -- the name of a variable
CONTROL_TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 -- the name of a header
#: The most that an assembly of uploads costs in one session (vendor reference 4.4), in credits.
ASSEMBLY_COST: Final = 50
#: The most that one message costs: a clip that is generated from words (vendor reference 4.4), in credits.
MESSAGE_COST: Final = 100
_NO_TARGET: Final = "It must be mock, production, or a URL such as http://127.0.0.1:8787."

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})

#: The token scenarios by name, each with the profile keys that differ for its account.
TOKEN_SCENARIOS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
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
#: The scenarios that differ from a funded account only in the profile. If a requirement does not hold in the profile of
#: the target, one of these scenarios may still show it.
SWITCHES: Final = ("silent", "talkative", "two_stage", "long_turns", "busy", "adk", "wrapped")


class TargetError(Exception):
    """A target that can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SelectedTarget:
    """The server that a command calls; `base_url` is None for a fake inside the process."""

    name: str
    base_url: str | None

    @property
    def is_local(self) -> bool:
        """True if no request leaves this machine."""
        return self.base_url is None or is_loopback(urlsplit(self.base_url).hostname or "")


@dataclass(frozen=True, slots=True)
class RouteOverride:
    """A stand-in for production on this machine, for rehearsals: requests to the target go to `address` instead.

    The requested host name and the name in the certificate remain those of the target. `authority` is a file with the
    certificate of the CA that signed the stand-in's certificate. Without it, the system's CAs are trusted.

    Raises:
        TargetError: `address` is not a HOST:PORT on this machine.
    """

    address: str
    authority: Path | None = None

    def __post_init__(self) -> None:
        if not is_loopback(self.host) or not 0 < self.port < 65536:
            raise TargetError(f"{self.address!r} must be a HOST:PORT on this machine, such as 127.0.0.1:8443.")

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 if the address has none."""
        port = self.address.rpartition(":")[2]
        return int(port) if port.isascii() and port.isdecimal() else 0


def _nothing() -> Cost:
    from nemovideo_contract.requirements import FREE

    return FREE


@dataclass(frozen=True, slots=True)
class Target:
    """A server to check or record, with the token to use and the limit of what a run may spend.

    `profile` is None if the suite has to detect it. `token` is the bearer token. Without it, the run requests an
    anonymous token, for `client_id` if that is set. `scenarios` maps names in `TOKEN_SCENARIOS` to tokens. `spends` is
    the most that the whole run may spend; None means no limit. `route` leads to a stand-in. `without` has the IDs of
    requirements that the target is known to break; they are not checked.
    """

    name: str
    base_url: str
    profile: Profile | None = None
    token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    scenarios: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    spends: Cost | None = field(default_factory=_nothing)
    route: RouteOverride | None = None
    without: frozenset[str] = frozenset()

    def lets(self, cost: Cost) -> bool:
        """Return whether a run may spend this on the target."""
        return self.spends is None or cost.within(self.spends)


@dataclass(frozen=True, slots=True)
class Approach:
    """How to check a requirement: with the token of a scenario, or of the target if None, and in which profile."""

    scenario: str | None
    profile: Profile


# --- the switch -------------------------------------------------------------------------------------------------------


def select_target(said: str | None, environ: Mapping[str, str]) -> SelectedTarget:
    """Return the server that `--target` names, else the one in `NEMO_API_URL`, else the fake inside the process.

    Raises:
        TargetError: The value is not `mock`, `production` or a URL, or `refusal` forbids the URL.
    """
    source = "--target" if said is not None else ENV_API_URL
    value = said if said is not None else environ.get(ENV_API_URL, "").strip() or "mock"
    if value == "mock":
        return SelectedTarget("mock", None)
    if value == "production":
        return SelectedTarget("production", PRODUCTION_URL)
    return SelectedTarget(value, _check(value, source, None))


def choose_target(
    said: str,
    environ: Mapping[str, str],
    *,
    source: str = "",
    profile: Profile | None = None,
    credits: int | None = None,
    may_ask_tokens: bool = False,
    route: RouteOverride | None = None,
    is_plan: bool = False,
) -> Target:
    """Return the target that `mock`, `production` or a URL names, with the token and client ID from the environment.

    `mock` is the fake at the address in `NEMO_API_URL`. A run may spend anything on a server on this machine. If
    `NEMO_TOKEN` is empty, such a server gets the test tokens of the fake. `source` is the option to name in errors. A
    plan sends nothing, so with `is_plan` production needs no token.

    Raises:
        TargetError: The value is none of the three, the URL may not be called, or a token is missing or unusable.
    """
    token, named = environ.get(ENV_TOKEN, "").strip(), environ.get(ENV_API_URL, "").strip()
    client_id = environ.get(ENV_CLIENT_ID) or None
    if said == "mock":
        if not named:
            raise TargetError(f"mock needs a running fake: start nemo-harness serve, and set {ENV_API_URL}.")
        url = _check(named, ENV_API_URL, ALLOWED_HOSTS)
        if not is_loopback(urlsplit(url).hostname or ""):
            raise TargetError(f"mock must be a fake on this machine, but {ENV_API_URL} names another machine.")
    else:
        url = PRODUCTION_URL if said == "production" else _check(said, source, ALLOWED_HOSTS)
        if token and not _TOKEN.fullmatch(token):
            raise TargetError(
                f"{ENV_TOKEN} must be a bearer token: only letters, digits and -._~+/, with = at its end."
            )
    if not is_loopback(urlsplit(url).hostname or ""):
        found = production(
            token, client_id=client_id, credits=credits, may_ask_tokens=may_ask_tokens, route=route, is_plan=is_plan
        )
        # With a route, only the stand-in on this machine is called.
        if route is None and (reason := reason_to_refuse(url, environ)) is not None:
            raise TargetError(reason)
        return found
    if route is not None:
        raise TargetError("--connect-to is only for production: this target is already on this machine.")
    if said == "mock":
        return fake(url, profile)
    if token:
        return Target(said, url, profile, token, client_id, spends=None)
    return Target(said, url, profile, scenarios=fake_tokens(TOKEN_SCENARIOS), spends=None)


def check_ceiling(target: SelectedTarget, cost: int, allowed: int | None) -> None:
    """Refuse work that may cost more credits than `allowed`.

    Raises:
        TargetError: The target is beyond this machine, and `allowed` is None or below `cost`.
    """
    if target.is_local:
        return
    if allowed is None:
        raise TargetError(
            f"{target.name} charges up to {cost} credits for this: allow that with --allow-credits {cost}."
        )
    if allowed < cost:
        raise TargetError(f"This may cost {cost} credits, but --allow-credits allows only {allowed}.")


def refusal(base_url: str, allowed: frozenset[str] | None = ALLOWED_HOSTS) -> str | None:
    """Return the reason why a base URL must not be called, as a sentence, or None if it may be called.

    Any server on this machine may be called. A server beyond it needs https, as requests carry a token, and its host
    must be in `allowed`, unless that is None. A URL with a user, password, query or fragment is always refused.
    """
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _NO_TARGET
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return _NO_TARGET
    if "@" in parts.netloc:
        return "The URL must not contain a user or a password."
    if "?" in base_url or "#" in base_url:
        return "The URL must not contain a query or a fragment, because paths are added to its end."
    if is_loopback(host):
        return None
    if allowed is not None and host not in allowed:
        return f"{host} is not among the hosts that may be called: {', '.join(sorted(allowed))}, and this machine."
    if parts.scheme != "https":
        return f"{host} may be called only over https, because requests carry a token."
    return None


def _check(base_url: str, source: str, allowed: frozenset[str] | None) -> str:
    """Return the base URL without a slash at its end.

    Raises:
        TargetError: The URL may not be called. The message shows the URL only if it cannot hold a password.
    """
    if (reason := refusal(base_url, allowed)) is not None:
        shown = "" if "@" in base_url or "?" in base_url or "#" in base_url else base_url
        raise TargetError(": ".join(each for each in (f"{source} {shown}".strip(), reason) if each))
    return base_url.rstrip("/")


def control_headers(base_url: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers for the control API of a fake; its token goes only to a server on this machine."""
    token = environ.get(ENV_CONTROL_TOKEN) if is_loopback(urlsplit(base_url).hostname or "") else None
    return {CONTROL_TOKEN_HEADER: token} if token else {}


# --- the targets ------------------------------------------------------------------------------------------------------


def fake(base_url: str, profile: Profile | None = None) -> Target:
    """Return a fake as a target: it offers every scenario, and a run may spend anything."""
    return Target("mock", base_url, profile, scenarios=fake_tokens(TOKEN_SCENARIOS), spends=None)


def production(
    token: str,
    *,
    client_id: str | None = None,
    credits: int | None = None,
    may_ask_tokens: bool = False,
    route: RouteOverride | None = None,
    is_plan: bool = False,
) -> Target:
    """Return the real service as a target, for the user's own token.

    Without a ceiling in `credits`, a run may only do what creates nothing and costs nothing. No run provokes a rate
    limit.

    Raises:
        TargetError: The token is missing, although this is not a plan, or it is a test token.
    """
    from nemovideo_contract.requirements import Cost, Expense

    if not token and not is_plan:
        raise TargetError(f"production needs your own token in {ENV_TOKEN}.")
    if token.startswith(TEST_TOKEN_PREFIX):
        raise TargetError(f"production needs your own token, but {ENV_TOKEN} holds a test token for a fake.")
    work = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})
    spends = (work if credits is not None else frozenset[Expense]()) | (
        {Expense.TOKEN} if may_ask_tokens else frozenset[Expense]()
    )
    allowance = Cost(spends, credits or 0)
    return Target("production", PRODUCTION_URL, token=token or None, client_id=client_id, spends=allowance, route=route)


def fake_tokens(names: Iterable[str]) -> dict[str, str]:
    """Return the test tokens of these scenarios, by the name of the scenario."""
    return {name: TEST_TOKEN_PREFIX + name for name in names}


def approach(requirement: Requirement, target: Target, profile: Profile) -> Approach | str:
    """Return how to check a requirement on a target with this profile, or a sentence with the reason why not."""
    if requirement.exempt is not None:
        return requirement.exempt
    if requirement.id in target.without:
        return f"It was excluded by its ID: {target.name} is known to break it."
    if not target.lets(requirement.cost):
        return f"A check may spend {requirement.cost}; a run on {target.name} may spend {target.spends}."
    if requirement.needs is not None:
        if requirement.needs not in target.scenarios:
            return f"A check needs the scenario {requirement.needs}, which {target.name} does not offer."
        candidates: list[str | None] = [requirement.needs]
    else:
        candidates = [None, *(name for name in SWITCHES if name in target.scenarios)]
    for name in candidates:
        met = profile if name is None else profile.replace(TOKEN_SCENARIOS[name])
        if requirement.holds(met):
            return Approach(name, met)
    return f"It holds only with {' and '.join(requirement.profiles)}; {target.name} has a different profile."
