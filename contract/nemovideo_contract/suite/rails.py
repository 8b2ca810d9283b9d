"""What keeps a run from spending more than it was told to.

A server that charges is called only at an allowed host, with a token of one's own, at a polite pace, and with work only
below a ceiling that is checked against the balance before each message. What stays on this machine has no rails but the
host.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.exchange import Call
from nemovideo_contract.suite.findings import Ceiling, Forbidden

#: What a call uses up by itself; what a message costs is for its check to say.
EXPENSES: Final = {
    "anonymous_token": Expense.TOKEN,
    "create_session": Expense.SESSION,
    "upload": Expense.UPLOAD,
    "run_sse": Expense.CREDITS,
    "submit_render": Expense.RENDER,
}
#: Seconds between two calls to a server that charges.
PACE_S: Final = 1.0


@dataclass(slots=True)
class Rails:
    """The rules of one run, and its receipt.

    `spends` is the most that may be spent; None is no limit, and no rails. `balance` reads what is left, `before` is
    what it was at first; `calls` counts what was sent by operation. `sleep` waits, in seconds.
    """

    spends: Cost | None
    sleep: Callable[[float], None] = time.sleep
    calls: Counter[str] = field(default_factory=Counter[str])
    before: int | None = None
    last: int | None = None
    worst: Cost = field(default_factory=Cost)
    _refused: bool = False

    @property
    def charged(self) -> bool:
        """Whether what is called costs somebody something."""
        return self.spends is not None

    @property
    def spent(self) -> int:
        """Credits that are gone, or reserved, since the first reading."""
        return 0 if self.before is None or self.last is None else max(0, self.before - self.last)

    def permit(self, call: Call, read_available: Callable[[], int]) -> None:
        """Let a call be made, or not; on a server that charges it waits first, and reads the balance before a message.

        A refused call never comes back: once the ceiling is reached nothing more that costs is let through.

        Raises:
            Forbidden: the run may not spend such a thing at all, or the running check said that it doesn't.
            Ceiling: it may cost more than is left below the ceiling.
        """
        expense = EXPENSES.get(call.operation)
        if self.spends is not None:
            if expense is not None and not call.vain:
                self._allow(call, expense, self.spends, read_available)
            if self.calls:
                self.sleep(PACE_S)
        self.calls[call.operation or "other"] += 1

    def _allow(self, call: Call, expense: Expense, spends: Cost, read_available: Callable[[], int]) -> None:
        if expense not in spends.spends:
            raise Forbidden(f"{call.operation} spends a {expense.value}, which this run may not.")
        if expense not in self.worst.spends:
            raise Forbidden(f"{call.operation} is not in the plan of this check, which spends {self.worst}.")
        if expense is not Expense.CREDITS:
            return
        if self._refused:
            raise Ceiling("The ceiling was reached before.")
        self.note(read_available())
        if self.spent + self.worst.credits > spends.credits:
            self._refused = True
            raise Ceiling(
                f"{self.spent} credits are spent, this check may cost {self.worst.credits}, and the ceiling is"
                f" {spends.credits}."
            )

    def note(self, available: int) -> None:
        """Take a reading of the balance."""
        self.before = available if self.before is None else self.before
        self.last = available
