"""The two agents are twins, and what the package exports is listed."""

from __future__ import annotations

import inspect

import nemovideo_skills.agent as package
from nemovideo_skills.agent import Agent, AsyncAgent


def signatures(kind: type) -> dict[str, str]:
    names = [name for name, value in vars(kind).items() if inspect.isfunction(value)]
    return {
        name: str(inspect.signature(getattr(kind, name))).replace("AsyncClient", "Client").replace("AsyncGen", "Gen")
        for name in names
    }


def test_the_twins_have_the_same_methods_and_say_the_same_of_them() -> None:
    assert signatures(Agent) == signatures(AsyncAgent)
    assert inspect.getdoc(Agent.say) == inspect.getdoc(AsyncAgent.say)
    assert inspect.isgeneratorfunction(Agent.say)
    assert inspect.isasyncgenfunction(AsyncAgent.say)


def test_all_public_names_are_listed_in_order_in_the_package() -> None:
    public = {name for name, value in vars(package).items() if not name.startswith("_") and not inspect.ismodule(value)}

    assert sorted(package.__all__) == package.__all__
    assert set(package.__all__) == public
