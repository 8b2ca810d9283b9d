"""The second stage of a generation: music, a title and effects, which nobody asked for.

Documented by the vendor: the raw clip comes first, then the backend adds the rest by itself, and the user may have it
removed like anything else. What is already there, or was expressly not wanted, is not added. All of it is one step to
take back, so "undo" leaves the raw clip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from nemovideo_mock.agent import editing, wording
from nemovideo_mock.agent.edit_requests import EditRequest, Fading, Off, Scoring, Titling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nemovideo_mock.agent.edit_requests import Ask
    from nemovideo_mock.agent.edit_state import EditOutcome, EditState
    from nemovideo_mock.seeded_random import Chance
    from nemovideo_mock.turn_plan import Media


#: The effects that a draft has room for: from black and to black.
EDGES: Final[tuple[Literal["opening", "closing"], ...]] = ("opening", "closing")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is added: the `action` of the tool call, and what it makes of the brief."""

    action: str
    outcome: EditOutcome


def steps(raw: EditState, saved: EditState, request: EditRequest, media: Sequence[Media], chance: Chance) -> list[Step]:
    """What is added to the raw clip of this request, each step upon the one before it; `saved` is the brief before."""
    brief = raw
    found: list[Step] = []
    memory = editing.undo_history(raw)
    for action, asks in _wishes(raw, saved, request, media, chance):
        outcome = editing.apply(brief, EditRequest(asks=asks), media)
        outcome.brief["before"] = memory
        found.append(Step(action, outcome))
        brief = outcome.brief
    return found


def _wishes(
    raw: EditState, saved: EditState, request: EditRequest, media: Sequence[Media], chance: Chance
) -> Iterator[tuple[str, tuple[Ask, ...]]]:
    unwanted = {ask.topic for ask in request.asks if isinstance(ask, Off)}
    if raw["score"] is None and "music" not in unwanted:
        songs = any(item.file_type == "audio" for item in media)
        yield "add_music", (Scoring() if songs else Scoring(mood_of(raw["shots"][-1]["prompt"], chance)),)
    title = _new_title(raw, saved)
    if title and "title" not in unwanted:
        yield "add_title", (Titling(title),)
    edges = tuple(Fading(edge) for edge in EDGES if not raw[edge] and unwanted.isdisjoint({edge, "fades"}))
    if edges:
        yield "add_effects", edges


def _new_title(raw: EditState, saved: EditState) -> str:
    """The title that the new scene wants: none where there is one already, unless it was made for a scene now gone."""
    title = title_of(raw["shots"][-1]["prompt"])
    there = {shot["id"] for shot in raw["shots"]}
    gone = {title_of(shot["prompt"]) for shot in saved["shots"] if shot["id"] not in there}
    texts = [line["text"] for line in raw["lines"]]
    return title if not texts or (len(texts) == 1 and texts[0] in gone - {title}) else ""


# --- a title that fits the prompt -------------------------------------------------------------------------------------

#: Characters of a title, at most: English, Chinese.
_LONGEST: Final = 32
_LONGEST_ZH: Final = 12
_HAN: Final = re.compile("[\u3400-\u9fff]")
#: Where a description goes on to what a title need not say.
_ENOUGH: Final = re.compile(
    r"[,.;:!?()\n\"“”，。；：！？（）、]"
    r"| (?:while|with|and then|as|that|which|who|in the style|shot|filmed|using|then|slowly|during|under|where) ",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:(?:a|an|the|some|my|our|one|two|three) |一(?:只|个|片|位|条|群|辆|座|朵|艘|匹|名|对))", re.IGNORECASE
)
#: Words that a title is not cut behind, and that are written small within one.
_SMALL: Final = frozenset(
    {"a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "over", "the"}
    | {"through", "to", "under", "upon", "with"}
)
#: The same in Chinese.
_LATE_ZH: Final = re.compile("[在的地得和与向从着了]+$")


def title_of(prompt: str) -> str:
    """A title for what the prompt describes: its first few words, without an article; empty where it has none."""
    said = _LEADING.sub("", _ENOUGH.split(f"{prompt.strip()} ", maxsplit=1)[0].strip())
    if _HAN.search(said):
        return said if len(said) <= _LONGEST_ZH else _LATE_ZH.sub("", said[:_LONGEST_ZH])
    words = said.split()
    while words and (len(" ".join(words)) > _LONGEST or words[-1].lower() in _SMALL):
        words.pop()
    return " ".join(
        word if place and word.lower() in _SMALL else word[:1].upper() + word[1:] for place, word in enumerate(words)
    )


# --- music that fits the prompt ---------------------------------------------------------------------------------------

#: What a scene shows and the mood that goes with it, where the words name no mood of their own.
_SCENES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE), mood)
    for mood, english, chinese in (
        ("romantic", r"wedding|couple|kiss\w*|bride|valentine\w*", "婚礼|情侣|新娘|亲吻|玫瑰"),
        (
            "energetic",
            r"danc\w+|sports?|rac(?:e|es|ing)|run(?:s|ning)?|skat\w+|surf\w*|cars?",
            "跳舞|运动|奔跑|赛车|冲浪",
        ),
        ("happy", r"cats?|dogs?|kittens?|pupp(?:y|ies)|kids?|child\w*|bab(?:y|ies)|panda\w*", "猫|狗|孩子|宝宝|熊猫"),
        ("epic", r"battle|dragons?|warriors?|storms?|volcano\w*|army|armies", "战|龙|风暴|火山"),
        ("mysterious", r"fog\w*|mist\w*|ghosts?|caves?|ruins?|midnight", "雾|鬼|洞穴|遗迹|深夜"),
        ("ambient", r"space|galax\w+|stars?|nebula\w*|aurora\w*|underwater|jellyfish", "太空|星|银河|极光|水下|水母"),
        ("lofi", r"rain\w*|caf[eé]s?|coffee|window|stud(?:y|ies|ying)", "雨|咖啡|窗"),
        ("electronic", r"city|street|skyline|neon|traffic|cyberpunk", "城市|街|霓虹|赛博"),
        ("corporate", r"office|products?|startup|factory", "办公|产品|公司|工厂"),
        ("cinematic", r"mountains?|desert|canyon|castles?|drone|aerial", "山|沙漠|峡谷|城堡|航拍"),
        (
            "calm",
            r"sunsets?|sunrise|seas?|ocean|beach\w*|lakes?|rivers?|forests?|snow\w*|gardens?|flowers?",
            "日落|日出|海|湖|河|森林|雪|花",
        ),
    )
)
#: Moods that fit anything.
_ANYTHING: Final = ("cinematic", "warm", "inspiring")


def mood_of(prompt: str, chance: Chance) -> str:
    """The mood of the music for a prompt: the one it names, else the one of what it shows, else one that fits all."""
    named, _ = wording.moods(prompt.lower())
    shown = [mood for words, mood in _SCENES if words.search(prompt)]
    return [*named, *shown, _ANYTHING[int(chance.fraction("mood") * len(_ANYTHING))]][0]
