from __future__ import annotations

from typing import Any

from nemovideo_skills.judge.callers import callers_of
from nemovideo_skills.judge.exchanges import assemble
from tests.skills.judge.scripted import SESSION, SKILL, Scripted

ADA, BOB = "anon_0123456789abcdef", "anon_fedcba9876543210"
NEW_TOKEN = "nmv_usr_*77777777"
OTHER = "6629798706024415232"


def callers(*scripts: Scripted, together: bool = False) -> list[tuple[str, str, int]]:
    """Return the world, name and number of exchanges of each caller of these journals, in order."""
    entries: list[Any] = []
    for script in scripts:
        exchanges = max((each["exchange"] for each in entries), default=0)
        same = [each for each in entries if each["world"] == script.world]
        start = same[-1]["n"] if same else 0
        entries += [
            {**each, "n": start + each["n"], "exchange": exchanges + each["exchange"]} for each in script.entries
        ]
    found = callers_of(assemble(entries).exchanges, together=together)
    return [(each.world, each.name, len(each.exchanges)) for each in found]


def bob(world: str = "default") -> Scripted:
    script = Scripted(account=BOB, world=world)
    script.token = "nmv_usr_*88888888"
    script.attribution = {**SKILL, "x-skill-source": "slide-shows"}
    script.get_token("0d3f5c1e-1111-4222-8333-444455556666", token=script.token)
    script.get_session(OTHER)
    return script


def test_a_token_call_belongs_to_the_work_that_its_token_does() -> None:
    script = Scripted()
    script.set_up()
    assert callers(script) == [("default", f"{ADA} (photo-stories)", 2)]


def test_a_new_token_for_the_same_client_is_the_same_caller() -> None:
    script = Scripted()
    script.set_up()
    script.say(code=1001)
    script.account = BOB  # as if a new account was created
    script.get_token(token=NEW_TOKEN)
    script.token = NEW_TOKEN
    script.get_session(OTHER)
    assert [count for _, _, count in callers(script)] == [5]


def test_calls_without_a_sign_are_the_only_callers() -> None:
    script = Scripted()
    script.set_up()
    script.account = script.token = None
    script.read_credits(code=1001)
    assert callers(script) == [("default", f"{ADA} (photo-stories)", 3)]


def test_calls_without_a_token_are_reported_by_their_session_then_by_their_skill() -> None:
    script = Scripted()
    script.set_up()
    script.account = script.token = None
    script.read_state(session=OTHER, code=1001)
    script.read_state(session=SESSION, code=1001)
    script.read_credits(code=1001)
    script.attribution = {}
    script.read_credits(code=1001)
    assert callers(bob(), script) == [
        ("default", f"{BOB} (slide-shows)", 3),
        ("default", f"{ADA} (photo-stories)", 4),
        ("default", "someone at 127.0.0.1", 1),
    ]


def test_an_unknown_token_belongs_to_the_caller_with_the_same_skill() -> None:
    script = Scripted()
    script.account, script.token = None, "*deadbeef"
    script.get_session(code=1001)
    good = Scripted()
    good.set_up()
    assert callers(script, good, bob()) == [
        ("default", f"{ADA} (photo-stories)", 3),
        ("default", f"{BOB} (slide-shows)", 2),
    ]


def test_a_file_that_is_fetched_without_a_token_belongs_to_whose_render_it_is() -> None:
    script = Scripted()
    script.set_up()
    script.submit()
    script.poll(status="completed")
    script.account = None
    script.fetch()
    assert [count for _, _, count in callers(bob(), script)] == [2, 5]


def test_the_same_caller_in_two_worlds_is_two_callers() -> None:
    one, two = Scripted(), Scripted(world="friday")
    one.set_up()
    two.set_up()
    assert [(world, count) for world, _, count in callers(one, two)] == [("default", 2), ("friday", 2)]


def test_all_calls_in_a_world_may_count_as_one_caller() -> None:
    script = Scripted()
    script.set_up()
    found = callers(script, bob(), bob("friday"), together=True)
    assert [(world, count) for world, _, count in found] == [("default", 4), ("friday", 2)]
