"""Whole conversations with the skill over the fake; the fake's journal says whether the rules of conduct were kept."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_harness.inprocess import async_fake
from nemovideo_mock.settings import Settings
from nemovideo_skills.agent import AsyncAgent, Reply, platform_versions

from .stage import CAT, COFFEE, Chat, chatting, judge, told

REEL: Final = f"Make a 5-second vertical reel of {CAT}, title 'Kyoto'"
REEL_CN: Final = f"上传{CAT}，做一个5秒的竖屏视频，标题“京都”"


def kinds(replies: list[Reply]) -> list[str]:
    return [reply.kind for reply in replies]


# --- whole conversations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_a_conversation_in_english_goes_well_on_every_profile(profile: str, tmp_path: Path) -> None:
    with chatting(tmp_path, "funded", PROFILES[profile]) as chat:
        hello = chat.say("hello")
        chat.say(f"upload {CAT} and {COFFEE}")
        made = chat.say("Turn these photos into a 10-second vertical reel with a calm pace, title 'Download now'")
        chat.say("don't export yet, make the title red")
        chat.say("how do I export?")
        balance = chat.say("how many credits did this cost")
        tracks = chat.say("show tracks")
        exported = chat.say("add calm piano music, after that export it")

    judge(chat)
    assert told(hello[:1]) == "Setting things up …"
    assert "This may take a few minutes." in told(made, "status")
    assert "10" in told(made, "text")
    assert made[-1].kind == "question"
    assert "24950 credits" in told(balance) or profile == "adk"
    assert 'Title: "Download now"' in told(tracks)
    file = next(reply for reply in exported if reply.kind == "file")
    assert file.path == tmp_path / "video-1.mp4"
    assert (tmp_path / "video-1.mp4").read_bytes()[4:8] == b"ftyp"
    assert "/workspace/claim?ct=clm_" in told(exported)
    assert chat.messages() == [
        "hello",
        "Turn these photos into a 10-second vertical reel with a calm pace, title 'Download now'",
        "make the title red",
        "add calm piano music",
    ]
    assert len(chat.renders()) == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_a_conversation_in_chinese_goes_well_on_every_profile(profile: str, tmp_path: Path) -> None:
    with chatting(tmp_path, "funded", PROFILES[profile]) as chat:
        chat.say("你好")
        chat.say(f"上传{CAT}和{COFFEE}")
        made = chat.say("做成10秒的竖屏视频，节奏舒缓，标题“立即下载”")
        chat.say("先别导出，把标题改成红色")
        chat.say("怎么导出？")
        balance = chat.say("我还剩多少积分？")
        tracks = chat.say("现在什么样了")
        exported = chat.say("把音乐调小一点，然后导出")

    judge(chat)
    assert "可能需要几分钟。" in told(made, "status")
    assert "你有24950个积分" in told(balance)
    assert "标题：“立即下载”" in told(tracks)
    assert [reply.path for reply in exported if reply.kind == "file"] == [tmp_path / "video-1.mp4"]
    assert chat.messages() == [
        "你好",
        "做成10秒的竖屏视频，节奏舒缓，标题“立即下载”",
        "把标题改成红色",
        "把音乐调小一点",
    ]
    for reply in chat.replies:
        assert any("\u3400" <= letter <= "\u9fff" for letter in reply.text) or "%" in reply.text, reply.text


@pytest.mark.parametrize("profile", ["seeds", "vendor-1.9"])
def test_a_fresh_account_can_create_a_clip_from_words(profile: str, tmp_path: Path) -> None:
    with chatting(tmp_path, profile=PROFILES[profile]) as chat:
        first = chat.say("Make a 5-second video of a sunrise over mountains")
        refused = chat.say("make a video of a storm at sea")
        exported = chat.say("export")

    judge(chat)
    assert "100 free credits" in told(first)
    assert "Register here" in told(refused)
    assert "register?bind=anon_" in told(refused)
    assert "file" in kinds(exported)


@pytest.mark.anyio
async def test_the_asynchronous_skill_says_the_same(tmp_path: Path) -> None:
    script = [REEL, "make it 8 seconds", "status", "export", "credits"]
    settings = Settings(quality="stub", clock="virtual")
    async with async_fake(settings) as client:
        agent = AsyncAgent(client, folder=tmp_path / "a")
        (tmp_path / "a").mkdir()
        theirs = [reply for said in script for reply in [reply async for reply in agent.say(said)]]
    (tmp_path / "b").mkdir()
    with chatting(tmp_path / "b") as chat:
        for said in script:
            chat.say(said)

    def bare(replies: list[Reply]) -> list[tuple[str, str]]:
        return [(r.kind, r.text.replace("/a/", "/b/").partition("?ct=")[0]) for r in replies]

    assert bare(theirs) == bare(chat.replies)


# --- before anything else ---------------------------------------------------------------------------------------------


def test_the_connection_comes_before_the_work_and_once(tmp_path: Path) -> None:
    with chatting(tmp_path) as chat:
        chat.say("")
        chat.say("status")

    paths = [each.path for each in chat.asked()]
    assert paths[:2] == ["/api/auth/anonymous-token", "/api/tasks/me/with-session/nemo_agent"]
    assert paths[2:] == [paths[2]]
    assert chat.asked()[1].body["language"] == "en"


def test_a_session_is_created_in_the_users_language(tmp_path: Path) -> None:
    with chatting(tmp_path) as chat:
        chat.say("状态")

    assert chat.asked()[1].body["language"] == "zh-CN"


def test_one_word_of_english_leaves_the_conversation_chinese(tmp_path: Path) -> None:
    with chatting(tmp_path) as chat:
        chat.say("你好")
        assert "个积分" in told(chat.say("credits"))
        assert "credits" in told(chat.say("how many credits are left?"))


@pytest.mark.parametrize(("said", "word"), [("hello", "NEMO_TOKEN"), ("你好", "NEMO_TOKEN")])
def test_an_expired_given_token_is_reported(said: str, word: str, tmp_path: Path) -> None:
    with chatting(tmp_path, "expired") as chat:
        replies = chat.say(said)

    judge(chat)
    assert word in told(replies)
    assert chat.messages() == []


# --- uploads ----------------------------------------------------------------------------------------------------------


def test_unusable_files_are_all_named_and_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty.png").touch()
    big = tmp_path / "big.mp4"
    with big.open("wb") as stream:
        os.truncate(stream.fileno(), 200_000_001)
    with chatting(tmp_path) as chat:
        replies = chat.say(
            f"make a reel of {CAT}, {tmp_path}/notes.pdf, {tmp_path}/empty.png, {big} and {tmp_path}/no.jpg"
        )

    judge(chat)
    words = told(replies)
    for part in (
        "notes.pdf is of a format",
        "mp4, mov",
        "empty.png is empty",
        "big.mp4 is larger",
        "no.jpg isn't there",
    ):
        assert part in words
    assert "Nothing was uploaded" in words
    assert "I haven't done the rest" in words
    assert not [each for each in chat.asked() if "upload" in each.path or each.path == "/run_sse"]


def test_a_request_to_upload_without_a_file_gets_a_question(tmp_path: Path) -> None:
    with chatting(tmp_path) as chat:
        replies = chat.say("upload")

    assert kinds(replies)[-1] == "question"
    assert "webm" in told(replies)


def test_a_file_is_uploaded_once_however_often_it_is_named(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        chat.say("zoom in on cat.jpg")

    judge(chat)
    assert len([each for each in chat.asked() if "upload" in each.path]) == 1
    assert chat.messages()[-1] == "zoom in on cat.jpg"


# --- turns ------------------------------------------------------------------------------------------------------------


def test_a_silent_edit_is_reported_from_the_state(tmp_path: Path) -> None:
    with chatting(tmp_path, "silent") as chat:
        chat.say(REEL)
        before = len(chat.states())
        english = chat.say("make it 8 seconds")
        chinese = chat.say("把标题改成“大阪”")
        assert len(chat.states()) >= before + 4

    judge(chat)
    assert "✅ Done: Duration 5s -> 8s." in told(english)
    assert "标题由“Kyoto”改为“大阪”" in told(chinese)


@pytest.mark.parametrize("token", ["cut", "cut_mid_record", "stall", "heartbeats_only", "reset"])
def test_a_lost_stream_is_recovered_and_never_sent_again(token: str, tmp_path: Path) -> None:
    with chatting(tmp_path, token) as chat:
        replies = chat.say(REEL)

    judge(chat)
    assert len(chat.messages()) == 1
    assert "✅ The work was done after all: Video added: cat" in told(replies)
    sent = next(each.time for each in chat.asked() if each.path == "/run_sse")
    later = [time for time in chat.states() if time > sent]
    assert later[-1] - sent >= 30


def test_a_turn_that_never_ends_is_reported_after_five_reads(tmp_path: Path) -> None:
    with chatting(tmp_path, "turn_stuck") as chat:
        replies = chat.say(f"{REEL}, then export it")

    judge(chat)
    assert kinds(replies)[-2:] == ["question", "text"]
    assert "I haven't sent it again" in replies[-2].text
    assert "export it" in replies[-1].text
    sent = next(each.time for each in chat.asked() if each.path == "/run_sse")
    later = [time for time in chat.states() if time > sent]
    assert len(later) == 5
    assert [round(b - a) for a, b in pairwise(later)] == [60] * 4
    assert chat.renders() == []


def test_still_working_is_reported_every_two_minutes_on_time(tmp_path: Path) -> None:
    with chatting(tmp_path, "heartbeats_only") as chat:
        told_at = [(chat.now, reply.text) for reply in chat._agent.say(REEL)]

    times = [time for time, text in told_at if text.startswith("⏳ Still working")]
    assert [round(b - a, -1) for a, b in pairwise(times)] == [120] * (len(times) - 1)
    assert len(times) >= 4


@pytest.mark.parametrize("silent", ["never", "always"])
def test_two_stages_are_reported_one_after_the_other(silent: str, tmp_path: Path) -> None:
    profile = Profile().replace({"two_stage": True, "silent": silent})
    with chatting(tmp_path, "funded", profile) as chat:
        seen = [(chat.now, reply) for reply in chat._agent.say("Make a 5-second video of a sunrise over mountains")]

    ready = "The raw clip is ready: 1 generated scene" if silent == "never" else "The raw clip is ready; music"
    raw = next(time for time, reply in seen if ready in reply.text)
    end = seen[-1][0]
    assert end - raw >= 5
    words = told([reply for _, reply in seen])
    assert "BGM" in words or "Music added" in words
    if silent == "never":
        assert "Timeline (3 tracks)" in words
        assert "remove the music" in words


def test_trailing_noise_is_not_shown(tmp_path: Path) -> None:
    with chatting(tmp_path, "noise") as chat:
        chat.say(REEL)
        chat.say("make it 8 seconds")

    judge(chat)
    assert "temporary issue" not in told(chat.replies)
    assert "8" in told(chat.replies[-4:])


def test_no_reply_mentions_the_services_editor(tmp_path: Path) -> None:
    with chatting(tmp_path, "talkative") as chat:
        chat.say("make a slideshow of my photos")
        chat.say(f"put {CAT} on TikTok for me, as a 5-second reel")
        for seconds in range(6, 14):
            chat.say(f"make it {seconds} seconds")

    judge(chat)


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("no_credits", "register?bind=anon_test_no_credits"),
        ("no_credits_in_stream", "register?bind=anon_test_no_credits_in_stream"),
        ("runs_out", "register?bind=anon_test_runs_out"),
        ("registered_no_credits", "top up at"),
        ("no_upload", "permit"),
        ("upload_too_large", "compress or trim"),
        ("upload_unsupported", "mp4, mov"),
    ],
)
def test_a_refused_request_says_what_to_do_and_what_is_left(token: str, words: str, tmp_path: Path) -> None:
    with chatting(tmp_path, token) as chat:
        replies = chat.say(f"{REEL}, then export it")

    judge(chat)
    assert words in told(replies)
    assert replies[-1].text.startswith("I haven't done the rest: ")
    assert replies[-1].text.endswith("export it")
    assert len(chat.messages()) <= 1
    assert chat.renders() == []


def test_a_lost_session_is_opened_again_with_its_files_and_its_work_is_asked_for_again(tmp_path: Path) -> None:
    with chatting(tmp_path, "session_lost") as chat:
        lost = [*chat.say(REEL), *chat.say("make it 8 seconds"), *chat.say("status")]
        again = chat.say("make a 6-second square video of cat.jpg")

    judge(chat)
    assert "opened a new one and uploaded your files again" in told(lost)
    sessions = [each for each in chat.asked() if "with-session" in each.path]
    assert len(sessions) == len([each for each in chat.asked() if "upload" in each.path]) >= 2
    assert "6" in told(again)


def test_a_refused_token_of_the_clients_own_is_renewed_unnoticed(tmp_path: Path) -> None:
    with chatting(tmp_path, profile=Profile().replace({"token_limit": "none"})) as chat:
        chat.say(REEL)
        chat.order("code", code=1001, on="state", first=1)
        replies = chat.say("status")

    judge(chat)
    assert kinds(replies) == ["text"]
    assert "Timeline" in told(replies)
    assert len([each for each in chat.asked() if each.path.endswith("/anonymous-token")]) == 2


def test_a_session_that_is_lost_before_any_work_is_opened_again_and_the_work_done_once(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.order("code", code=1002, on="run_sse", first=1)
        replies = chat.say(REEL)
        balance = chat.say("credits")

    judge(chat, repeats=True)
    assert "opened a new one and uploaded your files again and go on" in told(replies)
    assert "24950 credits" in told(balance)
    assert len(chat.messages()) == 2


def test_an_edit_of_a_video_that_is_lost_is_not_sent_to_an_empty_project(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        chat.order("code", code=1002, on="run_sse", first=1)
        replies = chat.say("make it 8 seconds")

    judge(chat)
    assert replies[-1].kind == "question"
    assert "Please tell me again what to make" in replies[-1].text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 429, "retry_after": 7200, "on": "run_sse"}, "takes no more until 20"),
        ({"status": 503, "on": "create_session"}, "trouble right now"),
        ({"status": 409, "on": "run_sse"}, "still busy"),
        ({"status": 418, "on": "run_sse"}, "code 418"),
        ({"status": 400, "on": "run_sse"}, "other words"),
    ],
)
def test_an_error_is_explained_in_words(fault: dict[str, object], words: str, tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.order("status", **fault)
        replies = chat.say("make a video of a sunrise")

    judge(chat)
    assert words in told(replies)


# --- exports ----------------------------------------------------------------------------------------------------------


def test_there_is_nothing_to_export_before_anything_is_made(tmp_path: Path) -> None:
    with chatting(tmp_path) as chat:
        assert "Tell me first" in told(chat.say("export"))
        assert "请先告诉我" in told(chat.say("导出视频"))

    assert chat.renders() == []
    assert list(tmp_path.iterdir()) == []


def test_a_render_that_fails_is_tried_once_more_under_a_new_id(tmp_path: Path) -> None:
    with chatting(tmp_path, "render_fails_once") as chat:
        replies = chat.say(f"{REEL}, then export it to {tmp_path}/kyoto.mp4")

    judge(chat)
    assert "The render failed; I'll try once more." in told(replies, "status")
    assert len(chat.renders()) == 2
    assert (tmp_path / "kyoto.mp4").exists()


def test_an_export_that_the_plan_blocks_is_not_explained_by_credits(tmp_path: Path) -> None:
    with chatting(tmp_path, "plan_blocked") as chat:
        chat.say(REEL)
        english, chinese = chat.say("export"), chat.say("请导出视频")

    judge(chat)
    assert "it isn't a matter of credits" in told(english)
    assert "与积分无关" in told(chinese)


def test_the_next_request_continues_a_slow_render(tmp_path: Path) -> None:
    with chatting(tmp_path, "render_slow") as chat:
        chat.say(REEL)
        first = chat.say("export")
        while not any(reply.kind == "file" for reply in chat.replies):
            chat.say("export")

    judge(chat)
    assert "still rendering" in told(first)
    assert len(chat.renders()) == 1


def test_progress_is_reported_in_rising_percentages(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        replies = chat.say("export")

    percents = [int(reply.text.split()[1]) for reply in replies if reply.text.endswith("%")]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100


def test_each_file_gets_its_own_name_and_another_extension_is_reported(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        chat.say("export")
        chat.say("export")
        replies = chat.say(f"export to {tmp_path}/kyoto.mov")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["kyoto.mp4", "video-1.mp4", "video-2.mp4"]
    assert "The file is always an MP4" in told(replies)


def test_an_unwritable_destination_is_reported(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        replies = chat.say(f"export to {tmp_path}/no/such/kyoto.mp4")

    assert "I can't write" in told(replies)
    assert chat.renders() == []


def test_a_conversation_that_is_left_in_the_middle_goes_on_with_the_next_utterance(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        for reply in (left := chat._agent.say(REEL)):
            if "few minutes" in reply.text:
                left.close()
                break
        chat.say("status")
        replies = chat.say("credits")

    assert "credits" in told(replies)


def test_a_home_folder_is_used_if_it_exists_and_its_absence_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "Desktop").mkdir(parents=True)
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        there = chat.say("export to Desktop")
        elsewhere = chat.say("export it to my downloads folder")

    assert [reply.path for reply in there if reply.kind == "file"] == [tmp_path / "home/Desktop/video-1.mp4"]
    assert [reply.path for reply in elsewhere if reply.kind == "file"] == [tmp_path / "video-1.mp4"]
    assert "There is no ~/Downloads/ here" in told(elsewhere)
    assert "MP4 of at most" not in told([*there, *elsewhere])


@pytest.mark.parametrize("profile", ["seeds", "adk"])
def test_each_named_format_gets_its_own_file_in_one_session(profile: str, tmp_path: Path) -> None:
    with chatting(tmp_path, "funded", PROFILES[profile]) as chat:
        chat.say(REEL)
        replies = chat.say("export three versions: TikTok, Instagram square and YouTube")
        sessions = [each for each in chat.asked() if "with-session" in each.path]

    judge(chat)
    names = ["video-tiktok.mp4", "video-instagram-square.mp4", "video-youtube.mp4"]
    assert [reply.path for reply in replies if reply.kind == "file"] == [tmp_path / name for name in names]
    drafts = [each.body["draft"]["m"] for each in chat.asked() if each.path.endswith("/lambda") and each.body]
    assert [(draft["width"], draft["height"]) for draft in drafts] == [(1080, 1920), (1080, 1080), (1920, 1080)]
    assert chat.messages()[1:] == ["Make it square (1:1)", "Make it widescreen (16:9)"]
    assert len(sessions) <= 1


def test_a_format_in_chinese_is_sent_to_the_agent_in_chinese(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL_CN)
        replies = chat.say("分别导出抖音版和YouTube版")

    judge(chat)
    files = [reply.path for reply in replies if reply.kind == "file"]
    assert files == [tmp_path / "video-douyin.mp4", tmp_path / "video-youtube.mp4"]
    assert chat.messages()[1:] == ["改成横屏（16:9）"]


def test_an_export_whose_format_cannot_be_paid_is_skipped_and_reported(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        chat.order("stream_error", records=0, code=2001)
        replies = chat.say("export it for YouTube and for TikTok")

    assert [reply for reply in replies if reply.kind == "file"] == []
    assert "I haven't done the rest: export the YouTube version" in told(replies)
    assert chat.messages()[1:] == ["Make it widescreen (16:9)"]


def test_a_format_that_the_video_did_not_get_is_not_exported_as_if_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(platform_versions._RATIO_REQUESTS, "16:9", ("Hello", "你好"))  # which changes nothing
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        replies = chat.say("export it for YouTube")

    assert "The video still isn't 16:9" in told(replies)
    assert chat.renders() == []


def test_a_plain_name_goes_into_the_folder_and_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.say(REEL)
        first = chat.say("export as kyoto.mp4")
        kept = (tmp_path / "kyoto.mp4").read_bytes()
        second = chat.say("export it as kyoto")
        third = chat.say(f"export to {tmp_path}")

    files = [reply.path for reply in (*first, *second, *third) if reply.kind == "file"]
    assert files == [tmp_path / "kyoto.mp4", tmp_path / "kyoto-2.mp4", tmp_path / "video-1.mp4"]
    assert (tmp_path / "kyoto.mp4").read_bytes() == kept
    assert "kyoto.mp4 already exists" in told(second)
    assert "already" not in told([*first, *third], "text")


# --- nothing is paid for twice ----------------------------------------------------------------------------------------

CLIP: Final = "a 5-second clip of a city at night"


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("session_lost", {"kind": "silent"}),
        ("session_lost", {"kind": "cut", "records": 0}),
        ("funded", {"kind": "stream_error", "records": 0, "code": 1002}),
        ("funded", {"kind": "stream_error", "records": 1, "code": 1002}),
        ("funded", {"kind": "stream_error", "records": 0, "code": 9999}),
        ("funded", {"kind": "status", "on": "run_sse", "status": 500, "handled": True}),
        ("funded", {"kind": "cut", "records": 1}),
    ],
)
def test_an_accepted_message_is_never_sent_again_without_a_request(
    token: str, fault: dict[str, str], tmp_path: Path
) -> None:
    with chatting(tmp_path, token) as chat:
        chat.order(**fault)
        replies = chat.say(CLIP)

    judge(chat)
    assert len(chat.messages()) == 1
    if token == "session_lost":
        assert replies[-1].kind == "question"
        assert "Shall I have it made again?" in replies[-1].text


def leave(chat: Chat, utterance: str, after: str = "few minutes") -> None:
    """Say something, and stop waiting when the work has begun, which is next `after` some words."""
    replies = chat._agent.say(utterance)
    for reply in replies:
        chat.replies.append(reply)
        if after in reply.text:
            break
    # The message goes out with the next step, which ends with the first thing that the service has to say.
    chat.replies.append(next(replies))
    replies.close()


def test_a_message_after_an_unfinished_one_is_held_back_until_that_ends(tmp_path: Path) -> None:
    with chatting(tmp_path, "long_turns") as chat:
        leave(chat, CLIP)
        held = chat.say("add the title 'Night'")
        exported = chat.say("export")
        assert len(chat.messages()) == 1
        chat.wait(600)
        done = chat.say("add the title 'Night' in red")
        assert len(chat.messages()) == 2

    judge(chat)
    assert "still at work on what you asked for before" in told(held, "question")
    assert "still at work on what you asked for before" in told(exported, "question")
    assert chat.renders() == []
    assert "The work was done after all" in told(done)


def test_a_request_in_the_form_of_a_question_is_remembered_when_it_is_left(tmp_path: Path) -> None:
    message = "Is it possible to generate a 5-second clip of a city at night?"
    with chatting(tmp_path, "long_turns") as chat:
        leave(chat, message, after="connected")
        held = chat.say("add the title 'Night'")

    judge(chat)
    assert chat.messages() == [message]
    assert "still at work on what you asked for before" in told(held, "question")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_repeated_request_is_done_if_the_credits_cannot_be_read(status: int, tmp_path: Path) -> None:
    with chatting(tmp_path, "funded") as chat:
        chat.order("status", on="run_sse", status=500, first=1)
        chat.order("status", on="credits", status=status)
        chat.say(CLIP)
        held = chat.say("make a clip of the sea")
        assert len(chat.messages()) == 1
        chat.say("make a clip of the sea")

    assert chat.messages()[1:] == ["make a clip of the sea"]
    assert "may still be going on" in told(held, "question")


def test_a_failed_check_does_not_hold_a_request_back_forever(tmp_path: Path) -> None:
    with chatting(tmp_path, "long_turns") as chat:
        leave(chat, CLIP)
        chat.order("status", on="state", status=403, first=1)
        chat.order("status", on="credits", status=403)
        chat.say("add the title 'Night'")
        assert len(chat.messages()) == 1
        chat.say("add the title 'Night'")

    assert len(chat.messages()) == 2


def test_a_repeated_message_is_sent_after_the_one_before(tmp_path: Path) -> None:
    with chatting(tmp_path, "long_turns") as chat:
        leave(chat, CLIP)
        chat.say("add the title 'Night'")
        chat.say("add the title 'Night'")

    judge(chat)
    assert len(chat.messages()) == 2
