"""The text and the work of a turn so far, without the noise that may follow a good answer.

The noise is a sentence that all documents say to ignore after normal answers. It may arrive in pieces, after an
apology, before advice to try again, or as an error. So the transcript holds back text while it may still become noise.
If a turn consists only of noise, with no text or work before it, the noise is the answer.
"""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.events import ErrorEvent, Event, Heartbeat, Text, ToolCall, ToolResult, Unknown

#: The beginning of the noise.
NOISE: Final = "I encountered a temporary issue"
_REGRETS: Final = (
    r"(?:(?:(?:I['’]m |I am )?(?:so |very )?(?:sorry|oops|unfortunately|(?:my )?apologies)|I (?:do )?apologi[sz]e)"
    r"[\s,.!:;—-]*(?:but )?)?"
)
#: Words about a remedy; with them, the sentence is part of the answer.
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
#: Noise that may still continue.
_WHOLE: Final = re.compile(rf"{_REGRETS}{NOISE}", re.IGNORECASE)
#: Places where noise may begin: at the start, on a new line, or after the end of a sentence.
_STARTS: Final = re.compile(r"(?:\A|\n|[.!?…。！？：:][\"'”’」』)*_]*)\s*(?=\S)")
#: The largest length of noise with its apology and advice, in characters.
_LONGEST: Final = 500
#: The number of characters of already returned text that are kept as context.
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
    """Return how many characters are not noise; with `may_begin`, nor the beginning of possible noise."""
    first = max(0, len(said) - _LONGEST)
    for found in _STARTS.finditer(said, first):
        rest = said[found.end() :]
        if _NOISE.match(rest):
            return found.end()
        if may_begin and (_WHOLE.match(rest) or any(noise.startswith(rest.casefold()) for noise in _BEGUN)):
            return found.end()
    return len(said)


class Transcript:
    """The text and the work of a turn so far; `begun` is true if there was text or work before."""

    def __init__(self, *, begun: bool = False) -> None:
        self._begun = begun
        self._all = ""
        #: The pieces since `_all` was last joined; joining after each piece would take quadratic time.
        self._new: list[str] = []
        self._length = 0
        self._last = ""
        #: The number of characters before the last tool call or result.
        self._worked_at = 0
        self._open = False
        #: The text that `take` has not returned yet.
        self._untaken: list[str] = []
        #: The end of the text that it has returned.
        self._taken = ""
        self._is_said = False
        self.tools = 0
        #: Whether an unknown record came.
        self.strange = False
        #: The number of tool calls without a result so far, without long-running ones.
        self.pending = 0
        self._long_running: set[str | None] = set()
        self.errors: list[ErrorEvent] = []

    def add(self, event: Event) -> None:
        """Add an event."""
        match event:
            case Text(content=content, partial=partial):
                self._add_text(content, partial=partial)
            case ToolCall(call_id=call_id) | ToolResult(call_id=call_id):
                self.tools += 1
                if isinstance(event, ToolCall) and event.is_long_running:
                    self._long_running.add(call_id)
                elif call_id not in self._long_running:
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
        """Return whether an error is noise after an answer: after text that follows the work, or if it has no code."""
        answered = self.closing and not self.pending and (self.tools > 0 or event.code is None)
        return answered and _NOISE.match((event.message or "").strip()) is not None

    def _add_text(self, content: str, *, partial: bool) -> None:
        # No document says whether a text record is a whole sentence or a part, so the text itself decides.
        gap = self._last and not (partial and self._open) and _ends_a_sentence(self._last)
        said = "\n" + content if gap and not content[:1].isspace() else content
        self._new.append(said)
        self._length += len(said)
        self._last = said
        self._untaken.append(said)
        self._open = partial

    @property
    def is_empty(self) -> bool:
        """Whether there was no text, no work, and no unknown record."""
        return not (self.tools or self.strange or self.text)

    @property
    def _said(self) -> str:
        if self._new:
            self._all += "".join(self._new)
            self._new.clear()
        return self._all

    @property
    def closing(self) -> bool:
        """Whether any text came after the last tool call, or any text at all if there was no tool call."""
        last = self._said[self._worked_at :]
        return bool(self._bare(last, begun=self._begun or bool(self.tools or self._worked_at)).strip())

    @property
    def text(self) -> str:
        """The answer so far, without noise at its end."""
        return self._bare(self._said, begun=self._begun or self.tools > 0).strip()

    def take(self, *, is_over: bool = False) -> str:
        """Return the text since the last call; unless the turn `is_over`, hold back text that may become noise."""
        said = self._taken + "".join(self._untaken)
        known = len(self._taken)
        kept = max(known, _count_kept(said, may_begin=not is_over))
        if is_over and not (self._begun or self.tools or self._is_said or said[known:kept].strip()):
            kept = len(said)
        self._untaken = [said[kept:]]
        if kept > known:
            self._is_said = self._is_said or bool(said[known:kept].strip())
            # The end of the returned text shows whether the next word begins a sentence. The "x" is ordinary text: the
            # context itself is not the start of a transcript.
            self._taken = "x" + said[max(0, kept - _CONTEXT) : kept]
        return said[known:kept]

    @staticmethod
    def _bare(said: str, *, begun: bool) -> str:
        bare = said[: _count_kept(said, may_begin=False)]
        return bare if begun or bare.strip() else said


def _ends_a_sentence(words: str) -> bool:
    return words.rstrip(" \"')”’」』*_")[-1:] in {*".!?:…。！？：", "\n"} and not words[-1:].isspace()
