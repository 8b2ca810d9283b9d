"""A render goes through its states in time, with an encode that may be early, late or broken."""

from __future__ import annotations

import pytest

from nemovideo_contract.wire import Code, RenderStatus
from nemovideo_mock.json_types import Json
from nemovideo_mock.world import Render, RenderFault

from .stage import FILE, READY, WEEK, arrive, play, refused, submit, unchanged, world

STUCK = RenderFault("stuck", progress=50)
FAILS = RenderFault("fails", error="invalid draft")
LOST = RenderFault("lost", code=404)


def test_a_render_goes_from_pending_through_processing_to_completed_when_it_is_due() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    assert (render.status, render.progress(0.0)) == (RenderStatus.PENDING, 5)
    made.renders.finish_encode(render, FILE, 1.0)
    statuses = [render.status]
    play(made, 30.0)
    statuses.append(render.status)
    assert statuses == [RenderStatus.PENDING, RenderStatus.PROCESSING]
    assert 5 < render.progress(30.0) < 100
    play(made, 60.0)
    assert (render.status, render.progress(60.0), render.finished_at) == (RenderStatus.COMPLETED, 100, 60.0)


def test_progress_never_goes_back_and_is_a_hundred_only_when_completed() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    shown: list[int] = []
    for second in range(120):
        play(made, float(second))
        if second == 90:
            made.renders.finish_encode(render, FILE, 90.0)
        shown.append(render.progress(float(second)))
    assert shown == sorted(shown)
    assert [shown[0], shown[59], shown[60], shown[89], shown[90]] == [5, 98, 99, 99, 100]


def test_speed_divides_the_time_of_a_render() -> None:
    made = world(pace=0.1)
    token, _, session = arrive(made)
    render = submit(made, token, session)
    made.renders.finish_encode(render, FILE, 0.0)
    play(made, 100.0)
    assert render.finished_at == pytest.approx(6.0)


def test_a_render_whose_encode_is_late_completes_when_the_encode_is_done() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    play(made, 1000.0)
    assert (render.status, render.progress(1000.0)) == (RenderStatus.PROCESSING, 99)
    made.renders.finish_encode(render, FILE, 1001.0)
    assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, 1001.0)


def test_an_encode_that_ends_at_the_very_instant_is_neither_early_nor_late() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    play(made, 60.0)
    made.renders.finish_encode(render, FILE, 60.0)
    assert (render.status, render.finished_at) == (RenderStatus.COMPLETED, 60.0)


@pytest.mark.parametrize("encoded_at", [1.0, 1000.0])
def test_a_render_whose_encode_fails_shows_that_when_it_is_due(encoded_at: float) -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    play(made, encoded_at)
    made.renders.finish_encode(render, "The photo is broken.", encoded_at)
    play(made, 59.0)
    assert encoded_at > 59 or render.status is RenderStatus.PROCESSING
    play(made, 60.0)
    assert (render.status, render.error) == (RenderStatus.FAILED, "The photo is broken.")
    assert render.finished_at == max(encoded_at, 60.0)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_cancelled_render_has_failed_and_stays_so_whatever_comes_later(*, encoded: bool) -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    if encoded:
        made.renders.finish_encode(render, FILE, 1.0)
    made.renders.cancel(render, 5.0)
    made.renders.finish_encode(render, FILE, 6.0)
    play(made, 100.0)
    assert (render.status, render.error, render.finished_at) == (RenderStatus.FAILED, "cancelled", 5.0)
    assert made.renders.find_by_file(FILE.name) is None
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.renders.cancel(render, 101.0)


def test_a_completed_render_is_found_by_its_file_and_cant_be_cancelled() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    made.renders.finish_encode(render, FILE, 1.0)
    assert made.renders.find_by_file(FILE.name) is None
    play(made, 60.0)
    assert made.renders.find_by_file(FILE.name) is render
    assert made.renders.find_by_file("another") is None
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.renders.cancel(render, 61.0)


EMPTY: list[Json] = [{}, {"t": []}, {"t": [{"tt": 0, "sg": []}]}, {"t": None}]


@pytest.mark.parametrize("draft", EMPTY)
def test_an_empty_draft_is_refused(draft: Json) -> None:
    made = world()
    token, _, session = arrive(made)
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.renders.submit(token, "render_1", session.session_id, draft, {}, 0.0, 60.0)


def test_a_render_without_an_id_is_refused() -> None:
    made = world()
    token, _, session = arrive(made)
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.renders.submit(token, "", session.session_id, READY, {}, 0.0, 60.0)


def test_a_render_of_the_session_of_another_account_is_refused() -> None:
    made = world()
    _, _, session = arrive(made)
    stranger, _, _ = arrive(made, "client-2")
    with refused(Code.SESSION_NOT_FOUND), unchanged(made):
        made.renders.submit(stranger, "render_1", session.session_id, READY, {}, 0.0, 60.0)


def test_a_render_id_is_unique_within_an_account_and_free_in_another() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    with refused(Code.BAD_REQUEST), unchanged(made):
        submit(made, token, session)
    stranger, _, other = arrive(made, "client-2")
    with refused(Code.NOT_FOUND):
        made.renders.get(stranger, "render_1")
    assert submit(made, stranger, other) is not render
    assert made.renders.get(token, "render_1") is render


def test_a_render_id_used_again_is_the_job_that_has_it_where_the_profile_says_so() -> None:
    made = world(duplicate_render="existing")
    token, _, session = arrive(made)
    render = submit(made, token, session)
    with unchanged(made):
        again = made.renders.submit(token, "render_1", session.session_id, READY, {}, 0.0, 5.0)
    assert again == (render, False)


def test_a_render_belongs_to_the_account_and_to_each_of_its_tokens() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session)
    later, _ = made.tokens.issue_anonymous("client-1", "10.0.0.1", WEEK)
    assert made.renders.get(later, "render_1") is render


def test_a_render_is_orphaned_with_its_token_where_the_profile_says_so() -> None:
    made = world(orphan="token")
    token, _, session = arrive(made)
    render = submit(made, token, session)
    later, _ = made.tokens.issue_anonymous("client-1", "10.0.0.1", WEEK)
    assert made.renders.get(token, "render_1") is render
    with refused(Code.NOT_FOUND):
        made.renders.get(later, "render_1")


def test_renders_of_a_session_run_side_by_side() -> None:
    made = world()
    token, _, session = arrive(made)
    renders = [submit(made, token, session, f"render_{number}") for number in range(2)]
    for render in renders:
        made.renders.finish_encode(render, FILE, 0.0)
    play(made, 60.0)
    assert [render.status for render in renders] == [RenderStatus.COMPLETED] * 2


def test_renders_of_a_session_run_one_at_a_time_where_the_profile_says_so() -> None:
    made = world(render_queue="session")
    token, account, session = arrive(made)
    other = made.sessions.create(account, "project", "en", 0.0)
    renders = [submit(made, token, session, f"render_{number}", number * 10.0) for number in range(3)]
    elsewhere = submit(made, token, other, "render_elsewhere", 20.0)
    for render in (*renders, elsewhere):
        made.renders.finish_encode(render, FILE, 20.0)
    play(made, 59.0)
    assert [render.status for render in (*renders, elsewhere)] == [
        RenderStatus.PROCESSING,
        RenderStatus.PENDING,
        RenderStatus.PENDING,
        RenderStatus.PROCESSING,
    ]
    assert [render.progress(59.0) for render in renders[1:]] == [5, 5]
    play(made, 1000.0)
    assert [render.finished_at for render in (*renders, elsewhere)] == [60.0, 120.0, 180.0, 80.0]


def test_a_render_that_is_cancelled_makes_way_for_the_one_behind_it_and_one_that_waits_for_none() -> None:
    made = world(render_queue="session")
    token, _, session = arrive(made)
    first, second, third = (submit(made, token, session, f"render_{number}") for number in range(3))
    made.renders.cancel(second, 1.0)
    assert [render.waiting for render in (first, third)] == [False, True]
    made.renders.cancel(first, 5.0)
    assert (third.waiting, third.due) == (False, 65.0)
    for render in (first, second, third):
        made.renders.finish_encode(render, FILE, 6.0)
    play(made, 1000.0)
    assert (third.finished_at, second.finished_at, second.progress(1000.0)) == (65.0, 1.0, 5)


def test_a_late_encode_lets_the_next_render_begin_when_it_is_done() -> None:
    made = world(render_queue="session")
    token, _, session = arrive(made)
    first, second = (submit(made, token, session, f"render_{number}") for number in range(2))
    play(made, 100.0)
    made.renders.finish_encode(first, FILE, 100.0)
    made.renders.finish_encode(second, FILE, 100.0)
    play(made, 1000.0)
    assert (first.finished_at, second.finished_at) == (100.0, 160.0)


def test_a_render_that_waited_begins_no_earlier_than_it_was_submitted() -> None:
    made = world(render_queue="session")
    token, _, session = arrive(made)
    first = submit(made, token, session, "render_1")
    play(made, 100.0)
    second = submit(made, token, session, "render_2", 100.0)
    made.renders.finish_encode(first, FILE, 60.0)  # its encode was late, and virtual time went on
    play(made, 100.0)
    assert (first.finished_at, second.status, second.due) == (60.0, RenderStatus.PENDING, 160.0)


def test_a_render_that_is_fated_to_fail_does_so_when_it_is_due() -> None:
    made = world()
    token, _, session = arrive(made)
    render = submit(made, token, session, fate=FAILS)
    play(made, 59.0)
    assert (render.status, render.error) == (RenderStatus.PROCESSING, None)
    play(made, 60.0)
    assert (render.status, render.error) == (RenderStatus.FAILED, "invalid draft")


@pytest.mark.parametrize("fate", [STUCK, FAILS, LOST])
def test_an_encode_does_not_change_the_end_of_a_render_with_a_fault(fate: RenderFault) -> None:
    made = world()
    token, _, session = arrive(made)
    with_encode, without = (submit(made, token, session, name, fate=fate) for name in ("a", "b"))
    made.renders.finish_encode(with_encode, FILE, 1.0)
    play(made, 1000.0)
    made.renders.finish_encode(with_encode, FILE, 1000.0)
    play(made, 2000.0)
    assert with_encode.status is without.status is not RenderStatus.COMPLETED


def test_a_stuck_render_shows_its_progress_for_ever_and_can_be_cancelled() -> None:
    made = world(render_queue="session")
    token, _, session = arrive(made)
    stuck = submit(made, token, session, "render_1", fate=STUCK)
    behind = submit(made, token, session, "render_2")
    play(made, 1e6)
    assert (stuck.status, stuck.progress(1e6), behind.waiting) == (RenderStatus.PROCESSING, 50, True)
    made.renders.cancel(stuck, 1e6)
    assert (stuck.progress(2e6), behind.waiting) == (50, False)


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.SESSION_NOT_FOUND])
def test_a_lost_render_is_not_found_and_blocks_no_other(code: Code) -> None:
    made = world(render_queue="session")
    token, _, session = arrive(made)
    submit(made, token, session, "render_1", fate=RenderFault("lost", code=int(code)))
    behind = submit(made, token, session, "render_2")
    with refused(code):
        made.renders.get(token, "render_1")
    made.renders.finish_encode(behind, FILE, 1.0)
    play(made, 1000.0)
    assert behind.finished_at == 120.0
    with refused(code):
        made.renders.get(token, "render_1")


def test_submitting_and_finishing_changes_no_credits() -> None:
    made = world()
    token, account, session = arrive(made)
    renders: list[Render] = [submit(made, token, session, f"render_{number}") for number in range(3)]
    made.renders.finish_encode(renders[0], FILE, 0.0)
    made.renders.cancel(renders[1], 0.0)
    play(made, 100.0)
    assert (account.available, account.frozen, account.renders_submitted) == (100, 0, 3)
