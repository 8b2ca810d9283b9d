"""The words that the agent knows, as tables.

Every entry is a fragment of a regular expression for the text that `prepared_page` prepares: lower case, simplified
characters, half-width punctuation, single spaces. No fragment has an unlimited repetition, so matching stays linear.
`<D>` is a length of time, `<R>` a photo reference, `<Q>` a quoted text, `<P>` a percentage, and `<T>`, `<C>` and `<M>`
are a title, captions and music.
"""

from __future__ import annotations

from nemovideo_mock.agent.lexicon.characters import SIMPLIFY
from nemovideo_mock.agent.lexicon.counting import CHINESE_DIGITS, COUNT_ZH, NUMBER, NUMBERS, ORDINAL, ORDINALS
from nemovideo_mock.agent.lexicon.descriptions import DESCRIPTIONS
from nemovideo_mock.agent.lexicon.locators import LOCATOR_END, LOCATOR_START, LOCATORS
from nemovideo_mock.agent.lexicon.movement import (
    JOINS,
    JOINS_NAMED,
    MANNER_AFTER,
    MANNER_BEFORE,
    MOTIONS,
    PACE_AROUND,
    PACES,
    TRANSITION,
)
from nemovideo_mock.agent.lexicon.music import MOODS, MUSIC, MUSIC_NAMES, SCENE_MOODS, SOUNDS
from nemovideo_mock.agent.lexicon.negations import INSTEAD, NOT, NOT_FILLING, REMOVE
from nemovideo_mock.agent.lexicon.pictures import (
    ASPECT_HEAD,
    ASPECT_TAIL,
    ASPECTS,
    MEASURE_ZH,
    OTHER_ASPECT,
    PHOTO,
    PHOTO_ONLY,
    PHOTO_ZH,
    VIDEO,
    VIDEO_ZH,
)
from nemovideo_mock.agent.lexicon.refusals import REFUSALS
from nemovideo_mock.agent.lexicon.talk import QUESTION, REQUEST, TALK
from nemovideo_mock.agent.lexicon.texts import CAPTION, COLORS, POSITIONS, SIZES, TEXT, TITLE, TITLE_END, VOICE

__all__ = [
    "ASPECTS",
    "ASPECT_HEAD",
    "ASPECT_TAIL",
    "CAPTION",
    "CHINESE_DIGITS",
    "COLORS",
    "COUNT_ZH",
    "DESCRIPTIONS",
    "INSTEAD",
    "JOINS",
    "JOINS_NAMED",
    "LOCATORS",
    "LOCATOR_END",
    "LOCATOR_START",
    "MANNER_AFTER",
    "MANNER_BEFORE",
    "MEASURE_ZH",
    "MOODS",
    "MOTIONS",
    "MUSIC",
    "MUSIC_NAMES",
    "NOT",
    "NOT_FILLING",
    "NUMBER",
    "NUMBERS",
    "ORDINAL",
    "ORDINALS",
    "OTHER_ASPECT",
    "PACES",
    "PACE_AROUND",
    "PHOTO",
    "PHOTO_ONLY",
    "PHOTO_ZH",
    "POSITIONS",
    "QUESTION",
    "REFUSALS",
    "REMOVE",
    "REQUEST",
    "SCENE_MOODS",
    "SIMPLIFY",
    "SIZES",
    "SOUNDS",
    "TALK",
    "TEXT",
    "TITLE",
    "TITLE_END",
    "TRANSITION",
    "VIDEO",
    "VIDEO_ZH",
    "VOICE",
]
