"""A fault as data: what goes wrong, where, for whom and how often; read from JSON and written as JSON."""

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
    close_to,
    parameters,
    quote_value,
    read,
    to_json,
)
from nemovideo_mock.faults.kinds import KIND_OF, KINDS, Effect, FaultKind, Layer
from nemovideo_mock.faults.request_kinds import Latency

#: Fit for a path, whatever a caller does to dots and slashes.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MANY: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as far as it is known: the account's user id, the session, and the message of a `run_sse`.

    For `anonymous_token` the account is the one that the client id leads to; for a render, its session.
    """

    account: str | None = None
    session: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class FaultScope:
    """Whom a fault concerns; what isn't given is anybody's."""

    account: Annotated[str | None, NonEmptyText("the user ID of the account that meets the fault", 200)] = None
    session: Annotated[str | None, NonEmptyText("the ID of the session that meets the fault", 200)] = None
    match: Annotated[
        str | None, NonEmptyText("a text that the message of a run_sse request contains; case does not matter", 1000)
    ] = None

    def meets(self, who: Requester) -> bool:
        """Whether these are the ones."""
        if self.account is not None and self.account != who.account:
            return False
        if self.session is not None and self.session != who.session:
            return False
        return self.match is None or (who.message is not None and self.match.casefold() in who.message.casefold())


@dataclass(frozen=True, slots=True)
class FaultTrigger:
    """How often a fault fires among the requests that it concerns, and for how long it lives.

    The first `after` pass; of those that follow each `every`-th is due; a due one fires with `probability`, until
    there were `first` of them. `per` says by what all this is counted.
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

    def due(self, number: int, fired: int) -> bool:
        """Whether the `number`-th request that it concerns, counted from 1, can fire after `fired` others did."""
        later = number - self.after
        return later > 0 and later % self.every == 0 and (self.first is None or fired < self.first)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: an effect, where, for whom and when; `name` is empty until a registry gives one."""

    effect: Effect
    on: tuple[Endpoint, ...]
    aim: FaultScope = FaultScope()
    when: FaultTrigger = FaultTrigger()
    name: str = ""

    @property
    def kind(self) -> FaultKind:
        """The row of the table."""
        return KIND_OF[type(self.effect)]

    @property
    def layer(self) -> Layer:
        """Who plays it."""
        return self.kind.layer

    @property
    def draws(self) -> bool:
        """Whether chance has a part in it."""
        jitter = self.effect.jitter if isinstance(self.effect, Latency) else 0
        return self.when.probability < 1 or jitter > 0

    def concerns(self, endpoint: Endpoint, who: Requester) -> bool:
        """Whether this request is one of those that it counts."""
        return endpoint in self.on and self.aim.meets(who)

    def as_json(self) -> dict[str, object]:
        """The whole fault, defaults included; `parse` makes the same of it again."""
        named: dict[str, object] = {"name": self.name} if self.name else {}
        head: dict[str, object] = {"kind": self.kind.name, "on": list(self.on)}
        return named | head | to_json(self.aim) | to_json(self.when) | to_json(self.effect)


def parse(spec: object) -> Fault:
    """The fault that a JSON object describes.

    Raises:
        FaultError: it isn't an object, names a kind, field or endpoint that there isn't, or a value doesn't fit.
    """
    if not isinstance(spec, Mapping):
        raise FaultError(f"A fault is a JSON object, not {quote_value(spec)}.")
    fields = {str(name): value for name, value in cast("Mapping[object, object]", spec).items()}
    kind = _kind(fields.get("kind"))
    whose = f"The fault {kind.name}"
    own = [parameter.name for part in (kind.effect, FaultScope, FaultTrigger) for parameter in parameters(part)]
    known = [*own, "kind", "name", "on"]
    for name in fields:
        if name not in known:
            raise FaultError(f"{whose} has no field {quote_value(name)}: {close_to(name, known)}")
    aim = read(FaultScope, fields, whose)
    return Fault(
        effect=read(kind.effect, fields, whose),
        on=_endpoints(kind, fields.get("on"), aim),
        aim=aim,
        when=read(FaultTrigger, fields, whose),
        name=_name(fields.get("name")),
    )


def _kind(name: object) -> FaultKind:
    if not isinstance(name, str):
        raise FaultError(f"A fault needs a kind, not {quote_value(name)}: there are {', '.join(KINDS)}.")
    if name not in KINDS:
        raise FaultError(f"There is no kind of fault {quote_value(name)}: {close_to(name, KINDS)}")
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


def _endpoints(kind: FaultKind, given: object, aim: FaultScope) -> tuple[Endpoint, ...]:
    """Where it strikes, in the specification's order; filters narrow what isn't named one by one."""
    possible = _possible(kind, aim)
    if given is None:
        return tuple(name for name in kind.default_on if name in possible) or possible
    names = cast("list[object]", given) if isinstance(given, list) else [given]
    if "*" in names:
        return possible
    if not names:
        raise FaultError(f"The fault {kind.name} needs an endpoint in on, or leave it away.")
    for name in names:
        if not isinstance(name, str):
            raise FaultError(f'The fault {kind.name} takes for on endpoints or "*", not {quote_value(name)}.')
        if name not in ENDPOINTS:
            raise FaultError(f"There is no endpoint {quote_value(name)}: {close_to(name, ENDPOINTS)}")
        if name not in kind.endpoints:
            raise FaultError(f"The fault {kind.name} makes no sense on {name}; it takes {', '.join(kind.endpoints)}.")
        if name not in possible:
            field = "session" if aim.match is None else "match"
            raise FaultError(f"The fault {kind.name} can't take {field} on {name}, where it would never fit.")
    return tuple(name for name in ENDPOINTS if name in names)


def _possible(kind: FaultKind, aim: FaultScope) -> tuple[Endpoint, ...]:
    possible: tuple[Endpoint, ...] = kind.endpoints
    if aim.match is not None:
        possible = tuple(name for name in possible if name in MESSAGE_REQUESTS)
    if aim.session is not None:
        possible = tuple(name for name in possible if name in SESSIONS)
    if not possible:
        field = "match" if aim.match is not None else "session"
        raise FaultError(f"The fault {kind.name} takes no {field}: it isn't about requests that have one.")
    return possible
