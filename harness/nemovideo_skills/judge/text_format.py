"""Format numbers and texts for reports, and remove tokens from texts."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_contract.wire import TOKEN_PREFIX


def seconds(length: float) -> str:
    """Return a length of time in words: `0.4 s`, `42 s`, `12 min`."""
    if length < 0.05:
        return "0 s"
    if length < 10 and round(length, 1) != round(length):
        return f"{length:.1f} s"
    if length < 180:
        return f"{round(length)} s"
    minutes, rest = divmod(round(length), 60)
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{round(length / 60)} min"


def times(count: int) -> str:
    """Return a number of times in words: `once`, `twice`, `5 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def quantity(count: int, thing: str) -> str:
    """Return a count with its noun, for nouns with a plural in s: `1 call`, `14 calls`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def short(name: str) -> str:
    """Return an id or another text, shortened if it is long."""
    return name if len(name) <= 16 else f"{name[:8]}…"


#: A token or its mark. A bearer token of another service is recognised by its length and its digits.
TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}(?=[\w*-]{{6}})[\w*-]+|\bBearer\s+(?=\S*\d)[\w.~+/=-]{{16,}}")
#: The same without the marks that a fake writes in place of tokens: a mark is not secret.
_SECRET: Final = re.compile(rf"(?!{TOKEN_PREFIX}\*)(?:{TOKEN.pattern})")


def without_tokens(text: str) -> str:
    """Return the text with each token replaced by `nmv_usr_…`; the marks of a fake stay."""
    return _SECRET.sub(f"{TOKEN_PREFIX}…", text)
