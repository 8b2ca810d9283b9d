"""The meaning of a clause by its words, if no pattern of `request_patterns` matches their order.

A request for the agent's own work has few words: the action, its object, and small words around them. So a clause
belongs to an action if it names the subject of the action, and if *every* word of it can be part of such a request. One
other word changes the meaning ("the timeline is too dark", "export figures"), and the service's agent gets the clause.
Questions with why, whether and when also go to the service's agent, because requests do not contain these words. A
negated request asks the agent to wait with the action.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from nemovideo_skills.agent.actions_and_replies import Action

#: Replaces each character of a named file.
FILE: Final = "\ue000"

#: The action that a clause asks for, and the kind of words that decided.
Meaning = tuple[Action, Literal["request", "withheld", "asked how"]]
Words = frozenset[str]


def words(listed: str) -> Words:
    """Return the words of a list that is separated by spaces."""
    return frozenset(listed.split())


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, by their role in a request.

    - `small`: words that any request may contain.
    - `fetch`: one of these words is enough to ask for the file ("export"). `hand`: such a word asks for the file if a
      word of `file` follows ("give ... video"), or words of both `it` and `me` ("send it to me"). `carry`: such a word
      asks for the file if the clause also names the file and one of the `spots` where the user keeps files.
      `about_fetch`: other words that these requests may contain.
    - `new`: with one of these words, `hand` and `carry` ask for another video, which the service's agent creates.
    - `no`: words that ask not to do something; `how`: words that ask how to do it. `about_no` and `about_how`: other
      words that such clauses may contain.
    - `ask`: words at the beginning of a question.
    - `money`, `place`, `send`: for credits, state and uploads, three sets each: the words that name the subject, the
      words that name it only in a question, and the words that may accompany them.
    - `into`: precedes the name of a file to write.
    - `spaced`: spaces separate words.
    """

    small: Words
    fetch: Words
    hand: Words
    file: Words
    new: Words
    it: Words
    me: Words
    carry: Words
    spots: Words
    about_fetch: Words
    no: Words
    about_no: Words
    how: Words
    about_how: Words
    ask: Words
    money: tuple[Words, Words, Words]
    place: tuple[Words, Words, Words]
    send: tuple[Words, Words, Words]
    into: Words
    spaced: bool
    _token: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = frozenset[str]().union(
            self.small, self.fetch, self.hand, self.file, self.new, self.it, self.me, self.carry, self.spots,
            self.about_fetch, self.no, self.about_no, self.how, self.about_how, self.ask, self.into,
            *self.money, *self.place, *self.send,
        )  # fmt: skip
        listed = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        pattern = rf"{FILE}+|[^\s,]+" if self.spaced else rf"{FILE}+|{listed}|[0-9a-z]+|[^\s,，、]"
        object.__setattr__(self, "_token", re.compile(pattern))

    def tokens(self, clause: str) -> list[str]:
        """Return the words of a clause; a file counts as one word."""
        bare = clause.casefold().replace("’", "'").replace("do not", "don't").replace("'ve", "").replace("'m", "")
        return [FILE if word[0] == FILE else word for word in self._token.findall(bare)]

    def meaning(self, clause: str) -> Meaning | None:
        """Return what a clause asks for, if all its words are part of such a request."""
        listed = self.tokens(clause)
        words = frozenset(listed)
        if not words:
            return None
        if FILE in words:
            named = listed.index(FILE)
            if words & self.no or not named or listed[named - 1] not in self.into:
                return None
            return (Action.EXPORT, "request") if self._fetches(words - {FILE}) else None
        if self._withholds(words):
            return Action.TALK, "withheld"
        if self._asks_how(words):
            return Action.TALK, "asked how"
        for action, kinds in ((Action.CREDITS, self.money), (Action.STATE, self.place), (Action.UPLOAD, self.send)):
            if self._is_about(words, kinds):
                return action, "request"
        return (Action.EXPORT, "request") if self._fetches(words) else None

    def continues(self, clause: str, action: Action | None) -> bool:
        """Return whether a clause may only continue a question about the credits or the state, as "one by one" does."""
        kinds = self.money if action is Action.CREDITS else self.place if action is Action.STATE else None
        words = frozenset(self.tokens(clause))
        return kinds is not None and bool(words) and words <= self._around(kinds)

    def _withholds(self, words: Words) -> bool:
        subject = self.fetch | self.send[0]
        return bool(words & self.no and words & subject) and words <= (
            self.small
            | subject
            | self.file
            | self.it
            | self.me
            | self.about_fetch
            | self.spots
            | self.no
            | self.about_no
        )

    def _asks_how(self, words: Words) -> bool:
        fetched = words & self.fetch or (words & self.file and words & (self.hand | self.about_how))
        return bool(words & self.how and fetched) and words <= (
            self.small | self.fetch | self.hand | self.file | self.it | self.me | self.about_fetch | self.spots
            | self.how | self.about_how | self.ask
        )  # fmt: skip

    def _fetches(self, words: Words) -> bool:
        if words & self.new and not words & self.fetch:
            return False
        handed = words & self.hand and (words & self.file or (words & self.it and words & (self.me | self.spots)))
        # In a language without spaces between words, the object may be left out: "弄到电脑上吧".
        carried = words & self.carry and words & self.spots and (words & (self.file | self.it) or not self.spaced)
        return bool(words & self.fetch or handed or carried) and words <= (
            self.small
            | self.fetch
            | self.hand
            | self.file
            | self.it
            | self.me
            | self.about_fetch
            | self.into
            | self.spots
            | (self.carry if carried else frozenset())
        )

    def _is_about(self, words: Words, kinds: tuple[Words, Words, Words]) -> bool:
        named, asked, _ = kinds
        return words <= self._around(kinds) and bool(words & named or (words & asked and words & self.ask))

    def _around(self, kinds: tuple[Words, Words, Words]) -> Words:
        return self.small.union(self.it, self.me, self.ask, *kinds)
