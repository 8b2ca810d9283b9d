"""Rules for text on the screen: titles, captions, scripts, and their look."""

from __future__ import annotations

from typing import Final, Literal

from nemovideo_mock.agent import lexicon, message_content
from nemovideo_mock.agent.edit_requests import Ask, Captioning, Moment, Scripting, Styling, Titling
from nemovideo_mock.agent.phrase_rules import FoundAsk, Match, Reader, rule
from nemovideo_mock.agent.prepared_page import TAKEN, Page, compile_pattern, group_span, group_text

_TEXT_FACE: Final = (
    r"(?:[ ,\uf8ff]|(?:in|with|and|a|an|the|of|make|it|to|be|be|color|colou?red|colou?r|font"
    r"|letters?|text|style|bold|at|on|placed|position(?:ed)?|put|move|size|that is|which is|should"
    r"|is|are|bit|little|much|字体|颜色|用|放|在|到|改|成|为|显示|变|换|把|的|移|位置|位于|设|字"
    r"|再|更|调|大小|稍微|要)\b|(?:字体|颜色|用|放|在|到|改|成|为|显示|变|换|把|的|移|位置|位于|设"
    r"|字|再|更|调|大小|稍微|要|得)){0,80}"
)
_FACE: Final = "|".join(
    (
        *(words for words, _ in lexicon.COLORS if "?P" not in words),
        r"#[0-9a-f]{6}\b",
        *(words for words, _ in lexicon.POSITIONS),
        *(words for words, _ in lexicon.SIZES),
    )
)
_STYLE_AFTER: Final = compile_pattern(rf"(?P<mark><T>|<C>)(?P<face>(?:{_TEXT_FACE}(?:{_FACE})){{1,4}})")
_STYLE_BEFORE: Final = compile_pattern(
    rf"(?P<face>\b(?:{_FACE})(?:(?:,? and |, | |-)(?:{_FACE})){{0,2}}(?: |-)?(?:colou?red )?)(?P<mark><T>|<C>)"
    rf"|(?P<face>(?:(?:用)?(?:{_FACE})的?(?:字体|字)?的?){{1,3}})(?P<mark><T>|<C>)"
)
_STYLE_IT: Final = compile_pattern(
    r"\b(?:move|put|place|shift) (?:it|them|that|the text) (?:to |at |on "
    rf"|in )(?:the )?(?P<face>{lexicon.POSITIONS[0][0]}|{lexicon.POSITIONS[1][0]})"
    r"|(?P<font>\b(?:font|text|lettering|letters|typeface) (?:(?:color|colour|in|should be|to|is"
    rf"|size) ){{0,8}}(?P<face>{_FACE})|字体(?:颜色|大小|改成|改为|用|换成|设为|调){{0,8}}(?P<face>{_FACE}))"
    rf"|放(?:在|到)?(?:画面|屏幕|视频)的?(?P<face>{lexicon.POSITIONS[0][0]}|{lexicon.POSITIONS[1][0]})"
    rf"|(?:用)?(?P<face>{_FACE})的?(?:大|小)?字(?:体)?(?=[^\u4e00-\u9fff]|$)"
)
_TITLE_WINDOW: Final = compile_pattern(
    r"<T>(?P<gap>(?:[^.;!?\n\ue000-\uf8ff]|[\uf400-\uf43f]){0,40}?)(?P<window>(?:\b(?:on[ -]?screen|shown"
    r"|visible|appear(?:s|ing)?"
    r"|show(?:s|ing|ed)?|displayed?|stay(?:s|ing)?|only|just|and|it|to|be|up) ?){0,5}\b(?:from"
    r"|between) (?:second )?<D> ?(?:to|until|till|and|-) ?"
    r"(?:second )?<D>|(?:显示|出现|放|持续)?(?:在|从)?第?<D>(?:到|至|-|~)第?<D>(?:之?间)?(?:的?时候?)?(?:显示"
    r"|出现|展示|持续)?)"
)
#: A clause with a time for the title in the clause before: "…, show it for 4 seconds", "…，放在最开始的3秒".
_TITLE_LATER: Final = compile_pattern(
    r"(?P<time>(?:\b(?:show|keep|have|display|leave|hold|let)(?:ing)? (?:it|that)|\b(?:it|that"
    r"|which)(?: (?:should|must|can|to|only|just|needs to))?"
    r"(?: (?:stays?|be|is|shows?|appears?|lasts?|remains?|visible|shown|up|on|screen|displayed)){1,4}|\b(?:stay"
    r"|stays|staying|shown|visible|displayed|appearing)"
    r"(?: (?:on|up|screen|visible))*)(?: up| on| there| on screen| visible)*(?: for| during| over| only| just"
    r"| the| about){0,4}(?: (?P<edge>first|last|opening|final))? <D>"
    r"(?! (?:each|per))|(?:只|就|让它|它)?(?:显示|放|出现|停留|展示|持续)?(?:在)?(?:最开始|一开始|开头|开始"
    r"|前面|最前面|前|(?P<zh_edge>最后|结尾))的?<D>"
    r"(?:就好|就行|即可|显示|出现|展示|钟)?)"
)
_TITLE_TIME: Final = compile_pattern(
    r"<T>(?P<near> ?<D>)(?![ -]?(?:long|video|reel|clip))"
    r"|<T>(?P<gap>[^,.;!?\n\ue000-\uf8ff]{0,30}?)(?P<time>(?: |,)?(?:for|lasting|shown for"
    r"|that lasts|stays?(?: on screen)? for|on screen for|visible for|during|over|within|in|to"
    r"|last)(?: the)?(?: (?P<edge>first|last|opening|final))? <D>(?! (?:video|reel|clip))"
    r"|,? ?(?:显示|持续|停留|出现|展示|时长|播放|时间)(?:改为|改成|为|是|到)?(?:前"
    r"|(?P<zh_edge>最后))?<D>|(?:在)?(?:前|(?P<zh_edge>最后))<D>(?:显示|出现)?)"
    r"|(?P<lead>(?:\bfor |\bin )?(?:the )?(?P<edge>first|last|opening|final) <D>,? (?:show |add "
    r"|put |display )?(?:the |a )?)<T>|<D>(?:的|[ -](?:long )?)<T>|(?:前"
    r"|(?P<zh_edge>最后))<D>(?:显示|出现|展示|加上?)(?:一?个)?<T>"
)
_TITLE_AT: Final = compile_pattern(
    r"<T>(?P<gap>[^,.;!?\n\ue000-\uf8ff]{0,16}?)(?P<at>(?: |,)?(?:(?:at|in|to|near|on"
    r"|during) (?:the )?(?:very )?(?P<when>start|beginning|end|ending"
    r"|opening)(?: of (?:the )?(?:video|reel|clip|it))?\b|(?P<all>throughout(?: the (?:whole "
    r"|entire )?(?:video|reel|clip))?|the (?:whole|entire) time|all the time|(?:for|during|over"
    r"|through|across) the (?:whole|entire|full) (?:video|reel|clip|time|thing)|(?:全程|始终"
    r"|一直)(?:显示|展示|出现|保持)?)|(?:显示|放|出现|加|移|移动)?(?:在|到)?(?:视频"
    r"|影片)?的?(?P<zh>开头|开始|片头|结尾|最后|末尾|片尾|结束)(?:时|处|部分|的时候)?(?:显示"
    r"|出现)?))"
    r"|(?P<lead>(?:\bat the (?:very )?(?P<when>start|beginning|end)(?: of the (?:video|reel"
    r"|clip))?,? (?:(?:show|add|put|display|have|with|place|insert|comes?)(?: up)? )?(?:the |a "
    r"|an |my )?|(?:在)?(?:视频|影片)?的?(?P<zh>开头|开始|片头|结尾|最后|末尾|片尾|结束)(?:时|处"
    r"|部分|的时候)?(?:显示|出现|加上?|放上?|添加|写上?|打上)?(?:一?个|一行)?(?:的)?))<T>"
    r"|(?P<lead>(?:(?:在)?<R>(?:的)?(?:上面?|里面?|中)?(?:写上?|加上?|显示|打上|放上?|添加"
    r"|配上?)(?:一?行)?(?:文字|字样|标题)?|\bon <R>,? ?(?:write|put|add|show|display"
    r"|place)? ?(?:the |a )?))<T>|<T>(?P<on_gap>[^,.;!?\n\ue000-\uf8ff]{0,10}?)(?P<on> ?(?:only "
    r"|just )?(?:on|over|during|onto|显示在|放在|在|只在)? ?(?:the )?<R>(?:上|显示|出现){0,8})"
)


_AT_THE_END: Final = frozenset({"end", "ending", "结尾", "最后", "末尾", "片尾", "结束"})


#: A longer time right after a title is the length of the video.
_NEAR_MS: Final = 8000


def take_styles(reader: Reader) -> None:
    """Take the look and the times of the title and the captions."""
    page = reader.page
    _windows(reader)
    for match in _TITLE_TIME.finditer(page.text):
        mark = next(place for place in range(match.start(), match.end()) if page.text[place] in page.titles)
        spans = [page.spans[character] for character in match[0] if character in page.spans]
        if group_text(match, "near") and spans[-1] > _NEAR_MS:
            continue
        last = group_text(match, "edge") in {"last", "final"} or group_text(match, "zh_edge") != ""
        reader.found.append(FoundAsk(Styling("title", ms=spans[-1], at="end" if last else None), mark, match.end()))
        _take_around(page, match, mark, keep=group_span(match, "gap") if group_text(match, "gap") else (mark, mark))
    _later(reader)
    for match in _TITLE_AT.finditer(page.text):
        mark = next(place for place in range(match.start(), match.end()) if page.text[place] in page.titles)
        if ref := reader.ref(match):
            if len(ref) == 1:
                reader.found.append(FoundAsk(Styling("title", on=ref[0]), mark, match.end()))
                page.take(*(group_span(match, "on") if group_text(match, "on") else group_span(match, "lead")))
            continue
        word = group_text(match, "when") or group_text(match, "zh")
        moment: Moment = "throughout" if group_text(match, "all") else "end" if word in _AT_THE_END else "start"
        reader.found.append(FoundAsk(Styling("title", at=moment), mark, match.end()))
        _take_around(page, match, mark, keep=group_span(match, "gap") if group_text(match, "gap") else (mark, mark))
    for pattern in (_STYLE_AFTER, _STYLE_BEFORE):
        for match in pattern.finditer(page.text):
            at, _ = group_span(match, "mark")
            target: Literal["title", "captions"] = "title" if page.text[at] in page.titles else "captions"
            reader.found.append(FoundAsk(message_content.read_style(target, group_text(match, "face")), at, at + 1))
            page.take(*group_span(match, "face"))
    styled = {found.start for found in reader.found if isinstance(found.ask, Styling)}
    for at in styled:
        if (page.text[at] in page.titles and page.titles[page.text[at]].text is None) or (
            page.text[at] in page.captions and not page.captions[page.text[at]]
        ):
            page.take(at, at + 1)
    spoken: Literal["title", "captions"] = "captions" if page.captions.values and not page.titles.values else "title"
    for match in _STYLE_IT.finditer(page.text):
        reader.add(message_content.read_style(spoken, group_text(match, "face")), match.start(), match.end())


def _windows(reader: Reader) -> None:
    """Take the start and end times of a title."""
    page = reader.page
    for match in _TITLE_WINDOW.finditer(page.text):
        first, last = (page.spans[mark] for mark in match[0] if mark in page.spans)
        if last > first:
            reader.found.append(FoundAsk(Styling("title", start=first, ms=last - first), match.start(), match.end()))
            page.take(*group_span(match, "window"))


def _later(reader: Reader) -> None:
    """Take times that a clause gives to the title of the clause before it."""
    page = reader.page
    for match in _TITLE_LATER.finditer(page.text):
        low = max(page.text.rfind(stop, 0, match.start()) for stop in ".!?\n")
        before = page.text[max(low + 1, match.start() - 60) : match.start()]
        if TAKEN in match[0] or not any(mark in page.titles for mark in before):
            continue
        if any(mark in page.refs or mark in page.music or mark in page.captions for mark in before):
            continue
        at = max(place for place in range(match.start()) if page.text[place] in page.titles)
        last = group_text(match, "edge") in {"last", "final"} or group_text(match, "zh_edge") != ""
        reader.found.append(
            FoundAsk(Styling("title", ms=reader.span(match), at="end" if last else None), at, match.end())
        )
        page.take(*match.span())


def _take_around(page: Page, match: Match, mark: int, keep: tuple[int, int]) -> None:
    """Take a match, except for the mark in it and the span to keep."""
    for start, end in sorted(((match.start(), mark), (mark + 1, match.end()))):
        low, high = max(start, keep[0]), min(end, keep[1])
        if low < high:
            page.take(start, low)
            page.take(high, end)
        elif start < end:
            page.take(start, end)


def _caption_on(reader: Reader, match: Match) -> Ask | None:
    texts = tuple(text for mark in match[0] if mark in reader.page.captions for text in reader.page.captions[mark])
    ref = reader.ref(match)
    return Captioning(texts, ref) if texts and ref else None


def _title(reader: Reader, match: Match) -> Ask | None:
    mark = next(reader.page.titles[character] for character in match[0] if character in reader.page.titles)
    if mark.text is None:
        return None
    slot: Literal["title", "text"] = "text" if mark.slot == "text" else "title"
    return Titling(mark.text, slot, "end" if mark.ending else None)


def _captions(reader: Reader, match: Match) -> Ask | None:
    texts = reader.page.captions[match[0]]
    return Captioning(texts) if texts else None


def _script(reader: Reader, match: Match) -> Ask | None:
    text = reader.page.scripts[match[0]]
    return Scripting(text) if text else None


def _fade_title(reader: Reader, match: Match) -> Ask:
    if reader.page.titles[match[0][0]].text is None:
        reader.page.take(match.start(), match.start() + 1)
    return Styling("title")


WORDS: Final = (
    rule(r"\bfad(?:e|es|ing)(?: in| out| in and out)? (?:the )?(?P<part><T>)(?: in and out| in| out)?", _title),
    rule(
        (
            r"<T>(?P<part>(?: (?:should|to|must|that|which|with a))? ?(?:fad(?:e|es"
            r"|ing)(?:[ -](?:in and out|in|out))?|淡入淡出|淡入|淡出))"
        ),
        _fade_title,
    ),
    rule(r"<C> ?(?:to|on|for|under|over|at|below|in|onto)? ?<R>|<R>[^,.;!?\n\ue000-\uf8ff]{0,12}<C>", _caption_on),
    rule(r"<C>", _captions, denied="captions"),
    rule(r"<T>", _title, denied="title"),
    rule(r"<V>", _script),
)
