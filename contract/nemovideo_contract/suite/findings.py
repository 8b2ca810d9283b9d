"""What the suite says when a target behaves otherwise: the rule and its source, what came, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from nemovideo_contract.requirements import Requirement
from nemovideo_contract.wire import ENV_API_URL, TEST_TOKEN_PREFIX

_SECRET: Final = re.compile(rf"\b(?:nmv_usr_|clm_)(?!{TEST_TOKEN_PREFIX.removeprefix('nmv_usr_')})[\w-]+")


class Difference(AssertionError):  # noqa: N818 -- a finding about the target, not an error of ours
    """A target that behaves otherwise than a requirement says.

    `expected` and `came` are sentences; `repeat` has the calls that led here as curl lines, the last one last, for the
    base URL `where`.
    """

    def __init__(
        self, requirement: Requirement, expected: str, came: str, repeat: Sequence[str], *, where: str | None = None
    ) -> None:
        self.requirement = requirement
        self.expected = expected
        self.came = redacted(came)
        self.repeat = tuple(repeat)
        self.where = where
        super().__init__(str(self))

    def __str__(self) -> str:
        rule = self.requirement
        lines = [
            f"{rule.id} ({rule.standing}): {rule.behaviour}",
            f"  expected: {self.expected}",
            f"  came:     {self.came}",
            f"  rule:     {rule.source}",
        ]
        first = [] if self.where is None else [f"export {ENV_API_URL}={self.where}"]
        calls = [*first, *(f"{call}  # {count} times" if count > 1 else call for call, count in _runs(self.repeat))]
        lines += [f"  {'repeat:' if number == 0 else '       '}  {call}" for number, call in enumerate(calls)]
        return "\n".join(lines)


class Unreachable(Exception):  # noqa: N818 -- read as a state of the target
    """Nobody answers there; the message says where and why."""


class Forbidden(Exception):  # noqa: N818 -- read as a verdict of the rails
    """The rails let a call not be made; the message says which rule of theirs."""


class Ceiling(Forbidden):
    """What the run may spend is spent."""


def _runs(calls: Sequence[str]) -> list[tuple[str, int]]:
    """Calls with how often each was made in a row."""
    return [(call, len(list(same))) for call, same in groupby(calls)]


def redacted(text: str) -> str:
    """The text without tokens; test tokens are no secrets."""
    return _SECRET.sub("***", text)
