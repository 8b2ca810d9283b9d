"""Read the parts of a message that say what is not wanted."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_mock.agent import lexicon
from nemovideo_mock.agent.edit_requests import Off, Topic
from nemovideo_mock.agent.phrase_rules import INSTEAD, FoundAsk, Reader
from nemovideo_mock.agent.prepared_page import compile_pattern

_TOPICS: Final[tuple[tuple[str, Topic], ...]] = (
    (r"<M>|\bsound\b|\baudio\b|声音|音频", "music"),
    (r"<T>(?! ?<Q>)|\btexts?\b|文字", "title"),
    (r"<C>", "captions"),
    (rf"(?:all )?{lexicon.TRANSITION}(?: effects?)?", "transition"),
    (
        (
            r"\b(?:motion|movement|animation|camera movement|camera motion|zoom(?:s|ing)?|pan(?:s|ning)?"
            r"|ken burns)(?: effects?)?\b|运镜|镜头运动|动画效果|动效|缩放(?:效果)?"
        ),
        "motion",
    ),
    (r"\b(?:the )?fade[ -]ins?\b|淡入(?!淡出)", "opening"),
    (r"\b(?:the )?fade[ -]outs?\b|淡出", "closing"),
    # The agent uses the word effects for the fades from and to black.
    (
        (
            r"\bfades?\b(?:[ -]in and (?:fade[ -])?outs?\b)?(?: effects?)?"
            r"|\b(?:all )?(?:(?:special|visual|video|extra) )?effects\b|淡入淡出|(?:视觉|视频)?特效"
        ),
        "fades",
    ),
)
_TOPIC: Final = "|".join(f"(?P<t{number}>{words})" for number, (words, _) in enumerate(_TOPICS))
_ANY_TOPIC: Final = re.sub(r"\?P<t\d+>", "?:", _TOPIC)
_NEGATION: Final = compile_pattern(
    rf"(?:(?:{lexicon.NOT}"
    rf"|{lexicon.REMOVE})(?: ?{lexicon.NOT_FILLING}){{0,5}} ?(?:{_ANY_TOPIC})(?:(?:, (?:any |the "
    rf"|no )?(?=(?:{_ANY_TOPIC})(?:,| or| and| nor|或|和))|,? (?:or|nor) (?:any |a |the |no )?"
    r"| and (?:no |any |the )?|/|、|和|与|或者?|以及|也不要"
    rf"|,不要)(?:{_ANY_TOPIC})){{0,4}}(?! ?(?:saying|says|reading|called|<Q>|:)))"
    rf"|[把将](?:{_ANY_TOPIC})(?:(?:和|与|、)(?:{_ANY_TOPIC})){{0,3}}(?:都"
    rf"|全部?)?{lexicon.REMOVE}(?:了)?"
    rf"|(?:{_ANY_TOPIC})(?:都|也|就|给我|可以|先|全部?|统统){{0,3}}(?:{lexicon.REMOVE}(?![^,.;!?\n]{{0,2}}<R>)"
    rf"|不要|不用|不需要)(?:了)?"
    r"|\b(?:mute|silence)(?: (?:it|the video|everything|all))?\b|\bsilent(?: video| reel| clip)?\b"
    r"|\bturn <M> off\b|无声|静音|\btake <M> (?:out|away|off)\b|\btake <T> (?:out|away|off)\b"
    rf"|\b(?:i )?don'?t (?:like|want|need) (?:the |any |these |those )?(?:<M>|<T>|<C>|{lexicon.TRANSITION})"
    rf"|(?:{_ANY_TOPIC}) off\b(?! at)"
)
_EACH_TOPIC: Final = compile_pattern(_TOPIC)


def take_negations(reader: Reader) -> None:
    """Take all phrases that say that something is not wanted."""
    for match in _NEGATION.finditer(reader.page.text):
        if INSTEAD.search(reader.page.text[max(0, match.start() - 24) : match.start()]):
            continue
        topics: list[Topic] = []
        for topic in _EACH_TOPIC.finditer(match[0]):
            number = int((topic.lastgroup or "t0").partition("__")[0][1:])
            topics.append(_TOPICS[number][1])
        # A match without a topic means "mute", which concerns only music.
        silent: list[Topic] = ["music"]
        for off in topics or silent:
            reader.found.append(FoundAsk(Off(off), match.start(), match.end()))
        reader.page.take(match.start(), match.end())
