"""Numbers and texts as a report shows them; texts without tokens."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_contract.wire import TOKEN_PREFIX


def seconds(length: float) -> str:
    """A length of time, in seconds: `0.4 s`, `42 s`, `12 min`."""
    if length < 0.05:
        return "0 s"
    if length < 10 and round(length, 1) != round(length):
        return f"{length:.1f} s"
    if length < 180:
        return f"{round(length)} s"
    minutes, rest = divmod(round(length), 60)
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{round(length / 60)} min"


def times(count: int) -> str:
    """How often: `once`, `twice`, `5 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def quantity(count: int, thing: str) -> str:
    """How many of something whose plural ends in s: `1 call`, `14 calls`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def short(name: str) -> str:
    """An id or another text, without the rest of a long one."""
    return name if len(name) <= 16 else f"{name[:8]}…"


# Tokens in texts: what one looks like, and a text without them.


#: A token, or what stands for one; a bearer of another service is told by its length and its digits.
TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}(?=[\w*-]{{6}})[\w*-]+|\bBearer\s+(?=\S*\d)[\w.~+/=-]{{16,}}")
#: The same, but for the marks that a fake writes in place of its tokens: those say nothing that is secret.
_SECRET: Final = re.compile(rf"(?!{TOKEN_PREFIX}\*)(?:{TOKEN.pattern})")


def without_tokens(text: str) -> str:
    """The text with `nmv_usr_…` in the place of each token; marks that a fake wrote for one are left."""
    return _SECRET.sub(f"{TOKEN_PREFIX}…", text)
