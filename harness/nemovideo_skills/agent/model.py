"""The values that the parts of the agent exchange: actions, replies, and the language of an utterance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal


class Action(StrEnum):
    """A way to act.

    The first five are the documents' routing table. TALK calls nothing: the skill answers from what it knows, e.g. to
    "don't export yet". Where the service says to do something, SSE stands for what the user may ask it for in words.
    """

    EXPORT = "export"
    CREDITS = "credits"
    STATE = "state"
    UPLOAD = "upload"
    SSE = "sse"
    TALK = "talk"


# What the skill says to its user.


#: `text` is an answer, `status` a line about work that goes on, `file` a finished video, `question` waits for the user.
ReplyKind = Literal["text", "status", "file", "question"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing that is said; `path` and `url` name a finished video, and `url` where it can be had otherwise."""

    kind: ReplyKind
    text: str
    path: Path | None = None
    url: str | None = None


# Which of the two languages of this package something is said in.


Language = Literal["en", "zh"]

#: What a session is told at its creation.
ISO: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}

_IDEOGRAPHS: Final = re.compile(r"[\u3400-\u9fff]")
_WORDS: Final = re.compile(r"[^\W\d_]+")


def language_of(words: str) -> Language | None:
    """Chinese where there is a sign of it, English where there are other letters, None where there is neither."""
    if _IDEOGRAPHS.search(words):
        return "zh"
    return "en" if _WORDS.search(words) else None
