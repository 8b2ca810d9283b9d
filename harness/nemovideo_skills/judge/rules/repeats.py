"""Whether a program repeats a call of itself, or its user may have asked for it again."""

from __future__ import annotations

from typing import Final

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History

#: Seconds in which nobody reads an answer and asks again.
AT_ONCE_S: Final = 5.0


def by_itself(history: History, earlier: Exchange, later: Exchange) -> bool:
    """Whether nobody can have asked in between; on a virtual clock, talk takes no time."""
    return not history.virtual and history.between(earlier, later) < AT_ONCE_S
