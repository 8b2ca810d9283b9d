"""Rules for lengths of time: of the whole video, of each photo, of single photos, and of parts of a clip."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from nemovideo_mock.agent import lexicon
from nemovideo_mock.agent.edit_requests import Ask, Each, Fading, Hold, Joining, Longer, Styling, Titling, Total, Trim
from nemovideo_mock.agent.phrase_rules import DENIED, FoundAsk, Match, Reader, rule
from nemovideo_mock.agent.prepared_page import TAKEN, compile_pattern, group_text

_EACH_NOUN = rf"(?:{lexicon.PHOTO_ONLY}|one)s?"


def _each(reader: Reader, match: Match) -> Ask | None:
    ms = reader.span(match)
    return None if ms is None else Each(ms)


def _hold(reader: Reader, match: Match) -> Ask | None:
    ms = reader.span(match)
    ref = reader.ref(match)
    return Hold(ref, ms) if ms is not None and ref else None


def _trim(reader: Reader, match: Match) -> Ask | None:
    spans = [reader.page.spans[mark] for mark in match[0] if mark in reader.page.spans]
    ref = reader.ref(match)
    if len(spans) == 2:
        return Trim(spans[0], spans[1], ref)
    return Trim(-spans[0], None, ref) if group_text(match, "last") else Trim(0, spans[0], ref)


def _skip(reader: Reader, match: Match) -> Ask | None:
    ms = reader.span(match)
    return None if ms is None else Trim(ms, None, reader.ref(match))


def _adjust(sign: int) -> Callable[[Reader, Match], Ask | None]:
    def build(reader: Reader, match: Match) -> Ask | None:
        ms = reader.span(match)
        return None if ms is None else Longer(sign * ms)

    return build


def _total(reader: Reader, match: Match) -> Ask | None:
    ms = reader.span(match)
    return None if ms is None else Total(ms)


TIME: Final = (
    rule(r"<R>(?: (?:for|at|get|gets|are|last|lasting|should be|with))? <D> (?:each|apiece)\b", _hold),
    rule(
        (
            r"\b(?:(?:trim|cut|crop|use|shorten|play|keep|show)(?: down)?(?: only| just)? (?:<R> |it "
            r"|(?:the|this|my|that) (?:[a-z]{2,10} )?(?:video|clip|footage) )?(?:to |from )?)?(?:the )?(?:first"
            r"|(?P<last>last)) <D> (?:of"
            rf"|from) (?:the |my |this )?(?:<R>|uploaded )?(?:{lexicon.VIDEO})?(?: footage)?|\b(?:trim|cut"
            r"|crop|shorten|use only|keep only)(?: down)?(?: <R>| it| (?:the|my|this|that) (?:video|clip"
            r"|footage))? (?:to |from )?(?:the |its )?(?:first|(?P<last>last)) <D>|\b(?:trim|cut|crop|use"
            r"|play|keep)(?: only)? (?:<R>|it|the (?:video|clip|footage)|my (?:video|clip"
            r"|footage)) from <D> (?:to|until|till|-) <D>|(?:只(?:保留|用|要)|截取?|剪取?|保留|取)(?:到|成|至"
            r"|出)?(?:这段|这个|那段|我的)?(?:视频"
            r"|片段|素材|影片|<R>)?的?(?:前|开头|(?P<last>最后|后))<D>|(?:截取|剪取?|保留|取|用)(?:视频|片段"
            r"|素材|<R>)?(?:的)?从?(?:第)?<D>(?:到|至|-)(?:第)?<D>"
        ),
        _trim,
    ),
    rule(
        (
            r"\b(?:cut|take|pull|extract|grab|use|keep|clip|trim|show|need|want|like|include)"
            r"(?: (?:it|(?:the|my|this) (?:video|clip|footage)))?(?: out| down)?(?: to)?(?: only| just)?"
            r"(?: me)? (?:the "
            r"|that |a )?"
            r"(?:part|section|bit|segment|piece|portion|stretch|scene)"
            r"(?: (?:of|in) (?:the |my |this |that )?(?:<R>|(?:[a-z]{2,9} )?(?:video|clip|footage)))?"
            r" (?:from|between) <D> (?:to|until|till|and|-) <D>"
            r"(?: (?:of|from) (?:the |my )?(?:<R>|video|clip))?|\bfrom <D> (?:to|until|till|-) <D> (?:of"
            r"|in) (?:the |my )?(?:<R>|video|clip)"
            r"|(?:把|将)?(?:这段|这个|那段|我的)?(?:视频|片段|素材|影片|<R>)?,?从(?:第)?<D>(?:开始)?,?(?:一直)?"
            r"(?:截|剪|播|放|保留|取|用)?(?:到|至)(?:第)?<D>(?:为止|结束)?"
            r"|(?:把|将)?(?:视频|片段|素材|<R>)?(?:的)?(?:第)?<D>(?:到|至|-)(?:第)?<D>(?:的?(?:这?一?段|部分"
            r"|内容|片段))?(?:剪|截|留|取)(?:出来|下来|出)?"
        ),
        _trim,
    ),
    rule(
        (
            r"\b(?:skip|cut off|cut|trim|drop|remove) (?:off )?the first <D>(?: (?:of|from) (?:<R>"
            r"|the (?:video|clip|footage)))?|(?:跳过|剪掉|去掉|删掉)(?:视频|<R>)?的?(?:前|开头)<D>"
        ),
        _skip,
        checked=False,
    ),
    rule(
        (
            rf"<D>(?:[ -]long)?(?: for| on)? (?:each|apiece|every)(?: (?:single )?{_EACH_NOUN}\b)?"
            rf"|<D> ?(?:/|per|a|an) ?{_EACH_NOUN}\b|\b(?:each|every|all)(?: of)?(?: the"
            rf"| single)?(?: {_EACH_NOUN})?(?: (?:should|shall|must|to))?(?: (?:be|is|are|stays?|lasts?"
            r"|shown|displayed|appears?|for|on screen|visible|takes?|gets?|held|hold|runs?|lasting|staying"
            r"|up|exactly|about)){0,8} ?:? <D>(?: each| long)?(?: on (?:the )?screen)?|<D> for (?:each"
            r"|every|all)(?: of)?(?: the"
            rf"| of them)?(?: {_EACH_NOUN})?|\bper {_EACH_NOUN}:? <D>"
        ),
        _each,
    ),
    rule(
        rf"\b(?:the |all the )?(?:rest|others?|other ones|remaining ones?"
        rf"|other {lexicon.PHOTO_ONLY}s)(?: of (?:them|the {lexicon.PHOTO_ONLY}s?))?"
        r"(?: (?:for|get|gets|just|only|should|be|to|stay|last|take|is|are|at)){0,4} <D>(?: each| apiece)?"
        rf"|(?:后面|其[余他它]|剩下|余下|别|剩余)的?(?:{lexicon.PHOTO_ZH})?(?:都|全部|各|每张|就|给|停留|显示"
        rf"|用|放|是|为){{0,4}}<D>",
        _each,
    ),
    rule(
        (
            rf"每(?:一)?(?:张|幅|段|条|帧|页|个(?={lexicon.PHOTO_ZH}))(?:{lexicon.PHOTO_ZH})?(?:的)?(?:展示"
            r"|显示|停留|持续|播放|放"
            rf"|出现|时长|时间|各|都|为|是|大约|大概|约|停|就|给|用|留|改成|改为|换成|调成|调到|设为|设成|变成"
            rf"|控制在){{0,8}}<D>|<D>一{lexicon.MEASURE_ZH}|(?:各|分别)(?:自|给|放|留|来|改成|改为)?(?:展示"
            rf"|显示|停留|持续|播放|放)?<D>|每{lexicon.PHOTO_ZH}(?:展示|显示|停留|持续|播放)?<D>"
            rf"|单{lexicon.MEASURE_ZH}(?:停留|显示|时长)?<D>"
        ),
        _each,
    ),
    rule(
        (
            r"<R>(?: (?:should|must|to|be|is|stays?|lasts?|shown|displayed|for|on screen|visible|gets?"
            r"|held|hold|on|lasting|staying)){0,8}:? <D>(?: long)?|\b(?:show|hold|keep|display|linger|stay"
            r"|pause)(?: on)? <R>(?: on screen| up| there)? (?:for )?<D>|<D> (?:on|for) <R>"
            r"|(?:让)?<R>(?:的)?(?:展示|显示|停留|持续|播放|放|时长|时间|为|是|改为|改成){0,8}<D>"
        ),
        _hold,
    ),
    rule(
        (
            r"<D> (?:longer|more)\b|\b(?:longer|extend(?: it| the (?:video|reel|clip))?"
            r"|lengthen(?: it)?) by <D>|\badd (?:another |an extra |an additional )?<D>(?: (?:to|of) (?:it"
            r"|the (?:video|end|length|reel)))?|(?:延长|加长|增加|多加|多)<D>|(?<![时总全])长<D>"
        ),
        _adjust(1),
    ),
    rule(
        (
            r"<D> (?:shorter|less)\b|\b(?:shorter|shorten(?: it| the (?:video|reel|clip))?"
            r"|reduce(?: it)?) by <D>|\b(?:cut|take|trim|shave) <D> off\b|\b(?:cut|take|trim"
            r"|shave) (?:off )?<D> (?:off|from)(?: (?:it|the (?:video|end)))?|(?:缩短|减少|减短|少)(?!到"
            r"|至|为|成)<D>|短<D>"
        ),
        _adjust(-1),
    ),
)


_TOTAL: Final = (
    rule(
        (
            r"(?:\b(?:cut|trim|reduce|bring|stretch|get|crop|condense|squeeze|fit)(?: it| this| that"
            rf"| the (?:{lexicon.VIDEO}))?(?: all)?(?: down| up| out| back| everything)? (?:to|into"
            r"|in) )?(?:\b(?:total|overall|whole|exactly|about|around|roughly|approximately|just|only"
            r"|under|up to|max|maximum|at most|no more than|length|duration|runtime|run time|long|last"
            rf"|lasts|lasting|of|is|to|be|:)(?: \w{{1,8}}){{0,1}} ?)?(?P<range>\b\d{{1,3}} ?(?:-|to"
            r"|~) ?)?<D>(?:[ -](?:long|in length|total|in total|overall|altogether|max|maximum|duration"
            r"|video|reel|clip|at most|or so|flat)){0,8}(?:左右|以内|之内|长|时长|内|总长)?"
        ),
        _total,
    ),
)
_NOT_TOTAL: Final = compile_pattern(
    rf"(?:{lexicon.LOCATORS}|(?:\b(?:first|(?<!should )(?<!must )(?<!will )(?<!can )(?<!to )last|final|opening"
    r"|closing) |[前后第]|最后的?|开头的?|结尾的?|片头"
    rf"|片尾|开始的?|末尾的?)<D>)$"
)
#: Each photo was mentioned just before, so the length cannot be that of the whole video.
_OF_EACH: Final = compile_pattern(
    r"(?:\b(?:each|every|per|apiece)\b(?:[ -](?!<D>)[a-z']{1,12}){0,5}[ :,-]{0,2}"
    r"|每[一张个幅段条帧页][^,.;!?\n\ue000-\uf8ff]{0,8})$"
)

#: The clause before mentioned a photo, and this one continues about it.
_OF_PHOTO: Final = compile_pattern(
    r"(?P<r><R>)[^.;!?\n\ue000-\uf8fe]{0,40},? ?(?:and |so |please |then )?(?:(?:make|give|keep|hold|show|let"
    r"|leave|shorten|extend)(?: it| them| that)?"
    r"|(?:it|that|which)(?: should| must| can)?(?: be| stay| last| take)?|改成|改为|让它|停留|停|缩短到|延长到|放)"
    r"(?: on screen| on| for| to| up| last| be| stay| just| only| there)*,? ?$"
)

#: The words that ask for the length: without them, nothing of the wish is left that the agent could not do.
_TO_LENGTH: Final = compile_pattern(
    r"\b(?:cut|trim|reduce|bring|stretch|get|crop|condense|squeeze|fit|shorten)(?: down)?"
    r"(?: (?:the|this|that|my|our|these|those|each|every|all|both)){0,3}"
    rf"(?: (?:{lexicon.VIDEO}|photos?|pictures?|images?|shots?)| ?<R>)?(?: down| up| back)?(?: (?:to|into|in))? ?$"
)


def take_totals(reader: Reader) -> None:
    """Take the remaining lengths of time as the length of the whole video."""
    page = reader.page
    for total in _TOTAL:
        for match in total.pattern.finditer(page.text):
            if TAKEN in match[0]:
                continue
            mark = next(at for at in range(match.end() - 1, match.start() - 1, -1) if page.text[at] in page.spans)
            if _NOT_TOTAL.search(page.text[max(0, mark - 32) : mark + 1]):
                continue
            if hit := DENIED.search(page.text[max(0, match.start() - 32) : match.start()]):
                reader.deny(match.start() - len(hit[0]), match.end(), Total)
                continue
            if _OF_EACH.search(page.text[max(0, match.start() - 64) : match.start()]):
                reader.add(Each(page.spans[page.text[mark]]), *match.span())
                continue
            if held := _OF_PHOTO.search(page.text[max(0, match.start() - 80) : match.start()]):
                reader.add(Hold(page.refs[group_text(held, "r")], page.spans[page.text[mark]]), *match.span())
                continue
            ask = total.build(reader, match)
            if isinstance(ask, Total) and not _belongs(reader, ask.ms, match):
                reader.add(ask, *match.span())
    for found in reader.found:
        if isinstance(found.ask, Total | Each | Hold):
            begin = max(0, found.start - 64)
            if hit := _TO_LENGTH.search(page.text[begin : found.start]):
                page.take(begin + hit.start(), found.start)


_WHOLE: Final = re.compile(r"\b(?:total|overall|altogether|whole|runtime|video|reel|clip)\b|总|全长", re.ASCII)
#: The longest time for a transition or fade, and for a title, that precedes it directly.
_BRIEF_MS: Final = 2500
_TITLE_MS: Final = 8000


def _belongs(reader: Reader, ms: int, match: Match) -> bool:
    """Give a short time to the transition, fade or title that it follows, if only a comma is between them."""
    earlier = [found for found in reader.found if found.start < match.start()]
    last = max(earlier, key=lambda found: found.start, default=None)
    if _WHOLE.search(match[0]):
        return False
    if last is None or reader.page.text[last.end : match.start()].strip(f" ,{TAKEN}持续显示停留"):
        return False
    match last.ask:
        case Joining(ms=None) | Fading(ms=None) if ms <= _BRIEF_MS:
            last.ask = replace(last.ask, ms=ms)
        case Titling() | Styling(target="title", ms=None) if ms <= _TITLE_MS:
            reader.found.append(FoundAsk(Styling("title", ms=ms), last.start, last.end))
        case _:
            return False
    reader.page.take(*match.span())
    return True
