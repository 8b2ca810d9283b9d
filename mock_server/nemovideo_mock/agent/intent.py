"""Read a message as a request: the asks, and the parts that were not understood.

Tables of patterns are tried in the order of `_RULES`; each takes the words that it understands from the page. Words
that no pattern has taken and that are not filler are declined by name. A wish for the whole video next to photos or
moments is limited to them if possible, and declined if not, so that nothing is done to the wrong thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from nemovideo_mock.agent import asides_and_pronouns, lexicon, message_content, prepared_page
from nemovideo_mock.agent.edit_requests import Decline, EditRequest, Extra, Titling
from nemovideo_mock.agent.look_rules import ASPECTS, FADES, JOIN_LENGTH, JOINS, MOTIONS, ON_THE_BEAT, PACES
from nemovideo_mock.agent.negation import take_negations
from nemovideo_mock.agent.order_rules import CLAIMS, ORDER
from nemovideo_mock.agent.phrase_rules import PhraseRule, Reader, apply
from nemovideo_mock.agent.prepared_page import Page, compile_pattern, compile_table, group_span
from nemovideo_mock.agent.sound_rules import LOUDNESS, MUSIC
from nemovideo_mock.agent.talk_rules import UNDO, take_questions, take_talk
from nemovideo_mock.agent.text_rules import WORDS, take_styles
from nemovideo_mock.agent.time_rules import TIME, take_totals
from nemovideo_mock.agent.wish_binding import bind_wishes, resolve_clashes

#: The order matters: an earlier pattern may contain words that have another meaning by themselves.
_RULES: Final[tuple[PhraseRule, ...]] = (
    *UNDO,
    *ORDER,
    *WORDS[:3],
    *TIME,
    *LOUDNESS,
    *MUSIC,
    *WORDS[3:],
    ON_THE_BEAT,
    *JOINS,
    JOIN_LENGTH,
    *FADES,
    *MOTIONS,
    *ASPECTS,
    *PACES,
)
_REFUSALS: Final = compile_table(lexicon.REFUSALS)
_OTHER_ASPECT: Final = compile_pattern(f"{lexicon.ASPECT_HEAD}(?:{lexicon.OTHER_ASPECT}){lexicon.ASPECT_TAIL}")
_KINDS: Final = "|".join(words for words, _ in (*lexicon.JOINS, *lexicon.JOINS_NAMED, *lexicon.MOTIONS))
_DESCRIPTIONS: Final = tuple(
    compile_pattern(words)
    for words in (
        *lexicon.DESCRIPTIONS,
        r"\b(?:re-?name|replace|rewrite|update|set) (?:the )?(?=<T>|<C>)",
        r"\b1080p?\b(?! ?[x*])|\b30 ?fps\b|\bh\.?264\b|1080p(?:高清)?|全高清",
        (
            r"\b(?:swap|replace|change|switch)(?: all"
            rf"| out)?(?: the)? (?:{_KINDS})(?: {lexicon.TRANSITION})?(?= (?:for|with|to|by|into)\b)"
        ),
        (
            r",? ?(?:and )?\b(?:not|instead of|rather than) (?:white|black|red|yellow|gold|orange|green|blue|purple"
            r"|pink|gr[ae]y)\b"
        ),
        r"\b(?:no|oh|hmm|ah|actually|sorry|hang on|hold on),? wait\b|\b(?:scratch|forget) that\b|不对,|等等,",
        r"(?<=<D>) (?:instead of|rather than|in place of|and not|not) \d{1,3}(?= ?[,.;!?\n]|$)",
        rf"把(?:{_KINDS})(?:{lexicon.TRANSITION})?(?=换成|改成|改为|换为|变成)",
        rf"\b(?:static|still) (?=(?:\w{{1,12}} )?{lexicon.PHOTO_ONLY}s?\b)",
        rf"(?:静态|静止)的?(?={lexicon.PHOTO_ZH})",
    )
)
_ABOUT: Final = compile_pattern(
    r"\b(?:photograph|photo|picture|pic|image|illustration|screenshot|snapshot|selfie|shot"
    r"|graphic)s?\b(?P<tail> (?:of|from|about|during) (?:my|our|the|a|this|last|his|her"
    r"|their) (?:[a-z]{2,12} ){0,2}(?:trip|journey|visit|holiday|vacation|travels|tour|flight|ride"
    r"|move|honeymoon) to (?:[a-z]{2,14})(?: [a-z]{2,14}(?= and|,|\.|$))?| (?:that )?(?:i"
    r"|we)(?:'ve| have)?(?: just)? (?:took|taken|shot|made|uploaded|attached|sent|have|got"
    r"|provided|shared)(?: (?:in|at|on|of|from|during) (?:[a-z'-]{1,16} ){0,3}[a-z'-]{2,16})?"
    r"| (?:(?:taken|shot|made) )?(?:from|of|in|at|on|showing|during) (?!(?:the |my )?(?:video"
    r"|order|reverse|sequence|background|<|start|end|left|right|top|bottom|landscape|portrait"
    r"|vertical)|<)(?:(?:my|our|the|a|an|his|her|their|last|this) )?[a-z'-]{2,16}(?: (?!(?:and"
    r"|with|into|to|in|as|for|using|that|set|by|at)\b)[a-z'-]{2,16}){0,3})"
    rf"|\b{lexicon.VIDEO}(?P<tail> (?:of|about|from|for|showing) (?:my|our|this|these|his|her"
    rf"|their) (?!{lexicon.PHOTO_ONLY}s?\b)[a-z'-]{{2,16}}(?: (?!(?:and|with|into|in|as|using|that"
    rf"|set|by|at|for)\b)[a-z'-]{{2,16}}){{0,3}})"
    r"|(?P<tail>\b(?:my|our|these|this|those|the|some|single|his|her) (?:(?!(?:and|with|into|in|as"
    r"|using|that|set|by|at|for|to|of|from|on|is|are|make|turn|first|last|final"
    rf"|<)\b)[a-z][a-z'-]{{2,14}} ){{1,3}})(?={lexicon.PHOTO_ONLY}s\b|{lexicon.PHOTO_ONLY}\b)"
    rf"|(?P<tail>(?:我|我们|这)[^,.;!?\n\ue000-\uf8ff把做制]{{0,10}}的(?={lexicon.PHOTO_ZH})"
    rf"|关于[^,.;!?\n\ue000-\uf8ff]{{1,12}}的)"
)
_SPOKEN: Final = compile_pattern(
    rf"\b(?:{lexicon.PHOTO_ONLY.replace('|clip', '').replace('|video', '').replace('|slide', '')}s?"
    r"|these|them)\b|照片|图片|相片|图像|<R>"
)
#: A remark that there are no photos is not a wish about photos.
_NONE: Final = re.compile(
    r"\b(?:i |there are )?(?:(?:have|got|with|having)(?: got)? no|(?:don't|do not) have(?: any)?|haven't got(?: any)?"
    r"|without(?: any)?) (?:photo|picture|image|file)s?\b(?: (?:yet|to use|of my own))?"
    r"|\bno (?:photo|picture|image)s?\b(?: yet)?"
    r"|(?:我)?(?:手上|手头)?没有?(?:任何)?(?:照片|图片|素材)",
    re.ASCII,
)
_VERB: Final = (
    r"(?:\b(?:generate|generating|create|creating|make|making|produce|animate|design|film|shoot"
    r"|give me|show me|want|need|would like|i'd like|turn|convert|converting|transform|build"
    r"|put together|combine|assemble|edit|compile|stitch)\b|生成|制作|创建|做|来一?[个段部条]|拍"
    r"|创作|想要|要一?[个段部条]|剪|合成|转换?成|变成|拼|动起来|整理)"
)
_CREATES: Final = compile_pattern(_VERB)
_THING: Final = compile_pattern(rf"\b{lexicon.VIDEO}\b|\bscenes?\b|{lexicon.VIDEO_ZH}|场景|镜头")


#: The beginning of a description such as "a cat that surfs on a wave".
_DEPICTS: Final = re.compile(
    r"(?:a|an|two|three) (?:[\w'-]+ ){2}|[一两三几](?:只|个|片|位|条|群|辆|座|朵|艘|匹|名|对)", re.ASCII
)


def _describe(page: Page) -> None:
    """Take descriptions that ask for nothing, and requests to leave things as they are."""
    for pattern in (*_DESCRIPTIONS, _KEPT):
        for match in pattern.finditer(page.text):
            if match[0]:
                page.take(*match.span())


_KEPT: Final = compile_pattern(
    r"\b(?:keep|leave|preserve|retain|don'?t (?:change|touch))(?: the| my)? (?:<T>|<C>|<M>"
    rf"|{lexicon.TRANSITION}|rest|everything else|order|length|aspect ratio)(?: (?:the same"
    r"|as (?:it|they) (?:is|are)|unchanged|alone|as is))?|(?:保留|保持)(?:<T>|<C>|<M>"
    rf"|{lexicon.TRANSITION})(?:不变)?|(?:<T>|<C>|<M>|{lexicon.TRANSITION}|其他|其它"
    r"|其余)(?:保持)?不变"
)


def _tell(reader: Reader) -> list[tuple[int, int]]:
    """Take the parts that tell something, before anything in them is taken for a wish.

    Return what `take_stories` returns: clauses that tell a story and also say what the video needs.
    """
    asides_and_pronouns.split_exceptions(reader)
    telling = asides_and_pronouns.take_stories(reader)
    asides_and_pronouns.take_praise(reader)
    asides_and_pronouns.resolve_pronouns(reader)
    _describe(reader.page)
    return telling


#: The length of messages worth caching, and the size of the cache. A message is read when it arrives and when its turn
#: begins, and callers often repeat messages while they try something.
_SHORT: Final = 2000
_REMEMBERED: Final = 128


def read(message: str, files: Sequence[str] = ()) -> EditRequest:
    """Return what a message asks for; `files` are the names of the uploads. Never raises, for any message."""
    whole = message.strip()
    return (_remembered if len(whole) <= _SHORT else _read)(whole, tuple(files))


def _read(whole: str, files: tuple[str, ...]) -> EditRequest:
    page = prepared_page.prepare_page(whole, files)
    if len(page.text.strip()) == 1 and page.text.strip() in page.quotes:
        page = prepared_page.prepare_page(page.quotes[page.text.strip()], files)
    reader = Reader(page)
    if len(whole) > prepared_page.LIMIT:
        end = prepared_page.readable_length(whole)
        reader.declines.append((prepared_page.LIMIT, Decline(whole[end : end + 24].strip() + "…", "too_long")))
    message_content.mark_words(page)
    language = message_content.detect_language(page)
    take_questions(reader)
    for pattern, reason in _REFUSALS:
        for match in pattern.finditer(page.text):
            reader.decline(*match.span(), reason)
    for match in _OTHER_ASPECT.finditer(page.text):
        reader.decline(*match.span(), "aspect")
    for match in () if files else _NONE.finditer(page.text):
        page.take(*match.span())
    about_photos = _SPOKEN.search(page.text) is not None
    thing = _THING.search(page.text) is not None
    creates = _CREATES.search(page.text) is not None and (thing or about_photos)
    telling = _tell(reader)
    take_negations(reader)
    take_styles(reader)
    for rule in _RULES:
        apply(reader, rule)
    take_totals(reader)
    reader.decline_denied()
    take_talk(reader)
    prompt = message_content.remaining_words(page)
    for match in _ABOUT.finditer(page.text):
        page.take(*group_span(match, "tail"))
    for rule in CLAIMS:
        apply(reader, rule)
    bind_wishes(reader)
    for start, end in telling:
        page.take(start, end)
    message_content.decline_leftovers(
        page, lambda start, end, reason: reader.declines.append((start, Decline(page.quote(start, end), reason)))
    )
    extra = any(isinstance(found.ask, Extra) for found in reader.found)
    depicts = not about_photos and _DEPICTS.match(whole.lower()) is not None
    asks, clashes = resolve_clashes(
        page, sorted(reader.found, key=lambda found: (found.start, not isinstance(found.ask, Titling)))
    )
    return EditRequest(
        tuple(asks),
        tuple(decline for _, decline in sorted(reader.declines, key=lambda item: item[0])),
        tuple(clashes),
        prompt,
        creates or extra or depicts,
        about_photos,
        (creates and thing) or extra,
        language,
    )


_remembered = lru_cache(_REMEMBERED)(_read)
