"""Creates a run of the suite from pytest's options."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import pytest

from nemovideo_contract.http.driver import Driver
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.profiles import DEFAULT, PROFILES, ProfileError, find_profile
from nemovideo_contract.requirements import AREAS, REQUIREMENTS, read_areas
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.report import read_agreed
from nemovideo_contract.suite.run import Run
from nemovideo_contract.suite.worlds import Worlds
from nemovideo_contract.targets import RouteOverride, Target, TargetError, choose_target

ENDINGS: Final = frozenset({".html", ".xml", ".json"})


def begin_run(config: pytest.Config) -> Run:
    """Return the run that the options describe; nothing is sent yet.

    Raises:
        pytest.UsageError: the options are wrong or contradict each other.
    """
    reports = tuple(Path(each) for each in cast("list[str]", config.getoption("--contract-report")))
    for file in reports:
        if file.suffix not in ENDINGS:
            raise pytest.UsageError(f"--contract-report {file}: name a file that ends in .html, .xml or .json.")
        if file.suffix == ".xml":
            config.option.xmlpath = str(file)
    said = cast("str", config.getoption("--contract-target"))
    only = cast("str | None", config.getoption("--contract-only")) or ""
    areas = read_areas(only)
    if unknown := areas - AREAS.keys():
        raise pytest.UsageError(f"--contract-only: there is no {', '.join(unknown)}; take some of {', '.join(AREAS)}.")
    expected = cast("str | None", config.getoption("--contract-profile"))
    if expected is not None and expected not in PROFILES:
        raise pytest.UsageError(f"--contract-profile: there is no {expected}; take one of {', '.join(PROFILES)}.")
    changes = _changes(cast("list[str]", config.getoption("--contract-set")), expected)
    agreed = cast("str | None", config.getoption("--contract-agreed"))
    try:
        target = _target(said, config, expected, changes)
    except TargetError as error:
        raise pytest.UsageError(f"--contract-target: {error}") from None
    if agreed is not None and target.spends is None:
        raise pytest.UsageError(
            "--contract-agreed is a record of production only. Use it with --contract-target production."
        )
    if agreed is not None and target.route is not None:
        raise pytest.UsageError(
            "--contract-agreed is a record of production itself, so it can't be used with a stand-in."
        )
    if agreed is not None and (problem := problem_of_record(Path(agreed))) is not None:
        raise pytest.UsageError(f"--contract-agreed {problem}")
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("The suite runs several checks at once by itself. Use -n 0.")
    without = frozenset(cast("list[str]", config.getoption("--contract-without")))
    if unknown := without - REQUIREMENTS.keys():
        raise pytest.UsageError(f"--contract-without: there is no requirement {', '.join(sorted(unknown))}.")
    target = replace(target, without=without)
    closing = ExitStack()
    driver = closing.enter_context(Driver(target.base_url, target.route))
    # A stand-in needs no pauses between calls, and has its own clock.
    spending = SpendingLimits(target.spends) if target.route is None else SpendingLimits(target.spends, sleep=_go_on)
    context = Context(target, driver, spending, target.profile or find_profile("seeds"))
    context.thorough = bool(config.getoption("--contract-thorough"))
    plans = _plans(config)
    record = None if agreed is None else Path(agreed)
    return Run([context], Worlds(target.base_url), expected, changes, areas, reports, record, plans, closing=closing)


def problem_of_record(file: Path) -> str | None:
    """Return why a run can't add to a record of agreed requirements, or None if it can."""
    if not file.absolute().parent.is_dir():
        return f"{file}: the folder does not exist."
    try:
        read_agreed(file)
    except OSError as error:
        return f"{file} can't be read: {error.strerror}."
    except (TypeError, ValueError):
        return (
            f"{file} is not a record of an earlier run, which is a JSON object of requirements and dates: "
            "name another file, or mend it."
        )
    return None


def _plans(config: pytest.Config) -> bool:
    return bool(config.getoption("--contract-plan")) or bool(config.option.collectonly)


def _changes(said: Sequence[str], expected: str | None) -> dict[str, object]:
    """Return the changed keys of the expected profile, from `--contract-set`."""
    if said and expected is None:
        raise pytest.UsageError(
            "--contract-set changes a key of the expected profile. Name that profile with --contract-profile."
        )
    changes: dict[str, object] = {}
    for each in said:
        key, equals, value = each.partition("=")
        if not equals:
            raise pytest.UsageError(f"--contract-set {each}: it must be KEY=VALUE, such as busy=refuse.")
        changes[key.strip()] = value.strip()
    try:
        find_profile(expected or DEFAULT).replace(changes)
    except ProfileError as error:
        raise pytest.UsageError(f"--contract-set: {error}") from None
    return changes


def _target(said: str, config: pytest.Config, expected: str | None, changes: Mapping[str, object]) -> Target:
    address, authority = config.getoption("--contract-connect-to"), config.getoption("--contract-authority")
    return choose_target(
        said,
        os.environ,
        profile=None if expected is None else find_profile(expected).replace(changes),
        credits=config.getoption("--contract-allow-credits"),
        may_ask_tokens=bool(config.getoption("--contract-allow-token")),
        is_plan=_plans(config),
        route=None
        if address is None
        else RouteOverride(str(address), None if authority is None else Path(str(authority))),
    )


def _go_on(_: float) -> None:
    """Return at once."""
