"""`nemo-harness skill`: what helps the authors of skill documents."""

from __future__ import annotations

from typing import ClassVar

import click

from nemovideo_harness.cli import LazyGroup


class SkillGroup(LazyGroup):
    """The commands below `skill`; the module of each begins with `skill_`."""

    table: ClassVar = {"check": "Check skill documents against the contract."}
    prefix: ClassVar = "skill_"


@click.group("skill", cls=SkillGroup, short_help="Check skill documents.")
def command() -> None:
    """Check skill documents: SKILL.md files that teach an agent to call the service."""
