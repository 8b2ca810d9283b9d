"""Exports in named formats: "export it for TikTok and for YouTube", "导出竖屏版".

An export has the ratio of the project. So each format takes two steps: a message to the service's agent if the project
has another ratio, and an export to a separate file. A clause that names formats and something else ("export it for
TikTok dancers") is not such a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nemovideo_client.json_reading import Json, child, integer
from nemovideo_skills.agent.actions_and_replies import Language
from nemovideo_skills.agent.clause_meaning import FILE


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A version of the video for a platform or a shape.

    `name` becomes part of the file name. `ratio` is a ratio that the service supports. `english` and `chinese` are the
    words for the user.
    """

    name: str
    ratio: str
    english: str
    chinese: str


#: The pattern of each format. If a pattern begins like another one, the longer one comes first (`instagram reels`
#: before `instagram`).
_NAMED: Final[tuple[tuple[ExportFormat, str], ...]] = (
    (ExportFormat("shorts", "9:16", "Shorts", "Shorts"), r"\byou ?tube shorts?\b|\bshorts\b|油管短视频"),
    (
        ExportFormat("instagram-square", "1:1", "Instagram square", "Instagram方形"),
        r"\b(?:square (?:for )?(?:instagram|insta|ig)|(?:instagram|insta|ig) squares?)\b",
    ),
    (
        ExportFormat("instagram-reel", "9:16", "Instagram Reels", "Instagram Reels"),
        (
            r"\b(?:instagram|insta|ig|facebook) reels?\b|(?<=for )reels\b"
            r"|\b(?:vertical|portrait) (?:for )?(?:instagram|insta|ig)\b"
            r"|\b(?:instagram|insta|ig) (?:vertical|portrait)\b"
        ),
    ),
    (
        ExportFormat("story", "9:16", "Story", "Story"),
        r"\b(?:instagram|insta|ig|facebook|whatsapp) stor(?:y|ies)\b|(?<=for )stories\b",
    ),
    (ExportFormat("tiktok", "9:16", "TikTok", "TikTok"), r"\btik ?tok\b"),
    (ExportFormat("douyin", "9:16", "Douyin", "抖音"), r"\bdouyin\b|抖音"),
    (ExportFormat("kuaishou", "9:16", "Kuaishou", "快手"), r"\bkuaishou\b|快手"),
    (ExportFormat("channels", "9:16", "channels", "视频号"), r"视频号"),
    (ExportFormat("snapchat", "9:16", "Snapchat", "Snapchat"), r"\bsnapchat\b"),
    (ExportFormat("instagram", "1:1", "Instagram", "Instagram"), r"\b(?:instagram|insta|ig)(?: (?:post|feed))?\b"),
    (ExportFormat("youtube", "16:9", "YouTube", "YouTube"), r"\byou ?tube\b|油管"),
    (ExportFormat("bilibili", "16:9", "Bilibili", "B站"), r"\bbilibili\b|b站|哔哩哔哩"),
    (ExportFormat("vimeo", "16:9", "Vimeo", "Vimeo"), r"\bvimeo\b"),
    (ExportFormat("linkedin", "16:9", "LinkedIn", "LinkedIn"), r"\blinkedin\b"),
    (ExportFormat("facebook", "16:9", "Facebook", "Facebook"), r"\bfacebook\b"),
    (ExportFormat("twitter", "16:9", "Twitter", "Twitter"), r"\btwitter\b|推特"),
    (
        ExportFormat("vertical", "9:16", "vertical", "竖屏"),
        (
            r"\bvertical(?:ly)?\b|\bupright\b|\bportrait(?= (?:version|format|mode|orientation|video|cut))"
            r"|(?<=in )portrait\b"
            r"|竖屏|竖版|(?<!\d)9 ?[:：x×] ?16(?!\d)"
        ),
    ),
    (
        ExportFormat("widescreen", "16:9", "widescreen", "横屏"),
        (
            r"\bwide ?screen\b|\blandscape(?= (?:version|format|mode|orientation|video|cut))|(?<=in )landscape\b"
            r"|\bhorizontal(?:ly)?\b|横屏|横版|宽屏|(?<!\d)16 ?[:：x×] ?9(?!\d)"
        ),
    ),
    (ExportFormat("square", "1:1", "square", "方形"), r"\bsquare\b|正方形|方形|方版|(?<!\d)1 ?[:：x×] ?1(?!\d)"),
)
_FORMAT: Final = re.compile(
    "|".join(f"(?P<_{at}>{words})" for at, (_, words) in enumerate(_NAMED)), re.IGNORECASE | re.ASCII
)
_ANY: Final = "(?:" + "|".join(words for _, words in _NAMED) + ")"

#: Words that may be around and between the formats.
_SMALL: Final = (
    r"(?:[\s,，、:：&+/]|\b(?:it|this|that|them|the|my|our|a|an|one|two|three|four|five|both|each|all|of|for|as|in|to|on"
    r"|and|also|once|again|then|another|version|versions|format|formats|cut|cuts|copy|copies|video|videos|clip|reel|file"
    r"|files|separate|separately|plus|sized?|ratio|now|please|first|final|finished|me|us)\b"
    r"|[一二两三四五各个份的和跟与及版成为给按用到]|以及|还有|版本|视频|平台|格式|比例|尺寸|分别|适合|适配|同时|再)"
)
_AFTER: Final = (
    r"(?:\s|\b(?:as well|too|please|now|versions?|formats?|cuts?|video|clip|reel|file|one|copy|separately|each|ratio"
    r"|for me|sized?)\b|[的版各吧了]|版本|视频|格式|比例|尺寸|一份|一个|给我|文件|平台)*?"
)
#: The end of the request: the end of the text, or the beginning of another request.
_END: Final = (
    r"(?=\s*(?:$|[.!?;。！？；\n—]|\s-"
    r"|,?\s*(?:(?:and|then|but|please|also|now|after that)\s+)*(?:export|tell|show|check"
    r"|add|make|remove|send|give|upload|change|put|set|not\b|don't|don’t|do not|wait|thanks|only|when|after|once|no\b)"
    r"|[，,]?\s*(?:然后|再|并|接着|但|不过|告诉|先别|别|谢谢|加上|查)"
    r"|\b(?:yet|for now|right now|to me|again)\b"
    r"|\b(?:to|on|onto|in|into) (?:my |the )?(?:desktop|downloads|computer|laptop|phone|pc)\b"
    rf"|[到在]?(?:桌面|电脑|手机|本地)|(?:(?:as|to|in|into|under|named|called)\s|[到为成至在])?\s*{FILE}))"
)
_BATCH: Final = re.compile(
    r"(?:(?P<verb>\b(?:re-?)?(?:export|download|save|render)(?:ing)?\b)|(?:分别|各自?|同时|全部|都)*"
    r"(?P<cn>导出|下载|输出|渲染|保存))"
    rf"{_SMALL}*?{_ANY}(?:{_SMALL}*?{_ANY})*{_AFTER}{_END}"
    rf"|(?:为|给|按)\s*{_ANY}(?:{_SMALL}*?{_ANY})*(?:平台|格式|比例|分别|各自?|都|的|\s)*(?P<late>导出|输出|渲染)"
    rf"(?:一个|一份|版本|视频|的|吧|\s)*{_END}",
    re.IGNORECASE | re.ASCII,  # with ASCII, `\b` matches between Chinese and Latin letters, as in "和YouTube版"
)
#: The longest utterance that is searched, in characters; a longer one names formats only in passing.
_LONGEST: Final = 400

_RATIO_REQUESTS: Final[dict[str, tuple[str, str]]] = {
    "9:16": ("Make it vertical (9:16)", "改成竖屏（9:16）"),
    "16:9": ("Make it widescreen (16:9)", "改成横屏（16:9）"),
    "1:1": ("Make it square (1:1)", "改成方形（1:1）"),
}


def find_formats(hidden: str) -> Iterator[tuple[int, int, str, tuple[ExportFormat, ...]]]:
    """Yield each request for exports in named formats: start, end, its verb, and the formats without repeats."""
    if len(hidden) > _LONGEST:
        return
    for match in _BATCH.finditer(hidden):
        named = (_NAMED[int(str(each.lastgroup)[1:])][0] for each in _FORMAT.finditer(match[0]))
        yield match.start(), match.end(), match["verb"] or match["cn"] or match["late"], tuple(dict.fromkeys(named))


def ratio_request(shape: ExportFormat, language: Language) -> str:
    """Return the message that asks the service's agent to change the project to the ratio of this format."""
    return _RATIO_REQUESTS[shape.ratio][language == "zh"]


def describe_format(shape: ExportFormat, language: Language) -> str:
    """Return words for the export in a format."""
    return f"导出{shape.chinese}版" if language == "zh" else f"export the {shape.english} version"


def fits(ratio: str, draft: Json) -> bool:
    """Return whether a project already has a ratio such as "9:16"."""
    size = child(draft, "m")
    width, height = integer(size, "width") or 0, integer(size, "height") or 0
    across, up = map(int, ratio.split(":"))
    return width * up == height * across != 0
