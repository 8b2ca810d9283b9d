"""No operation of the ledger loses or creates credits, and work has its documented price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.wire import Code
from nemovideo_mock.turn_plan import Failure
from nemovideo_mock.world import Account, OverdrawnError, Tariff, TurnFault, TurnState

from .stage import arrive, play, refused, world


@pytest.mark.parametrize(
    ("verb", "done", "held"), [("freeze", "frozen", 60), ("settle", "settled", 40), ("release", "released", 40)]
)
@pytest.mark.parametrize("amount", [61, -1])
def test_more_than_there_is_or_less_than_nothing_is_refused_and_moves_nothing(
    verb: str, done: str, held: int, amount: int
) -> None:
    account = Account("user_1", 60, 40)
    with pytest.raises(OverdrawnError, match=rf"^{amount} credits can't be {done} of {held}$"):
        getattr(account, verb)(amount)
    assert (account.available, account.frozen, account.total) == (60, 40, 100)


@given(
    st.integers(0, 1000), st.lists(st.tuples(st.sampled_from(["freeze", "settle", "release"]), st.integers(-5, 500)))
)
def test_only_settling_makes_an_account_poorer(credits: int, moves: list[tuple[str, int]]) -> None:
    account = Account("user_1", credits)
    settled = 0
    for verb, amount in moves:
        try:
            getattr(account, verb)(amount)
        except OverdrawnError:
            continue
        settled += amount if verb == "settle" else 0
        assert account.available >= 0
        assert account.frozen >= 0
        assert account.available + account.frozen == account.total == credits - settled


def test_credits_are_frozen_while_a_turn_runs_and_gone_when_it_is_done() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0)
    assert (account.available, account.frozen, account.total) == (50, 50, 100)
    play(made, 100.0)
    assert (account.available, account.frozen, account.total) == (50, 0, 50)


def test_a_clip_from_words_costs_a_hundred_each_time() -> None:
    made = world()
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, credits=250)
    session = made.sessions.create(account, "project", "en", 0.0)
    for _ in range(2):
        assert made.turns.accept(account, session.session_id, "generate", 0.0).price == 100
    with refused(Code.INSUFFICIENT_CREDITS):
        made.turns.accept(account, session.session_id, "generate", 0.0)
    play(made, 100.0)
    assert (account.available, account.frozen) == (50, 0)


def test_the_first_edit_of_a_session_costs_fifty_and_later_ones_and_talk_are_free() -> None:
    made = world()
    _, account, session = arrive(made)
    prices = [
        made.turns.accept(account, session.session_id, message, 0.0).price for message in ("talk", "edit", "edit")
    ]
    assert prices == [0, 50, 0]
    other = made.sessions.create(account, "project", "en", 0.0)
    assert made.turns.accept(account, other.session_id, "edit", 0.0).price == 50


def test_work_that_the_account_cannot_pay_is_refused_before_it_starts() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0)
    with refused(Code.INSUFFICIENT_CREDITS) as error:
        made.turns.accept(account, session.session_id, "generate", 0.0)
    assert error.value.message == "Not enough credits: this needs 100, and 50 are available. Register to get more."
    assert len(session.turns) == 1
    assert (account.available, account.frozen) == (50, 50)


def test_a_registered_account_without_credits_gets_the_advice_to_top_up() -> None:
    made = world()
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, credits=0, registered=True)
    session = made.sessions.create(account, "project", "en", 0.0)
    with refused(Code.INSUFFICIENT_CREDITS) as error:
        made.turns.accept(account, session.session_id, "edit", 0.0)
    assert error.value.message.endswith("Top up to go on.")
    assert made.turns.accept(account, session.session_id, "talk", 0.0).price == 0


def test_turns_in_many_sessions_at_once_cant_overdraw() -> None:
    made = world()
    _, account, _ = arrive(made)
    sessions = [made.sessions.create(account, "project", "en", 0.0) for _ in range(3)]
    for session in sessions[:2]:
        made.turns.accept(account, session.session_id, "edit", 0.0)
    with refused(Code.INSUFFICIENT_CREDITS):
        made.turns.accept(account, sessions[2].session_id, "edit", 0.0)
    assert (account.available, account.frozen) == (0, 100)


def test_a_failed_turn_gives_its_credits_back_and_the_next_edit_pays() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0, [TurnFault("fails", after=1)])
    play(made, 100.0)
    assert (account.available, account.frozen) == (100, 0)
    assert made.turns.accept(account, session.session_id, "edit", 100.0).price == 50


def test_a_turn_that_runs_out_of_credits_is_charged_and_buys_the_session_nothing() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0, [TurnFault("fails", 1, Code.INSUFFICIENT_CREDITS)])
    play(made, 100.0)
    assert (account.available, account.frozen) == (50, 0)
    assert made.turns.accept(account, session.session_id, "edit", 100.0).price == 50


def test_operations_cost_one_to_three_each_as_they_happen() -> None:
    made = world(pricing="operation")
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, credits=1000)
    prices: set[int] = set()
    for number in range(40):
        session = made.sessions.create(account, "project", "en", 0.0)
        turn = made.turns.accept(account, session.session_id, "edit", 100.0 * number)
        assert (turn.price, account.frozen) == (0, 0)
        play(made, 100.0 * number + 2)
        assert account.frozen == turn.price
        before = account.total
        play(made, 100.0 * number + 50)
        assert (account.frozen, account.total) == (0, before - turn.price)
        prices.add(turn.price)
    assert prices == {1, 2, 3}


def test_operations_end_where_the_credits_do_and_what_was_done_is_paid() -> None:
    made = world(pricing="operation", tariff=Tariff(operation=(60, 60)))
    _, account, session = arrive(made)
    first = made.turns.accept(account, session.session_id, "edit", 0.0)
    second = made.turns.accept(account, session.session_id, "edit", 0.0)
    play(made, 100.0)
    assert [turn.state for turn in (first, second)] == [TurnState.DONE, TurnState.FAILED]
    failure = second.sent[-1]
    assert isinstance(failure, Failure)
    assert failure.code == Code.INSUFFICIENT_CREDITS
    assert (account.available, account.frozen) == (40, 0)
    assert session.edit_state == {"turn": 1}


def test_an_operation_that_takes_the_last_credit_happens() -> None:
    made = world(pricing="operation", tariff=Tariff(operation=(50, 50)))
    _, account, session = arrive(made)
    turns = [made.turns.accept(account, session.session_id, "edit", 0.0) for _ in range(2)]
    play(made, 100.0)
    assert [turn.state for turn in turns] == [TurnState.DONE] * 2
    assert (account.available, account.frozen) == (0, 0)


def test_with_operation_pricing_work_needs_one_credit_to_start_and_talk_needs_none() -> None:
    made = world(pricing="operation")
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, credits=0)
    session = made.sessions.create(account, "project", "en", 0.0)
    with refused(Code.INSUFFICIENT_CREDITS) as error:
        made.turns.accept(account, session.session_id, "edit", 0.0)
    assert "this needs 1, and 0 are available" in error.value.message
    assert made.turns.accept(account, session.session_id, "talk", 0.0).price == 0
