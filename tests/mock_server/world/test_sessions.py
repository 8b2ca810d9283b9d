"""Sessions belong to one account, keep everything while they are used, and are lost for good when they are idle."""

from __future__ import annotations

import pytest

from nemovideo_contract.wire import Code
from nemovideo_mock.turn_plan import Media
from nemovideo_mock.world import TurnFault

from .stage import WEEK, arrive, play, refused, unchanged, world


def test_a_session_id_is_nineteen_digits_and_each_call_makes_another() -> None:
    made = world()
    _, account, _ = arrive(made)
    sessions = [made.sessions.create(account, "project", "en", 0.0) for _ in range(50)]
    assert all(len(session.session_id) == 19 and session.session_id.isdecimal() for session in sessions)
    assert len({session.session_id for session in sessions}) == 50
    assert len({session.task_id for session in sessions}) == 50


def test_the_session_of_another_account_is_not_found_and_not_touched() -> None:
    made = world()
    _, _, session = arrive(made)
    _, stranger, _ = arrive(made, "client-2")
    with refused(Code.SESSION_NOT_FOUND), unchanged(made):
        made.sessions.get(stranger, session.session_id, 5.0)
    with refused(Code.SESSION_NOT_FOUND), unchanged(made):
        made.turns.accept(stranger, session.session_id, "talk", 5.0)


def test_a_user_is_me_or_the_accounts_own_id() -> None:
    made = world()
    _, account, _ = arrive(made)
    _, stranger, _ = arrive(made, "client-2")
    made.sessions.check_user(account, "me")
    made.sessions.check_user(account, account.user_id)
    for user_id in (stranger.user_id, "", "ME"):
        with refused(Code.SESSION_NOT_FOUND):
            made.sessions.check_user(account, user_id)


def test_without_a_limit_a_session_lives_for_ever() -> None:
    made = world()
    _, account, session = arrive(made)
    assert made.sessions.get(account, session.session_id, 1000 * WEEK) is session


def test_an_idle_session_is_lost_at_the_instant_and_for_good() -> None:
    made = world(session_idle=600)
    _, account, session = arrive(made)
    assert made.sessions.get(account, session.session_id, 599.0) is session
    assert made.sessions.get(account, session.session_id, 599.0 + 599.0) is session
    with refused(Code.SESSION_NOT_FOUND) as error:
        made.sessions.get(account, session.session_id, 599.0 + 599.0 + 600.0)
    assert "idle" in error.value.message
    made.settings.profile = made.settings.profile.replace({"session_idle": 0})
    with refused(Code.SESSION_NOT_FOUND), unchanged(made):
        made.sessions.get(account, session.session_id, 0.0)


def test_a_session_is_not_idle_while_it_works_and_its_time_begins_when_that_is_done() -> None:
    made = world(session_idle=5)
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 1.0)
    play(made, 11.0)
    assert made.sessions.get(account, session.session_id, 15.0) is session
    made.turns.accept(account, session.session_id, "edit", 16.0, [TurnFault("stuck")])
    assert made.sessions.get(account, session.session_id, 1000.0) is session


def test_every_message_and_export_is_a_sign_of_life() -> None:
    made = world(session_idle=10)
    token, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "talk", 9.0)
    play(made, 11.0)
    with refused(Code.BAD_REQUEST):
        made.renders.submit(token, "render_1", session.session_id, {}, {}, 20.0, 60.0)
    assert made.sessions.get(account, session.session_id, 29.0) is session


def test_an_upload_is_added_to_its_session_only() -> None:
    made = world()
    _, account, session = arrive(made)
    other = made.sessions.create(account, "project", "en", 0.0)
    media = Media("cat.jpg", "image", "http://fake/cat.jpg", "00", None, 10, 10)
    made.sessions.add_media(session, media, {"filename": "cat.jpg"})
    assert (session.media, session.video_infos) == ([media], [{"filename": "cat.jpg"}])
    assert (other.media, other.video_infos) == ([], [])
    assert session.view(3).media == (media,)


def test_a_claim_token_wants_the_sessions_own_task_and_is_the_same_each_time() -> None:
    made = world()
    _, account, session = arrive(made)
    other = made.sessions.create(account, "project", "en", 0.0)
    claim = made.sessions.claim(session, session.task_id, 0.0)
    assert claim.startswith("clm_")
    assert made.sessions.claim(session, session.task_id, 10.0) == claim
    assert made.state.claims == {claim: (session.session_id, 10.0 + WEEK)}
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.sessions.claim(session, other.task_id, 20.0)


@pytest.mark.parametrize("language", ["zh-CN", "en", ""])
def test_a_session_remembers_what_it_was_made_with(language: str) -> None:
    made = world()
    _, account, _ = arrive(made)
    session = made.sessions.create(account, "My Video Project", language, 7.0)
    assert (session.task_name, session.language, session.created_at) == ("My Video Project", language, 7.0)
    assert session.view(1).language == language
    assert session.draft is None
