"""What plants are made of: small changes to what is asked, answered and charged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, cast

from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import TEST_TOKEN_PREFIX
from tests.contract.suite.defects.wrong import Ask, Asked, Plant, Tell, Told, refusal

When = Callable[[Asked], bool]
New: TypeAlias = "Json | Callable[[Json], Json]"


def always(asked: Asked) -> bool:
    """Whatever is asked."""
    del asked
    return True


def by(scenario: str) -> str:
    """The token of a scenario."""
    return TEST_TOKEN_PREFIX + scenario


def changed(value: Json, path: list[str], new: New, *, drop: bool = False) -> None:
    """Change the value at a path in place; `*` means every item, and a missing place stays missing."""
    key, rest = path[0], path[1:]
    keys: list[str | int] = []
    if isinstance(value, dict):
        keys = list(value) if key == "*" else [key] if key in value else []
    elif isinstance(value, list):
        keys = list(range(len(value))) if key == "*" else [int(key)] if int(key) < len(value) else []
    for each in keys:
        inside = cast("dict[str | int, Json]", value)
        if rest:
            changed(inside[each], rest, new, drop=drop)
        elif drop:
            del inside[each]
        else:
            inside[each] = new(inside[each]) if callable(new) else new


def tells(plant: Callable[[Asked, Told], None], *operations: str) -> Plant:
    """Answers to these are changed."""
    return Plant(tells=dict.fromkeys(operations, plant))


def in_json(change: Callable[[Asked, JsonObject], None], when: When = always) -> Tell:
    """A change of an answer that is a JSON object."""

    def tell(asked: Asked, told: Told) -> None:
        value = told.json
        if value is not None and when(asked):
            change(asked, value)
            told.says(value)

    return tell


def sets(path: str, new: New, *operations: str, when: When = always) -> Plant:
    """Set another value at a path of these answers."""
    return tells(in_json(lambda _, value: changed(value, path.split("."), new), when), *operations)


def drops(path: str, *operations: str, when: When = always) -> Plant:
    """Remove the value at a path of these answers."""
    return tells(in_json(lambda _, value: changed(value, path.split("."), None, drop=True), when), *operations)


def recodes(old: int, new: int, *operations: str, status: int | None = None, when: When = always) -> Plant:
    """Replace a code by another one, and the HTTP status if one is given."""

    def tell(asked: Asked, told: Told) -> None:
        value = told.json
        if value is not None and value.get("code") == old and when(asked):
            told.says({**value, "code": new})
            told.status = told.status if status is None else status

    return tells(tell, *operations)


def restates(old: int, new: int, *operations: str, when: When = always) -> Plant:
    """An HTTP status comes as another."""

    def tell(asked: Asked, told: Told) -> None:
        if told.status == old and when(asked):
            told.status = new

    return tells(tell, *operations)


def refuses(status: int, code: int, *operations: str, when: When = always) -> Plant:
    """These are refused."""
    return Plant(asks=dict.fromkeys(operations, lambda asked: refusal(status, code) if when(asked) else None))


def asks(change: Callable[[Asked], object], *operations: str) -> Plant:
    """These are asked for differently than the caller meant."""

    def ask(asked: Asked) -> None:
        change(asked)

    return Plant(asks=dict.fromkeys(operations, cast("Ask", ask)))


def heads(change: Callable[[Asked], object]) -> Plant:
    """The head of a request is another than the caller's."""

    def head(asked: Asked) -> None:
        change(asked)

    return Plant(heads=head)


def swaps(old: str, new: str, *operations: str) -> Plant:
    """One scenario's token is taken for another's."""

    def swap(asked: Asked) -> None:
        if asked.token == by(old) and (not operations or asked.operation in operations):
            asked.token = by(new)

    return heads(swap)


def adds_header(name: str, value: str, *operations: str) -> Plant:
    """A header that is missing or empty counts as if it were there."""

    def add(asked: Asked) -> None:
        if asked.operation in operations and not asked.headers.get(name):
            asked.headers[name] = value

    return heads(add)


def plays(**keys: object) -> Plant:
    """Play a profile that the suite does not expect."""
    return Plant(plays=keys)


def charges(amount: int, operation: str, when: When = always, *, others: bool = False) -> Plant:
    """Charge more credits for each such call; `others` says whether other accounts pay."""

    def ask(asked: Asked) -> None:
        if when(asked):
            asked.memory.count(f"paid by {asked.token}")
            asked.memory.count("paid")

    def tell(asked: Asked, value: JsonObject) -> None:
        own = asked.memory.number(f"paid by {asked.token}")
        times = asked.memory.number("paid") - own if others else own
        data = value.get("data")
        if isinstance(data, dict):
            for key in ("available", "total"):
                data[key] = cast("int", data[key]) - amount * times

    return Plant(asks={operation: cast("Ask", ask)}, tells={"credits": in_json(tell)})


def lacks(asked: Asked, *names: str) -> bool:
    """Whether a request has none of these headers."""
    return not any(asked.headers.get(name) for name in names)


def is_anonymous(asked: Asked) -> bool:
    """Return whether the bearer token is one that the fake issued, and not a test token."""
    return asked.token.startswith("nmv_usr_") and not asked.token.startswith(TEST_TOKEN_PREFIX)
