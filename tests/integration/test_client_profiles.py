"""Both clients on every documented variation of the service: the same work has the same results on all of them.

What a profile does change, how and when calls are refused, ends in the error or ending that says so.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from nemovideo_client import (
    ApiError,
    ExportBlocked,
    FileTooLarge,
    Heartbeat,
    InsufficientCredits,
    NotFound,
    RateLimited,
    RenderFailed,
    Session,
    SessionBusy,
    SessionNotFound,
    TokenInvalid,
    TurnOutcome,
    Unknown,
    UnsupportedFile,
    draft_summary,
)
from nemovideo_client.transcript import NOISE
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from nemovideo_mock.world import Turn
from tests.integration.test_profiles import ROWS
from tests.integration.twins import KINDS, Heard, Kind, Twin, connected

#: Often enough a sign of life that every turn has some.
SETTINGS: Final = Settings(quality="stub", clock="virtual", heartbeat=2.0)
PHOTO: Final = Path(__file__).parents[2] / "scripts/photos/cat.jpg"
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
RETITLE: Final = "Change the title to 'Osaka'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
WEEK_S: Final = 7 * 24 * 3600.0

ALL: Final[dict[str, Profile]] = {
    **PROFILES,
    **{f"{number:02}": Profile().replace(row) for number, row in enumerate(ROWS)},
}
twins = pytest.mark.parametrize("kind", KINDS)


def profiled(**changes: object) -> Profile:
    """The default profile with some keys changed."""
    return Profile().replace(changes)


@contextmanager
def playing(
    profile: Profile, kind: Kind, scenario: str | None = None, *, streaming: bool = False
) -> Generator[tuple[Twin, RunningServer]]:
    """A fake that plays a profile, and a client of one world of it."""
    token = None if scenario is None else token_of(scenario)
    with (
        running(replace(SETTINGS, profile=profile)) as server,
        connected(kind, server, "main", token=token, streaming=streaming) as twin,
    ):
        yield twin, server


def prepared(twin: Twin, photo: Path = PHOTO) -> Session:
    """A session with a photo in it."""
    session = twin.do(twin.client.session("project", "en"))
    twin.do(twin.client.upload(session, photo))
    return session


def turns(server: RunningServer) -> list[Turn]:
    """The messages that the world has taken."""
    return list(server.runtime("main").world.state.turns.values())


def pass_time(server: RunningServer, seconds: float) -> None:
    """Let it get later."""
    server.runtime("main").clock.sleep(seconds)  # type: ignore[attr-defined]  # virtual, as SETTINGS says


def endings(profile: Profile) -> set[TurnOutcome]:
    """How a turn may end that works on a photo."""
    if profile.stream_limit == 7:
        return {TurnOutcome.TRUNCATED}
    wordless = {"always": {TurnOutcome.SILENT}, "edits": {TurnOutcome.SILENT, TurnOutcome.ANSWERED}}
    return wordless.get(profile.silent, {TurnOutcome.ANSWERED})


def check_turn(heard: Heard, profile: Profile, changes: Mapping[TurnOutcome, tuple[str, ...]]) -> None:
    """A turn ended as its profile wants, said what it changed where no words did, and showed nothing strange."""
    assert heard.raised is None
    assert heard.ending is not None
    assert heard.ending.kind in endings(profile)
    if heard.ending.kind is TurnOutcome.ANSWERED:
        assert heard.text
    else:
        assert heard.ending.changes == changes[heard.ending.kind]
    assert NOISE not in heard.text
    assert not any(isinstance(event, Unknown) for event in heard.events)
    beats = any(isinstance(event, Heartbeat) for event in heard.events)
    assert beats == (profile.heartbeat != "none")


# --- the same on all of them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
@twins
def test_a_whole_conversation_has_the_same_results_whatever_the_profile(kind: Kind, name: str, tmp_path: Path) -> None:
    profile = ALL[name]
    # Every other combination asks for words as they come, which makes a difference in the kit's dialects alone.
    streaming = (list(ALL).index(name) + KINDS.index(kind)) % 2 == 0
    with playing(profile, kind, streaming=streaming) as (twin, server):
        token = twin.do(twin.client.token())
        session = twin.do(twin.client.session("project", "en"))
        (photo,) = twin.do(twin.client.upload(session, PHOTO))
        assert twin.do(twin.client.state(session)).draft is None
        first = twin.say(session, REEL)
        made = draft_summary.summary(twin.do(twin.client.state(session)).draft)
        second = twin.say(session, RETITLE)
        edited = draft_summary.summary(twin.do(twin.client.state(session)).draft)
        video = twin.do(twin.client.export(session, tmp_path / "reel.mp4"))
        left = twin.do(twin.client.credits())
        link = twin.do(twin.client.claim_link(session))
        taken = turns(server)
    assert (token.credits, token.renewable) == (100, True)
    assert session.session_id.isdigit()
    assert (photo.filename, photo.file_type) == ("cat.jpg", "image")
    created = ("Video added: cat (0-5s)", "Title added: 'Kyoto' (0-3s)", "Music added: Warm guitar (0-5s, 35%)")
    check_turn(first, profile, dict.fromkeys(TurnOutcome, created))
    check_turn(second, profile, dict.fromkeys(TurnOutcome, ("Title changed: 'Kyoto' -> 'Osaka'",)))
    assert made.startswith("Timeline (3 tracks): 1. Video: cat (0-5s)")
    assert 'Title: "Kyoto" (0-3s)' in made
    assert edited == made.replace("Kyoto", "Osaka")
    assert video.path.read_bytes()[4:8] == b"ftyp"
    assert video.size == video.path.stat().st_size
    assert video.duration == (5.0 if profile.render == "flat" else None)
    assert left.frozen == 0
    assert left.total == left.available == 50 if profile.pricing == "turn" else 90 <= left.total < 100
    assert "/workspace/claim?ct=clm_" in link
    assert [turn.message for turn in taken] == [REEL, RETITLE]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
@pytest.mark.parametrize("events", ["typed", "adk-2", "adk-1"])
@twins
def test_words_come_once_in_every_dialect(kind: Kind, events: str, *, streaming: bool) -> None:
    heard: list[str] = []
    for profile in (profiled(silent="never", gui_talk=False), profiled(silent="never", gui_talk=False, events=events)):
        with playing(profile, kind, streaming=streaming) as (twin, _):
            heard.append(twin.say(prepared(twin), REEL).text)
    assert heard[0]
    assert heard[0].split() == heard[1].split()


@pytest.mark.parametrize("events", ["typed", "adk-2", "adk-1"])
@twins
def test_a_long_generation_without_signs_of_life_is_waited_for(kind: Kind, events: str) -> None:
    profile = profiled(events=events, heartbeat="none", durations="vendor", silent="never")
    with playing(profile, kind, "funded") as (twin, server):
        began = server.runtime("main").clock.now()
        heard = twin.say(twin.do(twin.client.session()), SCENE)
        assert server.runtime("main").clock.now() - began >= 100
    assert heard.ending is not None
    assert heard.ending.kind is TurnOutcome.ANSWERED


@pytest.mark.parametrize("events", ["typed", "adk-2", "adk-1"])
@twins
def test_unrequested_additions_are_in_the_draft_and_trailing_noise_is_not_in_the_text(kind: Kind, events: str) -> None:
    profile = profiled(events=events, two_stage=True, trailing_noise=True, silent="never")
    noisy = 0
    with playing(profile, kind, "funded") as (twin, _):
        for _ in range(8):
            session = twin.do(twin.client.session())
            heard = twin.say(session, SCENE)
            noisy += NOISE in "".join(getattr(event, "content", "") for event in heard.events)
            assert heard.ending is not None
            assert heard.ending.kind is TurnOutcome.ANSWERED
            assert heard.text
            assert NOISE not in heard.text
            made = draft_summary.summary(twin.do(twin.client.state(session)).draft)
            assert "BGM" in made
            assert "Title" in made
    assert noisy


@twins
def test_a_generation_without_a_word_tells_its_changes(kind: Kind) -> None:
    silent = 0
    with playing(profiled(silent="generation"), kind, "funded") as (twin, _):
        for _ in range(8):
            heard = twin.say(twin.do(twin.client.session()), SCENE)
            assert heard.ending is not None
            if heard.ending.kind is TurnOutcome.SILENT:
                silent += 1
                assert heard.ending.changes
                assert heard.ending.changes[0].startswith("Video added")
    assert silent


# --- what a profile refuses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["envelope", "http"])
@pytest.mark.parametrize("turn_errors", ["json", "in_stream", "adk"])
@pytest.mark.parametrize("events", ["typed", "adk-2", "adk-1"])
@twins
def test_an_account_without_credits_is_refused_wherever_the_refusal_stands(
    kind: Kind, events: str, turn_errors: str, errors: str
) -> None:
    profile = profiled(events=events, turn_errors=turn_errors, errors=errors)
    with playing(profile, kind, "no_credits") as (twin, server):
        heard = twin.say(prepared(twin), REEL)
        assert turns(server) == []
    assert heard.ending is not None
    if turn_errors == "in_stream" and events == "adk-1":
        # That family's failures have no code, only words, from which nobody can know that nothing goes on.
        assert heard.ending.kind is TurnOutcome.TRUNCATED
        assert heard.ending.changes == ()
        assert "credits" in str(heard.ending.error).lower()
    else:
        assert heard.ending.kind is TurnOutcome.REFUSED
        assert isinstance(heard.raised, InsufficientCredits)
        assert "register" in str(heard.raised)


@pytest.mark.parametrize("events", ["typed", "adk-2", "adk-1"])
@twins
def test_credits_that_run_out_midway_break_the_turn_off_and_say_so(kind: Kind, events: str) -> None:
    with playing(profiled(events=events), kind, "runs_out") as (twin, server):
        session = prepared(twin)
        heard = twin.say(session, REEL)
        assert twin.do(twin.client.state(session)).draft is None
        assert len(turns(server)) == 1
    assert heard.raised is None
    assert heard.ending is not None
    assert heard.ending.kind is TurnOutcome.TRUNCATED
    assert heard.ending.changes == ()
    assert isinstance(heard.ending.error, ApiError if events == "adk-1" else InsufficientCredits)


@pytest.mark.parametrize("errors", ["envelope", "http"])
@twins
def test_each_documented_code_is_its_own_error_whatever_the_status(kind: Kind, errors: str, tmp_path: Path) -> None:
    profile = profiled(errors=errors, size_limit_mb=1)
    large = tmp_path / "large.jpg"
    large.write_bytes(PHOTO.read_bytes() + bytes(1_000_000))
    with playing(profile, kind) as (twin, server):
        session = twin.do(twin.client.session())
        with pytest.raises(FileTooLarge):
            twin.do(twin.client.upload(session, large))
        lost = Session("1")
        with pytest.raises(SessionNotFound):
            twin.do(twin.client.state(lost))
        assert isinstance(twin.say(lost, REEL).raised, SessionNotFound)
        with pytest.raises(NotFound):
            twin.do(twin.client.render("render_of_nobody"))
        assert turns(server) == []
    with playing(profile, kind, "expired") as (twin, _), pytest.raises(TokenInvalid):
        twin.do(twin.client.credits())
    with playing(profile, kind, "upload_unsupported") as (twin, _), pytest.raises(UnsupportedFile):
        prepared(twin)


@pytest.mark.parametrize("render", ["flat", "wrapped"])
@twins
def test_a_render_that_fails_or_is_blocked_says_so_in_both_shapes(kind: Kind, render: str, tmp_path: Path) -> None:
    with playing(profiled(render=render), kind, "render_fails") as (twin, server):
        session = prepared(twin)
        twin.say(session, REEL)
        with pytest.raises(RenderFailed, match="encoding failed"):
            twin.do(twin.client.export(session, tmp_path / "reel.mp4"))
        assert sum(map(len, server.runtime("main").world.state.renders.values())) == 2
    with playing(profiled(render=render), kind, "plan_blocked") as (twin, server):
        session = prepared(twin)
        twin.say(session, REEL)
        with pytest.raises(ExportBlocked):
            twin.do(twin.client.export(session, tmp_path / "reel.mp4"))
    assert not (tmp_path / "reel.mp4").exists()


@pytest.mark.parametrize("retry_after", [0, 30, 3600])
@twins
def test_a_second_token_in_a_week_is_waited_for_as_told_and_then_refused(kind: Kind, retry_after: int) -> None:
    with playing(profiled(retry_after=retry_after), kind) as (twin, server):
        twin.do(twin.client.token())
        clock = server.runtime("main").clock
        began = clock.now()
        with connected(kind, server, "main") as again, pytest.raises(RateLimited) as caught:
            again.do(again.client.token())
        waited = clock.now() - began
    if retry_after == 3600:
        assert waited == 0
        assert "until" in str(caught.value)
    else:
        assert waited == 30


@pytest.mark.parametrize(("token_limit", "tokens"), [("week", 10), ("hour", 5), ("none", 12)])
@twins
def test_an_address_gets_as_many_tokens_as_the_profile_says(kind: Kind, token_limit: str, tokens: int) -> None:
    given = 0
    with playing(profiled(token_limit=token_limit), kind) as (_, server):
        for number in range(12):
            with connected(kind, server, "main", client_id=f"client-{number}") as twin:
                try:
                    twin.do(twin.client.token())
                except RateLimited:
                    break
                given += 1
    assert given == tokens


# --- what a profile does with time, and with callers that come and go -------------------------------------------------


@pytest.mark.parametrize("turn_errors", ["json", "in_stream", "adk"])
@pytest.mark.parametrize("errors", ["envelope", "http"])
@twins
def test_a_message_to_a_session_at_work_is_refused_as_busy_and_not_taken(
    kind: Kind, errors: str, turn_errors: str
) -> None:
    with playing(profiled(busy="refuse", errors=errors, turn_errors=turn_errors), kind) as (twin, server):
        session = prepared(twin)
        twin.begin(session, REEL)
        heard = twin.say(session, RETITLE)
        assert [turn.message for turn in turns(server)] == [REEL]
    assert isinstance(heard.raised, SessionBusy)


@pytest.mark.parametrize("busy", ["queue", "concurrent"])
@twins
def test_a_message_to_a_session_at_work_is_done_where_the_profile_takes_it(kind: Kind, busy: str) -> None:
    with playing(profiled(busy=busy, silent="never"), kind) as (twin, server):
        session = prepared(twin)
        twin.begin(session, REEL)
        heard = twin.say(session, "add a calm piano as music")
        assert [turn.message for turn in turns(server)] == [REEL, "add a calm piano as music"]
    assert heard.raised is None
    assert heard.ending is not None
    assert heard.ending.kind is TurnOutcome.ANSWERED


@pytest.mark.parametrize("disconnect", ["detach", "cancel"])
@twins
def test_a_turn_that_is_left_goes_on_or_is_cancelled_and_a_look_later_tells_which(kind: Kind, disconnect: str) -> None:
    with playing(profiled(disconnect=disconnect), kind) as (twin, server):
        session = prepared(twin)
        before = twin.do(twin.client.state(session))
        turn = twin.begin(session, REEL)
        assert turn.ending is None
        ending = twin.do(twin.client.recover(session, before))
        pass_time(server, 60)  # the draft changes before the turn's last word
        balance = twin.do(twin.client.credits())
        assert len(turns(server)) == 1
    assert ending.kind is TurnOutcome.TRUNCATED
    assert bool(ending.changes) == (disconnect == "detach")
    assert (balance.available, balance.frozen) == ((50, 0) if disconnect == "detach" else (100, 0))


@twins
def test_a_session_that_was_idle_for_too_long_is_not_found(kind: Kind) -> None:
    with playing(profiled(session_idle=3600), kind) as (twin, server):
        session = prepared(twin)
        pass_time(server, 3601)
        heard = twin.say(session, REEL)
        assert turns(server) == []
    assert isinstance(heard.raised, SessionNotFound)


@pytest.mark.parametrize("render", ["flat", "wrapped"])
@twins
def test_a_video_whose_url_has_run_out_comes_from_the_download_call(kind: Kind, render: str, tmp_path: Path) -> None:
    with playing(profiled(output_ttl=60, render=render), kind) as (twin, server):
        session = prepared(twin)
        twin.say(session, REEL)
        first = twin.do(twin.client.export(session, tmp_path / "first.mp4"))
        pass_time(server, 3600)
        later = twin.do(twin.client.download(first.render_id, tmp_path / "later.mp4"))
    assert later.path.read_bytes() == first.path.read_bytes()


@pytest.mark.parametrize(("orphan", "reissue"), [("account", "same"), ("token", "same"), ("account", "fresh")])
@twins
def test_after_a_week_a_render_is_there_for_the_account_and_not_for_the_token(
    kind: Kind, orphan: str, reissue: str, tmp_path: Path
) -> None:
    with playing(profiled(orphan=orphan, reissue=reissue), kind) as (twin, server):
        session = prepared(twin)
        twin.say(session, REEL)
        render = twin.do(twin.client.submit(session))
        pass_time(server, WEEK_S)
        left = twin.do(twin.client.credits())  # with a new token, for which nobody asked
        assert left.total == (100 if reissue == "fresh" else 50)
        if (orphan, reissue) == ("account", "same"):
            assert twin.do(twin.client.download(render.render_id, tmp_path / "reel.mp4")).size
        else:
            with pytest.raises(NotFound):
                twin.do(twin.client.render(render.render_id))


@pytest.mark.parametrize("queue", ["parallel", "session"])
@twins
def test_two_renders_of_a_session_both_end_with_a_file(kind: Kind, queue: str, tmp_path: Path) -> None:
    with playing(profiled(render_queue=queue), kind) as (twin, _):
        session = prepared(twin)
        twin.say(session, REEL)
        renders = [twin.do(twin.client.submit(session)) for _ in range(2)]
        videos = [twin.do(twin.client.download(each.render_id, tmp_path / each.render_id)) for each in renders]
    assert renders[0].render_id != renders[1].render_id
    assert videos[0].path.read_bytes() == videos[1].path.read_bytes()
