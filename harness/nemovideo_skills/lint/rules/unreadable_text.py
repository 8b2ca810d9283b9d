"""Rules about text that an agent or this check can't read: lost pieces, wrong encodings, and calls in a program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules.rule import Hit, rule

_LOST: Final = re.compile(r"\b(?:INLINECODE|CODEBLOCK)\d+\b")


@rule(
    "text-lost",
    Level.WARNING,
    "The document is complete.",
    "the document itself",
    "Use the original: an agent can't know the missing text.",
)
def text_lost(document: Document) -> Iterator[Hit]:
    """Find marks where a mirror lost pieces of code; one finding for each document."""
    lost = list(_LOST.finditer(document.whole))
    if lost:
        message = f"{len(lost)} pieces of code are lost in this copy, the first at {lost[0][0]}."
        yield Hit(lost[0].start(), message.replace("1 pieces of code are", "1 piece of code is", len(lost) == 1))


@rule(
    "encoding",
    Level.WARNING,
    "A document is UTF-8.",
    "RFC 7763, section 3, for Markdown; UTF-8 in every document seen",
    "Save the file as UTF-8.",
    subject="any",
)
def encoding(document: Document) -> Iterator[Hit]:
    """Find bytes that are not UTF-8; in documents about other subjects only if the subject is unclear."""
    if document.is_utf8:
        return
    if "\0" in document.whole:
        yield Hit(0, "The file is not text: it contains zero bytes, and nothing else was checked.")
    elif document.is_about_the_api or document.is_skill:
        message = "The file has bytes that are not UTF-8."
        if "\ufffd" not in document.whole:
            message = "The file is UTF-16, which agents and catalogues do not read."
        yield Hit(max(0, document.whole.find("\ufffd")), message)


_PROGRAM: Final = re.compile(
    r"\b(?:requests|httpx|aiohttp|session|client)\.(?:get|post|put|patch|delete|request|stream)\(|\burllib\.request\b"
    r"|\bfetch\(|\baxios(?:\.\w+)?\(|\bhttp\.NewRequest\("
)


@rule(
    "code-unread",
    Level.NOTE,
    "The check reads calls in curl commands, in prose and in tables.",
    "the check itself",
    "Write the calls as curl commands, which an agent can run, or check the program against a fake.",
)
def code_unread(document: Document) -> Iterator[Hit]:
    """Find calls in a program; one finding for each document."""
    found = _PROGRAM.search(document.whole)
    if found is not None:
        message = "Calls are made by a program here; only the addresses and header names of such calls are checked."
        yield Hit(found.start(), message)


RULES = (text_lost, encoding, code_unread)
