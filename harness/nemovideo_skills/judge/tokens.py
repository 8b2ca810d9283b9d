"""Tokens in texts: what one looks like, and a text without them."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_contract.wire import TOKEN_PREFIX

#: A token, or what stands for one; a bearer of another service is told by its length and its digits.
TOKEN: Final = re.compile(rf"{TOKEN_PREFIX}(?=[\w*-]{{6}})[\w*-]+|\bBearer\s+(?=\S*\d)[\w.~+/=-]{{16,}}")
#: The same, but for the marks that a fake writes in place of its tokens: those say nothing that is secret.
_SECRET: Final = re.compile(rf"(?!{TOKEN_PREFIX}\*)(?:{TOKEN.pattern})")


def without_tokens(text: str) -> str:
    """The text with `nmv_usr_…` in the place of each token; marks that a fake wrote for one are left."""
    return _SECRET.sub(f"{TOKEN_PREFIX}…", text)
