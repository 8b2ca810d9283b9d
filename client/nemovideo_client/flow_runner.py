"""Where a flow stands, whoever drives it: nothing here waits or sends."""

from __future__ import annotations

from typing import Generic, TypeVar

from nemovideo_client.errors import MisuseError, NemoError
from nemovideo_client.files import AtomicFile, check_file
from nemovideo_client.flows.effects import (
    Commit,
    Create,
    Effect,
    Examine,
    FileEffect,
    Flow,
    Outcome,
    Restart,
    Resume,
    Write,
)

T = TypeVar("T")


class FlowRunner(Generic[T]):
    """Where a flow stands: what it gets next, the file that it writes, its result when it has ended."""

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self._outcome: Outcome = None
        self._failure: NemoError | None = None
        self._result: list[T] = []
        self._part: AtomicFile | None = None
        self._is_left = False

    @property
    def is_over(self) -> bool:
        """Whether the flow has ended of itself."""
        return bool(self._result)

    @property
    def is_shown_out(self) -> bool:
        """Whether the flow has nothing more to show: it has ended, or was left."""
        return self.is_over or self._is_left

    @property
    def result(self) -> T:
        """What the flow returned.

        Raises:
            MisuseError: It has not ended, or was left before.
        """
        if not self._result:
            raise MisuseError("There is no result: this was left before its end.")
        return self._result[0]

    def next(self) -> Effect | None:
        """Hand over what the last effect gave; give the next one, or None when the flow has ended or was left."""
        if self._is_left:
            return None
        failure, self._failure = self._failure, None
        outcome, self._outcome = self._outcome, None
        try:
            return self._flow.send(outcome) if failure is None else self._flow.throw(failure)
        except StopIteration as stop:
            self._result.append(stop.value)
            return None

    def succeed(self, outcome: Outcome) -> None:
        """Take what the effect gave."""
        self._outcome = outcome

    def fail(self, failure: NemoError) -> None:
        """Take what went wrong."""
        self._failure = failure

    def local(self, effect: FileEffect) -> Outcome:
        """Do what concerns files alone, which is quick enough to be done in an event loop too."""
        match effect:
            case Examine(path):
                return check_file(path)
            case Create(path):
                self._leave()
                self._part = AtomicFile(path)
            case Resume(key):
                return self._open_part.resume(key)
            case Restart(etag, keep):
                self._open_part.restart(etag, keep=keep)
            case Write(data):
                self._open_part.write(data)
            case Commit():
                self._open_part.commit()
        return None

    @property
    def _open_part(self) -> AtomicFile:
        if self._part is None:
            raise RuntimeError("a flow writes to a file that it has not created")
        return self._part

    def _leave(self) -> None:
        if self._part is not None:
            self._part.leave()

    def close(self) -> None:
        """Leave the flow, and of an unfinished file only what can be gone on with."""
        self._is_left = True
        self._flow.close()
        self._leave()
