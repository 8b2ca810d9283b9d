"""The timeline and its changes in Chinese."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from nemovideo_client import draft_summary
from nemovideo_skills.agent import draft_translation

Json = dict[str, Any]  # Any: drafts as a service writes them


def photo(name: str, **meta: object) -> Json:
    return {"s": 0, "d": 3000, "m": {"name": name, "kind": "image", **meta}}


def words(text: str, role: str = "title", **meta: object) -> Json:
    return {"s": 0, "d": 3000, "m": {"text": text, "role": role, **meta}}


def draft(*tracks: Json, seconds: int = 3, width: int = 1920) -> Json:
    return {"t": list(tracks), "d": seconds * 1000, "m": {"width": width, "height": 1080}}


def track(kind: int, *segments: Json) -> Json:
    return {"tt": kind, "sg": list(segments)}


TITLE: Final = track(7, words("京都", position="top", color="white", size=32))
MUSIC: Final = track(1, {"s": 0, "d": 3000, "m": {"name": "Calm piano", "volume": 0.35}})
CAT: Final = track(0, photo("cat", motion="zoom_in", transition={"kind": "dissolve", "d": 500}))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (draft(), draft(CAT), "新增画面：cat（0-3秒）"),
        (draft(CAT), draft(), "移除画面：cat"),
        (draft(track(0, photo("a"), photo("b"))), draft(track(0, photo("b"), photo("a"))), "顺序：a, b → b, a"),
        (draft(CAT), draft(track(0, photo("cat", motion="ken_burns", transition={"kind": "dissolve", "d": 500}))),
         "cat的运镜：推近 → 肯·伯恩斯"),
        (draft(CAT), draft(track(0, photo("cat", motion="zoom_in", transition={"kind": "slide", "d": 1000}))),
         "cat的转场：交叉溶解0.5秒 → 滑动1秒"),
        (draft(), draft(TITLE), "新增标题“京都”（0-3秒）"),
        (draft(TITLE), draft(), "移除标题“京都”"),
        (draft(TITLE), draft(track(7, words("大阪"))), "标题由“京都”改为“大阪”"),
        (draft(TITLE), draft(track(7, words("京都", position="bottom", color="white", size=32))),
         "标题“京都”的位置：顶部 → 底部"),
        (draft(track(7, words("a", "caption"))), draft(track(7, words("b", "caption"))), "字幕由“a”改为“b”"),
        (draft(), draft(MUSIC), "新增背景音乐：Calm piano（0-3秒，35%）"),
        (draft(MUSIC), draft(), "移除背景音乐：Calm piano"),
        (draft(seconds=3), draft(seconds=8), "时长：3秒 → 8秒"),
        (draft(width=1920), draft(width=1080), "画面尺寸：1920x1080 → 1080x1080"),
    ],
)  # fmt: skip
def test_a_change_is_described_in_chinese(before: Json, after: Json, told: str) -> None:
    found = draft_summary.difference(before, after)

    assert draft_translation.changes(found, "zh") == told
    assert draft_translation.changes(found, "en") == "; ".join(found)


def test_every_sentence_that_the_difference_has_is_known_in_chinese() -> None:
    source = Path(draft_summary.__file__).read_text(encoding="utf-8")
    sentences = re.findall(r'f"((?:Video|Order|Music|Duration|Size)[^"{]*)\{', source)

    assert len(sentences) >= 8
    for sentence in sentences:
        assert draft_translation.changes([f"{sentence}x -> y"], "zh") != f"{sentence}x -> y", sentence


def test_a_timeline_is_summed_up_in_chinese() -> None:
    assert draft_translation.summary(draft(CAT, MUSIC, TITLE), "zh") == (
        "时间线（3条轨道）：1. 视频：cat（0-3秒） 2. 背景音乐：Calm piano（0-3秒，35%） 3. 标题：“京都”（0-3秒）"
    )
    assert draft_translation.summary({}, "zh") == "时间线（空）"
    assert draft_translation.summary(draft(track(0)), "zh") == "时间线（1条轨道）：1. 视频：空"
    assert draft_translation.summary(draft(CAT), "en") == draft_summary.summary(draft(CAT))
