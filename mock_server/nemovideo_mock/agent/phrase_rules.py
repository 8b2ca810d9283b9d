"""Phrase rules: a pattern for a prepared page, and the ask that it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nemovideo_mock.agent import lexicon
from nemovideo_mock.agent.edit_requests import Ask, Decline, Off, Ref, Topic
from nemovideo_mock.agent.prepared_page import TAKEN, Page, compile_pattern, group_span, group_text


@dataclass(slots=True)
class FoundAsk:
    """An ask and the position of its words in the page."""

    ask: Ask
    start: int
    end: int


@dataclass(slots=True)
class Reader:
    """The state of reading a page: the asks, declines and denials found so far."""

    page: Page
    found: list[FoundAsk] = field(default_factory=list[FoundAsk])
    declines: list[tuple[int, Decline]] = field(default_factory=list[tuple[int, Decline]])
    denials: list[tuple[int, int, type]] = field(default_factory=list[tuple[int, int, type]])

    def add(self, ask: Ask, start: int, end: int) -> None:
        """Add an ask and take its words."""
        self.found.append(FoundAsk(ask, start, end))
        self.page.take(start, end)

    def decline(self, start: int, end: int, reason: str) -> None:
        """Decline words that are recognised but not supported, and take them."""
        self.declines.append((start, Decline(self.page.quote(start, end), reason)))
        self.page.take(start, end)

    def deny(self, start: int, end: int, kind: type) -> None:
        """Note that a wish of this kind is denied, and take its words; `decline_denied` looks for its replacement."""
        self.denials.append((start, end, kind))
        self.page.take(start, end)

    def decline_denied(self) -> None:
        """Decline each denied wish that the message does not replace by another one."""
        for start, end, kind in self.denials:
            if not any(isinstance(found.ask, kind) for found in self.found):
                self.decline(start, end, "negated")

    def refs(self, match: Match) -> list[Ref]:
        """Return the photos that a match mentions, as one item for each mention."""
        return [self.page.refs[mark] for mark in match[0] if mark in self.page.refs]

    def ref(self, match: Match) -> Ref:
        """Return all photos that a match mentions."""
        return tuple(place for ref in self.refs(match) for place in ref)

    def span(self, match: Match) -> int | None:
        """Return the last length of time in a match, in ms, or None."""
        return next((self.page.spans[mark] for mark in reversed(match[0]) if mark in self.page.spans), None)


Match = re.Match[str]
Build = Callable[[Reader, Match], Ask | tuple[Ask, ...] | None]


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """A pattern and its meaning.

    `denied` is the meaning of a negation before the pattern; if it is None, the wish is declined. A rule with `checked`
    false handles negation itself. If the pattern has a group `part`, only that group is taken.
    """

    pattern: re.Pattern[str]
    build: Build
    denied: Topic | None = None
    checked: bool = False


def rule(pattern: str, build: Build, *, denied: Topic | None = None, checked: bool = True) -> PhraseRule:
    """Return a rule for a pattern in the lexicon's notation."""
    return PhraseRule(compile_pattern(pattern), build, denied, checked)


DENIED: Final = re.compile(
    rf"{lexicon.NOT}(?: ?{lexicon.NOT_FILLING}){{0,5}} ?$|{lexicon.REMOVE}(?: ?{lexicon.NOT_FILLING}){{0,4}} ?$",
    re.ASCII,
)
INSTEAD: Final = re.compile(rf"{lexicon.INSTEAD}(?: ?{lexicon.NOT_FILLING}){{0,3}} ?$", re.ASCII)


def apply(reader: Reader, rule: PhraseRule) -> None:
    """Take the words that a rule understands, unless another rule has taken them."""
    for match in rule.pattern.finditer(reader.page.text):
        if TAKEN in reader.page.text[match.start() : match.end()]:
            continue
        before = reader.page.text[max(0, match.start() - 48) : match.start()]
        if rule.checked and (hit := INSTEAD.search(before)):
            reader.page.take(match.start() - len(hit[0]), match.end())
            continue
        if rule.checked and (hit := DENIED.search(before)):
            start = match.start() - len(hit[0])
            if rule.denied is None:
                denied = rule.build(reader, match)
                reader.deny(start, match.end(), type(denied[0] if isinstance(denied, tuple) else denied))
            else:
                reader.add(Off(rule.denied), start, match.end())
            continue
        asked = rule.build(reader, match)
        if asked is None:
            continue
        start, end = group_span(match, "part") if group_text(match, "part") else match.span()
        for ask in asked if isinstance(asked, tuple) else (asked,):
            reader.add(ask, start, end)
