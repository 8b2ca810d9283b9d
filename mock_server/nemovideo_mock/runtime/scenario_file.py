"""Scenario files: YAML or JSON files, written by people, that describe how one world or several worlds begin.

    seed: 7
    clock: {mode: virtual, speed: 1}
    profile: {name: vendor-1.9, busy: refuse}
    accounts: [{user_id: user_ada, registered: true, credits: 50}]
    faults: [{kind: status, on: state, status: 503, first: 2}]

A file with `worlds: {NAME: scenario}` describes several worlds. The whole file is read before anything changes. Each
error is one sentence that begins with the place of the mistake. YAML is read as version 1.2: `on` is a word and not a
boolean, `010` is ten, and `1:30` is a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

from nemovideo_contract import wire
from nemovideo_contract.json_input import MOST_DIGITS, JsonInputError
from nemovideo_contract.json_input import as_json as as_json_value
from nemovideo_contract.json_input import parse as parse_json
from nemovideo_contract.profiles import Profile, ProfileError, find_profile
from nemovideo_mock.faults import KINDS, FaultError
from nemovideo_mock.faults import parse as parse_fault
from nemovideo_mock.faults.registry import MOST_FAULTS
from nemovideo_mock.json_fields import FieldError, Fields, quote_value, show_name
from nemovideo_mock.runtime import scenario_tokens
from nemovideo_mock.runtime.world_registry import WORLD_NAME

if TYPE_CHECKING:
    import yaml

Mode = Literal["real", "virtual"]
MODES: Final[tuple[Mode, ...]] = ("real", "virtual")

#: The longest scenario in bytes; files that people write are far shorter.
SIZE_LIMIT: Final = 256 * 1024
#: The most values in a scenario after all YAML aliases are expanded.
MOST_VALUES: Final = 50_000
#: The most accounts in a scenario, in all its worlds together.
MOST_ACCOUNTS: Final = 1000
#: The limits of `speed`, by which durations are divided.
SLOWEST: Final = 0.001
FASTEST: Final = 10_000.0
#: The most credits of an account.
MOST_CREDITS: Final = 10**12
#: The form of a user id, which must fit into a path.
USER_ID: Final = re.compile(r"(?!me$)[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
#: The form of a token, which must fit into a header.
TOKEN: Final = re.compile(r"[!-~]{8,200}")

_ANCHOR: Final = re.compile(r"[&*]")


class ScenarioError(ValueError):
    """An invalid scenario; the message is one sentence that begins with the place of the mistake."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to create, with a token; a field that is None is drawn or has its default.

    `expires_in` is in seconds from then on; without it the token never expires. `overrides` are the profile keys that
    differ for this account.
    """

    user_id: str | None = None
    registered: bool = False
    credits: int = wire.ANONYMOUS_CREDITS
    scopes: tuple[str, ...] = wire.ANONYMOUS_SCOPES
    token: str | None = None
    plan_blocked: bool = False
    expires_in: float | None = None
    overrides: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class WorldScenario:
    """How one world begins; a field that is None has its value from the settings of the fake."""

    seed: int | None = None
    mode: Mode | None = None
    speed: float | None = None
    profile: Profile | None = None
    accounts: tuple[NewAccount, ...] = ()
    faults: tuple[Mapping[str, object], ...] = ()


def load(path: Path, base: Profile = Profile()) -> dict[str, WorldScenario]:
    """Return the scenarios of a file by world; profile keys without a name change `base`.

    Raises:
        ScenarioError: the file can't be read or has a mistake; the message begins with the file's name.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
        return parse(decode_scenario(raw, as_json=path.suffix == ".json"), base)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}.") from None
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None


def decode_scenario(raw: bytes, *, as_json: bool) -> object:
    """Return the values in a file.

    Raises:
        ScenarioError: the file is too large, or is neither YAML nor JSON.
    """
    if len(raw) > SIZE_LIMIT:
        raise ScenarioError(f"A scenario has {SIZE_LIMIT} bytes at most.")
    try:
        return parse_json(raw, unique_keys=True) if as_json else as_json_value(_from_yaml(raw.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise ScenarioError("It is not UTF-8.") from None
    except JsonInputError as error:
        raise ScenarioError(str(error)) from None
    except RecursionError:
        raise ScenarioError("It is nested too deeply.") from None


def parse(data: object, base: Profile = Profile()) -> dict[str, WorldScenario]:
    """Return the scenarios by the name of their world; the one under "" is for the world that receives it.

    Raises:
        ScenarioError: the scenario has a mistake.
    """
    try:
        fields = Fields(data if data is not None else {}, "" if data is not None else "The scenario")
        worlds = fields.take("worlds")
        named = Fields(worlds, "worlds").rest() if worlds is not None else {}
        _check_number_of_accounts([fields.rest(), *named.values()])
        if worlds is None:
            world = fields.text("world", WORLD_NAME, "the name of a world")
            return {world or "": _scenario(fields, base)}
        fields.close()
        return {_world_name(name): _scenario(Fields(value, f"worlds.{name}"), base) for name, value in named.items()}
    except FieldError as error:
        raise ScenarioError(str(error)) from None


def _check_number_of_accounts(worlds: Iterable[object]) -> None:
    """Check it before the accounts are read, because a list of them is short text and much work."""
    listed = (cast("dict[str, object]", world).get("accounts") for world in worlds if isinstance(world, dict))
    if sum(len(cast("list[object]", each)) for each in listed if isinstance(each, list)) > MOST_ACCOUNTS:
        raise FieldError(f"A scenario has {MOST_ACCOUNTS} accounts at most, in all its worlds together.")


def _world_name(name: str) -> str:
    if not WORLD_NAME.fullmatch(name):
        raise FieldError(
            f"worlds: {quote_value(name)} is not the name of a world: letters, digits, dots, dashes, underscores."
        )
    return name


def _scenario(fields: Fields, base: Profile) -> WorldScenario:
    seed = fields.whole("seed")
    given = fields.take("clock")
    clock = Fields({} if given is None else given, fields.path("clock"))
    mode: Mode | None = clock.choice("mode", MODES)
    speed = clock.number("speed", SLOWEST, FASTEST)
    clock.close()
    profile = fields.take("profile")
    accounts = [
        read_account(Fields(each, f"{fields.path('accounts')}[{number}]"))
        for number, each in enumerate(fields.list("accounts") or [])
    ]
    faults = read_faults(fields.list("faults") or [], fields.path("faults"))
    fields.close()
    _check_different(accounts, fields.path("accounts"))
    return WorldScenario(
        seed,
        mode,
        speed,
        None if profile is None else read_profile(profile, base, fields.path("profile")),
        tuple(accounts),
        faults,
    )


def _check_different(accounts: list[NewAccount], where: str) -> None:
    seen: set[str] = set()
    for number, account in enumerate(accounts):
        for name, value in (("user_id", account.user_id), ("token", account.token)):
            if value is not None and value in seen:
                raise FieldError(f"{where}[{number}].{name} is also that of another account.")
            seen.update(() if value is None else (value,))


def read_profile(value: object, base: Profile, where: str = "") -> Profile:
    """Return a profile from the name of a set or from an object of keys; keys without a `name` change `base`.

    Raises:
        FieldError: the set, a key or a value does not exist.
    """
    fields = Fields({"name": value} if isinstance(value, str) else value, where)
    name = fields.take("name")
    if name is not None:
        if not isinstance(name, str):
            raise fields.error("name", "the name of a set")
        try:
            base = find_profile(name)
        except ProfileError as error:
            raise FieldError(f"{fields.path('name')}: {error}") from None
    return _change_profile(base, fields)


def _change_profile(profile: Profile, fields: Fields) -> Profile:
    for key, value in fields.rest().items():
        try:
            profile = profile.replace({key: value})
        except ProfileError as error:
            raise FieldError(f"{fields.path(key)}: {error}") from None
    return profile


def read_account(fields: Fields) -> NewAccount:
    """Return the account that these fields describe.

    Raises:
        FieldError: a field is invalid.
    """
    registered = fields.flag("registered") or False
    credits = fields.whole("credits", 0, MOST_CREDITS)
    token = fields.text("token", TOKEN, "8 to 200 printable ASCII characters without a space")
    if token is not None and scenario_tokens.is_test_token(token):
        raise FieldError(f"{fields.path('token')} is a test token, which creates its own account.")
    given = fields.take("profile")
    overrides = Fields({} if given is None else given, fields.path("profile"))
    _change_profile(Profile(), overrides)
    account = NewAccount(
        fields.text("user_id", USER_ID, "1 to 128 letters, digits, dots, dashes and underscores, and not me"),
        registered,
        wire.ANONYMOUS_CREDITS if credits is None else credits,
        _scopes(fields, ("*",) if registered else wire.ANONYMOUS_SCOPES),
        token,
        fields.flag("plan_blocked") or False,
        fields.number("expires_in", 0, 1e9),
        overrides.rest(),
    )
    fields.close()
    return account


def _scopes(fields: Fields, default: tuple[str, ...]) -> tuple[str, ...]:
    given = fields.list("scopes")
    if given is None:
        return default
    known = (*wire.SCOPES, "*")
    for number, scope in enumerate(given):
        if scope not in known:
            raise FieldError(
                f"{fields.path('scopes')}[{number}] must be {' or '.join(known)}, not {quote_value(scope)}."
            )
    return tuple(str(scope) for scope in given)


def read_faults(specs: list[object], where: str) -> tuple[Mapping[str, object], ...]:
    """Check faults and return them unchanged.

    Raises:
        FieldError: a fault is invalid, or two have the same name.
    """
    if len(specs) > MOST_FAULTS:
        raise FieldError(f"{where} has more than {MOST_FAULTS} faults.")
    names: set[str] = set()
    for number, spec in enumerate(specs):
        try:
            name = parse_fault(spec).name
        except FaultError as error:
            raise FieldError(f"{where}[{number}]{_culprit(spec)}: {error}") from None
        if name and name in names:
            raise FieldError(f"{where}[{number}].name: there are two faults of the name {show_name(name)}.")
        names.add(name)
    return tuple(cast("Mapping[str, object]", spec) for spec in specs)


def _culprit(spec: object) -> str:
    """Return the invalid field of a fault as the end of its place; empty if the whole fault is invalid."""
    if not isinstance(spec, Mapping):
        return ""
    fields = cast("Mapping[object, object]", spec)
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return ".kind"
    for name, value in fields.items():
        try:
            parse_fault({"kind": kind, name: value})
        except FaultError:
            return f".{name}"
    return ""


# --- YAML -------------------------------------------------------------------------------------------------------------


def _from_yaml(text: str) -> object:
    import yaml

    try:
        loader = _loader()(text)
        try:
            return _document(loader, has_aliases=_ANCHOR.search(text) is not None)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        raise ScenarioError(f"It is not YAML: {error.problem}{place}.") from None
    except ScenarioError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise ScenarioError(f"It is not YAML: {' '.join(str(error).split())}.") from None
    except (AttributeError, LookupError):  # how PyYAML fails on a tag such as !!bool before another word
        raise ScenarioError("It is not YAML: a value does not fit its tag.") from None


def _document(loader: yaml.SafeLoader, *, has_aliases: bool) -> object:
    node = loader.get_single_node()
    if node is None:
        return None
    # An alias costs nothing until it is expanded, which merging does: so count the values first.
    if has_aliases and _values(node, {}) > MOST_VALUES:
        raise ScenarioError(f"It has more than {MOST_VALUES} values when its aliases are written out.")
    _check_keys(node, set())
    document: object = loader.construct_document(node)  # pyright: ignore[reportUnknownMemberType] -- untyped there
    return document


def _loader() -> type[yaml.SafeLoader]:
    import yaml

    resolvers = {
        first: [(tag, pattern) for tag, pattern in some if tag not in {_BOOL, _INT, _FLOAT, _TIME}]
        for first, some in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader with the booleans and numbers of YAML 1.2, and without dates and infinity."""

        yaml_implicit_resolvers = resolvers

    for tag, pattern, first in (
        (_BOOL, r"(?:true|True|TRUE|false|False|FALSE)\Z", "tTfF"),
        (_INT, r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z", "-+0123456789"),
        (
            _FLOAT,
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z",
            "-+0123456789.",
        ),
    ):
        Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))  # pyright: ignore[reportUnknownMemberType] -- untyped there
    Loader.add_constructor(_INT, _whole_number)
    return Loader


def _whole_number(_: yaml.SafeLoader, node: yaml.Node) -> int:
    """Parse a whole number of YAML 1.2: leading zeros are ignored, and a text with a colon is not a number."""
    text = str(node.value)
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    if len(text) > MOST_DIGITS:
        raise ScenarioError(f"It has a number of more than {MOST_DIGITS} digits, line {node.start_mark.line + 1}.")
    return int(text, base)


_BOOL: Final = "tag:yaml.org,2002:bool"
_INT: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"
_TIME: Final = "tag:yaml.org,2002:timestamp"


def _children(node: yaml.Node) -> list[yaml.Node]:
    value: object = node.value
    if not isinstance(value, list):
        return []
    pairs = cast("list[yaml.Node | tuple[yaml.Node, yaml.Node]]", value)
    return [child for pair in pairs for child in (pair if isinstance(pair, tuple) else (pair,))]


def _values(node: yaml.Node, counted: dict[int, int]) -> int:
    """Return the number of values below a node with all aliases expanded; infinite if a node contains itself."""
    key = id(node)
    if key not in counted:
        counted[key] = MOST_VALUES + 1  # the answer for a node that contains itself
        counted[key] = 1 + sum(_values(child, counted) for child in _children(node))
    return counted[key]


def _check_keys(node: yaml.Node, checked: set[int]) -> None:
    """Refuse a key that a mapping has twice; the YAML reader would keep the last."""
    import yaml

    if id(node) in checked:
        return
    checked.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key in (str(key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key in keys and key != "<<":
                raise ScenarioError(f"{key:.100} appears twice in one mapping, line {node.start_mark.line + 1}.")
            keys.add(key)
    for child in _children(node):
        _check_keys(child, checked)
