"""Profiles: a value for every key, and a message for a wrong value."""

from __future__ import annotations

import dataclasses

import pytest

from nemovideo_contract.profiles import (
    DEFAULT,
    KEYS,
    PROFILES,
    Profile,
    ProfileError,
    choices,
    find_profile,
)


def test_every_key_says_what_it_decides_and_where_its_values_come_from() -> None:
    assert list(KEYS) == [field.name for field in dataclasses.fields(Profile)]
    assert all(key.meaning.endswith(".") and key.source for key in KEYS.values())


def test_each_value_that_a_key_lists_can_be_chosen_by_its_spelling() -> None:
    for name in KEYS:
        for value in choices(name) or ("0", "300")[name == "size_limit_mb" :]:
            chosen = getattr(Profile().replace({name: value}), name)
            assert str(chosen).lower() == value


def test_a_replaced_profile_differs_in_what_was_replaced_and_nothing_else() -> None:
    changed = find_profile("seeds").replace({"events": "adk-1", "two_stage": True, "retry_after": 30})
    assert find_profile("seeds").differences(changed) == {"events": "adk-1", "two_stage": True, "retry_after": 30}
    assert changed.differences(changed) == {}


def test_the_named_sets_differ_from_each_other_and_the_default_is_one_of_them() -> None:
    assert find_profile(DEFAULT) == Profile()
    assert len(set(PROFILES.values())) == len(PROFILES)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("event", "typed", "There is no profile key 'event': did you mean events?"),
        ("events", "adk", "The profile key events takes typed or adk-2 or adk-1, not 'adk'."),
        ("two_stage", 1, "The profile key two_stage takes true or false, not 1."),
        ("retry_after", "soon", "The profile key retry_after takes a whole number from 0 to 1000000000, not 'soon'."),
        ("retry_after", -1, "The profile key retry_after takes a whole number from 0 to 1000000000, not -1."),
        ("stream_limit", True, "The profile key stream_limit takes a whole number from 0 to 1000000000, not True."),
        ("size_limit_mb", 0, "The profile key size_limit_mb takes a whole number from 1 to 1000000000, not 0."),
        ("events", ["typed"], "The profile key events takes typed or adk-2 or adk-1, not ['typed']."),
    ],
)
def test_an_invalid_value_is_refused_and_the_valid_ones_are_named(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ProfileError) as caught:
        Profile().replace({key: value})
    assert str(caught.value) == sentence


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r"^There is no profile 'x': take one of seeds, reference-4\.4, "):
        find_profile("x")
