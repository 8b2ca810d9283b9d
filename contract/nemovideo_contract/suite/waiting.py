"""Lets a server's time pass, seen from outside: a turn that is stuck sends signs of life, and each tells of time gone.

How far apart they come is the server's affair, and its clock need not be ours: it may jump, or run its work faster than
its time. So whoever waits asks for more each round, and is sure only when as much time has passed here too.
"""

from __future__ import annotations

from typing import Final

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.suite.context import NEAR_PATIENCE_S, SCENE, SIGN_S, STUCK, Context

#: How many times the seconds are waited for by signs of life, round by round.
ROUNDS: Final = (1, 4, 16)


def can_wait(context: Context, seconds: float) -> bool:
    """Whether so much time can be let pass on this target; never where somebody pays.

    Raises:
        InDoubt: it is longer than the patience of a run, and the target's time goes by as it does here.
    """
    if context.spending.charged:
        return False
    tells = STUCK in context.target.scenarios and context.profile.heartbeat != "none"
    if seconds > NEAR_PATIENCE_S and (context.keeps_time or not tells):
        raise context.doubt(f"It shows after {seconds:g} s, and a run waits for {NEAR_PATIENCE_S:g} s here")
    return True


def wait(context: Context, seconds: float, times: int = 1) -> None:
    """Let at least `seconds` pass here, or `times` as many by the signs of life of a turn that is stuck."""
    if STUCK not in context.target.scenarios or context.profile.heartbeat == "none":
        context.spending.sleep(seconds)
        return

    stuck = context.someone(STUCK)
    signs, here = 0, 0.0

    def enough(answer: Answer) -> bool:
        return here + answer.seconds > seconds or (signs + len(answer.signs)) * SIGN_S > seconds * times

    while True:
        answer = stuck.say(stuck.new_session(), SCENE, enough=enough, form=False)
        if enough(answer) or not answer.signs:
            return
        signs, here = signs + len(answer.signs), here + answer.seconds  # the server has ended it
