"""Messages and what becomes of them: priced, queued, played, ended.

What a turn costs
-----------------
A message is priced when it is accepted, by what the agent makes of it then. A turn that had to wait is planned and
priced anew when it begins, as what came before it may have made it other work: the difference is frozen or released,
and a turn that can't be paid any more fails with 2001 before it does anything.

The edits of a session are paid once: an edit freezes the price unless another that runs or is done has it, and one that
waits, unless one that waits before it has it. Where turns run side by side, the one that carries the price needn't be
the one that comes to a good end, so the price changes hands: the first edit that is done takes it over and spends it,
and one that fails or is cancelled leaves it to another that runs. So what is done is paid, and no session pays for
edits twice; only credits that ran out in the middle of an edit are gone, and buy nothing for those that begin after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import Code
from nemovideo_mock.agent.turn_plan import Failure, Plan, PlannedStep, SessionView, Text, ToolCall, Work
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.world.ledger import Account, Tariff
from nemovideo_mock.world.schedule import Step
from nemovideo_mock.world.sessions import Sessions
from nemovideo_mock.world.state import Session, Turn, TurnFault
from nemovideo_mock.world.transitions import TurnState, turn_after

# Turns that go otherwise than planned: pure changes of a plan.


#: Seconds of service time between an answer and words that follow it.
_NOISE_AFTER: Final = 2.0


def apply_faults(plan: Plan, bends: Sequence[TurnFault]) -> Plan:
    """The plan with everything that goes wrong in it; that a stuck turn doesn't end, no plan can say."""
    for bend in bends:
        if bend.kind == "silent":
            plan = replace(plan, beats=_without_words(plan))
        elif bend.kind == "noise":
            at = plan.duration + _NOISE_AFTER / 2
            plan = replace(
                plan, beats=(*plan.beats, PlannedStep(at, Text(bend.message))), duration=at + _NOISE_AFTER / 2
            )
        else:
            kept = plan.beats[: bend.after]
            if bend.kind == "stuck":
                plan = replace(plan, beats=kept)
            else:
                at = plan.beats[bend.after].at if bend.after < len(plan.beats) else plan.duration
                plan = replace(plan, beats=(*kept, PlannedStep(at, Failure(bend.code, bend.message))), duration=at)
    return plan


def _without_words(plan: Plan) -> tuple[PlannedStep, ...]:
    """The beats that say nothing; changes come with tool results and stay."""
    return tuple(beat for beat in plan.beats if not isinstance(beat.record, Text))


#: Makes the plan of a turn; given to the world so that it need not know the agent.
Planner = Callable[[str, SessionView, Profile], Plan]


class Turns(Sessions):
    """The turns of all sessions."""

    def __init__(
        self,
        chance: Chance,
        planner: Planner,
        profile: Profile = Profile(),
        *,
        tariff: Tariff = Tariff(),
        pace: float = 1.0,
    ) -> None:
        super().__init__(chance, profile, tariff=tariff, pace=pace)
        self.planner = planner

    def accept_turn(
        self,
        account: Account,
        session_id: str,
        message: str,
        now: float,
        bends: Sequence[TurnFault] | Callable[[], Sequence[TurnFault]] = (),
    ) -> Turn:
        """A message arrives: it is priced, its price is frozen, and it runs, queues or is refused (profile `busy`).

        2001 where the account can't pay, before anything happens. A function for `bends` is asked only for a message
        that is accepted.
        """
        session = self.session(account, session_id, now)
        profile = self.profile_of(account)
        busy = self.running_turn(session) is not None
        if busy and profile.busy == "refuse":
            raise ServiceError(Code.BUSY, "The session is busy with another message: wait until that is answered.")
        number = len(session.turns) + 1
        planned = self.planner(message, session.view(number), profile)
        work = planned.work
        waits = busy and profile.busy != "concurrent"
        price = self.price(account, session, work, waits=waits)
        metered = profile.pricing == "operation" and work != "talk"
        if max(price, int(metered)) > account.available:
            raise ServiceError(Code.INSUFFICIENT_CREDITS, _too_dear(account, max(price, 1)))
        account.freeze(price)
        turn = Turn(f"{session_id}.{number}", session_id, number, message, work, price, now)
        turn.bends = tuple(bends() if callable(bends) else bends)
        self.state.turns[turn.turn_id] = turn
        session.turns.append(turn.turn_id)
        session.open.append(turn.turn_id)
        if not waits:
            self._begin_turn(turn, now, planned)
        return turn

    def price(
        self, account: Account, session: Session, work: Work, turn: Turn | None = None, *, waits: bool = False
    ) -> int:
        """What work of this kind costs in this session, in credits; `turn` is the one that pays, once there is one.

        One that `waits` relies on those before it that wait as well, as it is priced again.
        """
        if self.profile_of(account).pricing == "operation" or work == "talk":
            return 0
        if work == "generate":
            return self.tariff.generate
        # One that failed and was charged, as its credits ran out, buys nothing.
        good = {TurnState.RUNNING, TurnState.DONE}
        if waits:
            good.add(TurnState.QUEUED)
        turns = (self.state.turns[turn_id] for turn_id in session.turns if turn is None or turn_id != turn.turn_id)
        paid = any(other.work == "assemble" and other.price and other.state in good for other in turns)
        return 0 if paid else self.tariff.assemble

    def running_turn(self, session: Session) -> Turn | None:
        """The turn that runs in a session, or the first of them, if any does."""
        turns = (self.state.turns[turn_id] for turn_id in session.open)
        return next((turn for turn in turns if turn.state is TurnState.RUNNING), None)

    def cancel_turn(self, turn: Turn, now: float) -> Turn | None:
        """Give a turn up: what it has done stays, what it would have cost is released; the turn that begins instead."""
        return self._end_turn(turn, "cancel", now)

    def forget_records(self, turn: Turn) -> None:
        """Give up the records of a closed turn, when nobody will ask for them again."""
        if turn.closed:
            turn.plan = None
            turn.sent = []

    def _account_of(self, turn: Turn) -> Account:
        return self.state.accounts[self.state.sessions[turn.session_id].user_id]

    def _begin_turn(self, turn: Turn, now: float, planned: Plan | None = None) -> None:
        # Planned anew when it had to wait: a queued turn builds on what the one before it left behind.
        plan = self._planned_anew(turn) if planned is None else apply_faults(planned, turn.bends)
        turn.state = turn_after(turn.state, "begin")
        turn.plan = plan
        turn.started_at = now
        self._schedule_beat(turn, plan)

    def _planned_anew(self, turn: Turn) -> Plan:
        """The plan of a turn that has waited, paid as it is priced now; or only to say that it can't be paid."""
        session, account = self.state.sessions[turn.session_id], self._account_of(turn)
        planned = self.planner(turn.message, session.view(turn.number), self.profile_of(account))
        turn.work = planned.work
        price = self.price(account, session, turn.work, turn)
        account.release(turn.price)
        turn.price = 0
        if price > account.available:
            failure = Failure(Code.INSUFFICIENT_CREDITS, _too_dear(account, price))
            return Plan(turn.work, (PlannedStep(0.0, failure),), 0.0)
        account.freeze(price)
        turn.price = price
        return apply_faults(planned, turn.bends)

    def _schedule_beat(self, turn: Turn, plan: Plan) -> None:
        if turn.played < len(plan.beats):
            self.schedule(turn.started_at + plan.beats[turn.played].at * self.pace, "beat", turn.turn_id)
        elif not any(bend.kind == "stuck" for bend in turn.bends):
            self.schedule(turn.started_at + plan.duration * self.pace, "finish", turn.turn_id)

    def happen_to_turn(self, turn: Turn, verb: str, due: float) -> Step:
        """A beat or the end of a turn comes; one that was given up meanwhile stays as it is."""
        if turn.closed:
            return Step(turn=turn)
        if verb == "finish":
            self._end_turn(turn, "finish", due)
        else:
            self._play_beat(turn, due)
        return Step(turn=turn)

    def _play_beat(self, turn: Turn, due: float) -> None:
        assert turn.plan is not None
        beat = turn.plan.beats[turn.played]
        record = beat.record
        if isinstance(record, ToolCall) and not self._meter(turn):
            record = Failure(Code.INSUFFICIENT_CREDITS, "The credits have run out before the work was done.")
        elif beat.change is not None:
            session = self.state.sessions[turn.session_id]
            session.brief = beat.change.brief
            session.draft = beat.change.draft
            session.generated_media.extend(beat.change.generated)
        turn.sent.append(record)
        turn.played += 1
        if isinstance(record, Failure):
            # Credits that have run out were spent on what was done.
            self._end_turn(turn, "fail", due, settle=record.code == Code.INSUFFICIENT_CREDITS)
        else:
            self._schedule_beat(turn, turn.plan)

    def _meter(self, turn: Turn) -> bool:
        """Freeze what one operation costs, where operations are what is paid; False where the account can't."""
        account = self._account_of(turn)
        if self.profile_of(account).pricing != "operation":
            return True
        low, high = self.tariff.operation
        cost = low + int(self.chance.fraction("operation", turn.turn_id, turn.played) * (high - low + 1))
        if cost > account.available:
            return False
        account.freeze(cost)
        turn.price += cost
        return True

    def _end_turn(self, turn: Turn, verb: str, now: float, *, settle: bool = False) -> Turn | None:
        began = turn.state is TurnState.RUNNING
        turn.state = turn_after(turn.state, verb)
        account = self._account_of(turn)
        session = self.state.sessions[turn.session_id]
        session.open.remove(turn.turn_id)
        if began and turn.work == "assemble" and self.profile_of(account).pricing == "turn":
            self._hand_over(turn, session, is_done=verb == "finish", is_spent=settle)
        if verb == "finish" or settle:
            account.settle(turn.price)
        else:
            account.release(turn.price)
            turn.price = 0
        session.touched_at = max(session.touched_at, now)
        if not began or self.running_turn(session) is not None:
            return None
        turns = (self.state.turns[turn_id] for turn_id in session.open)
        following = next((other for other in turns if other.state is TurnState.QUEUED), None)
        if following is not None:
            self._begin_turn(following, now)
        return following

    def _hand_over(self, turn: Turn, session: Session, *, is_done: bool, is_spent: bool) -> None:
        """Let the price of a session's edits change hands, where another edit runs beside the one that ends."""
        turns = (self.state.turns[turn_id] for turn_id in session.open)
        beside = [other for other in turns if other.state is TurnState.RUNNING and other.work == "assemble"]
        giver: Turn | None
        taker: Turn | None
        if is_done:
            giver, taker = next((other for other in beside if other.price), None), turn
        else:
            giver, taker = None if is_spent else turn, next((other for other in beside if not other.price), None)
        if giver is not None and taker is not None and giver.price and not taker.price:
            giver.price, taker.price = taker.price, giver.price


def _too_dear(account: Account, price: int) -> str:
    """That an account can't pay a price, as one sentence and what to do about it."""
    return f"Not enough credits: this needs {price}, and {account.available} are available." + (
        " Top up to go on." if account.registered else " Register to get more."
    )
