"""The second stage of a generation: music, a title and effects, which the agent adds without being asked.

Documented by the vendor: the raw clip comes first, then the backend adds the rest by itself, and the user can get it
removed like anything else. Things that exist already or that the user refused are not added. All of it is one step to
undo, so "undo" leaves the raw clip.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from nemovideo_mock.agent import editing, lexicon, message_content
from nemovideo_mock.agent.edit_requests import EditRequest, Fading, Off, Scoring, Titling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nemovideo_mock.agent.edit_requests import Ask
    from nemovideo_mock.agent.edit_state import EditOutcome, EditState
    from nemovideo_mock.seeded_random import Chance
    from nemovideo_mock.turn_plan import Media


#: The effects that a draft supports: a fade from black at its opening, and a fade to black at its closing.
EDGES: Final[tuple[Literal["opening", "closing"], ...]] = ("opening", "closing")


@dataclass(frozen=True, slots=True)
class FinishingStep:
    """One addition: the `action` of the tool call, and the edit state after it."""

    action: str
    outcome: EditOutcome


def plan_steps(
    raw: EditState, saved: EditState, request: EditRequest, media: Sequence[Media], chance: Chance
) -> list[FinishingStep]:
    """Return the additions to this request's raw clip, each based on the one before; `saved` is the previous state."""
    edit_state = raw
    found: list[FinishingStep] = []
    memory = editing.undo_history(raw)
    for action, asks in _wishes(raw, saved, request, media, chance):
        outcome = editing.apply(edit_state, EditRequest(asks=asks), media)
        outcome.edit_state["before"] = memory
        found.append(FinishingStep(action, outcome))
        edit_state = outcome.edit_state
    return found


def _wishes(
    raw: EditState, saved: EditState, request: EditRequest, media: Sequence[Media], chance: Chance
) -> Iterator[tuple[str, tuple[Ask, ...]]]:
    unwanted = {ask.topic for ask in request.asks if isinstance(ask, Off)}
    if raw["score"] is None and "music" not in unwanted:
        songs = any(item.file_type == "audio" for item in media)
        yield "add_music", (Scoring() if songs else Scoring(choose_mood(raw["shots"][-1]["prompt"], chance)),)
    title = _new_title(raw, saved)
    if title and "title" not in unwanted:
        yield "add_title", (Titling(title),)
    edges = tuple(Fading(edge) for edge in EDGES if not raw[edge] and unwanted.isdisjoint({edge, "fades"}))
    if edges:
        yield "add_effects", edges


def _new_title(raw: EditState, saved: EditState) -> str:
    """Return the title for the new scene; empty if a title exists already, unless its scene has been removed."""
    title = choose_title(raw["shots"][-1]["prompt"])
    there = {shot["id"] for shot in raw["shots"]}
    gone = {choose_title(shot["prompt"]) for shot in saved["shots"] if shot["id"] not in there}
    texts = [line["text"] for line in raw["lines"]]
    return title if not texts or (len(texts) == 1 and texts[0] in gone - {title}) else ""


# --- a title that fits the prompt -------------------------------------------------------------------------------------

#: The maximum number of characters in a title: English, Chinese.
_LONGEST: Final = 32
_LONGEST_ZH: Final = 12
_HAN: Final = re.compile("[\u3400-\u9fff]")
#: Phrases after which a description has details that a title does not need.
_ENOUGH: Final = re.compile(
    r"[,.;:!?()\n\"“”，。；：！？（）、]"
    r"| (?:while|with|and then|as|that|which|who|in the style|shot|filmed|using|then|slowly|during|under|where) ",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:(?:a|an|the|some|my|our|one|two|three) |一(?:只|个|片|位|条|群|辆|座|朵|艘|匹|名|对))", re.IGNORECASE
)
#: Words that must not end a title, and that are written in lower case inside one.
_SMALL: Final = frozenset(
    {"a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "into", "is", "of", "on", "or", "over", "the"}
    | {"through", "to", "under", "upon", "with"}
)
#: Chinese words that must not end a title.
_LATE_ZH: Final = re.compile("[在的地得和与向从着了]+$")


def choose_title(prompt: str) -> str:
    """Return a title for the content of the prompt: its first few words, without an article; empty if it has none."""
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

_SCENES: Final = tuple(
    (re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE), mood) for mood, english, chinese in lexicon.SCENE_MOODS
)
#: Moods that fit anything.
_ANYTHING: Final = ("cinematic", "warm", "inspiring")


def choose_mood(prompt: str, chance: Chance) -> str:
    """Return the mood of the music for a prompt: the mood it names, or one that fits its content or anything."""
    named, _ = message_content.read_moods(prompt.lower())
    shown = [mood for words, mood in _SCENES if words.search(prompt)]
    return [*named, *shown, _ANYTHING[int(chance.fraction("mood") * len(_ANYTHING))]][0]
