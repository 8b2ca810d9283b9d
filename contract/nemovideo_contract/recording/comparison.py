"""What a caller sees differently in two recordings, and what the contract says about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nemovideo_contract.recording.difference_rules import AffectedRequirements, find_touched
from nemovideo_contract.recording.facts import ABSENT, WHOLE, Fact, Weight, facts_of, operations_of, refusals_of
from nemovideo_contract.recording.recording import Recording
from nemovideo_contract.recording.timing import times_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a caller sees differently in the second recording.

    `touches` has what the contract says about it: the ids of the requirements, if any, and the profile key that decides
    it, if any. `by_chance` is True if the same server may show both. `quotes` has, for an outcome, the message of each
    answer that is a refusal with a message.
    """

    step: str
    operation: str
    subject: str
    first: str
    second: str
    touches: AffectedRequirements
    by_chance: bool = False
    quotes: tuple[str | None, str | None] = (None, None)

    @property
    def requirements(self) -> tuple[str, ...]:
        """The ids of the requirements that it touches."""
        return self.touches.ids

    @property
    def key(self) -> str | None:
        """The profile key that decides it, or None."""
        return self.touches.key


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison: the differences in order, and the steps that only one recording has."""

    differences: tuple[Difference, ...]
    compared: int
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()

    @property
    def sure(self) -> tuple[Difference, ...]:
        """The differences between the servers."""
        return tuple(each for each in self.differences if not each.by_chance)

    @property
    def chance(self) -> tuple[Difference, ...]:
        """The differences that the next run may not show."""
        return tuple(each for each in self.differences if each.by_chance)

    @property
    def keys(self) -> tuple[str, ...]:
        """The profile keys that explain differences, in their order."""
        return tuple(dict.fromkeys(each.key for each in self.differences if each.key is not None))

    def values(self, key: str) -> tuple[str, str] | None:
        """Return the values of a profile key on both sides if the differences show them, or None."""
        shown = [each.touches.values for each in self.differences if each.key == key and all(each.touches.values)]
        if not shown:
            return None
        first, second = (_common([pair[side] for pair in shown]) for side in (0, 1))
        return (first, second) if first and second else None

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """The differences that no profile key decides."""
        return tuple(each for each in self.differences if each.key is None)


def compare(first: Recording, second: Recording, *, timing: bool = False) -> Comparison:
    """Return what a caller sees differently in the second recording; only steps in both recordings are compared."""
    one, two = facts_of(first), facts_of(second)
    steps, others = operations_of(first), operations_of(second)
    messages = refusals_of(first), refusals_of(second)
    shared = {each for each, operation in steps.items() if others.get(each) == operation} | {WHOLE}
    found: list[Difference] = []
    for key in [*one, *(key for key in two if key not in one)]:
        fact = one.get(key) or two[key]
        if key[0] not in shared or not (_is_open(one.get(key), one, two) and _is_open(two.get(key), one, two)):
            continue
        difference = _difference(fact, one.get(key), two.get(key))
        if difference is not None and difference.subject == "outcome":
            quotes = (messages[0].get(difference.step), messages[1].get(difference.step))
            difference = replace(difference, quotes=quotes)
        if difference is not None:
            found.append(difference)
    if timing:
        found += _times(first, second, shared)
    order = {step: number for number, step in enumerate([*steps, *others, WHOLE])}
    found.sort(key=lambda each: order[each.step])
    return Comparison(
        tuple(found),
        len(shared) - 1,
        tuple(each for each in steps if each not in shared),
        tuple(each for each in others if each not in shared),
    )


def _is_open(fact: Fact | None, one: dict[tuple[str, str], Fact], two: dict[tuple[str, str], Fact]) -> bool:
    """Return whether no gate of a fact differs already."""
    while fact is not None and fact.gate is not None:
        key = (fact.step, fact.gate)
        before, after = one.get(key), two.get(key)
        if before is None or after is None or before.words != after.words:
            return False
        fact = before
    return True


def _difference(fact: Fact, before: Fact | None, after: Fact | None) -> Difference | None:
    first = before.words if before is not None else ABSENT
    second = after.words if after is not None else ABSENT
    weights = {each.weight for each in (before, after) if each is not None}
    if first == second or Weight.NONE in weights:
        return None
    if ABSENT in {first, second} and weights <= {Weight.PAIR, Weight.PART}:
        return None
    by_chance = weights == {Weight.CHANCE} or (weights == {Weight.PART} and _is_part(first, second))
    about = find_touched(fact, (first, second))
    if Weight.PART in weights and not about.values[0].isdisjoint(about.values[1]):
        return None  # the same server may show both
    return Difference(fact.step, fact.operation, fact.subject, first, second, about, by_chance)


def _common(shown: list[frozenset[str]]) -> str:
    """Return the values that are in all of these, in words."""
    common = set(shown[0])
    for each in shown:
        common &= each
    return " or ".join(sorted(common))


def _is_part(one: str, two: str) -> bool:
    """Return whether one set of words is a part of the other; no words are a part of any set."""
    first, second = (frozenset(each.split(" and ")) - {"none"} for each in (one, two))
    return first <= second or second <= first


def _times(first: Recording, second: Recording, shared: set[str]) -> list[Difference]:
    """Return where one server takes very much longer than the other."""
    one, two = times_of(first), times_of(second)
    found: list[Difference] = []
    for key, pace in one.items():
        other = two.get(key)
        if other is None or key[0] not in shared or not pace.differs(other):
            continue
        about = find_touched(Fact(key[0], pace.operation, key[1], ""), (str(pace), str(other)))
        found.append(Difference(key[0], pace.operation, key[1], str(pace), str(other), about))
    return found
