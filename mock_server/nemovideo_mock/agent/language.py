"""The language of an answer: the agent speaks English and Chinese."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import ReplyLanguage

#: Characters that Chinese has and Japanese does not have.
_CHINESE_ONLY: Final = re.compile("[们們这這吗嗎吧呢你让麼么频视图张个给]")


def reply_language(message: str, read: ReplyLanguage | None, session: str) -> ReplyLanguage:
    """Return the language of the answer: the message's language if it is clear, else the session's.

    `read` is the language detected in the message. `session` is the `language` that the session was created with: an
    ISO code, with or without a region, in any case. Chinese is answered in Chinese and all others in English. The
    message comes first because the session's language is often a guess: the documents' own examples create every
    session with "en", for all users. Only a Japanese session keeps its language for a message that has only characters
    which both languages share.
    """
    tongue = re.split("[-_]", session.strip().lower(), maxsplit=1)[0]
    if read == "zh" and tongue == "ja" and not _CHINESE_ONLY.search(message):
        return "en"
    return read or ("zh" if tongue == "zh" else "en")
