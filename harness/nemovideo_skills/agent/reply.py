"""What the skill says to its user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: `text` is an answer, `status` a line about work that goes on, `file` a finished video, `question` waits for the user.
ReplyKind = Literal["text", "status", "file", "question"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing that is said; `path` and `url` name a finished video, and `url` where it can be had otherwise."""

    kind: ReplyKind
    text: str
    path: Path | None = None
    url: str | None = None
