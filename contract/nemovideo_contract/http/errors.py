"""What the suite raises: a requirement that failed, a doubt, an unreachable server, and a call that is not allowed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nemovideo_contract.redaction import strike_out
from nemovideo_contract.requirements import Requirement
from nemovideo_contract.wire import ENV_API_URL


class RequirementFailure(AssertionError):  # noqa: N818 -- a finding about the target, not an error of ours
    """A server contradicts a requirement.

    `expected` and `came` are sentences. `repeat` has the calls that led here as curl lines, the last call last, for the
    base URL `where`. `tokens` are secrets, which no text shows. With `of_form`, the answer doesn't have the form of the
    specification; it may still keep the requirement.
    """

    def __init__(
        self,
        requirement: Requirement,
        expected: str,
        came: str,
        repeat: Sequence[str],
        *,
        where: str | None = None,
        tokens: Sequence[str] = (),
        of_form: bool = False,
    ) -> None:
        self.requirement = requirement
        self.expected = redact_text(expected, *tokens)
        self.came = redact_text(came, *tokens)
        self.repeat = tuple(repeat)
        self.where = where
        self.of_form = of_form
        super().__init__(str(self))

    def __str__(self) -> str:
        rule = self.requirement
        says = "The answer has the form that the specification gives it." if self.of_form else rule.behaviour
        source = "openapi.yaml, which has the documents' forms as a schema" if self.of_form else rule.source
        lines = [
            f"{rule.id} ({rule.standing}): {says}",
            f"  expected: {self.expected}",
            f"  came:     {self.came}",
            f"  rule:     {source}",
        ]
        first = [] if self.where is None else [f"export {ENV_API_URL}={self.where}"]
        calls = [*first, *(f"{call}  # {count} times" if count > 1 else call for call, count in _runs(self.repeat))]
        lines += [f"  {'repeat:' if number == 0 else '       '}  {call}" for number, call in enumerate(calls)]
        return "\n".join(lines)


class InDoubt(BaseException):
    """The server was too slow for a verdict.

    `words` say which wait ran out, after how long, and what was seen last. `rules` has the ids of the requirements that
    can't be judged. Without rules, it is every requirement that the check names and that no other check has shown. It
    is not an `Exception`, so that Hypothesis does not take it for a finding and try again.
    """

    def __init__(self, words: str, rules: Sequence[str] = (), *, tokens: Sequence[str] = ()) -> None:
        self.words = redact_text(words, *tokens)
        self.rules = tuple(rules)
        super().__init__(self.words)


class Interrupted(InDoubt):
    """An answer came from something in front of the service, or its connection broke, so its check runs again."""


class Unreachable(Exception):  # noqa: N818 -- read as a state of the target
    """No server answers at the address; the message says where and why."""


class CallNotAllowed(Exception):  # noqa: N818 -- read as a verdict of the limits
    """The spending limits or the allowed hosts forbid a call; the message says which rule."""


class SpendingLimitReached(CallNotAllowed):
    """The run has spent all that it may spend."""


def _runs(calls: Sequence[str]) -> list[tuple[str, int]]:
    """Return the calls, each with how often it was made in a row."""
    return [(call, len(list(same))) for call, same in groupby(calls)]


def redact_text(text: str, *tokens: str | None) -> str:
    """Return the text without these tokens and without everything that looks like a token of the service.

    Test tokens are not secrets.
    """
    return strike_out(text, *tokens, test_tokens=False)
