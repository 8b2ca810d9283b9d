"""Parts of a message that ask for nothing: praise, stories; and the meaning of words such as "it" and "except".

A story is a clause about people in the past, or about the people and the purpose that the video is for. It asks for
nothing, so the agent neither does nor declines anything in it. A clause with a word of asking is never a story.
"""

from __future__ import annotations

import re
from typing import Final

from nemovideo_mock.agent import lexicon, message_content
from nemovideo_mock.agent.edit_requests import Off, Talk, Topic
from nemovideo_mock.agent.phrase_rules import Reader
from nemovideo_mock.agent.prepared_page import TAKEN, Page, compile_pattern, group_text

_PEOPLE: Final = (
    r"(?:i|we|he|she|they|you|everyone|everybody|nobody|someone|(?:my"
    r"|our|his|her|their|the|both|two|three)(?: [a-z'-]{2,14}){1,3}?)"
)
_THEN: Final = (
    r"(?:was|were|had|got|went|came|took|did|made|met|saw|said|told|gave|bought|found|left|felt|spent|flew"
    r"|drove|ran|won|lost"
    r"|grew|began|became|fell|forgot|thought|knew|promised|just (?:got|had|came|turned|moved|finished)|[a-z]{2,12}ed)"
)
_STORY: Final = compile_pattern(
    r"^ ?(?:(?:so|ok|okay|well|basically|because|since|as|and|but|oh|actually|you know|see|hi|hey|yeah|anyway"
    r"|also|,) ?){0,4}"
    rf"(?:{_PEOPLE} {_THEN}\b|{_PEOPLE}(?:'ve| have| has)(?: just| never| always| already)? (?:been|never"
    rf"|always|just|got back|had|[a-z]{{2,12}}ed)\b"
    r"|(?:i'm|i am|we're|we are|he's|she's|he is|she is|they're|they are|(?:my|our) [a-z]{2,14} is) (?!thinking"
    r"|looking|hoping|after|not )"
    r"|(?:it's|it is|its|this is|that's|that is|it was|this was)(?: just| all| basically)? (?:for|from|about"
    r"|our|my|her|his|their)\b"
    r"|(?:i|we) (?:don't|do not|didn't|can't) (?:know|have (?:a |any |much )?(?:time|idea|clue|experience"
    r"|budget)|really know|understand)"
    r"|(?:last|this|next) (?:week|weekend|month|year|summer|winter|spring|autumn|fall)\b)"
    r"|^ ?(?:是这样的?|事情是|那个|(?:我|我们|咱们?|他|她|他们|我家|孩子|宝宝|爸|妈|爷爷|奶奶|朋友|闺蜜|老公"
    r"|老婆|同事|女儿|儿子|老板|客户|今天|昨天|前天|上周|上个?月|去年|最近|这是|刚刚?)"
    r"[^,.;!?\n\ue000-\uf8ff]{0,24}(?:了|过|是|的|呢|嘛|啊|来着)[^,.;!?\n\ue000-\uf8ff]{0,6})$"
)
_ASKS: Final = compile_pattern(
    r"\b(?:want|wanna|need|please|could you|can you|would you|make|add|remove|put|use|should|would (?:like"
    r"|love)|'d (?:like|love)|must|let|change|turn"
    r"|create|generate|give|keep|zoom|pan|wish|prefer|replace|delete|blur|set|instead|too|louder|slower|faster"
    r"|shorter|longer|hate|video of|clip of)\b"
    r"|请|帮|把|将|加|改|换|要|想|做|剪|配(?!合)|用|删|让|能不能|可以|弄|转|变|别|不(?!是|错)|太|更|再|去掉|调"
    r"|希望|需要|生成|秒|分钟"
)
_PLACES: Final = "|".join(words for words, _ in lexicon.ASPECTS)
_PICTURES: Final = compile_pattern(
    rf"\b{lexicon.PHOTO_ONLY}s?\b|{lexicon.PHOTO_ZH}|{lexicon.VIDEO_ZH}|\b{lexicon.VIDEO}\b|{_PLACES}"
    rf"|[\ue000-\ue7ff\uec00-\uf6ff]"
)
_THINGS: Final = (
    rf"(?:<M>|<T>|<C>|<R>|{lexicon.TRANSITION}|\b(?:video|result|pace|order|colou?rs?|pictures|photos"
    rf"|everything|it|this|that|style|rest|vibe|way (?:it|this) [a-z]+)\b"
    r"|视频|节奏|效果|照片|顺序|其[他余它]|画面)"
)
_PRAISE: Final = compile_pattern(
    rf"\b(?:i|we)(?: really| just| also| absolutely| do)* (?:love|like|adore|enjoy)(?: how)?(?: the| this| that"
    rf"| my| all| both| your)*(?: [a-z]{{3,10}})? ?{_THINGS}"
    rf"(?:(?:,| and|, and| &|,? as well as)(?: the| this)?(?: [a-z]{{3,10}})? ?{_THINGS}){{0,3}}(?: (?:a lot"
    rf"|so much|very much|already|too|as (?:it|they) (?:is|are)))?"
    rf"|(?:\bthe |\bboth )?{_THINGS}(?:(?: and|,|, and)(?: the)? {_THINGS}){{0,3}} (?:is|are|looks?|sounds?"
    rf"|feels?|works?)(?: (?:really|just|so|all|already|both|very|absolutely))*"
    r" (?:great|perfect|lovely|beautiful|amazing|awesome|good|fine|nice|wonderful|fantastic|gorgeous|spot on"
    r"|perfectly)\b(?: now| already| as is| as it is)?"
    rf"|{_THINGS}(?:(?:和|与|跟|、|还有){_THINGS}){{0,3}}(?:我们?|大家)?(?:都|也)?(?:很|非常|真|超|太|挺|特别"
    rf"|真的)*(?:喜欢|满意|好听|好看|漂亮|完美|不错|棒|可以|没问题)(?:了|的|呢|啊|呀)?(?=[,.;!?\n]| |$)"
    rf"|我们?(?:都|也)?(?:很|非常|真的?|超|太|挺|特别)*(?:喜欢|满意)(?:这个|这段|这首|现在的)?{_THINGS}(?:(?:和"
    rf"|与|跟|、|还有){_THINGS}){{0,3}}(?=[,.;!?\n]| |$)"
)
_PRONOUN: Final = compile_pattern(
    rf"{lexicon.REMOVE}(?: of)? (?:it|that|them|this)\b(?! (?:<|\w))(?: please| completely| altogether| entirely)?"
    r"|\btake (?:it|that|them) (?:out|off|away)\b|[,;.。] ?(?:把它?)?(?:都|给我|就|请)?(?:去掉|删掉|拿掉|删除"
    r"|删了|关掉|取消|不要了?)[吧了]{0,2}(?=[,.;!?\n]|$)"
)
_MOTION: Final = compile_pattern("|".join(words for words, _ in lexicon.MOTIONS))
_EXCEPT: Final = compile_pattern(
    rf"(?:(?:\b(?:on|for|to) )?\b(?:all|everything|every|each)\b(?: of)?(?: the| them| my"
    rf"| these)*(?: {lexicon.PHOTO_ONLY}s?| one)? |\b(?=except))(?:except|but|apart from"
    r"|other than|besides)(?: for)? (?P<r><R>)(?P<own>(?:, ?| )(?:(?:which|that|it|this one)(?: one)? (?:should"
    r"|must|gets?|has|needs to|can|could|will|is|be)?(?: be| stay)?"
    r"|(?:should|must|gets?) )|,? make (?:it|that one) )?"
)
_EXCEPT_ZH: Final = compile_pattern(
    rf"除了?(?P<r><R>)(?:以外|之外|外)?,?(?:其[他它余]的?|别的|剩下的?)?(?:{lexicon.PHOTO_ZH})?(?:都|全部"
    rf"|全)(?:用|要|加|是|做)?(?=(?:缓慢|慢慢|缓缓|轻轻)?[的地]?(?P<m>推|拉|放大|缩小|平移|[向往从]|静止|不动"
    rf"|缩放|视差|漂))"
)
_UNCHANGED: Final = compile_pattern(
    r"(?:别的|其[他它余]的?|剩下的|余下的)(?:地方|部分|内容|东西|设置)?(?:都|就|全部|也)?(?:不动|别动|不要动"
    r"|不用动|不变|照旧|不改|别改|不用改|保持(?:不变|原样)|一样)(?:就好|就行)?"
)
_EDITING: Final = re.compile("[改换调删移]|去掉|拿掉")


def split_exceptions(reader: Reader) -> None:
    """Split "all but the last one, which …" into two wishes, if it is about the motion of photos."""
    page = reader.page
    for pattern in (_EXCEPT, _EXCEPT_ZH):
        for match in list(pattern.finditer(page.text))[::-1]:
            if (
                pattern is _EXCEPT
                and not group_text(match, "own")
                and not _MOTION.search(page.text[max(0, match.start() - 40) : match.start()])
            ):
                continue
            low, high = match.span()
            place = group_text(match, "r")
            own = group_text(match, "own") or f"{place}" in page.text[high:]
            told = f". {place} " if group_text(match, "own") else (". " if own else f". {place} still. ")
            said = "".join(page.shown[low:high])
            page.text = page.text[:low] + told + page.text[high:]
            page.shown[low:high] = [said, *[""] * (len(told) - 1)]


def take_praise(reader: Reader) -> None:
    """Take phrases that say that something is good as it is."""
    page = reader.page
    for match in list(_PRAISE.finditer(page.text)):
        if TAKEN not in match[0]:
            reader.add(Talk("thanks", page.quote(*match.span())), *match.span())
    for match in _UNCHANGED.finditer(page.text):
        if "动" not in match[0] or _EDITING.search(page.text):
            page.take(*match.span())


def _topic(page: Page, mark: str) -> Topic | None:
    if mark in page.music:
        return "music"
    if mark in page.titles:
        return "title"
    return "captions" if mark in page.captions else None


def resolve_pronouns(reader: Reader) -> None:
    """Apply "get rid of it" to the music, title or captions that were mentioned before it."""
    page = reader.page
    for match in list(_PRONOUN.finditer(page.text)):
        marks: list[tuple[int, Topic]] = [
            (at, topic)
            for at in range(max(0, match.start() - 60), match.start())
            if (topic := _topic(page, page.text[at])) is not None
        ]
        if TAKEN not in match[0] and marks:
            at, topic = marks[-1]
            reader.add(Off(topic), at, match.end())


def take_stories(reader: Reader) -> list[tuple[int, int]]:
    """Take the clauses that tell a story and ask for nothing; return those that also say what the video needs.

    "I promised her something for TikTok" tells a story, but it also names the format.
    """
    telling: list[tuple[int, int]] = []
    page = reader.page
    for start, end in message_content.find_clauses(page):
        clause = page.text[start:end]
        if TAKEN in clause or not _STORY.search(clause):
            continue
        if _ASKS.search(clause):
            continue
        if _PICTURES.search(clause):
            telling.append((start, end))
        else:
            page.take(start, end)
    return telling
