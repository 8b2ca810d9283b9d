"""Scheduled events happen once, in the order of their time, and accounts may have their own profile."""

from __future__ import annotations

import copy

import pytest

from nemovideo_contract.profiles import ProfileError
from nemovideo_contract.wire import Code
from nemovideo_mock.world import TurnState, World

from .stage import FILE, arrive, play, refused, submit, unchanged, world


def test_an_empty_world_wants_nothing() -> None:
    made = world()
    assert made.schedule.next_due() is None
    assert made.step(1e12) is None


def test_nothing_happens_before_its_time() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "talk", 0.0)
    with unchanged(made):
        assert made.step(0.999) is None
    assert made.step(1.0) is not None


def test_a_step_says_what_it_concerned() -> None:
    made = world()
    token, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "talk", 0.0)
    render = submit(made, token, session)
    happenings = [made.step(1e6) for _ in range(4)]
    concerned = [happening and (happening.turn or happening.render) for happening in happenings]
    assert concerned == [turn, turn, render, render]
    assert made.step(1e6) is None


def test_late_steps_happen_in_order_at_the_times_at_which_they_were_due() -> None:
    made = world()
    _, account, session = arrive(made)
    turns = [made.turns.accept(account, session.session_id, "edit", 0.0) for _ in range(3)]
    while made.step(1e6) is not None:
        pass
    assert [turn.started_at for turn in turns] == [0.0, 10.0, 20.0]
    assert [turn.state for turn in turns] == [TurnState.DONE] * 3


def test_events_at_one_instant_happen_in_the_order_in_which_they_were_scheduled() -> None:
    made = world()
    _, account, _ = arrive(made)
    sessions = [made.sessions.create(account, "project", "en", 0.0) for _ in range(5)]
    turns = [made.turns.accept(account, session.session_id, "talk", 0.0) for session in sessions]
    happenings = [made.step(1.0) for _ in range(5)]
    assert [happening and happening.turn for happening in happenings] == turns


def test_events_of_cancelled_work_are_skipped() -> None:
    made = world()
    token, account, session = arrive(made)
    turn = made.turns.accept(account, session.session_id, "edit", 0.0)
    render = submit(made, token, session)
    made.turns.cancel(turn, 0.5)
    made.renders.cancel(render, 0.5)
    before = copy.deepcopy((turn, render, account))
    play(made, 1e6)
    assert (turn, render, account) == before


def test_a_copy_of_the_state_continues_like_the_original() -> None:
    made = world()
    token, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0)
    made.turns.accept(account, session.session_id, "talk", 0.0)
    made.renders.finish_encode(submit(made, token, session), FILE, 0.0)
    play(made, 5.0)
    copied = World(made.settings, made.planner, copy.deepcopy(made.state))
    assert play(copied, 1e6) == play(made, 1e6)
    assert copied.state == made.state


def test_an_account_meets_its_own_profile_and_others_the_worlds() -> None:
    made = world(busy="concurrent")
    _, account, session = arrive(made)
    _, other, elsewhere = arrive(made, "client-2")
    account.overrides = {"busy": "refuse", "two_stage": True}
    assert made.settings.profile_of(account) == made.settings.profile.replace({"busy": "refuse", "two_stage": True})
    assert made.settings.profile_of(other) is made.settings.profile
    made.turns.accept(account, session.session_id, "talk", 0.0)
    with refused(Code.BUSY):
        made.turns.accept(account, session.session_id, "talk", 0.0)
    for _ in range(2):
        assert made.turns.accept(other, elsewhere.session_id, "talk", 0.0).state is TurnState.RUNNING


def test_profile_keys_that_an_account_does_not_override_follow_the_world() -> None:
    made = world()
    _, account, _ = arrive(made)
    account.overrides = {"busy": "refuse"}
    assert made.settings.profile_of(account).pricing == "turn"
    made.settings.profile = made.settings.profile.replace({"pricing": "operation"})
    assert (made.settings.profile_of(account).pricing, made.settings.profile_of(account).busy) == (
        "operation",
        "refuse",
    )
    account.overrides = {}
    assert made.settings.profile_of(account) is made.settings.profile


def test_an_override_that_no_profile_has_is_an_error_when_it_is_met() -> None:
    made = world()
    _, account, _ = arrive(made)
    account.overrides = {"busy": "sometimes"}
    with pytest.raises(ProfileError, match="busy"):
        made.settings.profile_of(account)
