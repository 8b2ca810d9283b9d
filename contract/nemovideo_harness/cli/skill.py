"""`nemo-harness skill`: what helps the authors of skill documents."""

from __future__ import annotations

from typing import ClassVar

import click

from nemovideo_harness.cli import LazyGroup


class SkillGroup(LazyGroup):
    """The commands below `skill`; the module of each begins with `skill_`."""

    table: ClassVar = {
        "check": "Check skill documents against the contract.",
        "test": "Test what a caller does that follows a skill.",
    }
    prefix: ClassVar = "skill_"


@click.group("skill", cls=SkillGroup, short_help="Check and test skill documents.")
def command() -> None:
    """Check and test skill documents: SKILL.md files that teach an agent to call the service."""
