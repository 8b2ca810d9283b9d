"""Scenario files are read whole, or refused with one sentence that begins with the place of the mistake."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_mock.control.begin_world import TakenError, play
from nemovideo_mock.faults import Requester
from nemovideo_mock.runtime import scenario_file
from nemovideo_mock.runtime.scenario_file import (
    MOST_ACCOUNTS,
    SIZE_LIMIT,
    ScenarioError,
    WorldScenario,
    decode_scenario,
    load,
    parse,
)
from nemovideo_mock.runtime.world_registry import MOST_WORLDS, WorldRegistry
from nemovideo_mock.settings import Settings

WORST_WEEK = Path(__file__).parents[3] / "docs/scenarios/worst-week.yaml"


def of(text: str) -> dict[str, WorldScenario]:
    return parse(decode_scenario(text.encode("utf-8"), as_json=False))


def mistake(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        of(text)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_example_of_the_documents_begins_two_worlds(tmp_path: Path) -> None:
    world_registry = WorldRegistry(Settings(quality="stub", directory=tmp_path))
    assert play(world_registry, load(WORST_WEEK)) == ["monday", "friday"]
    monday, friday = world_registry.runtimes["monday"], world_registry.runtimes["friday"]
    assert (monday.seed, monday.profile, monday.clock.mode) == (7, PROFILES["vendor-1.9"], "virtual")
    assert friday.profile == PROFILES["adk"].replace({"busy": "refuse"})
    assert monday.authenticate("nmv_usr_bob_of_the_worst_week_000000000000000000000")[1].available == 40
    assert friday.world.state.accounts["user_eve"].blocked
    named = [each.fault.name for each in monday.faults.list(0)]
    assert named == ["status-1", "cut-1", "slow-mornings"]
    struck = monday.faults.draw("request", "state", Requester("user_ada"), monday.clock.now())
    assert [fault.name for fault in struck] == ["status-1"]
    assert world_registry.default.world.state.accounts == {}
    world_registry.close()


def test_missing_fields_have_the_values_of_the_fakes_settings(tmp_path: Path) -> None:
    base = Profile(busy="refuse")
    world_registry = WorldRegistry(
        Settings(seed=5, quality="stub", clock="virtual", profile=base, speed=2, directory=tmp_path)
    )
    world_registry.default.set_mode("real")
    world_registry.default.world.tokens.add_account("user_old", "nmv_usr_old", 0)
    play(world_registry, parse({}, base))
    runtime = world_registry.default
    assert (runtime.seed, runtime.clock.mode, runtime.profile, runtime.world.settings.pace) == (5, "virtual", base, 0.5)
    assert runtime.world.state.accounts == {}
    world_registry.close()


def test_keys_without_a_name_change_the_profile_that_the_fake_was_started_with() -> None:
    base = PROFILES["vendor-1.9"]
    assert parse({"profile": {"busy": "refuse"}}, base)[""].profile == base.replace({"busy": "refuse"})
    assert parse({"profile": {"name": "seeds"}}, base)[""].profile == Profile()


def test_on_is_a_word_and_not_a_boolean() -> None:
    faults = of("faults: [{kind: status, on: state, status: 503}]")[""].faults
    assert faults[0]["on"] == "state"


@pytest.mark.parametrize(
    ("written", "seed"), [("010", 10), ("-07", -7), ("0o10", 8), ("0x1F", 31), ("+12", 12), ("!!int 12", 12)]
)
def test_whole_numbers_are_those_of_yaml_1_2(written: str, seed: int) -> None:
    assert of(f"seed: {written}")[""].seed == seed


@pytest.mark.parametrize("written", ["1:30", "1_000", "0b11", "1:30.5", "0o9", "!!int 1:30", "!!int x"])
def test_numbers_that_only_yaml_1_1_has_are_no_numbers(written: str) -> None:
    assert mistake(f"seed: {written}")
    assert mistake(f"clock: {{speed: {written}}}")


@pytest.mark.parametrize(
    ("written", "speed"), [("1.5", 1.5), ("1e1", 10.0), (".5", 0.5), ("2.", 2.0), ("+3.0E+0", 3.0)]
)
def test_numbers_with_a_point_are_those_of_yaml_1_2(written: str, speed: float) -> None:
    assert of(f"clock: {{speed: {written}}}")[""].speed == speed


def test_aliases_and_merges_save_writing() -> None:
    text = "accounts:\n  - &first {credits: 7, registered: true}\n  - {<<: *first, user_id: user_b}\n"
    made = of(text)[""].accounts
    assert [(account.user_id, account.credits, account.registered) for account in made] == [
        (None, 7, True),
        ("user_b", 7, True),
    ]


def test_drawn_accounts_and_ids_repeat(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    for number in range(2):
        world_registry = WorldRegistry(Settings(quality="stub", directory=tmp_path / str(number)))
        play(world_registry, of("seed: 3\naccounts: [{}, {registered: true}]"))
        seen.append([*world_registry.default.world.state.accounts, *world_registry.default.world.state.tokens])
        world_registry.close()
    assert seen[0] == seen[1]
    assert len(set(seen[0])) == 4
    assert seen[0][1].startswith("user_")


MISTAKES = {
    "seed: seven": "seed must be a whole number",
    "sead: 7": "There is no field sead: did you mean seed?",
    "clock: virtual": "clock must be an object",
    "clock: {mode: fast}": "clock.mode must be real or virtual, not 'fast'.",
    "clock: {speed: 0}": "clock.speed must be a number from 0.001 to 10000, not 0.",
    "clock: {speed: .inf}": "clock.speed must be a number",
    "profile: best": "profile.name: There is no profile 'best'",
    "profile: {busy: maybe}": "profile.busy: The profile key busy takes queue or refuse or concurrent",
    "profile: {mood: good}": "profile.mood: There is no profile key 'mood'",
    "accounts: {}": "accounts must be a list",
    "accounts: [{user_id: me}]": "accounts[0].user_id must be 1 to 128 letters",
    "accounts: [{}, {credits: -1}]": "accounts[1].credits must be a whole number from 0",
    "accounts: [{scopes: [read, fly]}]": "accounts[0].scopes[1] must be read or write or upload or render or *",
    "accounts: [{token: a b}]": "accounts[0].token must be 8 to 200 printable ASCII characters",
    "accounts: [{token: nmv_usr_test_funded}]": "accounts[0].token is a test token",
    "accounts: [{profile: {name: adk}}]": "accounts[0].profile.name: There is no profile key 'name'",
    "accounts: [{user_id: u1}, {user_id: u1}]": "accounts[1].user_id is also that of another account.",
    "accounts: [3]": "accounts[0] must be an object, not 3.",
    "faults: [{kind: noise}, {kind: noise}, {kind: plague}]": "faults[2].kind: There is no kind of fault 'plague'",
    "faults: [{status: 500}]": "faults[0].kind: A fault needs a kind",
    "faults: [{kind: status, status: 200}]": "faults[0].status: The fault status: status must be",
    "faults: [{kind: cut, on: credits}]": "faults[0].on: The fault cut cannot apply to credits",
    "faults: [{kind: noise, name: a}, {kind: noise, name: a}]": "faults[1].name: there are two faults of the name a.",
    "world: a/b": "world must be the name of a world",
    "worlds: {a/b: {}}": "worlds: 'a/b' is not the name of a world",
    "worlds: {a: {faults: [{kind: x}]}}": "worlds.a.faults[0].kind: There is no kind of fault 'x'",
    "worlds: {a: {}}\nseed: 3": "There is no field seed",
    "[1, 2]": "The body must be an object",
    "seed: 1\nseed: 2": "seed appears twice in one mapping, line 1.",
    "seed: [1": "It is not YAML: ",
    "seed: 'a": "It is not YAML: ",
    "seed: !!python/object/apply:os.getcwd []": "It is not YAML: could not determine a constructor",
    "a: &a [*a]": "It has more than 50000 values when its aliases are written out.",
    "seed: 1\n---\nseed: 2": "It is not YAML: but found another document",
    "[" * 2000: "It is nested too deeply.",
    "\x00": "It is not YAML: ",
}


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_a_sentence_that_begins_with_its_place(text: str) -> None:
    assert mistake(text).startswith(MISTAKES[text])


@pytest.mark.parametrize("repeat", ["[*{}, *{}]", "{{<<: [*{}, *{}]}}"])
def test_aliases_that_double_again_and_again_are_refused_before_they_are_written_out(repeat: str) -> None:
    lines = ["a0: &a0 {k: v}" if "<<" in repeat else "a0: &a0 [v, v]"]
    lines += [f"a{n}: &a{n} {repeat.format(f'a{n - 1}', f'a{n - 1}')}" for n in range(1, 60)]
    assert mistake("\n".join(lines)).startswith("It has more than 50000 values")


def test_an_empty_scenario_says_nothing() -> None:
    assert of("") == of("# nothing\n") == {"": WorldScenario()}


def test_a_scenario_may_be_json(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"world": "x", "seed": 3}), encoding="utf-8")
    assert load(file) == {"x": WorldScenario(seed=3)}


def test_a_file_is_named_in_its_mistakes(tmp_path: Path) -> None:
    for content, words in {
        b"{": "It is not JSON: ",
        b"\xff": "It is not UTF-8.",
        b" " * (SIZE_LIMIT + 1): "A scen",
    }.items():
        file = tmp_path / "a.json"
        file.write_bytes(content)
        with pytest.raises(ScenarioError) as caught:
            load(file)
        assert str(caught.value).startswith(f"{file}: {words}")
    with pytest.raises(ScenarioError, match="No such file"):
        load(tmp_path / "absent.yaml")


def test_too_many_worlds_change_nothing(tmp_path: Path) -> None:
    world_registry = WorldRegistry(Settings(quality="stub", directory=tmp_path))
    with pytest.raises(TakenError, match="more than 1000 worlds"):
        play(world_registry, {f"w{number}": WorldScenario() for number in range(MOST_WORLDS)})
    assert list(world_registry.runtimes) == ["default"]
    world_registry.close()


def test_a_mapping_of_twice_as_many_keys_needs_twice_as_many_calls() -> None:
    def calls(keys: int) -> int:
        made = 0

        def count(_frame: FrameType, event: str, _arg: object) -> None:
            nonlocal made
            made += event.endswith("call")

        class Key(str):
            """A key whose comparisons are calls, so that they are counted."""

            __slots__ = ()

            def __str__(self) -> str:
                return self

            def __eq__(self, other: object) -> bool:
                return str.__eq__(self, other)

            __hash__ = str.__hash__

        import yaml

        pairs = [(yaml.ScalarNode("", Key(number)), yaml.ScalarNode("", "1")) for number in range(keys)]
        sys.setprofile(count)
        try:
            scenario_file._check_keys(yaml.MappingNode("", pairs), set())
        finally:
            sys.setprofile(None)
        return made

    assert calls(400) < 2.5 * calls(200)


def test_a_scenario_has_a_limit_of_accounts_in_all_its_worlds_which_are_not_read_before() -> None:
    sentence = f"A scenario has {MOST_ACCOUNTS} accounts at most, in all its worlds together."
    invalid: list[object] = [0] * (MOST_ACCOUNTS // 2)
    full: list[object] = [{} for _ in range(MOST_ACCOUNTS)]
    for scenario in (
        {"accounts": [0, *invalid, *invalid]},
        {"worlds": {"a": {"accounts": invalid}, "b": {"accounts": [0, *invalid]}}},
    ):
        with pytest.raises(ScenarioError) as caught:
            parse(scenario)
        assert str(caught.value) == sentence
    assert len(parse({"accounts": full})[""].accounts) == MOST_ACCOUNTS


PLACES: dict[str, Callable[[str], object]] = {
    "field": lambda name: {name: 1},
    "world": lambda name: {"worlds": {name: {}}},
    "clock": lambda name: {"clock": {name: 1}},
    "profile": lambda name: {"profile": name},
    "key": lambda name: {"profile": {name: 1}},
    "account": lambda name: {"accounts": [{name: 1}]},
    "scope": lambda name: {"accounts": [{"scopes": [name]}]},
    "override": lambda name: {"accounts": [{"profile": {name: 1}}]},
    "fault": lambda name: {"faults": [{name: 1}]},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["a\r\nX-Odd: 1", "\x1b[2J", "n" * 250_000], ids=["lines", "escape", "long"])
def test_a_name_in_a_message_is_quoted_and_short(place: str, name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(PLACES[place](name))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
