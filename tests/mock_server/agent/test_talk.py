from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_mock.agent.replies import GUI_TALK
from nemovideo_mock.agent.text_chunks import split_into_chunks
from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import SessionView, Text

from .sessions import PHOTOS, Session, spoken_text, texts

REEL = "Turn these photos into a 15-second vertical reel with a calm pace and soft cross-dissolves, title 'Kyoto'"
REEL_ZH = "把照片做成15秒的竖屏视频，标题“京都”"
HAN = re.compile("[\u4e00-\u9fff]")
GUI_WORDS = re.compile(r"click|button|panel|drag|top right|>|点击|按钮|面板|拖拽|右上角|菜单", re.IGNORECASE)


def answer(message: str, language: str, agent_settings: AgentSettings = AgentSettings(), number: int = 1) -> str:  # noqa: B008 -- frozen
    view = SessionView("s", language, PHOTOS, number=number)
    return spoken_text(plan_turn(message, view, Chance("7"), agent_settings))


def speaks_chinese(text: str) -> bool:
    """Return whether an answer is in Chinese, without its quotes."""
    return HAN.search(re.sub("“[^”]*”", "", text)) is not None


# --- pieces -----------------------------------------------------------------------------------------------------------


def test_the_pieces_of_an_answer_join_to_lines_without_anything_between() -> None:
    plan = Session().say(REEL)

    first, second, third, last = "".join(texts(plan)).split("\n")
    assert first == "I'll put your 4 photos together."
    assert second.startswith("Done! 4 photos, 15 seconds, 1080x1920 (9:16), cross-dissolves (1 s), “Kyoto”, background")
    assert third == "Done: the pace is calm."
    assert last in {english for english, _ in GUI_TALK}


def test_a_long_sentence_comes_in_several_pieces_at_different_times() -> None:
    plan = Session().say("what can you do?")
    times = [step.at for step in plan.steps if isinstance(step.record, Text)]

    assert len(texts(plan)) > 2
    assert len(set(times)) == len(times)
    assert max(map(len, texts(plan))) <= 80
    assert "length, order, format (16:9, 9:16, 1:1), camera motion, transitions" in spoken_text(plan)


def test_chinese_is_cut_at_its_own_commas() -> None:
    pieces = texts(Session(language="zh").say("你能做什么？"))

    assert len(pieces) > 1
    assert all(piece.endswith(("，", "、", "；")) for piece in pieces[:-1])
    assert max(map(len, pieces)) <= 45


def test_a_sentence_of_any_length_has_few_pieces() -> None:
    assert len(split_into_chunks(["word " * 4000])) <= 13


@given(sentences=st.lists(st.text(min_size=1, max_size=2000), max_size=5))
def test_pieces_lose_and_add_nothing(sentences: list[str]) -> None:
    pieces = split_into_chunks(sentences)

    assert "".join(pieces) == "\n".join(sentence.strip() for sentence in sentences)
    assert "".join(split_into_chunks(sentences, more=True)) == "".join(
        f"{sentence.strip()}\n" for sentence in sentences
    )


# --- buttons and panels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("message", "index"), [(REEL, 0), (REEL_ZH, 1)])
def test_instructions_for_the_editor_vary_from_turn_to_turn(message: str, index: int) -> None:
    sentences = {said_in[index] for said_in in GUI_TALK}
    heard = {
        sentence
        for number in range(1, 40)
        for sentence in sentences
        if answer(message, "en", number=number).endswith(sentence)
    }

    assert heard == sentences
    assert len(sentences) == 5
    assert all(GUI_WORDS.search(sentence) for sentence in sentences)
    assert answer(message, "en", number=3) == answer(message, "en", number=3)


@pytest.mark.parametrize(
    "message",
    [
        REEL,
        REEL_ZH,
        "export the video",
        "导出",
        "how many credits do I have?",
        "还有多少积分？",
        "what's the status?",
        "现在什么样了",
        "post it on Instagram for me",
        "帮我发布到抖音",
        "what can you do?",
        "hello",
    ],
)
def test_without_gui_talk_no_answer_names_a_button_or_panel(message: str) -> None:
    bare = answer(message, "en", AgentSettings(gui_talk=False, silent=0.0))

    assert bare
    assert not GUI_WORDS.search(bare)
    assert speaks_chinese(bare) is speaks_chinese(message)


def test_only_gui_talk_tells_a_user_without_files_where_to_drop_them() -> None:
    view = SessionView("s", "en")

    assert "drag" in spoken_text(plan_turn("make it 10 seconds", view, Chance("7")))
    assert "drag" not in spoken_text(plan_turn("make it 10 seconds", view, Chance("7"), AgentSettings(gui_talk=False)))


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "chinese"),
    [
        ("zh", True),
        ("zh-CN", True),
        ("zh-TW", True),
        ("zh_Hans_CN", True),
        ("ZH-cn", True),
        (" zh ", True),
        ("en", False),
        ("en-US", False),
        ("ja", False),
        ("es", False),
        ("ko-KR", False),
        ("zha", False),
        ("", False),
        ("<detected>", False),
    ],
)
def test_a_message_without_words_is_answered_in_the_language_of_the_session(session: str, *, chinese: bool) -> None:
    assert speaks_chinese(answer("?!", session)) is chinese


@pytest.mark.parametrize("session", ["en", "zh", "zh-CN", "ja", "es", "fr", ""])
@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("make a 10 second video", False),
        ("把这些照片做成10秒的视频", True),
        ("你能做什么？", True),
        ("この写真で10秒の動画を作ってください", False),
        ("haz un video de 10 segundos", False),
        ("사진으로 10초 동영상을 만들어 주세요", False),
        ("сделай видео из фотографий", False),
        ("make a video, title '京都之旅'", False),
        ("用这些照片做一个视频，标题“Kyoto in autumn”", True),
    ],
)
def test_a_message_in_a_clear_language_is_answered_in_it_whatever_the_session_speaks(
    message: str, session: str, *, chinese: bool
) -> None:
    assert speaks_chinese(answer(message, session)) is chinese


def test_characters_that_chinese_and_japanese_share_are_read_as_the_session_does() -> None:
    assert not speaks_chinese(answer("動画作成", "ja"))
    assert speaks_chinese(answer("動画作成", "en"))
    assert speaks_chinese(answer("把照片做成视频", "ja"))


def test_a_single_decorative_kana_does_not_make_a_message_japanese() -> None:
    assert speaks_chinese(answer("把照片做成奶茶の日记视频", "en"))
