"""Set-up before work: the token, the client id and the session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo_contract.requirements.requirement import said
from nemovideo_harness.conduct.calls import Call
from nemovideo_harness.conduct.history import History
from nemovideo_harness.conduct.rules.rule import Broken, Kept, Occasion, Rule

#: The calls that want no bearer: the first, and files by their public URL.
OPEN_CALLS: Final = frozenset({Call.TOKEN, Call.OUTPUT, Call.OTHER})


def bearer_on_every_call(history: History) -> Iterator[Occasion]:
    """Each call of the API but the token's."""
    for each in history.exchanges:
        if each.call in OPEN_CALLS:
            continue
        if each.bearer is None:
            yield Broken(each, f"The {each.call} call carried no bearer token.", (each,))
        else:
            yield Kept(each)


RULES: Final = (
    Rule(
        "bearer-on-every-call",
        "Every call but the token's carries Authorization: Bearer with the token.",
        "error",
        "provable",
        said("F2 1.9 §1", "F5 calls"),
        "The call is refused with 1001, and nothing that it asked for is done.",
        'Put -H "Authorization: Bearer $NEMO_TOKEN" into every curl line but the anonymous-token one.',
        bearer_on_every_call,
    ),
)
