"""Files and web addresses that somebody names in passing: "make a clip of ~/trip/cat.jpg"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from nemovideo_client.skill.quotes import quoted
from nemovideo_contract import wire

#: Endings that make a word the name of a file. Those that the service doesn't take are among them, to say so.
_FOREIGN: Final = (
    "jpeg", "heic", "heif", "tif", "tiff", "bmp", "svg", "avif", "psd", "pdf", "doc", "docx", "ppt", "pptx", "txt",
    "flac", "ogg", "opus", "wmv", "flv", "mpg", "mpeg", "m4v", "3gp", "zip", "srt", "vtt",
)  # fmt: skip
_ENDING: Final = "|".join((*(ending for endings in wire.FORMATS.values() for ending in endings), *_FOREIGN))
_STOP: Final = r"\s\"'`“”„‘’«»‹›「」『』《》〈〉,，、;；。!！?？()（）<>|"
_URL: Final = re.compile(r"https?://[^\s\"'`“”‘’«»「」『』《》<>，、；。！？（）()|]+", re.IGNORECASE)
_PATH: Final = re.compile(
    rf"(?:[A-Za-z]:\\)?[^{_STOP}:：]+?\.(?:{_ENDING})(?![A-Za-z0-9_]|\.[A-Za-z0-9])", re.IGNORECASE
)
_WHOLE_PATH: Final = re.compile(rf"[^\n\"“”<>|]+\.(?:{_ENDING})", re.IGNORECASE)
#: One path with spaces in it and nothing else.
_ALONE: Final = re.compile(
    rf"\s*((?:~?/|\.{{1,2}}/|[A-Za-z]:\\)(?:(?!\.(?:{_ENDING})\b)[^\n\"“”<>|])+\.(?:{_ENDING}))\s*", re.IGNORECASE
)
#: Pages that play something but are no file.
_PAGES: Final = re.compile(
    r"(?:^|\.)(?:youtube\.com|youtu\.be|spotify\.com|soundcloud\.com|music\.apple\.com|bilibili\.com|b23\.tv"
    r"|tiktok\.com|douyin\.com|instagram\.com|vimeo\.com|music\.163\.com)$"
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_ROOT: Final = re.compile(r"(?:~|\.{1,2})?[/\\]")
#: Chinese has no spaces, so a name begins behind the last of these.
_BEFORE_A_NAME: Final = "把用将和与跟及是给传从到对让请为成叫"


@dataclass(frozen=True, slots=True)
class Source:
    """A file or address as it was named, from `start` to `end` of what was said."""

    name: str
    start: int
    end: int

    @property
    def is_address(self) -> bool:
        """Whether it is a web address."""
        return _URL.match(self.name) is not None

    @property
    def base(self) -> str:
        """The bare name of the file, as the service will know it; empty where an address has none."""
        path = unquote(urlsplit(self.name).path) if self.is_address else self.name.replace("\\", "/")
        return path.rpartition("/")[2]


def sources(words: str) -> list[Source]:
    """All files and addresses that are named, in order; pages of video and music platforms are none."""
    alone = _ALONE.fullmatch(words)
    if alone is not None:
        return [Source(alone[1], *alone.span(1))]
    found: list[Source] = []
    hidden = words
    for start, end in quoted(words):
        inner = words[start + 1 : end - 1]
        if _URL.fullmatch(inner) or _WHOLE_PATH.fullmatch(inner):
            found.append(Source(inner, start, end))
        hidden = _blank(hidden, start, end)
    for match in _URL.finditer(hidden):
        name = match[0].rstrip(".,;:!?…")
        if not _is_page(name):
            found.append(Source(name, match.start(), match.start() + len(name)))
        hidden = _blank(hidden, *match.span())
    for match in _PATH.finditer(hidden):
        start = match.start() + _surplus(match[0])
        found.append(Source(words[start : match.end()], start, match.end()))
    return sorted(found, key=lambda source: source.start)


def _blank(words: str, start: int, end: int) -> str:
    return words[:start] + " " * (end - start) + words[end:]


def _is_page(address: str) -> bool:
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return True
    return host is None or _PAGES.search(host) is not None


def _surplus(name: str) -> int:
    """How many characters before the name are Chinese words that only stand close to it."""
    leading = _CHINESE.match(name)
    if leading is None:
        return 0
    root = _ROOT.search(name)
    if root is not None and root.start() <= leading.end():
        return root.start()
    if name[leading.end()].isascii() and name[leading.end()].isalpha():
        return leading.end()
    return 1 + max(leading[0].rfind(word) for word in _BEFORE_A_NAME)
