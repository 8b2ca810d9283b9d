"""Rules about attribution: the three headers that identify the calling skill."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import (
    ATTRIBUTION_HEADERS,
    SKILL_PLATFORM_HEADER,
    SKILL_PLATFORMS,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
    Code,
)
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.common import is_placeholder
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.rules.setup import OPEN_CALLS
from nemovideo_skills.judge.text_format import quantity, short

#: Platforms in earlier documents, and in the vendor's later tools.
_OTHER_PLATFORMS: Final = frozenset({"github", "gitlab", "bitbucket", "terminal", "claude_code"})
_VERSION: Final = re.compile(r"v?\d+(?:\.\d+){0,3}(?:\.?(?:a|b|rc|dev|post)\d*)?(?:[-+][0-9A-Za-z.+-]+)?")
#: Words that do not identify a skill.
_NO_SKILLS: Final = frozenset({"unknown", "skill", "test-skill", "example", "default"})


def attribution_on_every_call(history: History) -> Iterator[Observation]:
    """Check each call except the token's, if the documents define the headers."""
    if not history.expectations.attribution:
        return
    lacking: dict[tuple[str, ...], list[Exchange]] = {}
    for each in history.exchanges:
        if each.call in OPEN_CALLS:
            continue
        if missing := tuple(name for name in ATTRIBUTION_HEADERS if not _value(each, name)):
            lacking.setdefault(missing, []).append(each)
        else:
            yield Kept(each)
    for names, group in lacking.items():
        yield Broken(group[0], _without(names, group), tuple(group[:2]))


def _without(names: tuple[str, ...], group: list[Exchange]) -> str:
    calls = list(dict.fromkeys(str(each.call) for each in group))
    blocked = any(each.call is Operation.SUBMIT and each.refusal == Code.EXPORT_BLOCKED for each in group)
    refused = ", and the export was refused with 402" if blocked else ""
    return f"{quantity(len(group), 'call')} ({', '.join(calls)}) had no {_join_names(names)}{refused}."


def _join_names(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _value(exchange: Exchange, name: str) -> str:
    return exchange.headers.get(name.lower(), "").strip()


def attribution_values(history: History) -> Iterator[Observation]:
    """Check each different pair of skill name and version once."""
    for each in _first_of_each(history, SKILL_SOURCE_HEADER, SKILL_VERSION_HEADER):
        source, version = _value(each, SKILL_SOURCE_HEADER), _value(each, SKILL_VERSION_HEADER)
        if source and (is_placeholder(source) or source.lower() in _NO_SKILLS):
            yield Broken(each, f"{SKILL_SOURCE_HEADER} was {source!r}, which is not the name of a skill.", (each,))
        elif version and _VERSION.fullmatch(version) is None:
            yield Broken(each, f"{SKILL_VERSION_HEADER} was {version!r}, which is not a version.", (each,))
        else:
            yield Kept(each)


def attribution_platform(history: History) -> Iterator[Observation]:
    """Check each different platform once."""
    for each in _first_of_each(history, SKILL_PLATFORM_HEADER):
        platform = _value(each, SKILL_PLATFORM_HEADER)
        if platform in SKILL_PLATFORMS or platform in _OTHER_PLATFORMS:
            yield Kept(each)
        elif platform:
            known = ", ".join(SKILL_PLATFORMS)
            what = f"{SKILL_PLATFORM_HEADER} was {short(platform)!r}; the documented values are {known}."
            yield Broken(each, what, (each,))


def _first_of_each(history: History, *names: str) -> list[Exchange]:
    """Return the first exchange with each set of values of these headers, if at least one has a value."""
    found: dict[tuple[str, ...], Exchange] = {}
    for each in history.exchanges:
        if each.call not in OPEN_CALLS and any(values := tuple(_value(each, name) for name in names)):
            found.setdefault(values, each)
    return list(found.values())


def attribution_steady(history: History) -> Iterator[Observation]:
    """Check each session with complete attribution headers once."""
    named: dict[str, Exchange] = {}
    changed: dict[str, Exchange] = {}
    for each in history.exchanges:
        if each.call in OPEN_CALLS or each.session is None or not all(_values(each)):
            continue
        first = named.setdefault(each.session, each)
        if _values(each) != _values(first):
            changed.setdefault(each.session, each)
    for session, first in named.items():
        other = changed.get(session)
        if other is None:
            yield Kept(first)
        else:
            was, then = " ".join(_values(first)), " ".join(_values(other))
            what = f"The session {short(session)} began as {was!r} and continued as {then!r}."
            yield Broken(other, what, (first, other))


def _values(exchange: Exchange) -> tuple[str, ...]:
    return tuple(_value(exchange, name) for name in ATTRIBUTION_HEADERS)


RULES: Final = (
    Rule(
        "attribution-on-every-call",
        "Every call except the anonymous-token call has X-Skill-Source, X-Skill-Version and X-Skill-Platform.",
        "error",
        "provable",
        parse_sources("F2 1.9 §3", "F3 §3", "F5 headers"),
        "The export gets 402, even if the user's plan includes exports; one document says that other calls fail too.",
        "Put the three headers into every curl command, also for state, credits and polls.",
        attribution_on_every_call,
    ),
    Rule(
        "attribution-values",
        "X-Skill-Source is the name and X-Skill-Version the version in the skill's front matter.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §3", "F3 §3", "F5 headers"),
        "The service can't identify the skill, and may refuse the export as if the headers were missing.",
        "Use name and version from the front matter. Use double quotes for curl's headers, so that the shell fills"
        " in variables.",
        attribution_values,
    ),
    Rule(
        "attribution-platform",
        "X-Skill-Platform is clawhub, cursor or unknown, depending on the install path.",
        "note",
        "provable",
        parse_sources("F2 1.9 §3", "F5 headers", "F8 terminal and claude_code"),
        "The service counts the calls for a platform that it does not know.",
        "Use SKILL_SOURCE if it is set, else the install path, else unknown.",
        attribution_platform,
    ),
    Rule(
        "attribution-steady",
        "The three headers stay the same within one session.",
        "note",
        "likely",
        parse_sources("F2 1.9 §3, read from the front matter", "F5 headers"),
        "The service sees several skills at work on one project.",
        "Set the three values once, at the beginning, and use the variables everywhere.",
        attribution_steady,
    ),
)
