"""The timeline and its changes in the user's language. English text comes from `draft_summary`; Chinese is translated
from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from nemovideo_client import draft_summary
from nemovideo_client.json_reading import Json
from nemovideo_skills.agent.actions_and_replies import Language

_LABELS: Final[dict[str, str]] = {
    "Video": "视频",
    "BGM": "背景音乐",
    "Title": "标题",
    "Captions": "字幕",
    "Track": "轨道",
}
_STYLES: Final[dict[str, str]] = {
    "still": "静止", "ken burns": "肯·伯恩斯", "zoom in": "推近", "zoom out": "拉远", "pan left": "向左平移",
    "pan right": "向右平移", "pan up": "向上平移", "pan down": "向下平移", "drift": "漂移", "parallax": "视差",
    "dissolve": "交叉溶解", "fade": "黑场过渡", "slide": "滑动", "zoom": "缩放", "none": "无", "other": "其他",
    "some time": "未定", "top": "顶部", "center": "居中", "bottom": "底部",
}  # fmt: skip
#: The sentences of `draft_summary.difference`, and their Chinese translations.
_CHANGES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"Video added: (.*)", "新增画面：{}"),
        (r"Video removed: (.*)", "移除画面：{}"),
        (r"Order: (.*) -> (.*)", "顺序：{} → {}"),
        (r"Motion: (.*)", "运镜：{}"),
        (r"Motion of (.*): (.*) -> (.*)", "{}的运镜：{} → {}"),
        (r"Transition: (.*)", "转场：{}"),
        (r"Transition of (.*): (.*) -> (.*)", "{}的转场：{} → {}"),
        (r"Title changed: '(.*)' -> '(.*)'", "标题由“{}”改为“{}”"),
        (r"Caption changed: '(.*)' -> '(.*)'", "字幕由“{}”改为“{}”"),
        (r"Title removed: '(.*)'", "移除标题“{}”"),
        (r"Caption removed: '(.*)'", "移除字幕“{}”"),
        (r"Title added: '(.*)'( \(.*\))?", "新增标题“{}”{}"),
        (r"Caption added: '(.*)'( \(.*\))?", "新增字幕“{}”{}"),
        (r"Title '(.*)' position: (.*) -> (.*)", "标题“{}”的位置：{} → {}"),
        (r"Title '(.*)' color: (.*) -> (.*)", "标题“{}”的颜色：{} → {}"),
        (r"Title '(.*)' size: (.*) -> (.*)", "标题“{}”的字号：{} → {}"),
        (r"Caption '(.*)' position: (.*) -> (.*)", "字幕“{}”的位置：{} → {}"),
        (r"Caption '(.*)' color: (.*) -> (.*)", "字幕“{}”的颜色：{} → {}"),
        (r"Caption '(.*)' size: (.*) -> (.*)", "字幕“{}”的字号：{} → {}"),
        (r"Title '(.*)': (.*) -> (.*)", "标题“{}”的时间：{} → {}"),
        (r"Caption '(.*)': (.*) -> (.*)", "字幕“{}”的时间：{} → {}"),
        (r"Music changed: (.*) -> (.*)", "背景音乐由{}改为{}"),
        (r"Music removed: (.*)", "移除背景音乐：{}"),
        (r"Music added: (.*)", "新增背景音乐：{}"),
        (r"Music volume (.*) -> (.*)", "音乐音量：{} → {}"),
        (r"Duration (.*) -> (.*)", "时长：{} → {}"),
        (r"Size (.*) -> (.*)", "画面尺寸：{} → {}"),
        (r"Details of the timeline changed", "时间线细节有改动"),
        (r"The session's media or canvas changed", "素材或画布有改动"),
    )
)
_SECONDS: Final = re.compile(r"(?<=\d)s\b")


def changes(found: Sequence[str], language: Language) -> str:
    """Return the sentences of a difference as one."""
    if language == "en":
        return "; ".join(found)
    return "；".join(map(_chinese, found))


def summary(draft: Json | None, language: Language) -> str:
    """Return the timeline in one line."""
    if language == "en":
        return draft_summary.summary(draft)
    tracks = draft_summary.tracks(draft)
    if not tracks:
        return "时间线（空）"
    lines = (f"{number}. {_line(track)}" for number, track in enumerate(tracks, 1))
    return f"时间线（{len(tracks)}条轨道）：{' '.join(lines)}"


def _line(track: draft_summary.Track) -> str:
    label = _LABELS.get(track.label, track.label)
    if not track.items:
        return f"{label}：空"
    quote = "“{}”" if track.label in {"Title", "Captions"} else "{}"
    names = [quote.format(item.name) for item in track.items]
    more = f"等{len(names)}个" if len(names) > 3 else ""
    volumes = {item.volume for item in track.items} - {None}
    facts = [_SECONDS.sub("秒", track.when), *(f"{round((volume or 0) * 100)}%" for volume in volumes)]
    told = "，".join(fact for fact in facts if fact)
    return f"{label}：{'、'.join(names[:3])}{more}" + (f"（{told}）" if told else "")


def _chinese(sentence: str) -> str:
    for pattern, chinese in _CHANGES:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return chinese.format(*(_value(value or "") for value in found.groups()))
    return sentence


def _value(value: str) -> str:
    name, _, length = value.partition(" ") if value.endswith("s") and value[:1].isalpha() else (value, "", "")
    if value in _STYLES:
        return _STYLES[value]
    if name in _STYLES and _SECONDS.search(length):
        return f"{_STYLES[name]}{_SECONDS.sub('秒', length)}"
    if re.search(r"\([\d.]+-[\d.]+s.*\)$", value) or re.fullmatch(r"[\d.]+(?:-[\d.]+)?s", value):
        value = _SECONDS.sub("秒", value).replace(" (", "（").replace(", ", "，")
        return value[:-1] + "）" if value.endswith(")") else value
    return value
