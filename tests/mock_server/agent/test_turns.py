from __future__ import annotations

import json

import pytest

from nemovideo_contract import wire
from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import SessionView, Text

from .sessions import PHOTOS, Session, calls, changes, media, results, spoken_text

REEL = "Turn these photos into a 15-second vertical reel with a calm pace and soft cross-dissolves, title 'Kyoto'"


def test_the_sample_becomes_a_video_with_music_and_title() -> None:
    session = Session()
    plan = session.say(REEL)

    assert plan.work == "assemble"
    assert session.draft["d"] == 15000
    assert session.size == (1080, 1920)
    assert session.times == [3750, 3750, 3750, 3750]
    assert [shot["m"].get("transition", {}).get("kind") for shot in session.shots] == [None, *["dissolve"] * 3]
    assert [(sound["s"], sound["d"], sound["m"].get("volume")) for sound in session.sounds] == [(0, 15000, 0.35)]
    assert [(word["s"], word["d"], word["m"].get("text")) for word in session.words] == [(0, 3000, "Kyoto")]
    assert [track.get("m") for track in session.draft["t"]] == [{"name": "Video"}, {"name": "BGM"}, {"name": "Title"}]


def test_the_reply_counts_what_was_done_and_speaks_of_the_editor() -> None:
    text = spoken_text(Session().say(REEL))

    for told in (
        "4 photos",
        "15 seconds",
        "1080x1920",
        "cross-dissolves",
        "Kyoto",
        "Calm piano",
        "35 %",
        "click Export",
    ):
        assert told in text


def test_gui_talk_can_be_left_out() -> None:
    plan = plan_turn(REEL, SessionView("1", "en", PHOTOS), Chance("7"), AgentSettings(gui_talk=False))

    assert "Export" not in spoken_text(plan)


def test_a_chinese_message_is_answered_in_chinese_whatever_the_session_speaks() -> None:
    text = spoken_text(Session(language="en").say("把照片做成15秒的竖屏视频，标题“京都”"))

    assert "15秒" in text
    assert "京都" in text
    assert "导出" in text


def test_a_message_without_words_is_answered_in_the_language_of_the_session() -> None:
    assert "没有" in spoken_text(Session(language="zh-CN").say("?!"))


def test_edits_compose_and_keep_the_ids_of_what_stays() -> None:
    session = Session()
    session.say(REEL)
    before = {shot["m"].get("name"): shot["id"] for shot in session.shots}
    for message in (
        "make it 10 seconds",
        "put the second photo first",
        "remove the music",
        "change the title to Osaka",
    ):
        session.say(message)

    assert session.draft["d"] == sum(session.times) == 10000
    assert session.names == ["cat", "astronaut", "coffee", "rocket"]
    assert {shot["m"].get("name"): shot["id"] for shot in session.shots} == before
    assert session.sounds == []
    assert [word["m"].get("text") for word in session.words] == ["Osaka"]
    assert session.draft["m"].get("title") == "Osaka"


def test_undo_takes_back_one_change_after_the_other() -> None:
    session = Session()
    session.say(REEL)
    first = session.draft
    session.say("make it 10 seconds")
    second = session.draft
    session.say("make it square")

    session.say("undo")
    assert session.draft == second
    session.say("undo")
    assert session.draft == first
    assert "nothing to undo" in spoken_text(session.say("undo"))


def test_a_wrong_count_uses_the_existing_photos_and_is_reported() -> None:
    session = Session()
    text = spoken_text(session.say("Take these 8 photos and make a 16-second video"))

    assert session.times == [4000] * 4
    assert "8" in text
    assert "4" in text


def test_an_impossible_request_is_declined_and_the_others_are_done() -> None:
    session = Session()
    plan = session.say("Make a 10-second video in the style of Van Gogh")

    assert session.draft["d"] == 10000
    assert "in the style of Van Gogh" in spoken_text(plan)


@pytest.mark.parametrize("message", ["blur the faces", "translate to Klingon", "把背景换成海滩", "asdf qwer"])
def test_a_message_of_which_nothing_is_understood_changes_nothing(message: str) -> None:
    session = Session()
    for plan in (session.say(message), (session.say(REEL), session.say(message))[1]):
        assert plan.work == "talk"
        assert changes(plan) == []
        assert message in spoken_text(plan)


@pytest.mark.parametrize("message", ["make it 3 hours", "make it 0 seconds", "make it -5 seconds"])
def test_a_length_out_of_bounds_is_declined_with_the_bounds(message: str) -> None:
    session = Session()
    session.say(REEL)
    text = spoken_text(session.say(message))

    assert session.draft["d"] == 15000
    assert "1 second" in text
    assert "10 minutes" in text


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("what can you do?", "16:9"),
        ("hello", "Hello"),
        ("export the video", "click the Export button in the top right"),
        ("how many credits do I have?", "Billing"),
        ("你能做什么？", "竖屏"),
    ],
)
def test_talk_is_answered_without_work(message: str, told: str) -> None:
    plan = Session().say(message)

    assert plan.work == "talk"
    assert calls(plan) == []
    assert told in spoken_text(plan)


def test_a_question_about_the_video_is_answered_from_it() -> None:
    session = Session()
    session.say(REEL)

    assert "15 seconds" in spoken_text(session.say("how long is the video?"))


@pytest.mark.parametrize("message", ["make it 10 seconds", "turn these photos into a video", "remove the music"])
def test_an_edit_without_anything_to_edit_says_what_to_do(message: str) -> None:
    plan = Session(uploads=()).say(message)

    assert plan.work == "talk"
    assert "Upload" in spoken_text(plan)


def test_words_without_uploads_become_a_generated_scene() -> None:
    session = Session(uploads=())
    plan = session.say("Generate a video of a sunset over the sea for TikTok")

    assert plan.work == "generate"
    assert [call.name for call in calls(plan)] == [wire.TOOL_GENERATE]
    (shot,) = session.shots
    assert shot["d"] == 5000
    assert shot["m"].get("kind") == "generated"
    assert shot["m"].get("prompt") == "sunset over the sea"
    assert session.size == (1080, 1920)
    assert changes(plan)[0].generated[0]["prompt"] == "sunset over the sea"


def test_a_generated_scene_is_edited_like_anything_else() -> None:
    session = Session(uploads=())
    session.say("生成一段猫咪在雪地里奔跑的10秒视频，竖屏")
    plan = session.say("make it 8 seconds and add the title 'Snow'")

    assert plan.work == "assemble"
    assert session.times == [8000]
    assert [word["m"].get("text") for word in session.words] == ["Snow"]


def test_clips_are_trimmed_gifs_are_pictures_and_a_song_is_the_music() -> None:
    session = Session(uploads=(media("a.mp4", "video", 8.0), media("b.gif"), media("song.mp3", "audio", 60.0)))
    session.say("make a 12 second video")

    assert [shot["m"].get("kind") for shot in session.shots] == ["video", "image"]
    assert session.times == [6000, 6000]
    assert [(sound["m"].get("kind"), sound["m"].get("name")) for sound in session.sounds] == [("file", "song")]
    session.say("make it 40 seconds")
    assert session.times == [8000, 32000]


def test_a_clip_that_is_too_short_freezes_and_the_reply_says_so() -> None:
    session = Session(uploads=(media("a.mp4", "video", 4.0),))

    assert "last picture" in spoken_text(session.say("make a 10 second video"))
    assert session.times == [10000]


def test_a_script_becomes_captions_over_the_whole_video_and_the_reply_says_so() -> None:
    session = Session()
    text = spoken_text(session.say('Make a 12-second video with a voiceover: "Welcome to Kyoto. It is lovely. Enjoy."'))
    captions = [word for word in session.words if word["m"].get("role") == "caption"]

    assert [caption["m"].get("text") for caption in captions] == ["Welcome to Kyoto.", "It is lovely.", "Enjoy."]
    assert captions[0]["s"] == 0
    assert sum(caption["d"] for caption in captions) == 12000
    assert "don't speak it aloud" in text


def test_as_many_captions_as_photos_are_put_one_on_each() -> None:
    session = Session()
    session.say('Make a video with captions "a", "b", "c" and "d"')

    assert [(word["s"], word["d"]) for word in session.words] == [(shot["s"], shot["d"]) for shot in session.shots]


def test_per_photo_wishes_touch_only_that_photo() -> None:
    session = Session()
    session.say("make a 20-second video with drift")
    session.say("zoom in on cat.jpg and keep the last photo for 8 seconds")

    assert [shot["m"].get("motion") for shot in session.shots] == ["drift", "zoom_in", "drift", "drift"]
    assert session.times == [4000, 4000, 4000, 8000]


def test_unspecified_motion_is_not_the_same_on_every_photo() -> None:
    session = Session()
    session.say("make a video")

    assert len({shot["m"].get("motion") for shot in session.shots}) == 4
    assert session.times == [3000] * 4
    assert session.size == (1920, 1080)


def test_new_uploads_wait_until_they_are_asked_for() -> None:
    session = Session()
    session.say(REEL)
    session.uploads = (*PHOTOS, media("dog.png"))

    assert "dog.png" in spoken_text(session.say("make it 10 seconds"))
    assert len(session.shots) == 4
    session.say("add the new photo")
    assert session.names[-1] == "dog"


def test_a_photo_that_does_not_exist_is_named() -> None:
    session = Session()
    session.say(REEL)

    assert "9" in spoken_text(session.say("swap photo 1 and 9"))
    assert "dog.png" in spoken_text(session.say("remove dog.png"))
    assert len(session.shots) == 4


def test_about_a_third_of_plain_edits_close_without_text_and_only_those() -> None:
    silent = 0
    for number in range(2, 202):
        session = Session()
        session.say(REEL)
        view = SessionView("s", "en", PHOTOS, session.edit_state, session.draft, number)
        plan = plan_turn("make it 10 seconds", view, Chance("7"))
        texts = [step for step in plan.steps if isinstance(step.record, Text)]
        silent += not texts
        assert changes(plan)
        loud = plan_turn("make it 10 seconds and blur the faces", view, Chance("7"))
        assert "blur the faces" in spoken_text(loud)
    assert 40 <= silent <= 80


def test_the_change_becomes_visible_when_the_tool_has_finished() -> None:
    plan = Session().say(REEL)
    (step,) = [step for step in plan.steps if step.change is not None]

    assert step.record == results(plan)[-1]
    assert [call.call_id for call in calls(plan)] == [result.call_id for result in results(plan)]
    assert {call.name for call in calls(plan)} == {wire.TOOL_EDIT}


@pytest.mark.parametrize(("message", "span"), [("hello", (5, 15)), ("make it 10 seconds", (10, 30)), (REEL, (20, 40))])
def test_a_turn_takes_as_long_as_its_kind(message: str, span: tuple[float, float]) -> None:
    session = Session()
    session.say(REEL)
    view = (
        SessionView("1", "en", PHOTOS)
        if message == REEL
        else SessionView("1", "en", PHOTOS, session.edit_state, session.draft, 2)
    )
    plan = plan_turn(message, view, Chance("7"))

    assert span[0] <= plan.duration <= span[1]


def test_the_same_turn_gives_the_same_plan_and_plain_json() -> None:
    first, again = Session().say(REEL), Session().say(REEL)

    assert first == again
    (change,) = changes(first)
    assert json.loads(json.dumps(change.edit_state)) == change.edit_state
    assert json.loads(json.dumps(change.draft)) == change.draft


def test_an_edit_that_changes_nothing_says_so_and_is_never_silent() -> None:
    session = Session(silent=1.0)
    session.say(REEL)

    assert "already" in spoken_text(session.say("make it 15 seconds"))


def test_names_of_the_uploads_are_no_part_of_the_grammar() -> None:
    odd = tuple(media(name) for name in ("a(b.jpg", "[x].png", "第一张.jpg", "photo.jpg", ".jpg", "10 seconds.png"))
    session = Session(uploads=odd)
    session.say("make a 6-second video, start with a(b.jpg")

    assert session.draft["d"] == 6000


@pytest.mark.parametrize(
    ("message", "work"),
    [
        ("I have photos, make a 10 second video of a beach trip", "talk"),
        ("I've got photos, create a clip of our holiday", "talk"),
        ("Make a 10 second video of a beach trip with photos", "talk"),
        ("I have no photos, make a 10 second video of a beach trip", "generate"),
        ("I don't have any photos yet, create a clip of the sea", "generate"),
        ("我没有照片,生成一段10秒的大海视频", "generate"),
    ],
)
def test_only_a_user_without_photos_gets_and_pays_for_a_generated_clip(message: str, work: str) -> None:
    plan = plan_turn(message, SessionView("1", "en"), Chance("0"), AgentSettings(silent=0.0))
    assert plan.work == work


@pytest.mark.parametrize(
    ("message", "times"),
    [
        ("Trim this clip to 2 seconds", [1000, 1000]),
        ("Cut that clip down to 2 seconds", [1000, 1000]),
        ("Trim my video to 2s", [1000, 1000]),
        ("Crop this footage to 3 seconds", [1500, 1500]),
        ("Trim each clip to 2 seconds", [2000, 2000]),
        ("Trim these clips to 2 seconds each", [2000, 2000]),
        ("Trim the second clip to 2 seconds", [4000, 2000]),
    ],
)
def test_a_clip_that_was_trimmed_is_not_reported_as_left_out(message: str, times: list[int]) -> None:
    session = Session(uploads=(media("a.mp4", "video", 4.0), media("b.mp4", "video", 9.0)))
    session.say("make a video")

    plan = session.say(message)

    assert session.times == times
    assert "left it out" not in spoken_text(plan)
