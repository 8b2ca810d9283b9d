"""Correct spelling: typing errors, short forms from chats, and Chinese variants.

A word that is in no table and is one typing error away from an important word is read as that word. An index maps the
forms of each known word with some letters dropped to the word, so the cost does not depend on the number of words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations
from typing import Final

from nemovideo_mock.agent import filler, lexicon

#: Important words: a typing error in one of them would change what is done.
_DECIDING = """
photo photos picture pictures image images video videos slideshow vertical horizontal landscape portrait square
widescreen background music piano guitar upbeat relaxing romantic cheerful cinematic volume percent title titles
caption captions subtitle subtitles second seconds minute minutes duration transition transitions dissolve dissolves
crossfade crossfades reverse fourth delete without between before bottom center middle
slowly slower faster longer shorter quieter louder please instagram tiktok youtube shorts stories parallax motion
zooming drifting beginning instead change create
"""
DECIDING: Final = frozenset(_DECIDING.split())
#: Short words with two exchanged letters are corrected too, but only these.
_SHORT: Final = {
    "".join(slip): word
    for word in (
        "make",
        "turn",
        "with",
        "from",
        "into",
        "this",
        "these",
        "them",
        "each",
        "fade",
        "zoom",
        "last",
        "text",
    )
    for at in range(1, len(word) - 1)
    for slip in [[*word[:at], word[at + 1], word[at], *word[at + 2 :]]]
    if "".join(slip) != word and "".join(slip) not in filler.FILLER
} | {"teh": "the", "hte": "the", "adn": "and", "nad": "and", "fo": "of"}
_TABLES: Final = re.compile(r"[a-z]{3,}")
#: Words of the tables, in any form: they are never typing errors.
_KNOWN: Final = filler.FILLER | frozenset(
    word
    for value in vars(lexicon).values()
    for text in _TABLES.findall(re.sub(r"\\[a-zA-Z]|\(\?P<\w+>", " ", repr(value)))
    for word in (text, f"{text}s")
)
_SHORTEST: Final = 5
_LONG: Final = 8
_LONGEST: Final = 16


def _shorten(word: str, most: int) -> set[str]:
    return {
        "".join(letter for at, letter in enumerate(word) if at not in dropped)
        for count in range(most + 1)
        for dropped in combinations(range(len(word)), count)
    }


def _slips(word: str) -> int:
    return 2 if len(word) >= _LONG else 1


_INDEX: Final[dict[str, list[str]]] = {}
for _word in sorted(DECIDING):
    for _piece in _shorten(_word, _slips(_word)):
        _INDEX.setdefault(_piece, []).append(_word)


def edit_distance(one: str, other: str) -> int:
    """Return the number of letters that are wrong, missing, added, or exchanged with their neighbour."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@lru_cache(maxsize=4096)
def correct_word(word: str) -> str:
    """Return the word that was probably meant; the word itself if it is known or similar to no known word."""
    if word in _SHORT:
        return _SHORT[word]
    if not _SHORTEST <= len(word) <= _LONGEST or word in _KNOWN or word.rstrip("s") in _KNOWN:
        return word
    near = {
        (edit_distance(word, known), known)
        for piece in _shorten(word, 2 if len(word) >= _LONG - 1 else 1)
        for known in _INDEX.get(piece, ())
        if known[0] == word[0]
    }
    # A known word with an ending is another word, not a typing error: "photographer", "bordered".
    best = min(near, default=(9, word))
    return best[1] if best[0] <= _slips(best[1]) and not word.startswith(best[1]) else word


#: Short forms and their meanings.
_CHAT: Final[tuple[tuple[str, str], ...]] = (
    (r"\bw/o ?(?=[a-z])", "without "),
    (r"\bw/ ?(?=[a-z\d])", "with "),
    (r"\b(?:vids?|vidoes?|vidz)\b", "video"),
    (r"\b(?:pix|piccies|fotos?|phtos?)\b", "photos"),
    (r"\btransitons?\b|\btrans(?=[,.!;]| (?:between|with))", "transitions"),
    (r"\bbg ?m(?:usic)?\b|\bbackground tunes?\b", "background music"),
    (r"\b(?:vert|vertically oriented)\b", "vertical"),
    (r"\bwide screen\b", "widescreen"),
    (r"\bfrom (?:second|sec) (\d{1,3}) (to|until|till) (?:second |sec )?(\d{1,3})\b", r"from \1s \2 \3s"),
    (r"\bbetween (?:seconds|secs) (\d{1,3}) and (\d{1,3})\b", r"between \1s and \2s"),
    (r"\bdon'?t (?:wanna|want to) have\b|\bdo without\b|\bdoesn'?t need\b|\bno need (?:for|of)\b|\bi hate\b", "no"),
    # An adverb between a motion and its direction changes neither.
    (
        (
            r"\b(zoom|pan|push|pull|tilt|dolly|drift|fade|move)(s|ing|ning|ming)? (?:(?:very|really|so|quite) )?"
            r"(?:slowly|gently|softly|smoothly|subtly|slightly"
            r"|gradually|steadily)(?= (?:in|out|to|from|left|right|up|down"
            r"|across|towards?|away|back)\b)"
        ),
        r"\1\2",
    ),
    (r"\bpan(s|ning)? (?:across )?(?:over )?(?:from )?(?=(?:left|right) to (?:the )?(?:left|right))", r"pan\1 "),
)
#: Southern Chinese, Chinese of chats, and English words inside Chinese.
_VARIANTS: Final[tuple[tuple[str, str], ...]] = (
    (r"唔该(?:晒)?|麻烦(?:你|您)?|拜托(?:你|您)?|劳驾", "请"),
    (r"唔使|唔要|唔好|唔需要|唔想要|冇需要|不要有|别给我?|免了?(?=音乐|标题|字幕)|莫要", "不要"),
    (r"(?<=[要用加放])冇(?=[^一-鿿]|$)|冇", "没有"),
    (r"嘅|滴(?=视频|影片)|之(?=视频|影片)", "的"),
    (r"呢(?=[一二两三四五六七八九十几\d]|张|个|段|条|首|啲)", "这"),
    (r"嗰(?=[一二两三四五六七八九十几\d]|张|个|段|条)", "那"),
    (r"整(?=成|条|段|个|一)|搞(?=成|条|段|个|一)|弄(?=成)|制(?=成)|搞定(?=一)", "做"),
    (r"(?<=[张幅])相(?!片|同|关|当|机|册)|(?<=[啲些])相(?!片|同|关|当|机|册)|(?<=[张的些])照(?=[,.!?]|都|就)", "照片"),
    (r"(?<=[条段支部])片(?!段|头|尾|子)|(?<=[向屏式的版度])片(?=[,.;!?]|$)|影片|小视频|短视頻|小影片|视讯", "视频"),
    (r"同埋|以及|还有就是|加埋", "和"),
    (r"(?<=[张片])同(?=第)", "和"),
    (r"([加改换放移调整])返", r"\1"),
    (r"细声", "小声"),
    (r"少少(?=[,.!?]|$)", "一点"),
    (r"(?<=[换改])做", "成"),
    (r"摆(?=在|喺|到)", "放"),
    (r"可唔可以", "可不可以"),
    (r"唔(?=[系想会知])", "不"),
    (r"直接切(?!换)", "直接切换"),
    (r"成条片|整条片|条片", "总长"),
    (r"短影音|短片片", "短视频"),
    (r"([一二三四五六七八九])成(?=[^一-鿿]|$|音量|左右)", r"百分之\1十"),
    (r"系咪|係咪", "是不是"),
    (r"係|系(?=[「“\"'])", "是"),
    (r"喺|响(?=开头|结尾|最)", "在"),
    (r"(?<=[慢快短长大小])啲|(?<=[慢快短长大小])D(?=[^a-z])", "一点"),
    (r"啲|嗲", "些"),
    (r"畀|俾", "给"),
    (r"佢哋?", "它"),
    (r"咁(?=长|短|快|慢|大|小)", "那么"),
    (r"睇", "看"),
    (r"攞走|攞咗|摞走|剷走|剔走|拎走|拿走|丢掉|扔掉|砍掉|去了(?=[,.!]|$)|干掉|撤了", "去掉"),
    (r"抽走|剪掉(?=<R>)", "删掉"),
    (r"字型", "字体"),
    (r"萤幕|荧幕", "屏幕"),
    (r"(?:相|照)片同(?=视频)", "照片和"),
    (r"(?<=[一-鿿]) ?(?:photos?|pics?|pictures?|images?)(?=[一-鿿, ]|$)", "照片"),
    (r"(?<=[一-鿿]) ?(?:videos?|clips?)(?=[一-鿿, ]|$)", "视频"),
    (r"(?<=[一-鿿]) ?(?:transitions?)(?=[一-鿿, ]|$)|^transition(?=[一-鿿])|(?<=,)transition(?=[一-鿿])", "转场"),
    (r"(?<=[不要没去别掉加配]) ?musics?", "音乐"),
)
CHAT: Final = tuple((re.compile(words, re.ASCII), meant) for words, meant in _CHAT)
VARIANTS: Final = tuple((re.compile(words, re.ASCII), meant) for words, meant in _VARIANTS)
