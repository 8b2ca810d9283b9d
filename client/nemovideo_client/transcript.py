"""What a turn has said and done so far, without the noise that may trail a good answer.

The noise is a sentence that every document says to ignore after normal answers. It may come in pieces, behind an
apology, with advice to try again behind it, or as an error. So words that may become noise are kept back for as long as
they may; and noise alone, with nothing said or done before it, is the answer.
"""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.events import ErrorEvent, Event, Heartbeat, Text, ToolCall, ToolResult, Unknown

#: What the noise begins with.
NOISE: Final = "I encountered a temporary issue"
_REGRETS: Final = (
    r"(?:(?:(?:I['’]m |I am )?(?:so |very )?(?:sorry|oops|unfortunately|(?:my )?apologies)|I (?:do )?apologi[sz]e)"
    r"[\s,.!:;—-]*(?:but )?)?"
)
#: What is told of a remedy, which makes the sentence part of the answer.
_REMEDY: Final = (
    r"(?:so|but|and|which|therefore|then)\s+(?:(?:instead|therefore|then|now)\s+)?"
    r"(?:I|we)(?:['’]ve| have)?\s+(?:\w+ly\s+)?(?!fail|need|stopp|tri|experienc|encounter)"
    r"(?:\w+ed|used|left|made|kept|chose|took|cut|put|went|got|found|did)\b"
)
_NOISE: Final = re.compile(
    rf"{_REGRETS}{NOISE}(?:(?!\b{_REMEDY})[^.!?\n]){{0,120}}[.!?…]*"
    r"(?:\s*(?:(?:please |kindly )?(?:try|retry|wait)|(?:I['’]m |I am )?(?:so |very )?sorry\b|(?:my )?apologies"
    r"|I (?:do )?apologi[sz]e)\b[^.!?\n]{0,120}[.!?…]*){0,3}\s*\Z",
    re.IGNORECASE,
)
#: Noise to which anything may still be added.
_WHOLE: Final = re.compile(rf"{_REGRETS}{NOISE}", re.IGNORECASE)
#: Where noise, whole or begun, may be: at the beginning, on a line of its own, or behind the end of a sentence.
_STARTS: Final = re.compile(r"(?:\A|\n|[.!?…。！？：:][\"'”’」』)*_]*)\s*(?=\S)")
#: Letters that noise may have, with all that goes with it.
_LONGEST: Final = 500
#: Letters of what was given that are worth keeping.
_CONTEXT: Final = 20
_BEGUN: Final = tuple(
    f"{regret}{NOISE}".casefold()
    for regret in (
        "",
        "sorry, ",
        "sorry, but ",
        "i'm sorry, ",
        "i'm sorry, but ",
        "i am sorry, ",
        "unfortunately, ",
        "oops, ",
        "apologies, ",
        "apologies, but ",
        "my apologies, ",
        "i apologize, ",
        "i apologize, but ",
        "i apologise, but ",
    )
)


def _count_kept(said: str, *, may_begin: bool) -> int:
    """How many letters of what was said are no noise, nor what may still become some with `may_begin`."""
    first = max(0, len(said) - _LONGEST)
    for found in _STARTS.finditer(said, first):
        rest = said[found.end() :]
        if _NOISE.match(rest):
            return found.end()
        if may_begin and (_WHOLE.match(rest) or any(noise.startswith(rest.casefold()) for noise in _BEGUN)):
            return found.end()
    return len(said)


class Transcript:
    """What a turn has said and done so far; `begun` where something was said or done before."""

    def __init__(self, *, begun: bool = False) -> None:
        self._begun = begun
        self._all = ""
        #: What has come since `_all` was last joined: joining with each piece would cost more with each.
        self._new: list[str] = []
        self._length = 0
        self._last = ""
        #: How many of the letters were said before the last tool was at work.
        self._worked_at = 0
        self._open = False
        #: What `take` has not given yet.
        self._untaken: list[str] = []
        #: The end of what it gave.
        self._taken = ""
        self._is_said = False
        self.tools = 0
        #: Whether anything came that nobody knows.
        self.strange = False
        #: Tool calls whose results have not come.
        self.pending = 0
        self.errors: list[ErrorEvent] = []

    def add(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Text(content=content, partial=partial):
                self._add_text(content, partial=partial)
            case ToolCall() | ToolResult():
                self.tools += 1
                self.pending = max(0, self.pending + (1 if isinstance(event, ToolCall) else -1))
                self._worked_at = self._length
                self._open = False
            case ErrorEvent():
                if not self._is_noise(event):
                    self.errors.append(event)
            case Unknown():
                self.strange = True
            case Heartbeat():
                pass

    def _is_noise(self, event: ErrorEvent) -> bool:
        """Whether an error is the noise that trails an answer: after words behind the work, or without any code."""
        answered = self.closing and not self.pending and (self.tools > 0 or event.code is None)
        return answered and _NOISE.match((event.message or "").strip()) is not None

    def _add_text(self, content: str, *, partial: bool) -> None:
        # No document says whether a text record is a sentence or a chunk of one, so the text itself decides.
        gap = self._last and not (partial and self._open) and _ends_a_sentence(self._last)
        said = "\n" + content if gap and not content[:1].isspace() else content
        self._new.append(said)
        self._length += len(said)
        self._last = said
        self._untaken.append(said)
        self._open = partial

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said, done, or came that nobody knows."""
        return not (self.tools or self.strange or self.text)

    @property
    def _said(self) -> str:
        if self._new:
            self._all += "".join(self._new)
            self._new.clear()
        return self._all

    @property
    def closing(self) -> bool:
        """Whether anything was said since the last tool was at work, if any was."""
        last = self._said[self._worked_at :]
        return bool(self._bare(last, begun=self._begun or bool(self.tools or self._worked_at)).strip())

    @property
    def text(self) -> str:
        """The answer so far, without the noise that may trail it."""
        return self._bare(self._said, begun=self._begun or self.tools > 0).strip()

    def take(self, *, is_over: bool = False) -> str:
        """What was said since the last call; unless it `is_over`, not what may become noise."""
        said = self._taken + "".join(self._untaken)
        known = len(self._taken)
        kept = max(known, _count_kept(said, may_begin=not is_over))
        if is_over and not (self._begun or self.tools or self._is_said or said[known:kept].strip()):
            kept = len(said)
        self._untaken = [said[kept:]]
        if kept > known:
            self._is_said = self._is_said or bool(said[known:kept].strip())
            # What it ends with says whether the next word begins a sentence; the letter, that it begins none by itself.
            self._taken = "x" + said[max(0, kept - _CONTEXT) : kept]
        return said[known:kept]

    @staticmethod
    def _bare(said: str, *, begun: bool) -> str:
        bare = said[: _count_kept(said, may_begin=False)]
        return bare if begun or bare.strip() else said


def _ends_a_sentence(words: str) -> bool:
    return words.rstrip(" \"')”’」』*_")[-1:] in {*".!?:…。！？：", "\n"} and not words[-1:].isspace()
