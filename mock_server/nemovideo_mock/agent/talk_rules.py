"""Rules for messages that need an answer but no work: questions, greetings, and wishes for the editor itself."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_mock.agent import lexicon
from nemovideo_mock.agent.edit_requests import Again, Extra, Talk, TalkTopic, Undo
from nemovideo_mock.agent.phrase_rules import Reader, rule
from nemovideo_mock.agent.prepared_page import TAKEN, compile_pattern, compile_table

_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?\n]*")
_QUESTION: Final = compile_pattern(lexicon.QUESTION)
_REQUEST: Final = compile_pattern(lexicon.REQUEST)
_TALK: Final[tuple[tuple[re.Pattern[str], TalkTopic], ...]] = compile_table(lexicon.TALK)
_TALK_NOT: Final = re.compile(r"(?:\bto|\bfor|\bready to|\bbefore i|用于|方便|以便) ?$", re.ASCII)


def take_questions(reader: Reader) -> None:
    """Take whole sentences that ask for information."""
    for match in _SENTENCE.finditer(reader.page.text):
        sentence = match[0].strip().rstrip("!.\n ")
        if not _QUESTION.search(sentence.rstrip("?")) or _REQUEST.search(sentence):
            continue
        topics: list[TalkTopic] = [topic for pattern, topic in _TALK if pattern.search(sentence)]
        told: list[TalkTopic] = [topic for topic in topics if topic in {"help", "credits"}]
        topic: TalkTopic = told[0] if told else "question"
        reader.add(Talk(topic, reader.page.quote(*match.span())), *match.span())


def take_talk(reader: Reader) -> None:
    """Take greetings, thanks, and wishes to export or to see credits and status."""
    for pattern, topic in _TALK:
        for match in pattern.finditer(reader.page.text):
            if TAKEN in match[0] or _TALK_NOT.search(reader.page.text[max(0, match.start() - 12) : match.start()]):
                continue
            reader.add(Talk(topic, reader.page.quote(*match.span())), *match.span())


UNDO: Final = (
    rule(
        (
            r"\bundo(?: (?:that|it|this|the last (?:change|edit|one)|my last (?:change|edit)))?\b"
            r"|\brevert(?: (?:that|it|the last (?:change|edit)))?\b|\bgo back(?: to (?:the )?(?:previous"
            r"|last)(?: version)?)?\b|\btake (?:that|it) back\b|撤销|撤回|还原|恢复(?:到)?上一(?:步"
            r"|个版本)|回到上一(?:步|个版本)"
        ),
        lambda _r, _m: Undo(),
    ),
    rule(
        (
            r"\b(?:regenerate|re-generate|redo|try again|do it again|another (?:one|version|take)"
            r"|once more|one more time|remake)(?: (?:it|this|that|the (?:video|clip)))?\b|重新(?:生成|制作"
            r"|做)|再来一(?:个|次|遍)|重做|再(?:生成|做)一(?:个|次|遍)"
        ),
        lambda _r, _m: Again(),
    ),
    rule(
        (
            r"\b(?:add|append|generate|create|insert)(?: me)? (?:a|an|one|another) (?:new |second |third "
            r"|next |generated |ai )?(?:scene|clip|shot)\b(?: of)?|(?:再)?(?:添加|加"
            r"|生成)一个(?:新的?)?(?:场景|镜头|片段)"
        ),
        lambda _r, _m: Extra(),
    ),
)
