"""Turns, one for each message: their prices, their queue, their records and their end.

The price of a turn
-------------------
The service prices a message when it accepts it, by the work that the agent then plans. A turn that had to wait is
planned and priced again when it begins, because earlier turns may have changed its work. The difference is frozen or
released. If the account can't pay any more, the turn fails with 2001 before it does anything.

A session pays for its edits only once. An edit freezes the price unless another edit that runs or is done has paid.
An edit that waits also relies on edits that wait before it. Turns can run side by side, and the one that carries the
price may fail. Therefore the price can move: the first edit that is done takes it over and spends it. An edit that
fails or is cancelled leaves it to another that runs. So finished work is always paid, and no session pays for edits
twice. There is one exception: if the credits run out during an edit, they are lost and pay for no later edit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.turn_plan import Failure, Plan, PlannedStep, SessionView, Text, ToolCall, Work
from nemovideo_mock.world.account import Account
from nemovideo_mock.world.schedule import Schedule
from nemovideo_mock.world.sessions import Sessions
from nemovideo_mock.world.settings import WorldSettings
from nemovideo_mock.world.state import Session, State, Turn, TurnFault
from nemovideo_mock.world.transitions import TurnState, turn_after

#: Makes the plan of a turn. A world gets it as an argument, so that it need not import the agent's rules.
Planner = Callable[[str, SessionView, Profile], Plan]

#: The event that plays the next step of a turn, as the agenda and snapshots name it.
NEXT_STEP: Final = "beat"
#: Seconds of service time between the answer of a turn and a sentence that a fault adds.
_NOISE_AFTER: Final = 2.0


def apply_faults(plan: Plan, faults: Sequence[TurnFault]) -> Plan:
    """Return the plan with the effects of these faults.

    A plan always has an end: `Turns` itself keeps a stuck turn from ending.
    """
    for fault in faults:
        if fault.kind == "silent":
            plan = replace(plan, steps=_without_words(plan))
        elif fault.kind == "noise":
            at = plan.duration + _NOISE_AFTER / 2
            plan = replace(
                plan, steps=(*plan.steps, PlannedStep(at, Text(fault.message))), duration=at + _NOISE_AFTER / 2
            )
        else:
            first = plan.steps[: fault.after]
            if fault.kind == "stuck":
                plan = replace(plan, steps=first)
            else:
                at = plan.steps[fault.after].at if fault.after < len(plan.steps) else plan.duration
                plan = replace(plan, steps=(*first, PlannedStep(at, Failure(fault.code, fault.message))), duration=at)
    return plan


def _without_words(plan: Plan) -> tuple[PlannedStep, ...]:
    """Return the steps without text; changes come with tool results and stay."""
    return tuple(step for step in plan.steps if not isinstance(step.record, Text))


class Turns:
    """The turns of all sessions."""

    def __init__(
        self, settings: WorldSettings, state: State, schedule: Schedule, sessions: Sessions, planner: Planner
    ) -> None:
        self._settings = settings
        self._state = state
        self._schedule = schedule
        self._sessions = sessions
        self._planner = planner

    def accept(
        self,
        account: Account,
        session_id: str,
        message: str,
        now: float,
        faults: Sequence[TurnFault] | Callable[[], Sequence[TurnFault]] = (),
    ) -> Turn:
        """Accept a message: freeze its price, then start its turn, queue it or refuse it (profile `busy`).

        If `faults` is a function, it is called only for a message that is accepted. Raise 2001, before anything
        happens, if the account can't pay.
        """
        session = self._sessions.get(account, session_id, now)
        profile = self._settings.profile_of(account)
        busy = self.find_running(session) is not None
        if busy and profile.busy == "refuse":
            raise ServiceError(Code.BUSY, "The session is busy with another message: wait until that is answered.")
        number = len(session.turns) + 1
        planned = self._planner(message, session.view(number), profile)
        work = planned.work
        waits = busy and profile.busy != "concurrent"
        price = self.price(account, session, work, waits=waits)
        metered = profile.pricing == "operation" and work != "talk"
        if max(price, int(metered)) > account.available:
            raise ServiceError(Code.INSUFFICIENT_CREDITS, _explain_price(account, max(price, 1)))
        account.freeze(price)
        turn = Turn(f"{session_id}.{number}", session_id, number, message, work, price, now)
        turn.bends = tuple(faults() if callable(faults) else faults)
        self._state.turns[turn.turn_id] = turn
        session.turns.append(turn.turn_id)
        session.open.append(turn.turn_id)
        if not waits:
            self._begin(turn, now, planned)
        return turn

    def price(
        self, account: Account, session: Session, work: Work, turn: Turn | None = None, *, waits: bool = False
    ) -> int:
        """Return the price of work in this session, in credits; `turn` is the turn that pays, if it exists.

        A turn that `waits` also counts turns that wait before it, because it is priced again when it begins.
        """
        if self._settings.profile_of(account).pricing == "operation" or work == "talk":
            return 0
        if work == "generate":
            return self._settings.tariff.generate
        # A turn that failed because its credits ran out was charged, but it pays for no other turn.
        good = {TurnState.RUNNING, TurnState.DONE}
        if waits:
            good.add(TurnState.QUEUED)
        turns = (self._state.turns[turn_id] for turn_id in session.turns if turn is None or turn_id != turn.turn_id)
        paid = any(other.work == "assemble" and other.price and other.state in good for other in turns)
        return 0 if paid else self._settings.tariff.assemble

    def find_running(self, session: Session) -> Turn | None:
        """Return the first turn that runs in a session, or None."""
        turns = (self._state.turns[turn_id] for turn_id in session.open)
        return next((turn for turn in turns if turn.state is TurnState.RUNNING), None)

    def cancel(self, turn: Turn, now: float) -> Turn | None:
        """Cancel a turn and release its price; return the turn that begins now, if any. Finished work stays."""
        return self._end(turn, "cancel", now)

    def forget_records(self, turn: Turn) -> None:
        """Drop the records of a closed turn; call it when no caller will ask for them again."""
        if turn.closed:
            turn.plan = None
            turn.sent = []

    def _account_of(self, turn: Turn) -> Account:
        return self._state.accounts[self._state.sessions[turn.session_id].user_id]

    def _begin(self, turn: Turn, now: float, planned: Plan | None = None) -> None:
        # A turn that had to wait is planned again, because it builds on the result of the turn before it.
        plan = self._plan_again(turn) if planned is None else apply_faults(planned, turn.bends)
        turn.state = turn_after(turn.state, "begin")
        turn.plan = plan
        turn.started_at = now
        self._schedule_next(turn, plan)

    def _plan_again(self, turn: Turn) -> Plan:
        """Plan and price a turn that has waited; if the account can't pay, return a plan that only fails."""
        session, account = self._state.sessions[turn.session_id], self._account_of(turn)
        planned = self._planner(turn.message, session.view(turn.number), self._settings.profile_of(account))
        turn.work = planned.work
        price = self.price(account, session, turn.work, turn)
        account.release(turn.price)
        turn.price = 0
        if price > account.available:
            failure = Failure(Code.INSUFFICIENT_CREDITS, _explain_price(account, price))
            return Plan(turn.work, (PlannedStep(0.0, failure),), 0.0)
        account.freeze(price)
        turn.price = price
        return apply_faults(planned, turn.bends)

    def _schedule_next(self, turn: Turn, plan: Plan) -> None:
        if turn.played < len(plan.steps):
            self._schedule.add(
                turn.started_at + plan.steps[turn.played].at * self._settings.pace, NEXT_STEP, turn.turn_id
            )
        elif not any(fault.kind == "stuck" for fault in turn.bends):
            self._schedule.add(turn.started_at + plan.duration * self._settings.pace, "finish", turn.turn_id)

    def process(self, turn: Turn, verb: str, due: float) -> None:
        """Process an event: the next step of a turn or its end; a turn that has ended already stays unchanged."""
        if turn.closed:
            return
        if verb == "finish":
            self._end(turn, "finish", due)
        else:
            self._play_step(turn, due)

    def _play_step(self, turn: Turn, due: float) -> None:
        assert turn.plan is not None
        step = turn.plan.steps[turn.played]
        record = step.record
        if isinstance(record, ToolCall) and not self._meter(turn):
            record = Failure(Code.INSUFFICIENT_CREDITS, "The credits have run out before the work was done.")
        elif step.change is not None:
            session = self._state.sessions[turn.session_id]
            session.edit_state = step.change.edit_state
            session.draft = step.change.draft
            session.generated_media.extend(step.change.generated)
        turn.sent.append(record)
        turn.played += 1
        if isinstance(record, Failure):
            # Credits that ran out were spent on the work that is done.
            self._end(turn, "fail", due, settle=record.code == Code.INSUFFICIENT_CREDITS)
        else:
            self._schedule_next(turn, turn.plan)

    def _meter(self, turn: Turn) -> bool:
        """Freeze the price of one operation if the profile prices operations; return False if the account can't pay."""
        account = self._account_of(turn)
        if self._settings.profile_of(account).pricing != "operation":
            return True
        low, high = self._settings.tariff.operation
        cost = low + int(self._settings.chance.fraction("operation", turn.turn_id, turn.played) * (high - low + 1))
        if cost > account.available:
            return False
        account.freeze(cost)
        turn.price += cost
        return True

    def _end(self, turn: Turn, verb: str, now: float, *, settle: bool = False) -> Turn | None:
        began = turn.state is TurnState.RUNNING
        turn.state = turn_after(turn.state, verb)
        account = self._account_of(turn)
        session = self._state.sessions[turn.session_id]
        session.open.remove(turn.turn_id)
        if began and turn.work == "assemble" and self._settings.profile_of(account).pricing == "turn":
            self._hand_over(turn, session, is_done=verb == "finish", is_spent=settle)
        if verb == "finish" or settle:
            account.settle(turn.price)
        else:
            account.release(turn.price)
            turn.price = 0
        session.touched_at = max(session.touched_at, now)
        if not began or self.find_running(session) is not None:
            return None
        turns = (self._state.turns[turn_id] for turn_id in session.open)
        following = next((other for other in turns if other.state is TurnState.QUEUED), None)
        if following is not None:
            self._begin(following, now)
        return following

    def _hand_over(self, turn: Turn, session: Session, *, is_done: bool, is_spent: bool) -> None:
        """Move the price of a session's edits between the edit that ends and another that runs."""
        turns = (self._state.turns[turn_id] for turn_id in session.open)
        others = [other for other in turns if other.state is TurnState.RUNNING and other.work == "assemble"]
        giver: Turn | None
        taker: Turn | None
        if is_done:
            giver, taker = next((other for other in others if other.price), None), turn
        else:
            giver, taker = None if is_spent else turn, next((other for other in others if not other.price), None)
        if giver is not None and taker is not None and giver.price and not taker.price:
            giver.price, taker.price = taker.price, giver.price


def _explain_price(account: Account, price: int) -> str:
    """Return a sentence that says that an account can't pay a price, and what to do."""
    return f"Not enough credits: this needs {price}, and {account.available} are available." + (
        " Top up to go on." if account.registered else " Register to get more."
    )
