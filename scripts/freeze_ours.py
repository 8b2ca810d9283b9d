"""What `scripts/freeze` has to know about our own modules and files; when they move, this page is all that changes.

Everything else is found from outside: by the command line, over HTTP, and by what the documents import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Final

import click
import yaml

from nemovideo_client import Client
from nemovideo_contract.profiles import PROFILES as _PROFILES
from nemovideo_harness import fake
from nemovideo_mock.settings import Settings

#: The working copy that is recorded.
TOP: Final = Path(__file__).resolve().parent.parent
#: The command, as it is installed in this environment.
COMMAND: Final = "nemo-harness"
#: The packages of the wheel. A package's `__all__` is public, and so is each name that a document imports from one.
PACKAGES: Final = ("nemovideo_client", "nemovideo_contract", "nemovideo_harness", "nemovideo_mock")
#: The named variations of the service.
PROFILES: Final = tuple(_PROFILES)
#: Documents that users read.
DOCUMENTS: Final = (TOP / "README.md", *sorted((TOP / "docs").glob("*.md")))
#: Writes the generated parts of documents into the copies that it is given, and the lines around such a part.
DOCS_SCRIPT: Final = TOP / "scripts/docs.py"
GENERATED: Final = re.compile(r"<!-- written by scripts/.*?-->\n(.*?)<!-- the end of what scripts/", re.DOTALL)
#: A skill whose agent is our own, and the scenario file that the documents show.
SKILL: Final = TOP / "tests/skills/lint/good/SKILL.md"
SCENARIO: Final = TOP / "docs/scenarios/worst-week.yaml"
PHOTOS: Final = tuple(sorted((TOP / "scripts/photos").glob("*.jpg")))


def root() -> click.Group:
    """The group behind the installed command."""
    (point,) = entry_points(group="console_scripts", name=COMMAND)
    command: object = point.load()
    assert isinstance(command, click.Group)
    return command


@contextmanager
def serve_fake(*, stub: bool = True) -> Iterator[Client]:
    """Return a client of a new fake in this process, on a virtual clock; other programs reach it at `base_url`.

    Its exports are stubs, or videos in preview quality.
    """
    with fake(Settings(quality="stub" if stub else "preview")) as client:
        yield client


def specification() -> str:
    """The specification of the API, as JSON: comments in its source are not part of it."""
    text = (files("nemovideo_contract") / "openapi.yaml").read_text(encoding="utf-8")
    return json.dumps(yaml.safe_load(text), ensure_ascii=False, indent=1, default=str)


def example_documents() -> Iterator[tuple[str, str]]:
    """Skill documents as file names and texts: for each rule one that keeps it and one that breaks it."""
    from tests.skills.lint.examples import EXAMPLES

    for rule, example in EXAMPLES.items():
        yield f"{rule}/good/{example.name}", example.good
        yield f"{rule}/bad/{example.name}", example.bad
