"""A turn as the caller sees it: an iterator of events that can be left at any time, and what is known afterwards.

Nothing is sent before the first event is asked for. A turn is iterated once; leaving it early, by `break` or by the end
of a `with` block, closes the stream (an `async for` left by `break` alone is closed when the loop gets to it). The
service may well finish the work all the same: `recover` looks what became of it.
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
    """A turn's flow in the hands of its driver."""

    def resume(self) -> object:
        """What the flow shows next, or its ending."""
        ...

    def close(self) -> None:
        """Leave the flow and release what it holds."""
        ...


class AsyncPlay(Protocol):
    """A turn's flow in the hands of its asynchronous driver."""

    async def resume(self) -> object:
        """What the flow shows next, or its ending."""
        ...

    async def close(self) -> None:
        """Leave the flow and release what it holds."""
        ...


class _TurnRecord:
    """What a turn knows, whoever drives it."""

    def __init__(self, on_still_working: Callable[[float], None] | None) -> None:
        self._on_still_working = on_still_working
        self._transcript = Transcript()
        self._before: State | None = None
        self._ending: TurnResult | None = None
        self._begun = False

    @property
    def before(self) -> State | None:
        """The session's state before the message, for `recover`; None where nothing has been sent yet."""
        return self._before

    @property
    def text(self) -> str:
        """What the agent has said so far, without trailing noise."""
        return self._transcript.text

    def take(self) -> str:
        """What the agent has said since the last call; while the turn goes on, without what may be trailing noise."""
        return self._transcript.take(is_over=self._ending is not None)

    @property
    def ending(self) -> TurnResult | None:
        """How the turn ended; None while it goes on, or where it was left early."""
        return self._ending

    def _tell(self, told: object) -> None:
        if isinstance(told, State):
            self._before = told
        elif isinstance(told, StillWorking) and self._on_still_working is not None:
            self._on_still_working(told.seconds)

    def _begin(self) -> None:
        if self._begun:
            raise MisuseError("A turn can be iterated once; it is not sent again.")
        self._begun = True

    def _note(self, shown: object) -> Event | None:
        if shown is None:
            return None  # the turn was left
        if isinstance(shown, TurnResult):
            self._ending = shown
            if shown.kind is TurnOutcome.REFUSED and shown.error is not None:
                raise shown.error
            return None
        if not isinstance(shown, Text | ToolCall | ToolResult | Heartbeat | ErrorEvent | Unknown):
            raise TypeError(f"a turn shows events, not {type(shown).__name__}")
        self._transcript.add(shown)
        return shown


class Turn(_TurnRecord):
    """A turn of the synchronous client.

    Raises:
        NemoError: While iterating, where the turn was refused; any other ending only stands in `ending`.
    """

    def __init__(
        self, play: Callable[[Callable[[object], None]], Play], on_still_working: Callable[[float], None] | None = None
    ) -> None:
        super().__init__(on_still_working)
        self._play = play(self._tell)

    def __iter__(self) -> Generator[Event]:
        self._begin()
        try:
            while (event := self._note(self._play.resume())) is not None:
                yield event
        finally:
            self.close()

    def read(self) -> str:
        """Go through the whole turn; give its text."""
        for _ in self:
            pass
        return self.text

    def close(self) -> None:
        """Leave the turn; harmless after its end."""
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
        NemoError: While iterating, where the turn was refused; any other ending only stands in `ending`.
    """

    def __init__(
        self,
        play: Callable[[Callable[[object], None]], AsyncPlay],
        on_still_working: Callable[[float], None] | None = None,
    ) -> None:
        super().__init__(on_still_working)
        self._play = play(self._tell)

    async def __aiter__(self) -> AsyncGenerator[Event]:
        self._begin()
        try:
            while (event := self._note(await self._play.resume())) is not None:
                yield event
        finally:
            await self.close()

    async def read(self) -> str:
        """Go through the whole turn; give its text."""
        async for _ in self:
            pass
        return self.text

    async def close(self) -> None:
        """Leave the turn; harmless after its end."""
        self._begun = True
        await self._play.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
