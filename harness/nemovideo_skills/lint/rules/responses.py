"""Rules about responses: renders, drafts, and the owners of renders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

#: One expression for each form; each begins with letters that are fast to find.
_WRAPPED: Final = (
    re.compile(r"data\.(?:status|outputUrl|progress)\b"),
    re.compile(r"outputUrl\b"),
    re.compile(r"status\b[^.\n|]{0,30}\b(?:inside|in|within|under)\b[^.\n|]{0,12}\bdata\b"),
    re.compile(r'"data"\s*:\s*\{[^{}]{0,120}"status"\s*:\s*"(?:pending|processing|completed|failed)"'),
)
_FLAT: Final = (
    re.compile(r"top[- ]level[^.\n|]{0,20}\bstatus\b"),
    re.compile(r"status\b[^.\n|]{0,20}top[- ]level"),
    re.compile(r"output\.url\b"),
)
_NOT: Final = re.compile(r"\b(?:not|never|n't|no longer)\b|不在", re.IGNORECASE)


def _find_wrapped_shape(document: Document) -> int | None:
    """Return the offset of the first wrapped shape in a document."""
    places = (
        found.start()
        for pattern in _WRAPPED
        for found in pattern.finditer(document.whole)
        if not _NOT.search(document.whole, max(0, found.start() - 25), found.start())
    )
    return min(places, default=None)


def _flat(document: Document) -> int | None:
    """Return the offset of the first flat shape in a document."""
    places = (
        found.start()
        for pattern in _FLAT
        for found in pattern.finditer(document.whole)
        if not _NOT.search(document.text.lines[document.text.line_of(found.start()) - 1])
    )
    return min(places, default=None)


@rule(
    "render-shape",
    Level.NOTE,
    "The status and the output.url of a render are at the top level of the response.",
    f"{format_source('render-flat')}; {format_source('render-wrapped')}",
    "Read both: status and output.url at the top level, else data.status and data.outputUrl.",
)
def render_shape(document: Document) -> Iterator[Hit]:
    """Find a render's status inside data, in a document without the flat shape."""
    first = _find_wrapped_shape(document)
    if first is not None and _flat(document) is None:
        yield Hit(
            first,
            "It has a render's status inside data; documents disagree: the vendor's reference 4.4 has it there (profile"
            " render=wrapped), all others at the top level with output.url (render=flat).",
        )


@rule(
    "render-shape-both",
    Level.NOTE,
    "If a document has two forms of the response for a render, it says that there are two.",
    f"{format_source('render-flat')}; {format_source('render-wrapped')}",
    "Say that responses have one of two forms, and how to read each.",
)
def render_shape_both(document: Document) -> Iterator[Hit]:
    """Find documents with both shapes that don't say that they are alternatives."""
    wrapped, flat = _find_wrapped_shape(document), _flat(document)
    if wrapped is None or flat is None:
        return
    line = document.text.lines[document.text.line_of(max(wrapped, flat)) - 1]
    if not re.search(r"\b(?:or|else|either|both|fallback|otherwise|some)\b|或", line, re.IGNORECASE):
        first = document.text.line_of(min(wrapped, flat))
        yield Hit(max(wrapped, flat), f"It has a render's status inside data and, in line {first}, at the top level.")


_TRACK_TYPE: Final = re.compile(
    r"(?<!\d)(?P<number>\d)\s*[=:]\s*(?P<kind>video|audio|text|视频|音频|文字)", re.IGNORECASE
)
_KINDS: Final = {"video": 0, "audio": 1, "text": 7, "视频": 0, "音频": 1, "文字": 7}
_TRACK_KEY: Final = re.compile(r"\btt\b|track[ _]type|轨道类型", re.IGNORECASE)


@rule(
    "draft-track-type",
    Level.ERROR,
    "A track's tt is 0 for video, 1 for audio and 7 for text.",
    format_source("draft-track-type"),
)
def draft_track_type(document: Document) -> Iterator[Hit]:
    """Find wrong numbers for a kind of track."""
    for offset, line in _lines(document, _TRACK_KEY):
        for found in _TRACK_TYPE.finditer(line):
            kind = found["kind"].lower()
            if int(found["number"]) != _KINDS[kind]:
                message = f"It has {found['number']} for a track of {kind}, which is {_KINDS[kind]}."
                yield Hit(offset + found.start(), message, f"Write {_KINDS[kind]}={kind}.")


_DURATION: Final = re.compile(
    r"[`\"']?\bd\b[`\"']?\s*[=:|]\s*(?:duration|时长)[^,.\n]{0,8}?\b(?P<unit>seconds?|secs?|s|秒)\b", re.IGNORECASE
)
_IN_SECONDS: Final = re.compile(
    r"(?<![\w$'\".-])(?:`d`|[\"']d[\"']|d) (?:is|are) (?:given |measured |counted )?in seconds?\b"
)


@rule(
    "draft-duration",
    Level.ERROR,
    "Durations in a draft are in milliseconds.",
    format_source("draft-duration"),
    "Write d=duration(ms).",
)
def draft_duration(document: Document) -> Iterator[Hit]:
    """Find durations in seconds."""
    said = _IN_SECONDS.finditer(document.whole) if "in second" in document.lowered else ()
    for found in (*_DURATION.finditer(document.whole), *said):
        yield Hit(found.start(), "It has d in seconds; durations in a draft are in milliseconds.")


_ORPHAN: Final = re.compile(r"\borphan(?:s|ed)?\b", re.IGNORECASE)


@rule(
    "render-orphan",
    Level.NOTE,
    "A render belongs to the account: any token of the account can poll it later by its ID.",
    f"{format_source('render-account')}; {format_source('render-token')}",
    "Write that a render continues by itself, and can be polled by its id.",
)
def render_orphan(document: Document) -> Iterator[Hit]:
    """Find statements that renders are lost with their token."""
    for offset, line in _lines(document, _ORPHAN):
        found = _ORPHAN.search(line)
        if found is not None and re.search(r"render|job|export", line, re.IGNORECASE):
            message = (
                "It says that a render is lost when the user leaves; documents disagree: ten skills say so (profile"
                " orphan=token), the vendor polls a render by its id."
            )
            yield Hit(offset + found.start(), message)


def _lines(document: Document, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that match a pattern, with their offsets."""
    for number in sorted({document.text.line_of(found.start()) for found in pattern.finditer(document.whole)}):
        yield document.text.start_of(number), document.text.lines[number - 1]


RULES = (render_shape, render_shape_both, draft_track_type, draft_duration, render_orphan)
