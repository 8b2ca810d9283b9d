"""Words that say at which point of the video a wish applies."""

from __future__ import annotations

from typing import Final

#: Words of a locating phrase; a wish next to them does not concern the whole video.
LOCATORS: Final = (
    r"\b(?:at|after|before|from|until|around|every|in the first|in the last|during the (?:first"
    r"|last)) <D>|\bhalfway(?: through)?\b|\bmidway(?: through)?\b|\b(?:in|at|near"
    r"|towards?) the (?:very )?(?:middle|end|start|beginning)(?: of the (?:video|reel|clip))?\b"
    r"|\bat first\b|<D>(?:时|处|的时候|之后|以后)|(?:第<D>)|(?:在|到)(?:视频|影片)?的?(?:开头|结尾"
    r"|中间|末尾|最后|开始)(?:的时候|时|处|部分)?|(?:视频|影片)的?(?:开头|结尾|末尾)|(?:开头|结尾"
    r"|中间|末尾)(?:的时候|时|处|部分)"
)
LOCATOR_START: Final = r"start|beginning|first|开头|开始"
LOCATOR_END: Final = r"\bend\b|结尾|末尾|最后"
