"""Finds the files and web addresses that a user names in a sentence, e.g. "make a clip of ~/trip/cat.jpg"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from nemovideo_contract import wire

#: Replaces each quoted character, so that positions do not change. Quoted words are content and never an instruction:
#: a title 'Download now' does not ask for a download.
MASK: Final = "\ue001"

# A straight or typographic single quote inside a word is always an apostrophe.
_QUOTED: Final = re.compile(
    # No quotation contains its own opening mark: each of many that are never closed would be read to the end.
    r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|‹[^‹›]*›|「[^「」]*」|『[^『』]*』|《[^《》]*》|〈[^〈〉]*〉|＂[^＂]*＂"
    r"|\"[^\"]*\"|`[^`]*`"
    r"|(?<![A-Za-z0-9])‘(?:[^‘’]|(?<=[A-Za-z])’(?=[A-Za-z]))*’"
    r"|(?<![A-Za-z0-9])'(?=\S)(?:[^']|(?<=[A-Za-z])'(?=[A-Za-z]))*'(?![A-Za-z0-9])"
)


def find_quoted(words: str) -> list[tuple[int, int]]:
    """Return the start and end of each quoted text, with its quotation marks."""
    return [found.span() for found in _QUOTED.finditer(words)]


def mask_quoted(words: str) -> str:
    """Return the text with all quoted characters masked, at the same length."""
    return _QUOTED.sub(lambda found: MASK * len(found[0]), words)


#: Extensions that mark a word as a file name. Some are not accepted by the service: the agent then says so.
_FOREIGN: Final = (
    "jpeg", "heic", "heif", "tif", "tiff", "bmp", "svg", "avif", "psd", "pdf", "doc", "docx", "ppt", "pptx", "txt",
    "flac", "ogg", "opus", "wmv", "flv", "mpg", "mpeg", "m4v", "3gp", "zip", "srt", "vtt",
)  # fmt: skip
_ENDING: Final = "|".join((*(ending for endings in wire.FORMATS.values() for ending in endings), *_FOREIGN))
_STOP: Final = r"\s\"'`“”„‘’«»‹›「」『』《》〈〉,，、;；。!！?？()（）<>|"
_URL: Final = re.compile(r"https?://[^\s\"'`“”‘’«»「」『』《》<>，、；。！？（）()|]+", re.IGNORECASE)
#: The end of a path, the characters that a path does not contain, and how a path with a drive begins.
_PATH_END: Final = re.compile(rf"\.(?:{_ENDING})(?![A-Za-z0-9_]|\.[A-Za-z0-9])", re.IGNORECASE)
_NO_PATH: Final = re.compile(rf"[{_STOP}:：]")
_DRIVE: Final = re.compile(r"[A-Za-z]:\\")
_WHOLE_PATH: Final = re.compile(rf"[^\n\"“”<>|]+\.(?:{_ENDING})", re.IGNORECASE)
#: An utterance that is only a path, which may contain spaces.
_ALONE: Final = re.compile(
    rf"\s*((?:~?/|\.{{1,2}}/|[A-Za-z]:\\)(?:(?!\.(?:{_ENDING})\b)[^\n\"“”<>|])+\.(?:{_ENDING}))\s*", re.IGNORECASE
)
#: Sites whose pages play media but are not files.
_PAGES: Final = re.compile(
    r"(?:^|\.)(?:youtube\.com|youtu\.be|spotify\.com|soundcloud\.com|music\.apple\.com|bilibili\.com|b23\.tv"
    r"|tiktok\.com|douyin\.com|instagram\.com|vimeo\.com|music\.163\.com)$"
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_ROOT: Final = re.compile(r"(?:~|\.{1,2})?[/\\]")
#: Words in names that contain one of the words below by chance.
_WHOLE: Final = (
    r"将军|将来|把手|把戏|用户|用餐|用品|用心|从前|从容|给力|对话|对比|对联|对手|对决|对象|请柬|请帖|请客|传说|传统|传奇|传承"
    r"|传单|传媒|传记|是非|叫卖|大将|火把|拖把|日用|作用|费用|服从|绝对|面对|邀请|申请|自传|宣传|流传|惨叫"
)
#: Chinese has no spaces, so a name begins after the last of these words, which take an object.
_BEFORE_A_NAME: Final = re.compile(
    rf"(?P<whole>{_WHOLE})|(?:导出|下载|保存|输出|渲染|上传|生成|合成|[存命改换变做剪拼弄设放加移插接转叫写]名?)"
    r"(?:成(?![品片果功都长人语年员绩])|为(?![人了何])|到(?![此处家达底])|[至叫作做进入])|文件名?叫?|名[为叫]|加上"
    r"|导出|下载|保存|输出|渲染|上传|以及|还有|就是|[把将用从给对请传是叫]"
)
#: Words that join a name to the file before it, or to a word for a file; and words that only look like them.
_JOINS: Final = re.compile(r"[和跟与及]|以及|还有")
_LOOKS_JOINED: Final = re.compile(r"和[平谐服风声睦尚田弦]|跟[拍踪随]|与[众时]|及[格时]")
_JOINED_TO: Final = re.compile(r"(?:照片|图片?|视频|音[乐频]|歌|文件|素材|片段|它)(?:[和跟与及]|以及|还有)")

#: Standard folders of a home directory, and their names in a sentence.
_FOLDERS: Final = {
    "~/Desktop/": re.compile(
        r"\b(?:to|on|onto|in|into) (?:my |the )?desktop\b(?! (?:computer|pc|machine))|桌面", re.IGNORECASE
    ),
    "~/Downloads/": re.compile(r"\b(?:to|in|into) (?:my |the )?downloads\b|下载(?:文件夹|目录)", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class FileMention:
    """A file or address as the user named it, from `start` to `end` of the utterance.

    `is_target` says that it can only be an export target.
    """

    name: str
    start: int
    end: int
    is_target: bool = False

    @property
    def is_address(self) -> bool:
        """Whether it is a web address."""
        return _URL.match(self.name) is not None

    @property
    def base(self) -> str:
        """The bare name of the file, as the service will name it; empty if an address has none."""
        path = unquote(urlsplit(self.name).path) if self.is_address else self.name.replace("\\", "/")
        return path.rpartition("/")[2]


def find_file_mentions(words: str) -> list[FileMention]:
    """Return all files and addresses in order, except pages of video and music platforms."""
    alone = _ALONE.fullmatch(words)
    if alone is not None:
        return [FileMention(alone[1], *alone.span(1))]
    found: list[FileMention] = []
    hidden = words
    for start, end in find_quoted(words):
        inner = words[start + 1 : end - 1]
        if _URL.fullmatch(inner) or _WHOLE_PATH.fullmatch(inner):
            found.append(FileMention(inner, start, end))
        hidden = _blank(hidden, start, end)
    for match in _URL.finditer(hidden):
        name = match[0].rstrip(".,;:!?…")
        if not _is_page(name):
            found.append(FileMention(name, match.start(), match.start() + len(name)))
        hidden = _blank(hidden, *match.span())
    ends = {each.end for each in found}
    for begin, end in _paths(hidden):
        start = begin + _surplus(hidden, begin, end, is_next=_follows(hidden, begin, ends))
        found.append(FileMention(words[start:end], start, end))
        ends.add(end)
    return sorted(found, key=lambda source: source.start)


def has_ending(name: str) -> bool:
    """Return whether a name has the extension of a picture, a video or a sound."""
    return _WHOLE_PATH.fullmatch(name) is not None


def folder_in(words: str) -> str | None:
    """Return the standard folder that the user names, with a slash at its end, or None."""
    return next((folder for folder, called in _FOLDERS.items() if called.search(words)), None)


def _paths(words: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each path; the work grows with the length of the text, not with its square."""
    free = begin = 0
    for ending in _PATH_END.finditer(words):
        dot = ending.start()
        for stop in _NO_PATH.finditer(words, begin, dot):
            begin = stop.end()
        drive = _DRIVE.match(words, max(free, begin - 2)) if begin >= 2 else None
        if drive is not None and drive.end() == begin + 1 < dot:
            yield drive.start(), ending.end()
        elif begin < dot:
            yield begin, ending.end()
        else:
            continue
        free = begin = ending.end()


def _follows(words: str, start: int, ends: set[int]) -> bool:
    """Return whether nothing is between a place and one of the `ends` before it."""
    while start not in ends:
        if start == 0 or not words[start - 1].isspace():
            return False
        start -= 1
    return True


def _blank(words: str, start: int, end: int) -> str:
    return words[:start] + " " * (end - start) + words[end:]


def _is_page(address: str) -> bool:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return True
    return host is None or _PAGES.search(host) is not None


def _surplus(words: str, start: int, end: int, *, is_next: bool) -> int:
    """Return how many Chinese characters at the beginning of a name belong to the words before it.

    `is_next` says that nothing is between it and the file before it.
    """
    name = words[start:end]
    leading = _CHINESE.match(name)
    if leading is None:
        return 0
    root = _ROOT.search(name)
    if root is not None and root.start() <= leading.end():
        return root.start()
    before = words[:start].rstrip(" \t")
    is_spaced = len(before) < start
    joint = _JOINS.match(name) if is_next else None
    if joint is not None and not (is_spaced and _LOOKS_JOINED.match(name)):
        return joint.end()
    if is_spaced and (not _CHINESE.fullmatch(before[-1:]) or _objects(before[-4:]) == len(before[-4:])):
        return 0
    if name[leading.end()].isascii() and name[leading.end()].isalpha():
        return leading.end()
    return _objects(name[: leading.end()])


def _objects(words: str) -> int:
    """Return the start of the object after the last word that takes an object; 0 if there is none."""
    found = [match.end() for match in _BEFORE_A_NAME.finditer(words) if match["whole"] is None]
    return max(found + [match.end() for match in _JOINED_TO.finditer(words)], default=0)
