"""Questions that several rules ask: about placeholders, and about who can have sent a request."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History

_PLACEHOLDER: Final = re.compile(
    r"[<>{}$]|^\s*$|^\.{3}$|^(?:your|my)[-_ ]|^(?:skill[-_ ]?(?:name|version|source|platform)|placeholder|changeme|todo"
    r"|x{3,}|n/?a|none|null|undefined)$",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Return whether a value is a placeholder: `<name>`, `${NAME}`, `your-skill`, or empty."""
    return _PLACEHOLDER.search(value) is not None


#: If two requests are less than these seconds apart, no user can have read the first response and asked again.
AT_ONCE_S: Final = 5.0


def by_itself(history: History, earlier: Exchange, later: Exchange) -> bool:
    """Return whether the caller sent the later request by itself, because no user can have asked for it so soon.

    False on a virtual clock, on which a conversation takes no time.
    """
    return not history.virtual and history.between(earlier, later) < AT_ONCE_S
