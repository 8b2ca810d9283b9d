"""Bind wishes to the photos and moments next to them, and resolve contradictions."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Final, cast

from nemovideo_mock.agent import lexicon, message_content
from nemovideo_mock.agent.edit_requests import (
    Arrange,
    Ask,
    Clash,
    Each,
    Fading,
    Frame,
    Hold,
    Joining,
    Loudness,
    Moving,
    Off,
    Pace,
    Ref,
    Scoring,
    Tempo,
    Titling,
    Total,
)
from nemovideo_mock.agent.phrase_rules import FoundAsk, Match, Reader
from nemovideo_mock.agent.prepared_page import TAKEN, Page, compile_pattern

_LOCATOR: Final = compile_pattern(lexicon.LOCATORS)
_AFTER: Final = compile_pattern(r"\b(?:after|following) <R>|<R>(?:之后|后面?)")
_REF: Final = compile_pattern(r"<R>")
_OTHERS: Final = compile_pattern(
    r"\b(?:on |for |with )?(?:all )?(?:the )?(?:others?|rest"
    rf"|remaining ones)(?: of (?:the )?{lexicon.PHOTO_ONLY}s?| {lexicon.PHOTO_ONLY}s?)?\b|(?:其他"
    rf"|其它|其余|剩下)的?(?:{lexicon.PHOTO_ZH})?(?:都|全部)?"
)
_VIDEO_LENGTH: Final = re.compile(
    rf"(?:an? )?[\w.]+[ -]?(?:seconds?|secs?|s|minutes?|mins?)(?:[ -]long)?[ -](?:[a-z0-9:-]+ ){{0,3}}{lexicon.VIDEO}\b"
    rf"|[^,.;!?\n]{{1,6}}[秒钟]的?[^,.;!?\n]{{0,6}}{lexicon.VIDEO_ZH}",
    re.ASCII,
)
_WHOLE: Final = (Frame, Pace, Tempo, Total, Fading)


def bind_wishes(reader: Reader) -> None:
    """Bind wishes to the photos and moments next to them, and decline those that cannot be bound."""
    page = reader.page
    for match in _OTHERS.finditer(page.text):
        page.take(*match.span())
    _continue(reader)
    for start, end in message_content.find_clauses(page):
        inside = [found for found in reader.found if start <= found.start < end]
        marks = [at for at in range(start, end) if page.text[at] in page.refs]
        if marks and inside:
            _bind(reader, inside, marks, start, end)
        for match in _LOCATOR.finditer(page.text, start, end):
            if TAKEN not in match[0] and inside:
                _locate(reader, inside, match, start, end)


_WITH: Final = frozenset({"并", "并且", "且", "同时", "and", "with", "with a", "while", "and then"})


def _continue(reader: Reader) -> None:
    """Apply a motion to the photo that the sentence has just given a length, as in "hold photo 2 … and zoom in"."""
    ordered = sorted(reader.found, key=lambda found: found.start)
    for before, found in pairwise(ordered):
        between = reader.page.text[before.end : found.start].strip(f" {TAKEN}")
        if isinstance(before.ask, Hold) and isinstance(found.ask, Moving) and not found.ask.ref and between in _WITH:
            found.ask = replace(found.ask, ref=before.ask.ref)


def _bind(reader: Reader, inside: list[FoundAsk], marks: list[int], start: int, end: int) -> None:
    page = reader.page
    if any(_of_the_video(page, found) for found in inside):
        # "Make a 12-second vertical video and … the first photo": the length is that of the video, not of the photo.
        inside = [found for found in inside if not isinstance(found.ask, _WHOLE)]
        if not inside:
            return
    ref = tuple(place for mark in marks for place in page.refs[page.text[mark]])
    after = _AFTER.search(page.text, start, end) is not None
    bound = [(found, _bind_ask(found.ask, ref, after=after)) for found in inside]
    if any(ask is not None for _, ask in bound):
        for found, ask in bound:
            found.ask = ask or found.ask
        for mark in marks:
            page.take(mark, mark + 1)
    elif any(isinstance(found.ask, _WHOLE) for found in inside):
        _drop(reader, [found for found in inside if isinstance(found.ask, _WHOLE)], start, end)


def _of_the_video(page: Page, found: FoundAsk) -> bool:
    """Return whether a length precedes the word for the whole, as in "a 12-second vertical video"."""
    words = "".join(page.shown[found.start : found.end + 40]).lower()
    return isinstance(found.ask, Total) and _VIDEO_LENGTH.match(words) is not None


def _bind_ask(ask: Ask, ref: Ref, *, after: bool) -> Ask | None:
    match ask:
        case Moving(ref=()):
            return replace(ask, ref=ref)
        case Joining(ref=()):
            shift = 1 if after else 0
            last = ref[-1]
            return replace(ask, ref=(last + shift if isinstance(last, int) else last,))
        case Total(ms):
            return Hold(ref, ms)
        case Tempo(factor):
            return Hold(ref, factor=factor)
        case Fading(edge):
            return ask if ref == ((1,) if edge == "opening" else (-1,)) else None
        case _:
            return None


def _locate(reader: Reader, inside: list[FoundAsk], match: Match, start: int, end: int) -> None:
    place = (
        1 if re.search(lexicon.LOCATOR_START, match[0]) else -1 if re.search(lexicon.LOCATOR_END, match[0]) else None
    )
    moved = [found for found in inside if isinstance(found.ask, Moving) and not found.ask.ref]
    if place and moved and not any(mark in reader.page.spans for mark in match[0]):
        for found in moved:
            found.ask = replace(cast("Moving", found.ask), ref=(place,))
        reader.page.take(*match.span())
        return
    whole = [found for found in inside if isinstance(found.ask, (*_WHOLE, Moving, Joining, Scoring, Loudness))]
    if whole:
        _drop(reader, whole, start, end)


def _drop(reader: Reader, wrong: list[FoundAsk], start: int, end: int) -> None:
    """Decline a whole clause, because its understood part would be applied to the wrong thing."""
    reader.found = [found for found in reader.found if found not in wrong]
    reader.decline(start, end, "place")


def _topic(ask: Ask) -> str:
    """Return the property that an ask decides; two asks for one property contradict each other."""
    match ask:
        case Frame() | Total() | Each() | Arrange():
            return type(ask).__name__
        case Moving(ref=ref):
            return f"motion {ref}"
        case Joining(kind=kind, ref=ref) if kind:
            return f"transition {ref}"
        case Pace():
            return "pace"
        case Titling(slot="title", at=at):
            return f"title {at}"
        case Loudness(level=level) if level is not None:
            return "volume"
        case Scoring(mood=mood) if mood:
            return "music"
        case Off(topic) if topic in {"music", "captions"}:
            return "music" if topic == "music" else "captions"
        case _:
            return ""


_QUICK: Final = frozenset({"fast", "rhythmic"})


def _same(one: Ask, other: Ask) -> bool:
    """Return whether two asks for one property are compatible."""
    if isinstance(one, Pace) and isinstance(other, Pace):
        return (one.name in _QUICK) == (other.name in _QUICK)
    if isinstance(one, Frame) and isinstance(other, Frame):
        return one.aspect == other.aspect or one.implied != other.implied
    if isinstance(one, Moving) and isinstance(other, Moving):
        return one.motion == other.motion
    if isinstance(one, Joining) and isinstance(other, Joining):
        return one.kind == other.kind
    if isinstance(one, Scoring) and isinstance(other, Scoring):
        return one.mood == other.mood
    return one == other


def resolve_clashes(page: Page, found: list[FoundAsk]) -> tuple[list[Ask], list[Clash]]:
    """Return the asks without those that a later ask replaces, and the contradictions among them."""
    latest: dict[str, FoundAsk] = {}
    replaced: set[int] = set()
    clashes: list[Clash] = []
    for new in found:
        topic = _topic(new.ask)
        old = latest.get(topic)
        if (
            isinstance(new.ask, Frame)
            and old is not None
            and isinstance(old.ask, Frame)
            and new.ask.implied > old.ask.implied
        ):
            replaced.add(id(new))
            continue
        if topic and old is not None:
            replaced.add(id(old))
            if isinstance(new.ask, Joining) and isinstance(old.ask, Joining) and new.ask.ms is None:
                new.ask = replace(new.ask, ms=old.ask.ms)
            if not _same(old.ask, new.ask):
                clashes.append(Clash(page.quote(old.start, old.end), page.quote(new.start, new.end)))
        if topic:
            latest[topic] = new
    asks = [item.ask for item in found if id(item) not in replaced]
    # "Start with the last photo, then the others as I uploaded them": the order comes first, then the moves within it.
    return sorted(asks, key=lambda ask: not (isinstance(ask, Arrange) and ask.how == "uploaded")), clashes
