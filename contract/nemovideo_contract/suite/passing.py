"""Lets a server's time pass, seen from outside: a turn that is stuck sends signs of life, and each tells of time gone.

How far apart they come is the server's affair, and its clock need not be ours: it may jump, or run its work faster than
its time. So whoever waits asks for more each round, and is sure only when as much time has passed here too.
"""

from __future__ import annotations

from typing import Final

from nemovideo_contract.suite.bench import NEAR_PATIENCE_S, SCENE, Bench
from nemovideo_contract.suite.exchange import Answer

#: How many times the seconds are waited for by signs of life, round by round.
ROUNDS: Final = (1, 4, 16)
#: Seconds between two signs of life, where they come as the fake sends them.
SIGN_S: Final = 15.0
_STUCK: Final = "turn_stuck"


def can_wait(bench: Bench, seconds: float) -> bool:
    """Whether so much time can be let pass on this target, within the patience of a run."""
    if bench.rails.charged:
        return False
    return seconds <= NEAR_PATIENCE_S or (_STUCK in bench.target.scenarios and bench.profile.heartbeat != "none")


def wait(bench: Bench, seconds: float, times: int = 1) -> None:
    """Let at least `seconds` pass here, or `times` as many by the signs of life of a turn that is stuck."""
    if _STUCK not in bench.target.scenarios or bench.profile.heartbeat == "none":
        bench.rails.sleep(seconds)
        return

    stuck = bench.someone(_STUCK)
    signs, here = 0, 0.0

    def enough(answer: Answer) -> bool:
        return here + answer.seconds > seconds or (signs + len(answer.signs)) * SIGN_S > seconds * times

    while True:
        answer = stuck.say(stuck.new_session(), SCENE, enough=enough, form=False)
        if enough(answer) or not answer.signs:
            return
        signs, here = signs + len(answer.signs), here + answer.seconds  # the server has ended it
