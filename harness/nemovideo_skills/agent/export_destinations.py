"""Finds the target of an export: a file whose name has spaces, a folder, or a name without an extension.

`file_mentions` finds a file by its extension and its surroundings. After "export it to" more words are names: "my
film.mp4", "~/Desktop", "holiday".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from nemovideo_skills.agent.file_mentions import FileMention, find_quoted

_VERB: Final = (
    r"\b(?:re-?)?(?:export|download|sav|render)(?:e|ing)?\b(?: (?:it|this|that|them|everything|(?:the|my|this)"
    r"(?: (?:final|finished|whole))? (?:video|clip|reel|film|movie|file|result)))?(?: (?:again|now|please))?"
)
_NOT_A_NAME: Final = (
    r"(?:and|or|as|from|in|into|like|of|on|than|to|using|with|file|video|mp4|folder|directory|called|named)\b"
)
#: The words of a name before its last word: "export to my | film.mp4".
_BEGUN: Final = re.compile(
    rf"{_VERB} (?:as|to|into|named|called) (?:(?:an?|the|this|that|file|video|new|called|named) )*"
    rf"(?P<words>(?!(?:{_NOT_A_NAME}|(?:an?|the|this|that|new) ))(?:(?!{_NOT_A_NAME})[^\s,.;:!?/\\]+ ){{1,4}})$",
    re.IGNORECASE,
)
_BEGUN_CN: Final = re.compile(
    r"(?:导出|保存|下载|输出|存)(?:命名)?[成为到叫]\s+(?P<words>(?:[^\s,，.。;；:：!！?？/\\]+ ){1,3})$"
)
_IN_A_PATH: Final = r"\s,，;；。！!?？、'\"“”"
_PATH: Final = rf"(?P<place>(?:~|\.{{1,2}})?/[^{_IN_A_PATH}]*[^{_IN_A_PATH}.])"
#: A folder, or a file without an extension.
_PLACE: Final = re.compile(
    r"(?P<request>(?:export|download|sav|render)(?:e|ing)?\b|导出|下载|保存|输出)[^.!?;。！？；\n]*?"
    rf"(?:\b(?:to|into|in|under|as)\s+|[到至在为]\s*){_PATH}",
    re.IGNORECASE,
)
_FURTHER: Final = re.compile(
    rf"\s*(?:,|and|&|和|与|以及)\s*(?:also )?(?:to |into )?{_PATH}",
    re.IGNORECASE,
)
#: A bare name: the only word at the end of an export request, and not a word about its format.
_CALLED: Final = re.compile(
    rf"{_VERB} (?:as|(?:under|with) the name|named|called)(?: (?:an? )?(?:file|video))?(?: called| named)? "
    r"(?P<place>(?!(?:usual|is|before|planned|discussed|soon|well|always|requested|asked|agreed|promised|needed|one|two"
    r"|three|clips?|frames|images?|photos?|pictures?|audio|sound|mp[34]|mov|gif|webm|avi|wav|png|jpe?g|pdf|file|video"
    r"|vertical|horizontal|portrait|landscape|square|widescreen|hd|shorts?|reels?|stor(?:y|ies)|tiktok|youtube|instagram"
    r"|good|high|fast|quickly|small|large|it|this|that|an?|the|my|our|in|the)\b)[a-z][\w-]*)(?=\s*(?:$|[.,;!?](?:\s|$)))",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    rf"(?:{_VERB} (?:as|to|named|called|under the name)(?: file)? "
    r"|(?:(?:导出|保存|存|下载|输出)(?:视频|文件)?[成为叫到]|命名[为成]|取名为?)\s*)$",
    re.IGNORECASE,
)
_QUOTED_VERB: Final = re.compile(r"导出|保存|下载|输出|export|sav|download|render", re.IGNORECASE)
_LONGEST_NAME: Final = 60


def with_targets(words: str, named: Sequence[FileMention]) -> list[FileMention]:
    """Return the named files, with the full names of export targets, and further targets."""
    found = [_whole(words, source) for source in named]
    for target in _places(words):
        if all(target.end <= each.start or each.end <= target.start for each in found):
            found.append(target)
    return sorted(found, key=lambda source: source.start)


def _whole(words: str, source: FileMention) -> FileMention:
    """Return a file with the preceding words that belong to its name."""
    if source.is_address or "/" in source.name or "\\" in source.name or words[source.start] != source.name[0]:
        return source
    begun = _BEGUN.search(words, 0, source.start) or _BEGUN_CN.search(words, 0, source.start)
    if begun is None:
        return source
    start = begun.start("words")
    return replace(source, name=words[start : source.end], start=start)


def _places(words: str) -> list[FileMention]:
    found: list[FileMention] = []
    at = 0
    while (match := _PLACE.search(words, at)) is not None:
        further: re.Match[str] | None = match
        while further is not None:
            found.append(_source(further))
            at = further.end()
            further = _FURTHER.match(words, at)
    called = _CALLED.search(words)
    if called is not None:
        found.append(_source(called))
    for start, end in find_quoted(words):
        name = words[start + 1 : end - 1]
        is_name = 0 < len(name) <= _LONGEST_NAME and not re.search(r"[/\\\n]", name)
        if is_name and _QUOTED.search(words, 0, start) and _QUOTED_VERB.search(words, 0, start):
            found.append(FileMention(name, start, end, is_target=True))
    return found


def _source(match: re.Match[str]) -> FileMention:
    return FileMention(match["place"], *match.span("place"), is_target=True)
