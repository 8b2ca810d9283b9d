"""Checks one by one, or several at once where each of several benches has the server to itself."""

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

from nemovideo_contract.http.errors import CallNotAllowed, InDoubt, RequirementFailure, Unreachable, redact_text
from nemovideo_contract.suite.context import Check, Context

_HERE: Final = Path(__file__).parent
Verdict = Literal["passed", "skipped", "failed", "doubted", "gone"]


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What became of a check: `words` say why where it did not pass; `calls` is what it sent, by operation.

    `rule` is the requirement that was contradicted, `unsure` those that a check which is `doubted` says it can't judge.
    `gone` is for a server that is not there any more.
    """

    verdict: Verdict
    words: str = ""
    calls: Mapping[str, int] = field(default_factory=dict[str, int])
    doubts: tuple[RequirementFailure, ...] = ()
    rule: str | None = None
    unsure: tuple[str, ...] = ()


def run_check(context: Context, check: Check) -> CheckOutcome:
    """Run a check; whatever comes of it is an outcome."""
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
    except Exception as error:  # noqa: BLE001 -- a server may answer what no check has thought of
        verdict, words = "failed", _describe_crash(context, error)
    calls = context.spending.calls - before
    if not context.spending.charged:
        # An export that nobody waits for keeps a server at work, and others in its queue waiting.
        with suppress(Unreachable, CallNotAllowed, RequirementFailure, InDoubt):
            context.cancel_exports()
    return CheckOutcome(verdict, words, calls, tuple(context.server.doubts[doubts:]), rule, unsure)


def _describe_crash(context: Context, error: Exception) -> str:
    """What to say of an answer that a check stumbled over."""
    ours = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).parent == _HERE]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "unknown"
    said = redact_text(f"{type(error).__name__}: {error}", *context.server.tokens)
    lines = [f"The check can't make sense of what came: {said} (at {place})"]
    calls = context.server.trail[-3:]
    lines += [f"  {'repeat:' if number == 0 else '       '}  {call.curl()}" for number, call in enumerate(calls)]
    return "\n".join(lines)


class WorkerPool:
    """Runs checks on several benches at once, a thread for each; the order of what is given is that of the list."""

    def __init__(self, benches: Sequence[Context], checks: Sequence[Check]) -> None:
        self._futures: dict[str, Future[CheckOutcome]] = {}
        self._queue: SimpleQueue[tuple[Check, Future[CheckOutcome]]] = SimpleQueue()
        for check in checks:
            self._futures[check.__name__] = future = Future[CheckOutcome]()
            self._queue.put((check, future))
        self._threads = [Thread(target=self._work, args=(context,), daemon=True) for context in benches]
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
        """What became of a check, once it is there."""
        try:
            return self._futures[check.__name__].result()
        except CancelledError:
            return CheckOutcome("skipped", "The run ended before it.")

    def stop(self) -> None:
        """Begin no other check; those that are being made end by themselves."""
        for future in self._futures.values():
            future.cancel()


def sum_calls(benches: Sequence[Context]) -> Counter[str]:
    """What all benches have sent, by operation."""
    total: Counter[str] = Counter()
    for each in benches:
        total += each.spending.calls
    return total
