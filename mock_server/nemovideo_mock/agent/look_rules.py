"""Rules for the look: aspect ratio, motion, transitions, fades, and pace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, cast

from nemovideo_contract.draft import Motion, TransitionKind
from nemovideo_mock.agent import lexicon
from nemovideo_mock.agent.edit_requests import Ask, Fading, Frame, Hold, Joining, Moving, Pace, PaceName, Tempo, Topic
from nemovideo_mock.agent.phrase_rules import Build, Match, PhraseRule, Reader, rule
from nemovideo_mock.agent.prepared_page import compile_pattern, group_text


def _moving(motion: str) -> Callable[[Reader, Match], Ask | None]:
    def build(reader: Reader, match: Match) -> Ask:
        hurried = group_text(match, "hurry") != ""
        return Moving(cast("Motion", motion), reader.ref(match), hurried)

    return build


def _joining(kind: str) -> Build:
    def build(reader: Reader, match: Match) -> Ask | tuple[Ask, ...] | None:
        named = cast("TransitionKind", kind)
        ms = reader.span(match)
        before = group_text(match, "soft")
        if kind != "cut" and ms is None and re.search(r"\b(?:quick|fast|rapid|short|swift)", before):
            ms = 300
        elif ms is None and re.search(r"\b(?:slow|long)", before):
            ms = 1000
        join = Joining(named, ms)
        hurried = kind == "cut" and re.search(r"\b(?:quick|fast|rapid)|快", match[0])
        return (join, Pace("fast")) if hurried else join

    return build


_SOFT: Final = (
    r"(?P<soft>(?:\b(?:soft|smooth|gentle|slow|quick|fast|rapid|short|long|swift|subtle|elegant"
    r"|simple|nice|smoothly|softly|gently|clean|seamless|beautiful|dreamy|classic|light|with"
    r"|using)(?:,? and |, | |-)){0,3}(?:(?:平滑|柔和|流畅|自然|缓慢|快速|简单|优雅|轻柔|柔美|顺滑"
    r"|细腻)的?){0,2})"
)
TRANSITION: Final = lexicon.TRANSITION
BETWEEN: Final = (
    rf"(?: between(?: (?:all|each|every|the|my|these|them|of|{lexicon.PHOTO_ONLY}s?"
    rf"|one)){{0,8}})?(?: from one (?:{lexicon.PHOTO_ONLY} )?to (?:the next"
    r"|another)(?: one)?)?(?: into (?:the next|each other|one another)(?: one)?)?"
)


def _joins() -> list[PhraseRule]:
    rules: list[PhraseRule] = []
    for words, kind in lexicon.JOINS:
        some = rf"(?:{words})"
        rules.append(
            rule(
                (
                    rf"(?:<D>的?[ -]?(?:long )?)?{_SOFT}{some}(?:[ -]?(?:style )?{TRANSITION})?(?:效果)?(?:(?: (?:of"
                    r"|for|lasting|that lasts?|that take|at)|,? each|,? ?(?:(?:每个|每次)(?:时长|持续)?|时长|持续)|为"
                    r"|用时)? ?<D>(?![ -]?(?:video|long"
                    rf"|reel|each|clip|total|vertical)))?{BETWEEN}"
                ),
                _joining(kind),
                denied="transition",
            )
        )
    for words, kind in lexicon.JOINS_NAMED:
        some = rf"(?:{words})"
        rules.append(
            rule(
                rf"(?:<D>的?[ -]?(?:long )?)?{_SOFT}{some}(?: between"
                rf"| from one {lexicon.PHOTO_ONLY} to)(?: (?:all|each|every|the|my|these|them|of"
                rf"|{lexicon.PHOTO_ONLY}s?|one|next|another)){{0,8}}"
                rf"|(?:<D>的?[ -]?(?:long )?)?{_SOFT}{some}(?:[ -]style|[ -]effects?|效果|的"
                rf"|式)?[ -]?{TRANSITION}(?:效果)?(?:(?: (?:of|for|lasting|that lasts?|at)|,? each"
                r"|,? ?(?:(?:每个|每次)(?:时长|持续)?|时长|持续)|为"
                rf"|用时)? ?<D>(?![ -]?(?:video|long|reel|each|clip|total|vertical)))?{BETWEEN}"
                rf"|(?:之间|中间)的?(?:都)?(?:用|加|使用|做|来|加上|以)?(?:个)?{_SOFT}{some}(?:效果)?"
                rf"|{TRANSITION}(?: (?:between (?:the )?photos|type|style|effect))?(?: ?(?:to|with|as|into|by"
                r"|should be|are|is|=|:|方式|效果|类型|嘛|呢|的话|就|要|得|想要|选|来|简单|都|全部|统一|换成"
                r"|改成|改为|换为|用|使用|采用|设为"
                rf"|设置为|是|为|选择?)){{1,8}} ?(?:a )?{_SOFT}{some}s?(?: (?:transitions?"
                r"|effects?))?(?:效果)?(?:(?: (?:of|for|lasting|at)|,? each|,? ?(?:每个|每次|时长"
                r"|持续)) ?<D>)?",
                _joining(kind),
                denied="transition",
            )
        )
    return rules


def _resize_joins(reader: Reader, match: Match) -> Ask | None:
    ms = reader.span(match)
    if ms is not None:
        return Joining(ms=ms)
    return Joining(factor=1.5 if re.search(r"longer|slower|长|慢", match[0]) else 2 / 3)


JOIN_LENGTH: Final = rule(
    rf"<D>(?:的?[ -]?(?:long )?){_SOFT}{TRANSITION}(?:效果)?{BETWEEN}|{TRANSITION}(?: (?:length"
    r"|duration|time|of|for|lasting|should|be|is|to|are|that|last|lasts|take|each|long"
    r"|at)){0,8} ?(?:时长|时间|长度|持续|为|是|改成|改为|设为|调到|用){0,8}:? ?<D>(?: each| long)?"
    rf"|\b(?:longer|shorter|slower|faster|quicker) {TRANSITION}|\b(?:make"
    rf"|have) (?:the )?{TRANSITION} (?:a bit |a little |much )?(?:longer|shorter|slower|faster"
    rf"|quicker)|{TRANSITION}(?:再)?(?:长|短|慢|快)(?:一点|一些|点|些)",
    _resize_joins,
)


def _fading(*edges: str) -> Callable[[Reader, Match], Ask | tuple[Ask, ...] | None]:
    def build(reader: Reader, match: Match) -> tuple[Ask, ...]:
        ms = reader.span(match)
        return tuple(Fading(cast("Literal['opening', 'closing']", edge), ms) for edge in edges)

    return build


_FADE_BEFORE: Final = (
    r"(?:<D>的?[ -]?(?:long )?)?(?:\b(?:cinematic|slow|soft|gentle|smooth|nice|quick|long(?!,)|short"
    r"|subtle|dramatic|movie-like|opening|closing|final|a|an|and|the)(?:,? and |, | "
    r"|-)){0,4}(?:(?:电影感?般?|缓慢|柔和|平滑|轻柔|自然|慢慢|渐渐)的?){0,2}"
)
_FADE_START: Final = (
    r"(?: (?:at|from|in) (?:the )?(?:very )?(?:start|beginning|opening|first|black)){0,8}(?: effect)?(?:效果)?"
)
_FADE_END: Final = (
    r"(?: (?:at|in|to|into) (?:the )?(?:very )?(?:end|ending|finish|close|last|black)){0,8}(?: effect)?(?:效果)?"
)
_FADE_LENGTH: Final = (
    r"(?:(?: (?:of|for|lasting|over|during|in)(?: the (?:first|last|final))?|时长"
    r"|持续)? ?<D>(?![ -]?(?:video|long|reel|each|clip|total|vertical)))?"
)
FADES: Final = (
    rule(
        (
            rf"\b(?:fade|fades|fading)(?: the)?(?: {lexicon.VIDEO})? (?:in and (?:fade )?out|in/out"
            r"|from and to black)\b(?: (?:at|of) the (?:start|beginning) and (?:the )?end| (?:at"
            rf"|to) (?:both )?(?:ends|the start and end))?{_FADE_LENGTH}|\bfade[ -]?in,? (?:and "
            r"|& )(?:a )?fade[ -]?out\b(?: effects?)?|(?:首尾|开头结尾|开头和结尾"
            r"|开场和结尾)?(?:都)?(?:加上?|添加)?(?:电影般?的?)?淡入(?:和|与|、)?淡出(?:效果)?"
        ),
        _fading("opening", "closing"),
        denied="fades",
    ),
    rule(
        (
            rf"{_FADE_BEFORE}\bfad(?:e|es|ing)(?: the)?(?: (?:{lexicon.VIDEO}|it|everything|picture"
            r"|image))?[ -]?(?:in|up)\b(?! (?:and out\b|the (?:title|text|music|caption)|<T>|<M>"
            rf"|<C>)){_FADE_START}{_FADE_LENGTH}|\b(?:fade|fades|start|starts|begin|open"
            rf"|opens)(?: in)? from black\b{_FADE_LENGTH}"
            r"|\b(?:come|comes|coming|rise|rises|emerge|emerges|appear|appears)(?: up| in)? (?:out of|from) (?:the )?"
            rf"(?:black|dark|darkness)\b{_FADE_START}{_FADE_LENGTH}|\b(?:start|begin|open)(?:s|ning|ing)? with (?:a "
            rf"|the )?{_FADE_BEFORE}fade(?:[ -]in)?(?: from black)?{_FADE_LENGTH}|(?:\bopening|\bat the (?:start"
            r"|beginning),?(?: a| add a)?) fade\b|\bfade at the (?:start|beginning)\b|(?:(?:在)?(?:视频"
            r"|影片)?的?(?:开头|开场|开始|片头)(?:时|处|部分)?)?(?:用|加上?一?个?|来一?个|做一?个|使用|以|添加"
            rf"|从)?{_FADE_BEFORE}(?:从黑(?:场|屏|色)?)?(?:淡入|渐入|渐显|渐亮)(?:效果)?(?:开场|开始"
            rf"|开头)?{_FADE_LENGTH}"
        ),
        _fading("opening"),
        denied="opening",
    ),
    rule(
        (
            rf"{_FADE_BEFORE}\bfad(?:e|es|ing)(?: the)?(?: (?:{lexicon.VIDEO}|it|everything|picture"
            r"|image))?[ -]?(?:out|away|to black|into black)\b(?! (?:the (?:title|text|music|caption)|<T>"
            rf"|<M>|<C>)){_FADE_END}{_FADE_LENGTH}|\b(?:end|finish|close)(?:s|ing)? (?:with|on|in) (?:a "
            rf"|the )?{_FADE_BEFORE}fade(?:[ -]out)?(?: to black)?{_FADE_LENGTH}|(?:\bclosing|\bending"
            r"|\bat the end,?(?: a| add a)?) fade\b|\bfade at the end\b|\bends? (?:in|on) black\b"
            r"|(?:(?:在)?(?:视频|影片)?的?(?:结尾|结束|最后|末尾|片尾)(?:时|处|部分|的时候)?)?(?:用|加上?"
            rf"|使用|以|添加)?{_FADE_BEFORE}(?:淡出|渐出|渐隐|渐黑|黑屏|淡黑)(?:到|至|为)?(?:黑(?:色|屏"
            rf"|场)?)?(?:效果)?(?:结束|结尾|收尾)?{_FADE_LENGTH}"
        ),
        _fading("closing"),
        denied="closing",
    ),
)


def _pace(name: str) -> Callable[[Reader, Match], Ask | None]:
    return lambda _reader, _match: Pace(cast("PaceName", name))


#: If the clause continues about text or music, the length is that of the text or music, not of the video.
_OTHER_THING: Final = compile_pattern(r"(?:<T>|<C>|<M>)[^,.;!?\n\ue000-\uf8ff]{0,24}$")


def _tempo(reader: Reader, match: Match) -> Ask | None:
    if _OTHER_THING.search(reader.page.text[max(0, match.start() - 30) : match.start()]):
        return None
    factor = (
        1.5
        if re.search(r"slow|long|lengthen|extend|慢|长|久|缓|double (?:the )?(?:length|duration)", match[0])
        else 2 / 3
    )
    if re.search(r"twice|double|一倍|两倍|much|a lot|很多|许多", match[0]):
        factor = 2.0 if factor > 1 else 0.5
    if re.search(r"half|halve", match[0]):
        factor = 2.0 if re.search(r"half as fast|half the speed", match[0]) else 0.5
    if re.search(r"twice as fast|double (?:the )?speed", match[0]):
        factor = 0.5
    ref = reader.ref(match)
    return Hold(ref, factor=factor) if ref else Tempo(factor)


_SCOPE = (
    r"(?: (?:it|this|that|things|everything|them|(?:the|my|whole|entire|all|overall"
    r"|whole) (?:[a-z]{3,8} )?(?:video|reel|clip|pace|pacing|tempo|rhythm|thing|movie|slideshow"
    r"|photos)|<R>))?"
)
_LITTLE = r"(?:a (?:little |tiny )?bit |a little |slightly |much |way |even |somewhat |twice as |a lot |just )?"
TEMPO: Final = (
    rule(
        (
            rf"(?:\b(?:it|that|this|the (?:{lexicon.VIDEO}|pace))(?:'s| is| feels| goes| moves) )?(?:a bit "
            r"|a little |way |much |still )?(?<!not )\btoo (?:fast|quick|short|hectic)\b|(?:视频|节奏|速度"
            r"|时间|时长|有点){0,8}太(?:快|短)了?"
        ),
        lambda _r, _m: Tempo(1.5),
    ),
    rule(
        (
            rf"(?:\b(?:it|that|this|the (?:{lexicon.VIDEO}|pace))(?:'s| is| feels| goes| moves) )?(?:a bit "
            r"|a little |way |much |still )?(?<!not )\btoo (?:slow|long)\b|(?:视频|节奏|速度|时间|时长"
            r"|有点){0,8}太(?:慢|长)了?"
        ),
        lambda _r, _m: Tempo(2 / 3),
    ),
    rule(
        (
            r"\b(?:make|get|have|go|play|run|show|keep|be|want"
            rf"|need)?{_SCOPE} ?(?:to be )?{_LITTLE}\b(?:slower|faster|quicker|longer|shorter"
            r"|slowly)\b(?:[ -](?:paced?|pacing|tempo|rhythm|video|reel|clip))?(?! [a-z]*(?:transition"
            rf"|title|text|fade|caption|music|dissolve))|\b(?:slow|speed)(?:{_SCOPE})(?: (?:down"
            rf"|up))(?:{_SCOPE})(?: {_LITTLE.strip()})?|\b(?:shorten|lengthen|extend"
            rf"|tighten){_SCOPE}(?= ?(?:[,.!?;\n]|$)| (?:and|please|a|to|by)\b)"
            r"|\bpick up the pace\b|\b(?:half|twice) as (?:long|fast|slow)\b|\bhalf the (?:length|speed"
            r"|duration)\b|\b(?:at )?double speed\b|\bhalve (?:it|the (?:length|video|duration))\b"
            r"|\bdouble (?:the )?(?:length|duration|speed)\b"
        ),
        _tempo,
    ),
    rule(
        (
            r"[让把]?<R>(?:的)?(?:停|放|节奏|时间|时长|停留|速度|显示|展示){0,8}(?:再|更|稍微|稍|要|变){0,8}(?:慢|快|长"
            r"|短|久)(?:一?点|一?些|很多|许多|一倍)(?:儿)?|(?:节奏|速度|视频|整体|时长|时间|总时长"
            r"|播放){0,8}(?:再|更|稍微|稍|变|要|应该){0,8}(?:慢|快|长|短)(?:一?点|一?些|很多|许多"
            r"|一倍)(?:儿)?(?:的?节奏)?|(?:节奏|速度|整体)?(?:放慢|减慢|减速|加快|加速|提速|变慢|变快|更慢"
            r"|更快|调慢|调快|更长|更短|缩短|延长|加长|拉长)(?:视频|节奏|速度|时长|时间|整体){0,8}(?:一?点"
            r"|一?些|一下)?"
        ),
        _tempo,
    ),
)


_SHAPE: Final = re.compile(
    r"\d|vertical|upright|portrait|landscape|wide|horizontal|square|[竖直横纵宽方]|一比一", re.ASCII
)


def _aspect(name: str) -> Callable[[Reader, Match], Ask | None]:
    return lambda _reader, match: Frame(name, implied=_SHAPE.search(match[0]) is None)


def _table(
    rows: Iterable[tuple[str, str]],
    frame: Callable[[str], str],
    build: Callable[[str], Callable[[Reader, Match], Ask | None]],
    denied: Topic | None = None,
) -> list[PhraseRule]:
    return [rule(frame(words), build(value), denied=denied) for words, value in rows]


#: Cuts on the beat are a pace, so these rules come before those for cuts.
ON_THE_BEAT: Final = rule(
    (
        r"(?:\b(?:sync(?:ed|ing|hroni[sz]ed?)?|cut|match(?:ed)?|timed?"
        r"|edit(?:ed)?)(?: up)?(?: the)?(?: cuts?| it| them| photos| transitions| everything)? )(?:to"
        r"|with|on) the (?:beat|music|rhythm|<M>)"
    ),
    lambda _r, _m: Pace("rhythmic"),
)
MOTIONS: Final = tuple(
    _table(
        lexicon.MOTIONS,
        lambda words: (
            rf"{lexicon.MANNER_BEFORE}(?:{words}){lexicon.MANNER_AFTER}(?: (?:on|in|into|for|over|across|to"
            r"|at|through|onto) <R>)?"
        ),
        _moving,
        "motion",
    )
)
ASPECTS: Final = tuple(
    _table(lexicon.ASPECTS, lambda words: rf"{lexicon.ASPECT_HEAD}(?:{words}){lexicon.ASPECT_TAIL}", _aspect)
)
PACES: Final = (
    *_table(lexicon.PACES[:2], lambda words: words, _pace),
    *TEMPO[:2],
    *_table(lexicon.PACES[2:], lambda words: rf"(?:节奏)?(?:{words}){lexicon.PACE_AROUND}", _pace),
    *TEMPO[2:],
)
JOINS: Final = tuple(_joins())
