"""What the suite says when a target behaves otherwise: the rule and its source, what came, and how to repeat it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nemovideo_contract.requirements import Requirement
from nemovideo_contract.wire import TEST_TOKEN_PREFIX

_SECRET: Final = re.compile(rf"\b(?:nmv_usr_|clm_)(?!{TEST_TOKEN_PREFIX.removeprefix('nmv_usr_')})[\w-]+")


class Difference(AssertionError):  # noqa: N818 -- a finding about the target, not an error of ours
    """A target that behaves otherwise than a requirement says.

    `expected` and `came` are sentences; `repeat` has the calls that led here as curl lines, the last one last.
    """

    def __init__(self, requirement: Requirement, expected: str, came: str, repeat: Sequence[str]) -> None:
        self.requirement = requirement
        self.expected = expected
        self.came = redacted(came)
        self.repeat = tuple(repeat)
        super().__init__(str(self))

    def __str__(self) -> str:
        rule = self.requirement
        lines = [
            f"{rule.id} ({rule.standing}): {rule.behaviour}",
            f"  expected: {self.expected}",
            f"  came:     {self.came}",
            f"  rule:     {rule.source}",
            *(f"  {'repeat:' if each == self.repeat[0] else '       '}  {each}" for each in self.repeat),
        ]
        return "\n".join(lines)


class Unreachable(Exception):  # noqa: N818 -- read as a state of the target
    """Nobody answers there; the message says where and why."""


class Forbidden(Exception):  # noqa: N818 -- read as a verdict of the rails
    """The rails let a call not be made; the message says which rule of theirs."""


class Ceiling(Forbidden):
    """What the run may spend is spent."""


def redacted(text: str) -> str:
    """The text without tokens; test tokens are no secrets."""
    return _SECRET.sub("***", text)
