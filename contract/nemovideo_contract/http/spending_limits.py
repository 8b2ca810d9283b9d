"""What keeps a run from spending more than it was told to.

A server that charges is called only at an allowed host, with a token of one's own, at a polite pace, and with work only
below a ceiling that is checked against the balance before each message. What stays on this machine has no rails but the
host.

That a call can only be refused is what the documents say, and no reason to trust a server that charges: what a call
would make if it were taken after all must be allowed too, unless it shows no token that opens anything. And no
anonymous token is asked for, however oddly, where the run may not have one.

What a call would make is read from its method and path as well as from what its caller takes it for; one that may make
something and is none of the documents' is never sent with leave to spend, nor without.
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

#: What a call uses up by itself; what a message costs is for its check to say.
EXPENSES: Final = {
    "anonymous_token": Expense.TOKEN,
    "create_session": Expense.SESSION,
    "upload": Expense.UPLOAD,
    "run_sse": Expense.CREDITS,
    "submit_render": Expense.RENDER,
}
#: What these are in words.
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
    """The rules of one run, and its receipt.

    `spends` is the most that may be spent; None is no limit, and no rails. `token` is the one that is charged. `before`
    is what was available at first, `last` at the last reading, in credits; `spent` is what was gone, or reserved, by
    the readings' drops; `unread` is what the messages since the last reading cost at worst; `topped_up` says that
    credits came in between, which hides what went. `calls` counts what was sent by operation. `sleep` waits, in
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
    #: How many of the calls were made to be refused.
    expected_refusals: int = 0
    #: Why nothing more may be sent at all, and the price from which on nothing more is.
    stopped: str | None = None
    too_dear: int | None = None

    @property
    def charged(self) -> bool:
        """Whether what is called costs somebody something."""
        return self.spends is not None

    def permit(self, call: Call, read_available: Callable[[], int]) -> None:
        """Let a call be made, or not; on a server that charges it waits first, and reads the balance before a message.

        Once something was too dear, nothing that costs as much or more is let through.

        Raises:
            Forbidden: the run may not spend such a thing at all, or the running check said that it doesn't.
            Ceiling: it may cost more than is left below the ceiling.
        """
        if self.spends is not None:
            for expense in self._expenses(call):
                self._allow(call, expense, self.spends, read_available)
        self.count(call)

    def count(self, call: Call) -> None:
        """Take a call that costs nothing into the receipt; on a server that charges it waits first.

        Raises:
            Forbidden: the server has asked to be left alone.
        """
        if self.stopped is not None:
            raise CallNotAllowed(self.stopped)
        if self.charged and self.calls:
            self.sleep(PACE_S)
        self.calls[call.operation or "other"] += 1
        self.expected_refusals += call.expect_refusal

    def _expenses(self, call: Call) -> list[Expense]:
        """What a call uses up, by what it is taken for and by what it may turn out to be."""
        found = possible_operations(call.method, call.path)
        if call.method.upper() not in SAFE_METHODS and not found and not self._opens_nothing(call):
            raise CallNotAllowed(
                f"{call.method} {call.path} is no documented call: who knows what it would make or cost."
            )
        named = {EXPENSES[each] for each in (call.operation, *found) if each in EXPENSES}
        return [each for each in Expense if each in named]

    def _opens_nothing(self, call: Call) -> bool:
        """Whether a call can only be refused, and shows no token that opens anything."""
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
            # What is said in vain asks for no work; were it taken after all, it would cost what talk does.
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
            f"It may cost {price} credits, of the {spends.credits} that may be spent {self.spent} are gone."
        )

    def heard(self, answer: Answer) -> None:
        """Take an answer: a server that charges and says that it is asked too often is left alone from then on.

        Where it says so of anonymous tokens, no other is asked for.
        """
        if self.spends is None or answer.status != Code.RATE_LIMITED:
            return
        if answer.call.operation == "anonymous_token":
            self.spends = Cost(self.spends.spends - {Expense.TOKEN}, self.spends.credits)
        else:
            asked = f"{answer.call.method} {answer.call.path}"
            self.stopped = f"{asked} was answered with 429, too many requests: nothing more is sent in this run."

    def note(self, available: int) -> None:
        """Take a reading of what is available, in credits.

        Where more is there than before, what the messages in between have cost is not seen: the worst is taken.
        """
        if self.last is None:
            self.before = available
        elif available <= self.last:
            self.spent += self.last - available
        else:
            self.spent += self.unread
            self.topped_up = True
        self.last, self.unread = available, 0
