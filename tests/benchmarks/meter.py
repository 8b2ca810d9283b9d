"""Measures one operation: the spending limits permit each call, the meter times it, and then checks its answer.

Timed is the suite's own raw HTTP: from the request to the last byte that is waited for. Whatever a call needs is made
before, what it leaves is tidied up after, and an answer that is wrong is no figure: the benchmark fails.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final, Protocol

import pytest

from nemovideo_contract.http.driver import OpenAnswer
from nemovideo_contract.http.errors import CallNotAllowed
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.requirements import Cost
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.context import Context

#: Rounds of a read, and of what makes or spends something, where somebody pays.
CHARGED_READS: Final = 5
CHARGED_WORK: Final = 1
#: Rounds of a message where it takes real time.
UNHURRIED: Final = 3


class Timing(Protocol):
    """pytest-benchmark's fixture, as far as it is used here."""

    extra_info: dict[str, object]

    def pedantic(
        self,
        target: Callable[[], None],
        *,
        setup: Callable[[], None],
        teardown: Callable[[], None],
        rounds: int,
        warmup_rounds: int,
    ) -> None:
        """Time `target` so often, each time between `setup` and `teardown`."""
        ...


@dataclass(slots=True)
class Meter:
    """Measures one operation on a bench, in at most so many rounds. `closing` ends what a failure leaves open."""

    context: Context
    timing: Timing
    rounds: int
    closing: ExitStack = field(default_factory=ExitStack)

    def caller(self, cost: Cost) -> Account:
        """The account that the operation is measured on; the test is skipped where it may not spend so much."""
        target = self.context.target
        if not target.lets(cost):
            pytest.skip(f"It may spend {cost}; {target.name} may be made to spend {target.spends}.")
        self.context.spending.worst = cost
        return self.context.owner()

    def measure(
        self,
        prepare: Callable[[], Call],
        *,
        works: bool = False,
        most: int | None = None,
        enough: Callable[[Answer], bool] = lambda _: False,
    ) -> None:
        """Time the calls that `prepare` makes, each up to where there is enough of its answer, or to its end.

        `works` says that a call makes or spends something, so that it is made once where somebody pays; `most` bounds
        the rounds. What is left of an answer is read after the time was taken.
        """
        calls: list[Call] = []
        heard: list[OpenAnswer] = []

        def allow() -> None:
            call = prepare()
            self.context.spending.permit(call, self.context.server.available)
            calls.append(call)

        def make() -> None:
            heard.append(self.closing.enter_context(self.context.driver.listen(calls[-1])))
            heard[-1].read(enough)

        def look() -> None:
            for listening in heard:
                self._look(listening.read())
            heard.clear()
            self.closing.close()

        rounds = self._rounds(works=works, most=most)
        # The first call of its kind also pays for what is made once.
        warm = 0 if self.context.spending.charged or rounds == 1 else 1
        try:
            self.timing.pedantic(make, setup=allow, teardown=look, rounds=rounds, warmup_rounds=warm)
        except CallNotAllowed as reason:
            pytest.skip(str(reason))
        look()  # pytest-benchmark leaves it out where it only tries whether a benchmark works

    def _look(self, answer: Answer) -> None:
        context = self.context
        context.spending.heard(answer)
        context.server.leftovers.take(answer)
        if answer.call.operation:
            context.server.check_answer(answer, context.owner().profile)
        refused = answer.status != 200 or (answer.media == "application/json" and answer.code not in {0, None})
        context.server.check_whole(answer)
        if refused:
            raise answer.differs("success")
        self.timing.extra_info["bytes"] = len(answer.content)
        if answer.is_stream:
            self.timing.extra_info["records"] = len(answer.records)
        context.cancel_exports()

    def _rounds(self, *, works: bool, most: int | None) -> int:
        bounds = [self.rounds] if most is None else [self.rounds, most]
        if self.context.spending.charged:
            bounds.append(CHARGED_WORK if works else CHARGED_READS)
        return min(bounds)
