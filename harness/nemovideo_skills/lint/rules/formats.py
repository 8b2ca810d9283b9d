"""Rules about lists of supported file formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import FORMATS
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

_ENDING: Final = re.compile(r"(?<![A-Za-z0-9])\.?(?P<ending>[A-Za-z][A-Za-z0-9]{1,4})(?![A-Za-z0-9])")
#: A list of file extensions: three or more in a row.
_LIST: Final = re.compile(
    r"\.?`?\b[A-Za-z][A-Za-z0-9]{1,4}`?"
    r"(?:(?:[,、/] ?(?:and |or |和)?| and | or | 和 )`?\.?[A-Za-z][A-Za-z0-9]{1,4}\b`?){2,}"
)
_TAKEN: Final = {ending: kind for kind, endings in FORMATS.items() for ending in endings}
#: Extensions that other services accept and this one does not.
_REFUSED: Final = frozenset(
    (
        "heic", "heif", "tif", "tiff", "bmp", "svg", "psd", "raw", "avif",
        "flac", "ogg", "oga", "opus", "wma", "aiff", "flv", "wmv", "m4v", "mpg", "mpeg", "3gp",
        "pdf", "doc", "docx", "ppt", "pptx", "txt", "srt", "vtt", "json", "zip",
    )
)  # fmt: skip
_SUPPORT: Final = re.compile(r"support|accept|formats?\b|file types?|\bupload|支持|格式|文件类型", re.IGNORECASE)
_OUTPUT: Final = re.compile(
    r"\b(?:output|export(?:ed|s)?|download(?:ed|s)?|not|n't|un)\b|unsupported|不支持|导出", re.IGNORECASE
)


def _lists(document: Document) -> Iterator[tuple[int, str, dict[str, int]]]:
    """Yield the lists of supported formats: the offset, the line, and each extension with its offset."""
    offset = 0
    for line in document.text.lines:
        lowered = line.lower()
        # A quick test first, because few lines name a format and the search for lists is slow.
        for found in _LIST.finditer(line) if any(ending in lowered for ending in _TAKEN) else ():
            endings = {
                each["ending"].lower().replace("jpeg", "jpg"): offset + found.start() + each.start("ending")
                for each in _ENDING.finditer(found[0])
            }
            ours = [ending for ending in endings if ending in _TAKEN]
            before = line[max(0, found.start() - 50) : found.start()]
            if len(ours) >= 2 and not _OUTPUT.search(before):
                yield offset + found.start(), line, endings
        offset += len(line) + 1


@rule(
    "format-unknown",
    Level.WARNING,
    "The service accepts only 13 file formats: mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a and aac.",
    f"{format_source('upload-formats')}; {format_source('code-4001')}",
    "Leave it out of the list: such a file is refused with 4001.",
)
def format_unknown(document: Document) -> Iterator[Hit]:
    """Find lists with an unsupported format."""
    for _, line, endings in _lists(document):
        for ending, at in endings.items():
            if ending in _REFUSED and (_SUPPORT.search(line) or ending not in {"json", "txt", "pdf", "zip"}):
                yield Hit(at, f'It lists "{ending}" as a supported format; no document does.')


@rule(
    "format-incomplete",
    Level.NOTE,
    "A list of supported formats is complete for each kind of file.",
    format_source("upload-formats"),
)
def format_incomplete(document: Document) -> Iterator[Hit]:
    """Find lists of supported formats that lack some formats of a kind."""
    for at, line, endings in _lists(document):
        if not _SUPPORT.search(line) or len(endings) < 4:
            continue
        for kind, every in FORMATS.items():
            there = [ending for ending in every if ending in endings]
            lacking = [ending for ending in every if ending not in endings]
            if lacking and len(there) >= len(lacking):
                names = ", ".join(lacking)
                yield Hit(at, f"This list of formats lacks {names} ({kind}), which are supported too.", f"Add {names}.")


RULES = (format_unknown, format_incomplete)
