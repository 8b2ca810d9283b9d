"""What somebody forgot to fill in."""

from __future__ import annotations

import re
from typing import Final

_PLACEHOLDER: Final = re.compile(
    r"[<>{}$]|^\s*$|^\.{3}$|^(?:your|my)[-_ ]|^(?:skill[-_ ]?(?:name|version|source|platform)|placeholder|changeme|todo"
    r"|x{3,}|n/?a|none|null|undefined)$",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for another: `<name>`, `${NAME}`, `your-skill`, nothing at all."""
    return _PLACEHOLDER.search(value) is not None
