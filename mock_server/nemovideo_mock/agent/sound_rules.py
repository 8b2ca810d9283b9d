"""Rules for music and its volume."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nemovideo_mock.agent import lexicon, message_content, prepared_page
from nemovideo_mock.agent.edit_requests import Ask, Loudness, Scoring
from nemovideo_mock.agent.phrase_rules import Match, Reader, rule
from nemovideo_mock.agent.prepared_page import group_text

_LOUD: Final = r"(?:(?:a (?:little )?bit|a little|slightly|much|way|even|再|更|稍微|调|变|开|放|弄)? ?)"


def _louder(factor: float) -> Callable[[Reader, Match], Ask | None]:
    return lambda _reader, _match: Loudness(factor=factor)


def _level(reader: Reader, match: Match) -> tuple[Ask, ...]:
    level = next((reader.page.percents[mark] for mark in match[0] if mark in reader.page.percents), 0.35)
    marks = [reader.page.music[mark] for mark in match[0] if mark in reader.page.music]
    return (*(_scoring(mark) for mark in marks), Loudness(level))


_LEVELS: Final = {
    "half": 0.5,
    "full": 1.0,
    "max": 1.0,
    "maximum": 1.0,
    "一半": 0.5,
    "low": 0.15,
    "high": 0.7,
    "medium": 0.5,
    "减半": 0.5,
    "最大": 1.0,
}


def _read_named_level(_reader: Reader, match: Match) -> Ask:
    return Loudness(_LEVELS[group_text(match, "loud")])


def _scoring(mark: prepared_page.MusicMark) -> Ask:
    return Scoring(mark.moods[0] if mark.moods else "", " ".join(mark.names).capitalize())


LOUDNESS: Final = (
    rule(
        (
            r"(?:\b(?:lower|raise|set|turn|bring|drop|reduce|increase|put|make|play|have)(?: down| up)? (?:the )?)?"
            r"(?:<M>(?:'s)? ?(?:volume|的?音量)?|\bvolume|音量)"
            r"(?: ?(?:\b(?:should|be|to|at|of|is|set|down|up|about|around|level|playing|played|with|a)\b|[:=,]"
            r"|调到|调成|调[低高大小][到至成]?|[降升提]到|调至|调|设为|设置为|设成|改为|改成|到|降到|降至"
            r"|提高到|为|是|约|大约|控制在|在|占)){0,8}"
            r" ?<P>(?: (?:volume|loud(?:ness)?))?(?:的?音量)?"
            r"|<P>的?(?: ?(?:volume|loudness|音量))(?: (?:for|on|of) (?:the )?<M>)?(?:的?<M>)?"
            r"|\bturn (?:the )?<M> (?:down|up) to <P>|<P>的<M>"
        ),
        _level,
    ),
    rule(
        r"(?:不要|别|不能|不用)(?:弄得?)?太(?:吵|大声|响)|\b(?:not|don't make it|isn't) (?:too|so|very) loud\b"
        r"|小声(?:一?[点些])(?:儿)?",
        _louder(0.6),
        checked=False,
    ),
    rule(r"大声(?:一?[点些])(?:儿)?", _louder(1.5), checked=False),
    rule(
        (
            r"<M>(?:'s| is|的?声音|的?音量)? ?(?:a bit |much |way )?(?:too loud|(?:太|有点|有些)(?:大|响|吵))(?:声)?了?"
            r"|\btoo loud\b|声音太大了?"
        ),
        _louder(0.6),
    ),
    rule(
        (
            r"<M>(?:'s| is|的?声音|的?音量)? ?(?:a bit |much |way )?(?:too (?:quiet|soft|low)|(?:太|有点|有些)(?:小"
            r"|轻))(?:声)?了?|\btoo quiet\b|声音太小了?"
        ),
        _louder(1.5),
    ),
    rule(
        (
            r"\b(?:(?:at|to|with|on) )?(?P<loud>half|full|low|high|medium|maximum|max) volume\b"
            r"|\bvolume (?:at|to|on) (?P<loud>half|full|maximum|max)\b|\b(?P<loud>half) as loud\b"
            r"|(?:音量|声音)(?:调到|调成|开到|放到|设为)?(?P<loud>减半|一半|最大)"
        ),
        _read_named_level,
    ),
    rule(
        (
            r"\bfad(?:e|es|ing)(?: in| out| in and out)? (?:the )?<M>(?: in and out| in"
            r"| out)?(?: at the (?:end|start))?|<M>(?: (?:should|to|must|that))? ?(?:fad(?:e|es|ing)"
            r"|淡)(?: ?(?:in and out|in|out|入淡出|入|出))?(?: at the (?:end|start))?"
        ),
        lambda _r, _m: Loudness(),
    ),
    rule(
        (
            r"(?:\b(?:make|turn|set|get|play|keep|have) )?(?:the )?<M>(?: (?:to be|is|be"
            rf"|should be))? ?{_LOUD}(?:louder|up|higher|大声|响|大|高|提高|调高|调大)(?:一?点"
            r"|一?些)?(?:声)?(?: (?:a bit|a little))?|\b(?:louder|more) <M>|\b(?:turn|crank"
            r"|bring) up (?:the )?(?:<M>|volume)|\b(?:raise|increase) (?:the )?(?:<M> )?(?:volume"
            r"|<M>)(?: of the <M>)?|\blouder\b|(?:调大|提高|加大|增大)(?:<M>的?)?(?:音量|<M>|声音)"
            r"|(?:<M>的?)?(?:音量|声音)(?:调|再|更|稍微|放|开){0,8}(?:大(?!概|约)|高)(?:一?点|一?些)?"
        ),
        _louder(1.5),
    ),
    rule(
        (
            r"(?:\b(?:make|turn|set|get|play|keep|have) )?(?:the )?<M>(?: (?:to be|is|be"
            rf"|should be))? ?{_LOUD}(?:quieter|softer|down|lower|小声|轻|小|低|降低|调低|调小)(?:一?点"
            r"|一?些)?(?:声)?(?: (?:a bit|a little))?|\b(?:quieter|lower) <M>|\bturn down (?:the )?(?:<M>"
            r"|volume)|\b(?:lower|reduce|decrease) (?:the )?(?:<M> )?(?:volume|<M>)(?: of the <M>)?"
            r"|\bquieter\b|(?:调小|降低|减小)(?:<M>的?)?(?:音量|<M>|声音)|(?:<M>的?)?(?:音量|声音)(?:调|再"
            r"|更|稍微|放){0,8}(?:小|低)(?:一?点|一?些)?"
        ),
        _louder(0.6),
    ),
    rule(
        r"(?:\b(?:at|to|maybe|say|about|around|like) (?:about |around |maybe )?|, ?(?:maybe |about )?"
        r"|(?:调|降|开|放|设|改)[到成为至])<P>(?: volume)?吧?",
        lambda reader, match: _level(reader, match) if reader.page.music.values else None,
    ),
)


def _change_score(_reader: Reader, match: Match) -> Ask:
    moods, names = message_content.read_moods(group_text(match, "to"))
    return Scoring(moods[0] if moods else "", " ".join(names).capitalize())


_MOODS: Final = rf"(?:{'|'.join(f'(?:{words})' for words, _, _ in lexicon.MOODS)})"
MUSIC: Final = (
    rule(
        (
            r"\b(?:change|switch|replace|swap) (?:the )?<M> (?:to|for|with|into) <M>|(?:把)?<M>(?:换成"
            r"|改成|改为|换为|变成)<M>"
        ),
        lambda reader, match: _scoring([reader.page.music[mark] for mark in match[0] if mark in reader.page.music][-1]),
    ),
    rule(
        (
            r"(?:\b(?:change|switch|swap|replace|set|turn|make) )?(?:the )?<M>(?: ?(?:\b(?:to|is|should be"
            r"|that is|that's|which is|that sounds|be|into|something|more|with|a|an|some|style|mood|feel"
            r"|sound|sounding|of|like|very|for)\b|:|换成|改成|改为|换|变|得|要|是|用|更|再|风格|为|一点|点|选"
            rf"|走)){{1,8}} ?(?P<to>{_MOODS}(?:(?:,? and |, | |的|、|又){_MOODS}){{0,3}})(?:的)?(?: (?:one|style"
            r"|mood|feel|vibe|track|genre))?(?:一?[点些])?(?:风格|感觉|曲风|类型|风|系|乐曲|乐|曲子|曲)?(?:的)?"
        ),
        _change_score,
        denied="music",
    ),
    rule(
        (
            rf"\b(?:make|keep|have) (?:the )?<M> (?:a bit |a little |much )?(?P<to>{_MOODS}(?:(?:,? and "
            rf"|, ){_MOODS}){{0,2}})"
        ),
        _change_score,
        denied="music",
    ),
    rule(
        (
            r"\b(?:change|switch|swap) (?:it|that) (?:to|into"
            rf"|for) (?:something )?(?:more )?(?P<to>{_MOODS}(?:(?:,? and |, | ){_MOODS}){{0,2}})"
        ),
        lambda reader, match: _change_score(reader, match) if reader.page.music.values else None,
    ),
    rule(
        rf"(?:换成|改成|改为|变成|换)(?P<to>{_MOODS}(?:(?:的|、|又)?{_MOODS}){{0,2}})的?(?:风格|音乐|曲风|曲子|感觉)",
        lambda reader, match: _change_score(reader, match) if reader.page.music.values else None,
    ),
    rule(
        rf"<M>(?: ?[,:(-] ?)(?P<to>{_MOODS}(?:(?:,? and |, | |的|、|又){_MOODS}){{0,2}})"
        r"(?! ?(?:<M>|pace|tempo|cuts?|节奏))",
        lambda reader, match: _change_score(reader, match) if reader.page.music[match[0][0]].bare else None,
        denied="music",
    ),
    rule(r"<M>", lambda reader, match: _scoring(reader.page.music[match[0]]), denied="music"),
)
