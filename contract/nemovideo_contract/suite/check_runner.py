"""Runs checks one by one, or several at once if each of several contexts has its own world."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, Literal

from hypothesis.errors import HypothesisException

from nemovideo_contract.http.errors import CallNotAllowed, InDoubt, RequirementFailure, Unreachable, redact_text
from nemovideo_contract.suite.context import Check, Context

_HERE: Final = Path(__file__).parent
#: What a check raises if an answer is not as it expects. Any other error is a fault of the suite or of this machine.
_OF_ANSWERS: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError)
Verdict = Literal["passed", "skipped", "failed", "doubted", "gone"]


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The outcome of a check: `words` say why it did not pass, `calls` counts its calls by operation.

    `rule` is the requirement that was contradicted. `unsure` has the requirements that a `doubted` check can't judge.
    `gone` means that the server can't be reached any more.
    """

    verdict: Verdict
    words: str = ""
    calls: Mapping[str, int] = field(default_factory=dict[str, int])
    doubts: tuple[RequirementFailure, ...] = ()
    rule: str | None = None
    unsure: tuple[str, ...] = ()


def run_check(context: Context, check: Check) -> CheckOutcome:
    """Run a check and return its outcome, also if it raises."""
    before, doubts = context.spending.calls.copy(), len(context.server.doubts)
    verdict: Verdict = "passed"
    words, rule = "", None
    unsure: tuple[str, ...] = ()
    try:
        reason = context.run(check)
        if reason is not None:
            verdict, words = "skipped", reason
    except CallNotAllowed as error:
        verdict, words = "skipped", str(error)
    except Unreachable as error:
        verdict, words = "gone", str(error)
    except InDoubt as error:
        verdict, words, unsure = "doubted", error.words, error.rules
    except RequirementFailure as error:
        verdict, words, rule = "failed", str(error), error.requirement.id
    except Exception as error:  # noqa: BLE001 -- a server may answer what no check expects
        if isinstance(error, _OF_ANSWERS) and not isinstance(error, HypothesisException):
            verdict, words = "failed", _describe_crash(context, error)
            if (cause := context.server.explain()) is not None:
                verdict, words = "doubted", f"Something between may have caused this. {cause.words}\n  {words}"
        else:
            said = "The suite itself failed, which says nothing about the server; please report it"
            verdict, words = "doubted", f"{said}: {_describe_error(context, error)}"
    calls = context.spending.calls - before
    if not context.spending.charged:
        # A forgotten export keeps a server busy, and others in its queue wait for it.
        with suppress(Unreachable, CallNotAllowed, RequirementFailure, InDoubt):
            context.cancel_exports()
    return CheckOutcome(verdict, words, calls, tuple(context.server.doubts[doubts:]), rule, unsure)


def _describe_crash(context: Context, error: Exception) -> str:
    """Return a message about an answer that made a check crash."""
    lines = [f"The check can't read the answer: {_describe_error(context, error)}"]
    calls = context.server.trail[-3:]
    lines += [f"  {'repeat:' if number == 0 else '       '}  {call.curl()}" for number, call in enumerate(calls)]
    return "\n".join(lines)


def _describe_error(context: Context, error: Exception) -> str:
    """Return an error without secrets, and the line of the suite where it was raised."""
    ours = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent == _HERE]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "unknown"
    return f"{redact_text(f'{type(error).__name__}: {error}', *context.server.tokens)} (at {place})"


class WorkerPool:
    """Runs checks in several contexts at once, one thread for each."""

    def __init__(self, contexts: Sequence[Context], checks: Sequence[Check]) -> None:
        self._futures: dict[str, Future[CheckOutcome]] = {}
        self._queue: SimpleQueue[tuple[Check, Future[CheckOutcome]]] = SimpleQueue()
        for check in checks:
            self._futures[check.__name__] = future = Future[CheckOutcome]()
            self._queue.put((check, future))
        self._threads = [Thread(target=self._work, args=(context,), daemon=True) for context in contexts]
        for thread in self._threads:
            thread.start()

    def _work(self, context: Context) -> None:
        while True:
            try:
                check, future = self._queue.get_nowait()
            except Empty:
                return
            if future.set_running_or_notify_cancel():
                future.set_result(run_check(context, check))

    def outcome(self, check: Check) -> CheckOutcome:
        """Wait for a check and return its outcome."""
        try:
            return self._futures[check.__name__].result()
        except CancelledError:
            return CheckOutcome("skipped", "The run ended before it.")

    def stop(self) -> None:
        """Start no more checks; the running ones go on to their end."""
        for future in self._futures.values():
            future.cancel()


def sum_calls(contexts: Sequence[Context]) -> Counter[str]:
    """Return the number of calls in all contexts, by operation."""
    total: Counter[str] = Counter()
    for each in contexts:
        total += each.spending.calls
    return total
