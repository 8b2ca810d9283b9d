"""The description of a fault: its effect, its endpoints, its scope and its trigger; converted from and to JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, cast

from nemovideo_mock.faults.endpoints import ENDPOINTS, MESSAGE_REQUESTS, SESSIONS, Endpoint
from nemovideo_mock.faults.fault_fields import (
    FaultError,
    NonEmptyText,
    Number,
    OneOf,
    Whole,
    parameters,
    read_fields,
    to_json,
)
from nemovideo_mock.faults.kinds import KIND_OF, KINDS, Effect, FaultKind, Layer
from nemovideo_mock.faults.request_kinds import Latency
from nemovideo_mock.json_fields import quote_value, suggest_name

#: Safe as a path segment of a URL, even if a client normalizes dots and slashes.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MANY: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Requester:
    """The origin of a request, as far as it is known: the user id of the account, the session, the `run_sse` message.

    For `anonymous_token`, the account is the one that the client id leads to. For a render, the session is the
    render's.
    """

    account: str | None = None
    session: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class FaultScope:
    """The requests that a fault concerns; a field that is None matches every request."""

    account: Annotated[str | None, NonEmptyText("the user ID of the account that meets the fault", 200)] = None
    session: Annotated[str | None, NonEmptyText("the ID of the session that meets the fault", 200)] = None
    match: Annotated[
        str | None, NonEmptyText("a text that the message of a run_sse request contains; case does not matter", 1000)
    ] = None

    def matches(self, who: Requester) -> bool:
        """Return whether the requester matches all fields of this scope."""
        if self.account is not None and self.account != who.account:
            return False
        if self.session is not None and self.session != who.session:
            return False
        return self.match is None or (who.message is not None and self.match.casefold() in who.message.casefold())


@dataclass(frozen=True, slots=True)
class FaultTrigger:
    """The conditions under which a fault fires, among the requests that it concerns.

    The first `after` requests pass. After them, the fault is due on every `every`-th request. When it is due, it fires
    with `probability`, at most `first` times. `per` is the scope of these counts. `seconds` is the fault's lifetime.
    """

    after: Annotated[int, Whole("the number of matching requests that pass before the fault begins", 0, _MANY)] = 0
    first: Annotated[int | None, Whole("the maximum number of times that the fault fires", 1, _MANY)] = None
    every: Annotated[int, Whole("the fault fires on every n-th of the following requests", 1, _MANY)] = 1
    probability: Annotated[float, Number("the probability that the fault fires when it is due", 0, 1)] = 1.0
    per: Annotated[
        Literal["world", "account", "session"],
        OneOf("the scope in which after, first and every count requests", ("world", "account", "session")),
    ] = "world"
    seconds: Annotated[
        float | None, Number("the lifetime of the fault, in seconds on the world's clock", 0, _MANY, above=True)
    ] = None

    def is_due(self, number: int, fired: int) -> bool:
        """Return whether the fault is due on its `number`-th request (counted from 1) if it has fired `fired` times."""
        later = number - self.after
        return later > 0 and later % self.every == 0 and (self.first is None or fired < self.first)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its effect, endpoints, scope and trigger; `name` is empty until a registry gives one."""

    effect: Effect
    on: tuple[Endpoint, ...]
    scope: FaultScope = FaultScope()
    trigger: FaultTrigger = FaultTrigger()
    name: str = ""

    @property
    def kind(self) -> FaultKind:
        """The kind of the fault: its row in the table of kinds."""
        return KIND_OF[type(self.effect)]

    @property
    def layer(self) -> Layer:
        """The layer that applies the fault."""
        return self.kind.layer

    @property
    def is_random(self) -> bool:
        """Whether the fault depends on chance."""
        jitter = self.effect.jitter if isinstance(self.effect, Latency) else 0
        return self.trigger.probability < 1 or jitter > 0

    def concerns(self, endpoint: Endpoint, who: Requester) -> bool:
        """Return whether the fault concerns and counts this request."""
        return endpoint in self.on and self.scope.matches(who)

    def as_json(self) -> dict[str, object]:
        """Return the whole fault, with defaults; `parse` returns an equal fault for it."""
        named: dict[str, object] = {"name": self.name} if self.name else {}
        head: dict[str, object] = {"kind": self.kind.name, "on": list(self.on)}
        return named | head | to_json(self.scope) | to_json(self.trigger) | to_json(self.effect)


def parse(spec: object) -> Fault:
    """Return the fault that a JSON object describes.

    Raises:
        FaultError: it is not an object, it has an unknown kind, field or endpoint, or a value is not allowed.
    """
    if not isinstance(spec, Mapping):
        raise FaultError(f"A fault is a JSON object, not {quote_value(spec)}.")
    fields = {str(name): value for name, value in cast("Mapping[object, object]", spec).items()}
    kind = _kind(fields.get("kind"))
    subject = f"The fault {kind.name}"
    own = [parameter.name for part in (kind.effect, FaultScope, FaultTrigger) for parameter in parameters(part)]
    known = [*own, "kind", "name", "on"]
    for name in fields:
        if name not in known:
            raise FaultError(f"{subject} has no field {quote_value(name)}: {suggest_name(name, known)}")
    scope = read_fields(FaultScope, fields, subject)
    return Fault(
        effect=read_fields(kind.effect, fields, subject),
        on=_endpoints(kind, fields.get("on"), scope),
        scope=scope,
        trigger=read_fields(FaultTrigger, fields, subject),
        name=_name(fields.get("name")),
    )


def _kind(name: object) -> FaultKind:
    if not isinstance(name, str):
        raise FaultError(f"A fault needs a kind, not {quote_value(name)}; the kinds are {', '.join(KINDS)}.")
    if name not in KINDS:
        raise FaultError(f"There is no kind of fault {quote_value(name)}: {suggest_name(name, KINDS)}")
    return KINDS[name]


def _name(name: object) -> str:
    if name is None:
        return ""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FaultError(
            f"A fault's name is 1 to 64 letters, digits, dots, dashes and underscores and begins with a letter or a"
            f" digit, not {quote_value(name)}."
        )
    return name


def _endpoints(kind: FaultKind, given: object, scope: FaultScope) -> tuple[Endpoint, ...]:
    """Return the fault's endpoints in the specification's order; filters limit the default and `*`."""
    possible = _possible(kind, scope)
    if given is None:
        return tuple(name for name in kind.default_on if name in possible) or possible
    names = cast("list[object]", given) if isinstance(given, list) else [given]
    if "*" in names:
        return possible
    if not names:
        raise FaultError(f"The fault {kind.name} needs an endpoint in on: name one, or omit on.")
    for name in names:
        if not isinstance(name, str):
            raise FaultError(
                f'The fault {kind.name}: on must be an endpoint, a list of endpoints or "*", not {quote_value(name)}.'
            )
        if name not in ENDPOINTS:
            raise FaultError(f"There is no endpoint {quote_value(name)}: {suggest_name(name, ENDPOINTS)}")
        if name not in kind.endpoints:
            raise FaultError(f"The fault {kind.name} cannot apply to {name}, only to {', '.join(kind.endpoints)}.")
        if name not in possible:
            field = "session" if scope.match is None else "match"
            raise FaultError(f"The fault {kind.name} cannot take {field} on {name}: no request to {name} has one.")
    return tuple(name for name in ENDPOINTS if name in names)


def _possible(kind: FaultKind, scope: FaultScope) -> tuple[Endpoint, ...]:
    possible: tuple[Endpoint, ...] = kind.endpoints
    if scope.match is not None:
        possible = tuple(name for name in possible if name in MESSAGE_REQUESTS)
    if scope.session is not None:
        possible = tuple(name for name in possible if name in SESSIONS)
    if not possible:
        field = "match" if scope.match is not None else "session"
        raise FaultError(f"The fault {kind.name} takes no {field}: its requests do not have one.")
    return possible
