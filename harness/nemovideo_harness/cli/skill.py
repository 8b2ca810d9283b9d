"""`nemo-harness skill`: commands for the authors of skill documents."""

from __future__ import annotations

from typing import ClassVar

import click

from nemovideo_harness.cli import LazyGroup


class SkillGroup(LazyGroup):
    """The subcommands of `skill`; the name of each module begins with `skill_`."""

    table: ClassVar = {
        "check": "Check skill documents against what the API promises.",
        "test": "Test an agent that follows a skill.",
    }
    prefix: ClassVar = "skill_"


@click.group("skill", cls=SkillGroup, short_help="Check skill documents, and test agents that follow them.")
def command() -> None:
    """Check skill documents, and test agents that follow them.

    A skill document, SKILL.md, teaches an agent to call the service.
    """
