"""The values that the parts of the agent exchange: actions, replies, and the language of an utterance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal


class Action(StrEnum):
    """What the agent does with a part of an utterance.

    The first five are the documents' routing table. TALK makes no call: the agent answers from what it knows, e.g. to
    "don't export yet". In a translation of the service's text, SSE means that the user can ask for the change in words.
    """

    EXPORT = "export"
    CREDITS = "credits"
    STATE = "state"
    UPLOAD = "upload"
    SSE = "sse"
    TALK = "talk"


#: `text` is an answer, `status` a line about work in progress, `file` a finished video, `question` waits for the user.
ReplyKind = Literal["text", "status", "file", "question"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply to the user; `path` and `url` belong to a finished video, and `url` also to a link."""

    kind: ReplyKind
    text: str
    path: Path | None = None
    url: str | None = None


Language = Literal["en", "zh"]

#: The language code for the creation of a session.
ISO: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}

_IDEOGRAPHS: Final = re.compile(r"[\u3400-\u9fff]")
_WORDS: Final = re.compile(r"[^\W\d_]+")


def language_of(words: str) -> Language | None:
    """Return Chinese if the text has a Chinese character, English if it has other letters, else None."""
    if _IDEOGRAPHS.search(words):
        return "zh"
    return "en" if _WORDS.search(words) else None
