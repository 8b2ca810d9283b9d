"""What a skill can do about something that is said, by the user or by the service."""

from __future__ import annotations

from enum import StrEnum


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
