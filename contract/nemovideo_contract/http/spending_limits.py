"""The spending limits: they keep a run from spending more than the user allowed.

A server that charges is called only at an allowed host, with the user's own token, and slowly. A call that costs
credits needs room below a limit; the balance is read before each message. A server on this machine has no limits except
the host.

The documents say which calls can only be refused, but a server that charges may still accept one. So such a call is
allowed only if the run may spend what it would create, or if it shows no valid token. The run never asks for an
anonymous token, in any form, if it may not have one.

A call's effect is read from its method and path, and from the operation that the caller means. A call that may create
something and is not in the documents is never sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract import machine
from nemovideo_contract.http.errors import CallNotAllowed, SpendingLimitReached
from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.openapi import SAFE_METHODS, possible_operations
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.requirements.requirement import TALK
from nemovideo_contract.wire import Code

#: What a call uses up. The price of a message is in the cost of its check.
EXPENSES: Final = {
    "anonymous_token": Expense.TOKEN,
    "create_session": Expense.SESSION,
    "upload": Expense.UPLOAD,
    "run_sse": Expense.CREDITS,
    "submit_render": Expense.RENDER,
}
#: The expenses in words.
WORDS: Final = {
    Expense.TOKEN: "an anonymous token",
    Expense.SESSION: "a session",
    Expense.UPLOAD: "an upload",
    Expense.CREDITS: "a message",
    Expense.RENDER: "an export",
    Expense.LIMIT: "a rate limit",
}
#: Seconds between two calls to a server that charges.
PACE_S: Final = 1.0


@dataclass(slots=True)
class SpendingLimits:
    """The limits of one run, and what it has spent.

    `spends` is the most that the run may spend; None means no limits. `token` is the token of the charged account.
    `before` is what was available at first and `last` at the last reading, in credits. `spent` is the sum of the drops
    between readings. `unread` is the highest price of the messages since the last reading. `topped_up` is True if
    credits came in between, which hides what was spent. `calls` counts the calls by operation. `sleep` waits, in
    seconds.
    """

    spends: Cost | None
    token: str | None = field(default=None, repr=False)
    sleep: Callable[[float], None] = machine.pause
    calls: Counter[str] = field(default_factory=Counter[str])
    before: int | None = None
    last: int | None = None
    spent: int = 0
    unread: int = 0
    topped_up: bool = False
    worst: Cost = field(default_factory=Cost)
    #: The number of calls that the server could only refuse.
    expected_refusals: int = 0
    #: Why the run may send nothing more, and the lowest price that is too high.
    stopped: str | None = None
    too_dear: int | None = None

    @property
    def charged(self) -> bool:
        """Whether calls to this server cost someone something."""
        return self.spends is not None

    def permit(self, call: Call, read_available: Callable[[], int]) -> None:
        """Permit a call, or raise. On a server that charges, it waits first, and reads the balance before a message.

        Once a call was too expensive, no call with the same or a higher price is permitted.

        Raises:
            CallNotAllowed: the run may not spend such a thing, or the running check did not announce it.
            SpendingLimitReached: the call may cost more than is left below the limit.
        """
        if self.spends is not None:
            for expense in self._expenses(call):
                self._allow(call, expense, self.spends, read_available)
        self.count(call)

    def count(self, call: Call) -> None:
        """Count a call that costs nothing; on a server that charges, it waits first.

        Raises:
            CallNotAllowed: the server has asked for no more calls.
        """
        if self.stopped is not None:
            raise CallNotAllowed(self.stopped)
        if self.charged and self.calls:
            self.sleep(PACE_S)
        self.calls[call.operation or "other"] += 1
        self.expected_refusals += call.expect_refusal

    def _expenses(self, call: Call) -> list[Expense]:
        """Return what a call uses up, by the operation that it means and by the operations that it may be."""
        found = possible_operations(call.method, call.path)
        if call.method.upper() not in SAFE_METHODS and not found and not self._opens_nothing(call):
            raise CallNotAllowed(
                f"{call.method} {call.path} is not a documented call, so its effect and its cost are unknown."
            )
        named = {EXPENSES[each] for each in (call.operation, *found) if each in EXPENSES}
        return [each for each in Expense if each in named]

    def _opens_nothing(self, call: Call) -> bool:
        """Return whether a call can only be refused, and shows no valid token."""
        return call.expect_refusal and (call.token is None or call.token != self.token)

    def _allow(self, call: Call, expense: Expense, spends: Cost, read_available: Callable[[], int]) -> None:
        if self._opens_nothing(call) and expense is not Expense.TOKEN:
            return
        if expense not in spends.spends:
            raise CallNotAllowed(f"It needs {WORDS[expense]}, which this run may not spend.")
        if not call.expect_refusal and expense not in self.worst.spends:
            raise CallNotAllowed(
                f"{call.operation or WORDS[expense]} is not in the plan of this check, which spends {self.worst}."
            )
        if expense is Expense.CREDITS:
            # A message that should be refused asks for no work. If it is accepted, it costs what talk costs.
            price = TALK.credits if call.expect_refusal else self.worst.credits
            self._afford(price, spends, read_available)

    def _afford(self, price: int, spends: Cost, read_available: Callable[[], int]) -> None:
        if self.too_dear is None or price < self.too_dear:
            self.note(read_available())
            if self.spent + price <= spends.credits:
                self.unread += price
                return
            self.too_dear = price
        raise SpendingLimitReached(
            f"It may cost {price} credits. The run may spend {spends.credits}, and has spent {self.spent}."
        )

    def heard(self, answer: Answer) -> None:
        """Note an answer. After a 429 from a server that charges, the run sends nothing more.

        After a 429 to a request for an anonymous token, the run asks for no other token.
        """
        if self.spends is None or answer.status != Code.RATE_LIMITED:
            return
        if answer.call.operation == "anonymous_token":
            self.spends = Cost(self.spends.spends - {Expense.TOKEN}, self.spends.credits)
        else:
            asked = f"{answer.call.method} {answer.call.path}"
            self.stopped = f"{asked} was answered with 429, too many requests. This run sends nothing more."

    def note(self, available: int) -> None:
        """Note a reading of what is available, in credits.

        If there is more than before, the price of the messages in between can't be seen; then their highest price
        counts.
        """
        if self.last is None:
            self.before = available
        elif available <= self.last:
            self.spent += self.last - available
        else:
            self.spent += self.unread
            self.topped_up = True
        self.last, self.unread = available, 0
