"""The content of a message, as opposed to its instructions: texts for the screen, music, and the words that remain.

`mark_words` replaces every mention of a title, caption, script or music by one character, and gives it the words that
belong to it, quoted or not, before any rule can take them for something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from nemovideo_mock.agent import filler, lexicon
from nemovideo_mock.agent.edit_requests import ReplyLanguage, Styling
from nemovideo_mock.agent.prepared_page import (
    TAKEN,
    MusicMark,
    Page,
    TitleMark,
    compile_pattern,
    compile_table,
    group_span,
    group_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemovideo_contract.draft import TextPosition


#: The maximum number of characters in a title without quotes.
_LONGEST: Final = 80

_MOOD_TABLE: Final = tuple((compile_pattern(words), mood, name) for words, mood, name in lexicon.MOODS)
_MOOD_WORDS: Final = "|".join(f"(?:{words})" for words, _, _ in lexicon.MOODS)
_MUSIC: Final = compile_pattern(
    rf"(?:(?:{_MOOD_WORDS})(?:,? and |, | |-|一?[点些]的|的|又|、)?|\b(?:some|nice|a|an|very|bit of|background"
    r"|instrumental|good|fitting|suitable|matching|little) |一点|一段|一首|一些|合适的"
    rf"|好听的){{0,5}}{lexicon.MUSIC}(?: ?{lexicon.MUSIC})?(?: in the background| underneath)?"
    rf"(?: (?:with|of) (?:a |an )?(?:{_MOOD_WORDS}) (?:feel|vibe|mood|style|sound|energy))?"
)
_HEAR_ONLY: Final = compile_pattern(
    rf"(?:{_MOOD_WORDS})(?:,? and |, | )?(?:(?:{_MOOD_WORDS}) ?){{0,2}}(?:\bpiano\b|\bbeats?\b"
    r"|\bguitar\b|\bjazz\b|\blo-?fi\b|\bsounds\b)(?: in the background| underneath)?|(?:(?<=add )"
    r"|(?<=adding )|(?<=some )|(?<=play )"
    r"|(?<=with ))(?:\bsome )?(?:jazz|lo-?fi|hip[ -]?hop|edm|techno|synthwave)\b(?: in the background| underneath)?"
)
_VOICE: Final = compile_pattern(lexicon.VOICE)
_CAPTION: Final = compile_pattern(lexicon.CAPTION)
_ENDING: Final = compile_pattern(lexicon.TITLE_END)
_TITLE: Final = compile_pattern(
    rf"{lexicon.TITLE}|\b(?:en)?titled\b|\b(?:call|name) (?:it|this|the (?:video|reel|clip|movie"
    r"|film))\b|\b(?:called|named)(?= ?<Q>)|(?:取名|命名|名字|片名)(?:叫|为|是)?|(?:名为|名叫|叫做"
    r"|叫)(?=<Q>)|(?<=<Q>)为题"
)
_LINK: Final = (
    r"(?: ?(?:that|which|says?|saying|reading|reads|with|the|a|an|text|words?|of|called|named|for"
    r"|is|to|as|be|it|should|say|read|and|on|over|=|:|-|as the|in the|would be|写着?|写上|为|是"
    r"|叫做?|叫作|内容为?|改成|改为|换成|换为|设为|设置为|设成|变成|变为|用|作为|做|当|显示|的"
    r"|加上?|成|加|上|文字|字|英文|中文|内容)){0,8}"
)
_LINKED: Final = compile_pattern(rf"{_LINK} ?")
_TEXT: Final = compile_pattern(
    rf"(?:(?:the|some|a|an|with) )?{lexicon.TEXT}(?={_LINK} ?<Q>)|(?:(?:the|some|a|an"
    rf"|with) )?{lexicon.TEXT}(?= (?:that says|saying|reading|which says|that reads)\b|:)"
)
_ATTACH_BEFORE: Final = compile_pattern(
    r"(?P<mark><T>|<C>|<V>)(?P<gap>(?:[^.;!?\n\ue000-\uf8ff]|<R>|<D>){0,48})(?P<quote><Q>)"
)
_ATTACH_CLOSE: Final = compile_pattern(r"(?P<mark><T>|<C>|<V>)(?P<gap> ?:? ?)(?P<quote><Q>)")
_ATTACH_MORE: Final = compile_pattern(
    r"(?P<mark><C>|<V>)(?P<gap>(?:, ?and |, ?| and |, ?then | then |/| ?/ ?|、|和|;| )?)(?P<quote><Q>)"
)
_ATTACH_AFTER: Final = compile_pattern(rf"(?P<quote><Q>)(?P<gap>{_LINK} ?(?:the |a |my |main )?)(?P<mark><T>|<C>|<V>)")
_WRITTEN: Final = compile_pattern(
    r"(?:\b(?:write|say|saying|says|reading|add|show|display|put|overlay|print|type|insert|with"
    r"|and|then)|写上?|写着|打上|加上?|显示|出现|配文|放上?)(?: (?:the|words?"
    r"|text))* ?:? ?(?P<quote><Q>)|(?:^|[,;\n]) ?(?P<quote><Q>)(?= ?(?:[,.;!\n]|$))"
)

_STOPS: Final = (
    r"(?= for (?:the )?(?:first |last )?<D>| for <D>| and (?:make|add|use|set|change|put|remove"
    r"|delete|keep|show|zoom|pan|play|turn|switch|give|have|let|start|end|with|a|an|the|no|some"
    r"|calm|soft|slow|fast|upbeat|background|music|<M>|<C>|<R>|<T>|transitions?|fade|captions?)\b"
    r"| and (?=<M>|<C>|<R>|<T>)"
    r"| at the (?:start|beginning|end|top|bottom|center|middle)\b| in (?:white|black|red|yellow"
    r"|gold|orange|green|blue|purple|pink|gr[ae]y|silver|bold|big|large|small)\b| on (?:the|top"
    r"|screen)\b| with |[ ,]then | using | but | over | as (?:the|a) | please\b| instead\b"
    r"| throughout| during|[,.;!?\n、]|\ue000|(?:显示|持续|停留|放在)|的标题|$)"
)
_EXPLICIT: Final = compile_pattern(
    r"(?P<mark><T>|<C>)(?P<link>(?: (?:that says|which says|saying|says|say|reading|reads"
    r"|that reads|should be|should say|should read|of|called|named|is|as|to|to say|to read|to be)"
    r"|(?: ?(?:should be|is|to|as|text))? ?[:=]|(?:改成|改为|换成|换为|设为|设置为|设成|变成|叫做"
    r"|叫作|叫|为|是|写着|写成|写|内容为|用|显示)[:为]?) ?)"
    r"(?P<text>(?! ?(?:the |be |a |bit |much |too |very |in |at |on |an |of )*(?:bigger|larger"
    r"|smaller|big|large|small|longer|shorter|bold|top|bottom|center|centre|middle|end|start"
    r"|beginning|left|right|white|black|red|yellow|gold|golden|orange|green|blue|purple|pink"
    r"|gr[ae]y|silver|cyan|font|colou?r|fade|still|too|not"
    r"|(?<![:=])(?<![:=] )(?:nice|good|ok))\b(?!'))(?! ?(?:白色|黑色"
    r"|红色|黄色|金色|橙色|绿色|蓝色|紫色|粉色|灰色|银色|青色|大[一点些号字]|小[一点些号字]|顶部"
    r"|底部|中间|上方|下方|居中|在|放|开头|结尾|更))(?! ?(?:<D>|<Q>|<T>|<C>"
    rf"|<M>))[^,.;!?\n、\ue000-\ue3ff]{{1,{_LONGEST}}}?){_STOPS}"
)
_CAPITAL: Final = re.compile(
    r"^ ?(?P<text>(?!(?:Ken|TikTok|Tiktok|YouTube|Youtube|Instagram|Reels|Shorts|BGM|Use|Make|Add"
    r"|Put|Show|Keep|And|With)\b)[A-Z0-9][\w'’&!-]*(?: (?:(?:in|of|the|a|to|for|on|de|la|by|&"
    r"|and) ){0,2}(?!(?:Ken|TikTok|Tiktok|YouTube|Youtube|Instagram|Reels|Shorts"
    r"|BGM)\b)[A-Z0-9][\w'’&!-]*){0,8})"
)
_CHINESE: Final = re.compile(
    r"^(?P<text>[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9 ·]{0,29}?)(?=[,.;!?\n、]|，|。|；|！|？|$)"
)
_NO_TITLE: Final = re.compile(
    r"^(?:(?:我|你|他|她|它|大家)们?(?:都|很|也|不|真|觉得|喜欢|想|挺|太|好)|[^,]{0,8}(?:喜欢|满意|不错|好看"
    r"|好听|完美|拿掉|掉[吧了]?$)|从|拿|给|让|请|把|跟|一直|始终|太|能|可|时|怎|写|做|需|应|就|位|有点|稍|居|放"
    r"|显|改|变|换|用|在|大|小|颜|位"
    r"|去|删|不|停|持|加|移|字|和|与|也|都|要|设|调|的|更|再"
    r"|是|为|红|蓝|白|黑|黄|绿|金|居|消|取|淡|动|出|全|保|,)"
)
_WRITING: Final = compile_pattern(
    r"(?:名为|名叫|叫做|叫|写着|写有|内容为|题为)(?P<text>[^,.;!?\n\ue000-\uf8ff]{1,24})的(?P<mark><T>|<C>)"
)
_SCRIPT: Final = compile_pattern(
    (
        r"(?P<mark><V>)(?P<gap>(?: (?:script|text|that|with|saying|says|reading|should|say|for|the|it"
        r"|this|is|as|follows)|内容|如下|是|为|说|念){0,4} ?)(?P<text>:[^\ue000-\ue3ff]{2,}"
        r"|(?<=saying )[^\ue000-\ue3ff]{2,}|(?<=says )[^\ue000-\ue3ff]{2,})"
    ),
)
_CAPTION_LIST: Final = compile_pattern(
    r"(?P<mark><C>)(?P<gap>(?: (?:for the photos|in order|text"
    r"|for each photo))?) ?: ?(?P<text>[^.;!?\n\ue000-\ue3ff]{2,})"
)


def mark_words(page: Page) -> None:
    """Replace titles, captions, scripts and music by characters, and give them their words."""
    page.fold(_VOICE, page.scripts, lambda _: "")
    _scripts(page)
    page.fold(_CAPTION, page.captions, lambda _: ())
    page.fold(_ENDING, page.titles, lambda _: TitleMark(None, "text", ending=True))
    page.fold(_TITLE, page.titles, lambda _: TitleMark(None, "title"))
    page.fold(_TEXT, page.titles, lambda _: TitleMark(None, "text"))
    _attach(page)
    page.fold(_MUSIC, page.music, _read_music)
    page.fold(_HEAR_ONLY, page.music, _read_music)
    _take_unquoted(page)


def _read_music(match: re.Match[str]) -> MusicMark:
    found, names = read_moods(match[0])
    return MusicMark(found, names, bare=not names)


def read_moods(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the moods that the words name, and the names of the sounds, in the order of the words."""
    hits = sorted(
        (match.start(), mood, name) for pattern, mood, name in _MOOD_TABLE for match in pattern.finditer(words)
    )
    found = tuple(dict.fromkeys(mood for _, mood, _ in hits if mood))
    return found, tuple(dict.fromkeys(name for _, _, name in hits))


def _give(page: Page, mark: int, text: str) -> None:
    """Give the title, caption or script at this position its words."""
    character = page.text[mark]
    shown = page.shown[mark].rstrip()
    page.shown[mark] = f"{shown} “{text}”"
    if character in page.titles:
        old = page.titles[character]
        page.titles.put(character, TitleMark(text, old.slot, old.ending))
    elif character in page.captions:
        page.captions.put(character, (*page.captions[character], text))
    else:
        page.scripts.put(character, f"{page.scripts[character]} {text}".strip())


def _wants(page: Page, character: str) -> bool:
    return character not in page.titles or page.titles[character].text is None


def _silent(page: Page, character: str) -> bool:
    """Return whether a title or caption has no words yet."""
    if character in page.titles:
        return page.titles[character].text is None
    return not page.captions[character]


def _attach(page: Page) -> None:
    for pattern in (_ATTACH_MORE, _ATTACH_CLOSE, _ATTACH_AFTER, _ATTACH_BEFORE):
        start = 0
        while match := pattern.search(page.text, start):
            mark, quote = group_span(match, "mark")[0], group_span(match, "quote")[0]
            start = match.start() + 1
            if not _wants(page, page.text[mark]):
                continue
            _give(page, mark, page.quotes[page.text[quote]])
            linked = pattern is _ATTACH_MORE or (
                pattern is not _ATTACH_AFTER and _LINKED.fullmatch(group_text(match, "gap"))
            )
            low, high = (mark + 1, quote + 1) if linked else (quote, quote + 1)
            page.remove(low, high)
            start = max(0, min(mark, low) - 1) if pattern is _ATTACH_AFTER else mark
            if pattern in {_ATTACH_CLOSE, _ATTACH_BEFORE} and page.text[mark] in page.captions:
                _attach_more(page, mark, low)
    for match in list(_WRITTEN.finditer(page.text)):
        place = next((at for at in range(match.start(), match.end()) if page.text[at] in page.quotes), None)
        if place is not None:
            mark_character = page.titles.add(TitleMark(page.quotes[page.text[place]], "text"))
            if mark_character:
                page.text = page.text[:place] + mark_character + page.text[place + 1 :]


_MORE: Final = compile_pattern(r"(?:, ?and |, ?| and |, ?then | then | ?/ ?|、|和| )?(?P<quote><Q>)")


def _attach_more(page: Page, mark: int, after: int) -> None:
    """Give captions the further quotes of a list that begins with one."""
    while match := _MORE.match(page.text, after):
        _give(page, mark, page.quotes[page.text[group_span(match, "quote")[0]]])
        page.remove(match.start(), match.end())


def _scripts(page: Page) -> None:
    match = _SCRIPT.search(page.text)
    if match is None:
        return
    text = "".join(page.shown[slice(*group_span(match, "text"))]).lstrip(":： ").strip()
    if text:
        _give(page, group_span(match, "mark")[0], text)
        page.remove(group_span(match, "gap")[0], group_span(match, "text")[1])


def _take_unquoted(page: Page) -> None:
    """Give titles and captions the words that follow them without quotes, then remove the words that were given."""
    for pattern in (_WRITING, _EXPLICIT):
        start = 0
        while match := pattern.search(page.text, start):
            start = 0 if _give_named(page, pattern, match) else match.start() + 1
    for mark, character in enumerate(page.text):
        if character in page.titles and page.titles[character].text is None:
            _give_following(page, mark)
    if any(mark.text is not None for mark in page.titles.values):
        # "Add the text overlay saying …" mentions one text twice.
        _take_marks(page, lambda mark: mark in page.titles and page.titles[mark] == TitleMark(None, "text"))
    if any(page.scripts.values):
        # "Use this voiceover as captions" means the script's own captions.
        _take_marks(page, lambda mark: mark in page.captions and not page.captions[mark])
    kept = [at for at, character in enumerate(page.text) if character != TAKEN]
    page.text, page.shown = "".join(page.text[at] for at in kept), [page.shown[at] for at in kept]


def _take_marks(page: Page, wanted: Callable[[str], bool]) -> None:
    for at, character in enumerate(page.text):
        if wanted(character):
            page.take(at, at + 1)


def _give_named(page: Page, pattern: re.Pattern[str], match: re.Match[str]) -> bool:
    """Give a title or caption the words that are announced for it; return False if there are none."""
    mark, _ = group_span(match, "mark")
    character = page.text[mark]
    text = "".join(page.shown[slice(*group_span(match, "text"))]).strip(" ,，。.")
    captions = character in page.captions
    if not text or not _silent(page, character):
        return False
    if captions and pattern is _EXPLICIT and ":" not in group_text(match, "link"):
        return False
    low = group_span(match, "link")[0] if pattern is _EXPLICIT else group_span(match, "text")[0]
    for piece in re.split(r" ?[/|／] ?", text) if captions else (text,):
        _give(page, mark, piece)
    page.remove(low, group_span(match, "text")[1])
    return True


def _give_following(page: Page, mark: int) -> None:
    """Give a title the name that follows it: capitalised words, or Chinese words up to the next punctuation."""
    after = range(mark + 1, min(len(page.text), mark + 1 + _LONGEST))
    rest = "".join("\0" if "\ue000" <= page.text[at] <= "\uf8ff" else page.shown[at] for at in after)
    match = _CAPITAL.match(rest) or (None if _NO_TITLE.match(rest) else _CHINESE.match(rest))
    if match is not None:
        length = _places(page, mark + 1, match.end("text"))
        _give(page, mark, match["text"].strip())
        page.take(mark + 1, mark + 1 + length)


def _places(page: Page, start: int, length: int) -> int:
    """Return how many positions from `start` show at least `length` characters."""
    shown = 0
    for count, piece in enumerate(page.shown[start:], start=1):
        shown += len(piece)
        if shown >= length:
            return count
    return len(page.shown) - start


_COLOR_TABLE: Final = compile_table(lexicon.COLORS)
_POSITION_TABLE: Final[tuple[tuple[re.Pattern[str], TextPosition], ...]] = compile_table(lexicon.POSITIONS)
_SIZE_TABLE: Final = compile_table(lexicon.SIZES)


def read_style(target: Literal["title", "captions"], words: str) -> Styling:
    """Return the look that the words describe."""
    color: str | None = None
    for pattern, name in _COLOR_TABLE:
        if match := pattern.search(words):
            color = f"#{group_text(match, 'hex')}" if name == "#" else name
            break
    positions: list[TextPosition] = [value for pattern, value in _POSITION_TABLE if pattern.search(words)]
    factor = next((value for pattern, value in _SIZE_TABLE if pattern.search(words)), 1.0)
    return Styling(target, color=color, factor=factor, position=positions[0] if positions else None)


# --- what is left -----------------------------------------------------------------------------------------------------

_HAN: Final = re.compile("[\u3400-\u9fff]")
_LATIN: Final = re.compile("[a-z]{2,}")
#: Letters that are neither Chinese nor plain Latin, such as kana, hangul or Cyrillic.
_OTHER: Final = re.compile("[^\\W\\d_a-zA-Z\u3400-\u9fff]")
_BREAK: Final = re.compile(
    r"[,.;:!?\n()、\[\]{}\"“”<>|·*…~/]|(?: and | then | but | plus | while )|(?:然后|并且|同时|而且|另外)"
)
_WORD: Final = re.compile(
    r"[a-z][a-z0-9'-]*|\d+(?:\.\d+)?[a-z]*|[\u3400-\u9fff]+|[\ue000-\uf8fe]|[^\W\d_a-z\u3400-\u9fff\ue000-\uf8ff]+"
)
_FILLER_ZH: Final = re.compile("|".join(map(re.escape, filler.FILLER_ZH)))


def detect_language(page: Page) -> ReplyLanguage | None:
    """Return the language of the message, without its quotes, or None if it has no words.

    Every language except Chinese is answered in English, so Japanese is "en" here: a message that has other letters
    next to its Chinese characters, and not only one for decoration, is not Chinese.
    """
    han = len(_HAN.findall(page.text))
    latin = len(_LATIN.findall(page.text))
    others = len(_OTHER.findall(page.text))
    if 3 * others > han:
        return "en"
    if not han and not latin:
        shown = "".join(page.shown)
        if _HAN.search(shown):
            return "zh"
        return "en" if re.search(r"[A-Za-z]{2,}", shown) else None
    return "zh" if han > 1.2 * latin else "en"


def is_meaningful(page: Page, word: str) -> bool:
    """Return whether a word that no rule has taken still asks for something."""
    if word == TAKEN or word in page.music:
        return False
    if "\ue000" <= word <= "\uf8ff":
        return True
    if _HAN.match(word):
        return bool(_FILLER_ZH.sub("", word))
    if word[0].isdigit():
        return True
    if len(word) == 1:
        return not word.isascii()
    word = word.rstrip("'-")
    return not _is_filler(word)


def _is_filler(word: str) -> bool:
    stem = word.removesuffix("'s").removesuffix("'")
    if {word, stem, stem.removesuffix("s"), stem.removesuffix("es")} & filler.FILLER:
        return True
    parts = stem.split("-")
    return len(parts) > 1 and all(part in filler.FILLER or not part for part in parts)


def find_clauses(page: Page) -> list[tuple[int, int]]:
    """Return the spans of the page between breaks that no rule has taken, in order."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _BREAK.finditer(page.text):
        bounds.append((start, match.start()))
        start = match.end()
    return [*bounds, (start, len(page.text))]


def remaining_words(page: Page) -> str:
    """Return the remaining words in the user's form: the subject of a video that is made from words only."""
    pieces: list[str] = []
    for run in re.finditer(f"[^{TAKEN}]+", page.text):
        said = page.quote(*run.span())
        if any(is_meaningful(page, word) for word in _WORD.findall(run[0])):
            pieces.append(said)
    return _TAIL.sub("", _LEAD.sub("", " ".join(pieces)).strip(" ,.;:，。；："))


_LEAD: Final = re.compile(
    r"^(?:(?:please|can you|could you|i want(?: you)? to|i'd like(?: you)? to|generate|create|make"
    r"|produce|give|show|render|me|us|a|an|the|new|short|ai|video|clip|movie|film|animation|reel"
    r"|of|about|showing|with|where|in which|for|that|which|shows|long|vertical)\b[ ,:]*)+"
    r"|^(?:请|帮我|给我|我想要?|生成|制作|创建|做|拍|来|一个|一段|一部|一条|个|段|部|条|关于|的)+",
    re.IGNORECASE | re.ASCII,
)


_TAIL: Final = re.compile(
    r"(?: (?:for|on|in|with|and|to|at|as|a|the))+$|"
    r"的(?:视频|短片|短视频|片段|动画|影片|画面)?$| (?:video|clip|film|movie|animation)$",
    re.IGNORECASE,
)


def decline_leftovers(page: Page, decline: Callable[[int, int, str], None]) -> None:
    """Report all words that are neither understood nor filler, clause by clause."""
    for start, end in find_clauses(page):
        for run in re.finditer(f"[^{TAKEN}]+", page.text[start:end]):
            words = [word for word in _WORD.finditer(run[0]) if is_meaningful(page, word[0])]
            if not words:
                continue
            low, high = start + run.start(), start + run.end()
            if not page.quote(low, high):
                low = start
            if run[0].strip(" 的,") in page.titles and any(mark.text for mark in page.titles.values):
                continue
            decline(low, min(high, low + 160), _reason(page, [word[0] for word in words]))


def _reason(page: Page, words: list[str]) -> str:
    if any(word in page.titles for word in words):
        return "title_text"
    if any(word in page.captions for word in words):
        return "caption_text"
    if any(word in page.scripts for word in words):
        return "script_text"
    if any(word in page.urls for word in words):
        return "url"
    if page.music.values and any(word in page.quotes for word in words):
        return "song"
    return "unknown"
