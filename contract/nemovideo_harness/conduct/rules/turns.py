"""Messages to the agent, and what a caller does while and after one is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import said
from nemovideo_harness.conduct.calls import Call
from nemovideo_harness.conduct.history import History
from nemovideo_harness.conduct.rules.rule import Broken, Kept, Occasion, Rule


def state_after_silence(history: History) -> Iterator[Occasion]:
    """Each turn that ended of itself with tools at work and not a word."""
    for turn in history.of(Call.MESSAGE):
        if turn.stream is None or not turn.stream.silent or turn.end != "complete":
            continue
        following = next((each for each in history.after(turn) if each.call is not Call.OUTPUT), None)
        if following is None:
            yield Broken(
                turn,
                "The turn ended without a word, and nobody looked what it had changed.",
                (turn,),
                since=turn.last,
                until=None,
            )
        elif following.call is Call.STATE and following.session == turn.session:
            yield Kept(following)
        else:
            what = f"The turn ended without a word, and the next call was {following.call}, not a state read."
            yield Broken(following, what, (turn, following), since=turn.last, until=following.first)


RULES: Final = (
    Rule(
        "state-after-silence",
        "After a turn that ends without words, the state is read before anything else.",
        "error",
        "provable",
        said("F1 run_sse", "F2 1.9 §3.1", "F5 stream"),
        "The edit was made, but the user is told nothing, or that it failed.",
        "Say that about 30 % of edits close with no text: read the state, compare, report what changed.",
        state_after_silence,
    ),
)
