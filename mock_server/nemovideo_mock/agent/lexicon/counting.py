"""Numbers and ordinal numbers, as words and as patterns."""

from __future__ import annotations

from typing import Final

_NUMBER_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty"""
_ORDINAL_WORDS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
NUMBERS: Final[dict[str, int]] = {word: number for number, word in enumerate(_NUMBER_WORDS.split())} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "dozen": 12,
}
ORDINALS: Final[dict[str, int]] = {word: number for number, word in enumerate(_ORDINAL_WORDS.split(), start=1)} | {
    "last": -1,
    "final": -1,
    "second-to-last": -2,
    "second to last": -2,
    "penultimate": -2,
}
CHINESE_DIGITS: Final[dict[str, int]] = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {
    "两": 2,
    "俩": 2,
}

NUMBER: Final = (
    rf"(?:\d{{1,6}}(?:\.\d{{1,3}})?|(?:twenty|thirty|forty|fifty)[ -](?:one|two|three|four|five|six"
    rf"|seven|eight|nine)|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
)
COUNT_ZH: Final = r"(?:\d{1,4}|[零一二两俩三四五六七八九十百]{1,5})"
ORDINAL: Final = rf"(?:{'|'.join(sorted(ORDINALS, key=len, reverse=True))}|\d{{1,3}}(?:st|nd|rd|th))"
