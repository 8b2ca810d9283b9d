"""A turn: an iterator over the events of a stream, and its result.

The message is sent when the caller asks for the first event. A turn can be iterated once. If the caller leaves the loop
with `break` or leaves the `with` block, the stream is closed (after `break` in `async for`, when the event loop
finalizes the generator). The service may still finish the work; `recover` finds out what it changed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from types import TracebackType
from typing import Protocol, Self

from nemovideo_client.errors import MisuseError
from nemovideo_client.events import ErrorEvent, Event, Heartbeat, Text, ToolCall, ToolResult, Unknown
from nemovideo_client.models import State, TurnOutcome, TurnResult
from nemovideo_client.progress import StillWorking
from nemovideo_client.transcript import Transcript


class Play(Protocol):
    """The driver of a turn's flow."""

    def resume(self) -> object:
        """Return the next event, or at the end the result."""
        ...

    def close(self) -> None:
        """Close the flow and release its connection."""
        ...


class AsyncPlay(Protocol):
    """The asynchronous driver of a turn's flow."""

    async def resume(self) -> object:
        """Return the next event, or at the end the result."""
        ...

    async def close(self) -> None:
        """Close the flow and release its connection."""
        ...


class _TurnRecord:
    """What both kinds of turns share: the text so far, the state before, and the result."""

    def __init__(self, on_still_working: Callable[[float], None] | None) -> None:
        self._on_still_working = on_still_working
        self._transcript = Transcript()
        self._before: State | None = None
        self._ending: TurnResult | None = None
        self._begun = False

    @property
    def before(self) -> State | None:
        """The session's state before the message, for `recover`; None before the message is sent."""
        return self._before

    @property
    def text(self) -> str:
        """What the agent has said so far, without noise at its end."""
        return self._transcript.text

    def take(self) -> str:
        """Return what the agent has said since the last call; during the turn, hold back text that may be noise."""
        return self._transcript.take(is_over=self._ending is not None)

    @property
    def ending(self) -> TurnResult | None:
        """The result of the turn; None before its end, or if it was closed early."""
        return self._ending

    def _notify(self, notice: object) -> None:
        if isinstance(notice, State):
            self._before = notice
        elif isinstance(notice, StillWorking) and self._on_still_working is not None:
            self._on_still_working(notice.seconds)

    def _begin(self) -> None:
        if self._begun:
            raise MisuseError("A turn can be iterated only once. To send the message again, call say() again.")
        self._begun = True

    def _add(self, value: object) -> Event | None:
        if value is None:
            return None  # the turn was closed
        if isinstance(value, TurnResult):
            self._ending = value
            if value.kind is TurnOutcome.REFUSED and value.error is not None:
                raise value.error
            return None
        if not isinstance(value, Text | ToolCall | ToolResult | Heartbeat | ErrorEvent | Unknown):
            raise TypeError(f"a turn shows events, not {type(value).__name__}")
        self._transcript.add(value)
        return value


class Turn(_TurnRecord):
    """A turn of the synchronous client.

    Raises:
        NemoError: During iteration, if the turn was refused. Any other result is only in `ending`.
    """

    def __init__(
        self, play: Callable[[Callable[[object], None]], Play], on_still_working: Callable[[float], None] | None = None
    ) -> None:
        super().__init__(on_still_working)
        self._play = play(self._notify)

    def __iter__(self) -> Generator[Event]:
        self._begin()
        try:
            while (event := self._add(self._play.resume())) is not None:
                yield event
        finally:
            self.close()

    def read(self) -> str:
        """Read the whole turn and return its text."""
        for _ in self:
            pass
        return self.text

    def close(self) -> None:
        """Close the turn; after its end this does nothing."""
        self._begun = True
        self._play.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncTurn(_TurnRecord):
    """A turn of the asynchronous client.

    Raises:
        NemoError: During iteration, if the turn was refused. Any other result is only in `ending`.
    """

    def __init__(
        self,
        play: Callable[[Callable[[object], None]], AsyncPlay],
        on_still_working: Callable[[float], None] | None = None,
    ) -> None:
        super().__init__(on_still_working)
        self._play = play(self._notify)

    async def __aiter__(self) -> AsyncGenerator[Event]:
        self._begin()
        try:
            while (event := self._add(await self._play.resume())) is not None:
                yield event
        finally:
            await self.close()

    async def read(self) -> str:
        """Read the whole turn and return its text."""
        async for _ in self:
            pass
        return self.text

    async def close(self) -> None:
        """Close the turn; after its end this does nothing."""
        self._begun = True
        await self._play.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
