"""Waiting for a server: until its work is over, or until time has passed on its own clock.

The server's clock may differ from the clock of this machine: it may jump, or it may run slower than the work. From
outside, only one thing shows the server's time: a turn that makes no progress sends heartbeats, about every `SIGN_S`
seconds. The interval is up to the server, so `pass_time` is called again with more heartbeats until the effect shows.
It also returns if the same time has passed on this machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.interference import STREAMS_HELD_BACK
from nemovideo_contract.suite.messages import SCENE
from nemovideo_contract.suite.tested_server import TestedServer
from nemovideo_contract.targets import TOKEN_SCENARIOS

#: The longest time that a run waits for one thing on this machine, in seconds; here calls cost nothing.
NEAR_PATIENCE_S: Final = 90.0
#: Seconds between two heartbeats of a turn, as the fake sends them.
SIGN_S: Final = 15.0
#: A server that answers a poll within this many seconds is not at work on it. A fake whose clock has jumped holds the
#: answer longer than this while the encode of a due export is late.
PROMPT_S: Final = 5.0
#: The scenario whose turns send heartbeats and nothing else.
STUCK: Final = "turn_stuck"
#: The factors of the waiting time in heartbeats, one a round.
ROUNDS: Final = (1, 4, 16)


def wait_until(
    server: TestedServer,
    over: Callable[[], bool],
    pause: float,
    times: int,
    what: str,
    is_decided: Callable[[], bool] = lambda: False,
) -> bool:
    """Call `over` until it returns True; return False if the documents' time has passed first.

    The documents' time is `times` pauses of `pause` seconds. On a server that charges, the function waits these pauses
    in real time. Elsewhere it calls `over` as often as needed and reads the time from the server's own clock. It also
    returns False once `is_decided` returns True: the wait can't succeed any more. `what` names the awaited thing.

    Raises:
        InDoubt: the run's patience has ended, and nothing shows that the documents' time has passed.
    """
    if server.spending.charged:
        for number in range(times):
            if number:
                server.spending.sleep(pause)
            if over():
                return True
        return False
    waited = _wait_near(server, over, times)
    if waited is None:
        return True
    if is_decided():
        return False
    if clock_jumps(server, pause * times):
        if over():
            return True
        if server.came[-1].seconds < PROMPT_S:
            return False
    last = f"; last seen: {server.came[-1].describe()}" if server.came else ""
    raise server.doubt(f"{what} did not come within {waited:.0f} s{last}")


def _wait_near(server: TestedServer, over: Callable[[], bool], at_once: int) -> float | None:
    """Call `over` until it returns True, the first `at_once` times without a pause.

    Return None on success, or the seconds of waiting if the run's patience has ended.
    """
    waited, step = 0.0, 0.0
    for number in itertools.count():
        if number >= at_once:
            step = min(0.5, step * 1.5 + 0.05)
            server.spending.sleep(step)
            waited += step
        seen = len(server.came)
        if over():
            return None
        waited += sum(answer.seconds for answer in server.came[seen:])
        if waited >= NEAR_PATIENCE_S:
            break
    return waited


def clock_jumps(server: TestedServer, seconds: float) -> bool:
    """Let `seconds` of the server's time pass if that takes almost no time here; return False if it takes time.

    The heartbeats of a stuck turn show the server's time. A server that works faster than its clock runs shows nothing.
    """
    if server.keeps_time or not _has_heartbeats(server):
        return False

    def has_passed(answer: Answer) -> bool:
        return len(answer.signs) * SIGN_S > seconds

    stuck = _stuck_caller(server)
    with stuck.open_stream(stuck.session().text("data", "session_id"), SCENE) as listening:
        return has_passed(listening.read(lambda answer: has_passed(answer) or answer.seconds > SIGN_S))


def can_wait(server: TestedServer, seconds: float) -> bool:
    """Return whether a run can let so many seconds pass on this server; never on a server that charges.

    Raises:
        InDoubt: the time is longer than the run's patience, and the server's clock runs as fast as this machine's.
    """
    if server.spending.charged:
        return False
    if seconds > NEAR_PATIENCE_S and (server.keeps_time or not _has_heartbeats(server)):
        raise server.doubt(f"It shows after {seconds:g} s, and a run waits for {NEAR_PATIENCE_S:g} s here")
    return True


def pass_time(server: TestedServer, seconds: float, times: int = 1) -> None:
    """Let `seconds` pass on this machine, or `times` as many seconds by the heartbeats of a stuck turn."""
    if not _has_heartbeats(server):
        server.spending.sleep(seconds)
        return

    stuck = _stuck_caller(server)
    signs, here = 0, 0.0

    def enough(answer: Answer) -> bool:
        return here + answer.seconds > seconds or (signs + len(answer.signs)) * SIGN_S > seconds * times

    while True:
        answer = stuck.say(stuck.session().text("data", "session_id"), SCENE, enough=enough, form=False)
        if enough(answer) or not answer.signs:
            return
        signs, here = signs + len(answer.signs), here + answer.seconds  # the server has ended it


def _has_heartbeats(server: TestedServer) -> bool:
    is_seen = server.profile.heartbeat != "none" and not server.has(STREAMS_HELD_BACK)
    return is_seen and STUCK in server.target.scenarios


def _stuck_caller(server: TestedServer) -> Caller:
    return Caller(server, STUCK, server.target.scenarios[STUCK], server.profile.replace(TOKEN_SCENARIOS[STUCK]))
