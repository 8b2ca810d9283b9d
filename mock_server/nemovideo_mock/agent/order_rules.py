"""Rules for which photos are used, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, cast

from nemovideo_mock.agent import lexicon, prepared_page
from nemovideo_mock.agent.edit_requests import Arrange, Ask, Claim, Move, Place, Select, Swap, UseAll
from nemovideo_mock.agent.phrase_rules import Match, Reader, rule
from nemovideo_mock.agent.prepared_page import group_text

_GO = r"(?:put|move|place|bring|shift|use|show|have|make|want|set|let)"
_FIRST = (
    r"(?:first|(?:to|at|in|as|be)(?: the)?(?: very)? (?:first|front|start|beginning|opening|opener"
    r"|top)(?: (?:position|place|spot|slot|one))?|up front|(?:be )?the (?:opener|opening (?:shot"
    r"|photo|image|picture)))\b"
)
_LAST = (
    r"(?:last|(?:to|at|in|as|be)(?: the)?(?: very)? (?:last|end|back|final|closing"
    r"|closer)(?: (?:position|place|spot|slot|one))?)\b"
)
_ZH_GO = r"(?:移动?|放|挪|调整?|排|换|提前?|安排|作为|当作?|做)(?:到|在|至|成)?"
_ZH_FIRST = r"(?:最前面?|第一位|首位|第1位|开头|开场|前面|封面|第一个?)"
_ZH_LAST = r"(?:最后面?|末尾|结尾|最末|末位|收尾|后面)"
_REMOVE_ZH = r"删除|删掉|删去|删|去掉|去除|移除|拿掉|取消|剔除|撤掉|撤下|剪掉|不要了?|不用了?"
_CLIP_ZH = r"(?:视频|影片|短片|片段|素材视频)"
_STILL_ZH = r"(?:照片|图片|相片|图)"
_CLIP_EN = r"(?:the |my |that )?(?:uploaded )?(?:video|clip|footage)s?(?: clip)?"
_STILL_EN = (
    r"(?:the |my |those |these )?(?:(?:two|three|four|five|2|3|4|5|all|both) )?(?:photo|picture|pic|image|still)s?"
)
_THEN_EN = r"(?:,? (?:and )?then|, followed by| followed by| and after that|,? and)(?: show| put| use| come)?"
_THEN_ZH = rf",?(?:然后|接着|接|再|后|最后)(?:是|放|接|上|用)?(?:{lexicon.COUNT_ZH}{lexicon.MEASURE_ZH})?"
_N = lexicon.NUMBER
_ZH_N = lexicon.COUNT_ZH
_PLACED = r"(?P<nth>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
_SIDE = r"(?:right |just |directly )?(?P<side>before|after|in front of|behind)"


def _select(mode: str) -> Callable[[Reader, Match], Ask | None]:
    def build(reader: Reader, match: Match) -> Ask | None:
        ref = reader.ref(match)
        return Select(cast("Literal['only', 'drop', 'add']", mode), ref) if ref else None

    return build


def _only_count(_reader: Reader, match: Match) -> Ask | None:
    count = prepared_page.parse_number(group_text(match, "n"))
    return Select("only", tuple(range(1, int(count) + 1))) if count and 1 <= count <= prepared_page.UNITS else None


def _move_rule(to: Place) -> Callable[[Reader, Match], Ask | None]:
    def build(reader: Reader, match: Match) -> Ask | None:
        ref = reader.ref(match)
        return Move(ref, to) if ref else None

    return build


def _move_next_to(reader: Reader, match: Match) -> Ask | None:
    refs = reader.refs(match)
    if len(refs) != 2 or not refs[0] or len(refs[1]) != 1:
        return None
    side: Literal["before", "after"] = (
        "after" if group_text(match, "side") in {"after", "behind", "后面", "之后", "后"} else "before"
    )
    return Move(refs[0], refs[1][0], side)


def _move_to(reader: Reader, match: Match) -> Ask | None:
    place = (
        prepared_page.parse_ordinal(group_text(match, "nth"))
        if group_text(match, "nth")
        else prepared_page.parse_number(group_text(match, "to"))
    )
    ref = reader.ref(match)
    return Move(ref, int(place)) if place and ref else None


def _swap(reader: Reader, match: Match) -> Ask | None:
    ref = reader.ref(match)
    if not ref:
        ref = tuple(int(figure) for figure in re.findall(r"\d+", match[0], re.ASCII))
    return Swap(ref[0], ref[1]) if len(ref) == 2 else None


def _use_given(reader: Reader, match: Match) -> Ask | None:
    ref = reader.ref(match)
    if not ref:
        ref = tuple(int(figure) for figure in re.findall(r"\d+", group_text(match, "list"), re.ASCII))
    return Arrange("given", ref) if len(ref) > 1 else None


def _everything(_reader: Reader, match: Match) -> tuple[Ask, ...]:
    count = prepared_page.parse_number(group_text(match, "n")) if group_text(match, "n") else None
    return (UseAll(), Claim(int(count))) if count else (UseAll(),)


def _claim(_reader: Reader, match: Match) -> Ask | None:
    count = prepared_page.parse_number(group_text(match, "n"))
    return Claim(int(count)) if count and count == int(count) else None


_NEXT_EN = (
    r"(?:[,;.]? ?(?:and )?(?:then|next|after that|followed by|after|afterwards)(?: comes?| is| show| put| use|,)?"
    r" (?:the )?|,? and (?:the )?|, (?:the )?)"
)
_NEXT_ZH = r",?(?:然后|再|接着|之后|后面?|其次|最后)(?:放|是|用|上|接|播|以)?"

ORDER: Final = (
    rule(
        rf"\b(?:start|begin|open|lead)(?:ing|s)?(?: it| off)? with (?P<list><R>(?:{_NEXT_EN}<R>){{1,30}}"
        r"(?:,? (?:and )?(?:end|finish|close)(?:ing)?(?: it)? (?:with|on) (?:the )?<R>"
        r"|,? (?:and )?(?:lastly|finally),? (?:the )?<R>)?)",
        _use_given,
    ),
    rule(
        r"\b(?:start|begin|open)(?:ing|s)?(?: it| off)? with (?P<list><R>(?:,? (?:and )?then (?:the )?<R>){0,30}"
        r",? (?:and )?(?:end|finish|close)(?:ing)?(?: it)? (?:with|on) (?:the )?<R>)",
        lambda reader, match: _use_given(reader, match) if len(reader.ref(match)) > 2 else None,
    ),
    rule(rf"先(?:放|用|上|播|是)?(?P<list><R>(?:{_NEXT_ZH}<R>){{1,30}})(?:结尾|收尾|结束)?", _use_given),
    rule(
        rf"(?:{lexicon.REMOVE}|\b(?:don't|do not) (?:use|want|need|include)) (?:all|everything"
        rf"|every {lexicon.PHOTO_ONLY}|any(?:thing)?)(?: of)?"
        rf"(?: (?:the|my|these|them|{lexicon.PHOTO_ONLY}s?)){{0,3}} (?:except|but|apart from|other than"
        rf"|besides)(?: for)? <R>"
        r"|除了?<R>(?:以外|之外|外)?,?(?:其[他它余]|别|剩下)的?(?:照片|图片|相片)?(?:都|全部?|全都"
        r"|统统)?(?:不要|不用|删|去掉|拿掉|扔)[除掉了]{0,2}",
        _select("only"),
        checked=False,
    ),
    rule(
        rf"(?:先|开头)(?:放|上|用|是|播)?(?:那?段)?{_CLIP_ZH}{_THEN_ZH}{_STILL_ZH}|{_CLIP_ZH}(?:放"
        rf"|排)?在?(?:{_STILL_ZH}前面?|前面?,?{_STILL_ZH}在?后面?)"
        rf"|\b{_CLIP_EN} first{_THEN_EN} {_STILL_EN}|\b(?:start|begin|open) with {_CLIP_EN}{_THEN_EN} {_STILL_EN}"
        rf"|\b{_CLIP_EN} (?:should (?:come|go|be) |comes |goes )?before {_STILL_EN}",
        lambda _r, _m: Arrange("clips_first"),
    ),
    rule(
        rf"(?:先|开头)(?:放|上|用|是|播)?(?:{lexicon.COUNT_ZH}{lexicon.MEASURE_ZH})?{_STILL_ZH}{_THEN_ZH}{_CLIP_ZH}"
        rf"|{_STILL_ZH}(?:放|排)?在?(?:{_CLIP_ZH}前面?|前面?,?{_CLIP_ZH}在?后面?)"
        rf"|\b{_STILL_EN} first{_THEN_EN} {_CLIP_EN}|\b(?:start|begin|open) with {_STILL_EN}{_THEN_EN} {_CLIP_EN}",
        lambda _r, _m: Arrange("photos_first"),
    ),
    rule(
        (
            r"\b(?:show |use |play |put )?(?P<list><R> first(?:(?:, (?:and )?(?:then )?"
            r"|,? (?:and )?then )<R>(?! last)(?: (?:second|third|fourth|next))?){1,30})"
        ),
        _use_given,
    ),
    rule(
        (
            r"\b(?:swap|switch|exchange|flip|interchange)(?: the)?(?: order of| positions? of| places of"
            r"| around)?(?: the)? (?:<R>(?:,? ?(?:and|with|for|&) <R>)?"
            rf"|{lexicon.PHOTO_ONLY}?s? ?#?\d{{1,3}}(?: and | with | & )#?\d{{1,3}})(?: around| places)?"
            r"|(?:交换|互换|对调|调换|调转)(?:一下)?<R>(?:和|与|跟)?<R>?(?:的?(?:位置|顺序))?|<R>(?:和|与"
            r"|跟)?<R>?(?:的?(?:位置|顺序))?(?:互换|对调|交换|调换|调转|掉转|换)(?:一下|个)?(?:位置|顺序)?(?:一下)?"
        ),
        _swap,
    ),
    rule(
        (
            rf"\b{_GO} <R> (?:(?:to|at|in|go|come|be|right|just|directly) )?{_SIDE} <R>|<R> (?:goes|comes"
            rf"|should (?:go|come|be)) {_SIDE} <R>"
        ),
        _move_next_to,
    ),
    rule(rf"[把将]?<R>{_ZH_GO}<R>的?(?P<side>前面|之前|前|后面|之后|后)", _move_next_to),
    rule(
        rf"(?:[把将]<R>{_ZH_GO}|<R>(?:放|移|排|挪|调)(?:到|在|至)?)(?P<r><R>)(?!的?[前后])",
        lambda reader, match: Move(reader.refs(match)[0], reader.refs(match)[1][0]),
    ),
    rule(
        (
            rf"\b{_GO} <R> (?:in|to|at|into|as) (?:the )?(?:(?:position|place|spot|slot"
            rf"|number) (?:number )?#?(?P<to>{_N})|(?P<nth>{lexicon.ORDINAL}) (?:position|place|spot|slot))"
        ),
        _move_to,
    ),
    rule(rf"\b{_GO} <R> {_PLACED}\b(?! (?:photo|picture|image|one))|[把将]?<R>{_ZH_GO}第(?P<to>{_ZH_N})位", _move_to),
    rule(
        (
            rf"\b{_GO} <R> (?:to (?:be |go |come )?|go |come )?{_FIRST}(?: of (?:the )?(?:video|reel|clip"
            rf"|it))?|<R> (?:goes|comes|should (?:be|go|come)|shown) {_FIRST}|<R>(?: to be| as| is)? first\b"
        ),
        _move_rule(1),
    ),
    rule(
        (
            rf"\b{_GO} <R> (?:to (?:be |go |come )?|go |come )?{_LAST}(?: of (?:the )?(?:video|reel|clip"
            rf"|it))?|<R> (?:goes|comes|should (?:be|go|come)|shown) {_LAST}|<R>(?: to be| as| is)? last\b"
        ),
        _move_rule(-1),
    ),
    rule(
        (
            r"\b(?:start|begin|open|starts|begins|opens|starting|beginning|opening|lead|leading"
            r"|kick(?:ing)? off)(?: it| the (?:video|reel|clip)| off| out)? (?:with|on|from|at"
            r"|by showing) <R>|从<R>开始|以<R>(?:作为|做|为)?(?:开头|开场|开始|打头)|用<R>(?:来|作为|做"
            rf"|当)?(?:开头|开场|打头)|[把将]?<R>{_ZH_GO}{_ZH_FIRST}"
        ),
        _move_rule(1),
    ),
    rule(
        (
            r"\b(?:end|finish|close|conclude|ends|finishes|closes|ending|finishing|closing)(?: it"
            r"| the (?:video|reel|clip)| off| up)? (?:with|on|at|by showing) <R>|(?:以|用|到)<R>(?:来|作为|做"
            rf"|为)?(?:结尾|结束|收尾)|[把将]?<R>{_ZH_GO}{_ZH_LAST}"
        ),
        _move_rule(-1),
    ),
    rule(
        (
            r"\b(?:in |use |with )?(?:the |an? )?(?:original|upload|uploaded|initial|same|given"
            r"|current) order(?: back)?\b|\bin (?:the )?order (?:i|they were|they are|of upload|that i"
            r"|as)(?: \w{1,10}){0,3}|按(?:照)?(?:上传|原来|原有|原始|原)的?(?:先后)?顺序|(?:恢复"
            r"|保持)(?:原来的?|原始|原)顺序"
        ),
        lambda _r, _m: Arrange("uploaded"),
    ),
    rule(
        (
            r"(?:\border(?: is| of| to|:| should be| them| the photos){0,8}|\bsequence(?: is| of|:)?"
            r"|\barrange(?: them| the photos)?(?: as| in the order|:){0,8}|\b(?:show|use|play)(?: them"
            r"| the photos)? in (?:the|this) order:?|顺序(?:是|为|:|改成|改为|调整为|换成)?"
            rf"|按照?) ?:? ?(?:{lexicon.PHOTO_ONLY}s? )?(?P<list>(?:<R>(?:(?:, ?(?:and |then )?| and then "
            rf"| then | and |、|然后)<R>){{1,30}}|<R>|\d{{1,3}}(?:(?:, ?(?:and |then )?| and then | then "
            rf"| and |、| |-|->|>|到)\d{{1,3}}){{1,30}}))(?:的?顺序)?(?: order)?"
        ),
        _use_given,
    ),
    rule(r"\b(?:show|use|play|with|put) (?P<list><R>(?:,? (?:and )?then <R>){1,30})", _use_given),
    rule(
        (
            r"\b(?:in |with )?(?:the |a )?(?:reversed?|opposite|backwards?"
            rf"|inverted) (?:the )?(?:(?:{lexicon.PHOTO_ONLY}s?|chronological|whole|current) )?(?:order"
            rf"|sequence)(?: of (?:the )?{lexicon.PHOTO_ONLY}s?)?|\b(?:reverse|flip|invert) (?:the |my "
            rf"|all ){{0,8}}(?:{lexicon.PHOTO_ONLY}s|order|sequence|them|it|everything)(?: order)?\b"
            r"|\border (?:is )?reversed\b|\bin reverse\b|\bbackwards\b|倒序|逆序|反序|反向|顺序反(?:过来"
            r"|转)|反过来(?:的?顺序)?|倒过来|颠倒(?:一下)?(?:照片|图片)?的?(?:顺序)?|(?:顺序|照片"
            r"|图片)(?:颠倒|倒(?:过来|转)|反(?:过来|转))|从后(?:往|到|向)前"
        ),
        lambda _r, _m: Arrange("reversed"),
    ),
    rule(
        (
            r"\b(?:use |with |keep |include |take )?(?:all|everything"
            rf"|every {lexicon.PHOTO_ONLY})(?: of)?(?: the| my"
            rf"| these)?(?: (?P<n>{_N}))?(?: {lexicon.PHOTO_ONLY}s?)?,? (?:except|but|apart from|other than"
            r"|excluding|besides)(?: for)? <R>|(?:除了|(?<![删去移])除)<R>(?:以外|之外|外)?,?(?:都|全部?"
            r"|其[他余]的?)?(?:要|用|使用|保留)?"
        ),
        _select("drop"),
    ),
    rule(
        (
            rf"(?:{lexicon.REMOVE}|\bwithout\b|\bno\b|\bdon'?t (?:use|include|show|want|need)\b"
            r"|\bdo not (?:use|include|show)\b|不要|不用|去除|不使用)(?: the)? ?<R>(?! ?(?:'s"
            r"|的))(?: (?:from|out of) (?:the |my )?(?:video|reel|timeline|clip|it|draft))?"
            rf"|[把将]<R>(?:都|全部?|也|给)?{lexicon.REMOVE}了?|<R>(?:都|全部?|也|就|给我"
            rf"|可以)?(?:{_REMOVE_ZH})[了吧]?|\btake <R> (?:out|away|off)\b"
        ),
        _select("drop"),
        checked=False,
    ),
    rule(
        (
            r"\b(?:add|bring|put|include|use)(?: back)? <R>(?: back| again| too| as well| also)(?: in)?"
            r"|\badd <R>(?= |[,.]|$)(?! ?(?:to the (?:start|end)))|(?:加上|加入|加回|恢复|添加)<R>"
            r"|[把将]<R>(?:也)?(?:加回来|加上|加进来|加进去)"
        ),
        _select("add"),
    ),
    rule(
        (
            r"\b(?:add|include|use)(?: in)? (?:the |my |these |this |those )?(?:new|newest|other|remaining"
            r"|rest of the|latest|extra|additional"
            rf"|just uploaded)(?: {_N})? {lexicon.PHOTO_ONLY}s?\b(?: too| as well| to (?:it|the (?:video"
            r"|end|reel)))?|\badd (?:this|these|it|them"
            rf"|those)(?: {_N})?(?: {lexicon.PHOTO_ONLY}s?)?(?: too| as well| to (?:it|the (?:video|end"
            r"|reel)))?(?= ?[,.!;]|$| and)|(?:加上|加入|添加|把)(?:这|新|刚|刚刚|刚才|剩下"
            rf"|其余)(?:上传)?的?(?:{lexicon.COUNT_ZH}?{lexicon.MEASURE_ZH})?(?:新的?)?{lexicon.PHOTO_ZH}(?:也?(?:加上"
            r"|加进去|加进来|加入))?"
        ),
        lambda _r, _m: UseAll(new_only=True),
    ),
    rule(
        (
            r"\b(?:only|just)(?: use| using| keep| include| take| show| with| from| want| need"
            r"| pick)?(?: the)? ?<R>(?: only)?(?! ?(?:for |first\b|last\b|a bit|longer|shorter|on screen"
            r"|up for|still))|\b(?:use|using|keep|keeping|include|take|taking|pick|picking|choose"
            r"|select)(?: me| only| just| from| out){0,8} <R>(?: only| alone)?(?! ?(?:for |as |first\b|last\b"
            r"|on screen|up for|still))|\b(?:with|from|of|out of|turn|convert|make|animate) (?:just "
            r"|only )?<R>(?: only| alone| into| to)(?! (?:the )?(?:start|end|front|back))"
            rf"|\b{lexicon.VIDEO}(?: [a-z]{{1,12}}){{0,2}}(?P<part> (?:from|with|of|out of|using) (?:just "
            r"|only )?<R>)(?! ?(?:first|last)\b)(?! to <R>)|(?:只|仅|就)(?:需要|使用|用|要|保留|留下?"
            r"|选用?|取|放|剪)?<R>(?:就行|就好|即可)?|<R>(?:就行|就好|即可|就够了)|(?:保留|选用?|挑选?)<R>"
            r"|(?:用|使用|[把将])<R>(?=来|做|制作|生成|合成|剪|变|转)"
        ),
        _select("only"),
    ),
    rule(
        (
            rf"\b(?:only|just)(?: use| using| keep| take| want| with| show)? (?P<n>{_N}) (?:of )?(?:the "
            rf"|these |my |them)?(?: ?{lexicon.PHOTO_ONLY}s?)?\b(?! ?seconds)|\b(?:use|pick|choose|select"
            rf"|take) (?P<n>{_N}) of (?:the |these |my )?(?:{lexicon.PHOTO_ONLY}s?|them)\b"
        ),
        _only_count,
    ),
    rule(
        (
            r"(?:只|仅|就)(?:使用|用|要|保留|留下?|选|取"
            rf"|放)(?P<n>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH}{lexicon.PHOTO_ZH}?"
        ),
        _only_count,
    ),
)


CLAIMS: Final = (
    rule(
        (
            r"\b(?:use|with|using|from|of|include|combine|turn|take|put) (?:all|every)(?: of)?"
            rf"(?: the| my| these| our| those| uploaded){{0,8}}(?: (?P<n>{_N}))?"
            rf"(?: (?!{lexicon.PHOTO_ONLY})[a-z]{{3,14}}){{0,2}} {lexicon.PHOTO_ONLY}s?\b"
        ),
        _everything,
        checked=False,
    ),
    rule(
        (
            r"(?:用上?|使用)(?:所有"
            rf"|全部)的?(?:这?(?P<n>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH})?的?{lexicon.PHOTO_ZH}(?:都(?:用上?"
            r"|放进去)?)?"
        ),
        _everything,
        checked=False,
    ),
    rule(
        (
            r"(?<!into )\b(?!one (?:video|clip|slide|shot"
            rf"|file)\b)(?P<n>{_N})(?: (?!{lexicon.PHOTO_ONLY})[a-z][a-z'-]{{2,14}}(?:,"
            rf"| and)?){{0,3}} {lexicon.PHOTO_ONLY}s?\b(?! (?:each|per|at a time|a second))"
            rf"|(?P<n>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH}(?!都)[^,.;!?\n\ue000-\uf8ff的]{{0,6}}的?{lexicon.PHOTO_ZH}"
            rf"|(?<=[这用把有了传])(?P<n>{lexicon.COUNT_ZH}){lexicon.MEASURE_ZH}"
        ),
        _claim,
        checked=False,
    ),
)
