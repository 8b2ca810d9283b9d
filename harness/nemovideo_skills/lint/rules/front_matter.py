"""Rules about the front matter, which agents and catalogues read first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final, cast

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import ENV_TOKEN
from nemovideo_skills.lint.document import Document
from nemovideo_skills.lint.rules.rule import AGENT_SKILLS, Hit, format_source, rule

_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAME_LENGTH: Final = 64
_DESCRIPTION_LENGTH: Final = 1024
#: The fields of the specification, of the vendor's documents, and of agents that read skills.
_KNOWN: Final = (
    "name", "description", "license", "compatibility", "metadata", "allowed-tools",
    "version", "homepage", "repository", "author", "tags", "keywords", "category", "icon", "emoji",
    "user-invocable", "disable-model-invocation", "command-dispatch", "command-tool", "command-arg-mode",
    "argument-hint", "model", "when_to_use", "context", "agent", "hooks",
)  # fmt: skip


def _at(document: Document, key: str) -> int:
    assert document.front is not None
    return document.text.start_of(document.front.line(key))


@rule(
    "front-matter-missing",
    Level.WARNING,
    "A skill begins with front matter, which gives X-Skill-Source and X-Skill-Version.",
    f"{AGENT_SKILLS}; {format_source('attribution-headers')}",
    "Begin the file with a line ---, then name, description and version, then another line ---.",
    subject="skill",
)
def front_matter_missing(document: Document) -> Iterator[Hit]:
    """Find skills without front matter."""
    if document.front is None:
        yield Hit(0, "There is no front matter, so X-Skill-Source and X-Skill-Version have no values.")


@rule(
    "front-matter-invalid",
    Level.ERROR,
    "The front matter is YAML: a list of fields between two lines of dashes.",
    AGENT_SKILLS,
    "Quote values that contain a colon or begin with a special character.",
    subject="skill",
)
def front_matter_invalid(document: Document) -> Iterator[Hit]:
    """Find front matter that can't be read."""
    front = document.front
    if front is not None and front.problem is not None:
        line = min(front.problem_line, len(document.text.lines))
        yield Hit(document.text.start_of(line), f"The front matter can't be read: {front.problem}.")


def _is_readable(document: Document) -> bool:
    return document.front is not None and document.front.problem is None


@rule(
    "name-missing",
    Level.ERROR,
    "A skill has a name.",
    AGENT_SKILLS,
    "Add `name: ` and the name of the skill's folder.",
    subject="skill",
)
def name_missing(document: Document) -> Iterator[Hit]:
    """Find a missing name, or a name that is not text."""
    if _is_readable(document) and not (document.front and document.front.text("name")):
        yield Hit(_at(document, "name"), "The front matter has no name.")


@rule(
    "name-invalid",
    Level.ERROR,
    "A name is 1 to 64 lower-case letters, digits and single hyphens.",
    AGENT_SKILLS,
    subject="skill",
)
def name_invalid(document: Document) -> Iterator[Hit]:
    """Find names in another form."""
    name = document.front.text("name") if document.front else None
    if name and (len(name) > _NAME_LENGTH or not _NAME.fullmatch(name)):
        better = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_NAME_LENGTH].strip("-")
        advice = f"Write `name: {better}`, and give its folder the same name." if better else ""
        yield Hit(
            _at(document, "name"),
            f'The name "{name:.80}" has more or other characters than lower-case letters, digits and single hyphens,'
            f" at most {_NAME_LENGTH}.",
            advice,
        )


@rule(
    "name-folder",
    Level.NOTE,
    "A skill's folder has the same name as the skill.",
    AGENT_SKILLS,
    subject="skill",
)
def name_folder(document: Document) -> Iterator[Hit]:
    """Find folders with another name than the skill; only if the file is SKILL.md."""
    name = document.front.text("name") if document.front else None
    if name and PurePath(document.name).name == "SKILL.md" and document.folder not in {"", "..", name}:
        message = f'The name of the skill is "{name:.80}", but its folder is "{document.folder}".'
        yield Hit(_at(document, "name"), message, "Rename one of them.")


@rule(
    "description-missing",
    Level.ERROR,
    "A skill has a description, which helps an agent to choose the skill.",
    AGENT_SKILLS,
    "Add `description: ` with what the skill does and when to use it.",
    subject="skill",
)
def description_missing(document: Document) -> Iterator[Hit]:
    """Find a missing or empty description."""
    if _is_readable(document) and not (document.front and (document.front.text("description") or "").strip()):
        yield Hit(_at(document, "description"), "The front matter has no description.")


@rule(
    "description-long",
    Level.ERROR,
    "A description has at most 1,024 characters.",
    AGENT_SKILLS,
    "Keep the sentences about when to use the skill; move the rest below the front matter.",
    subject="skill",
)
def description_long(document: Document) -> Iterator[Hit]:
    """Find descriptions that are too long."""
    words = document.front.text("description") if document.front else None
    if words is not None and len(words.strip()) > _DESCRIPTION_LENGTH:
        message = f"The description has {len(words.strip()):,} characters, {_DESCRIPTION_LENGTH:,} are allowed."
        yield Hit(_at(document, "description"), message)


@rule(
    "version-missing",
    Level.WARNING,
    "A skill has a version, which is sent in X-Skill-Version.",
    format_source("attribution-version"),
    'Add `version: "1.0.0"`, in quotes.',
    subject="skill",
)
def version_missing(document: Document) -> Iterator[Hit]:
    """Find front matter without a version, also in its metadata."""
    if not _is_readable(document) or document.front is None:
        return
    metadata = document.front.fields.get("metadata")
    inner = cast("dict[object, object]", metadata) if isinstance(metadata, dict) else {}
    if document.front.fields.get("version") in {None, ""} and "version" not in inner:
        yield Hit(_at(document, "name"), "The front matter has no version, so X-Skill-Version would be empty.")


@rule(
    "version-number",
    Level.WARNING,
    "A version is in quotes if YAML would otherwise read it as a different number.",
    "YAML 1.2, numbers",
    subject="skill",
)
def version_number(document: Document) -> Iterator[Hit]:
    """Find versions such as 1.10, which YAML reads as 1.1."""
    if document.front is None:
        return
    value, written = document.front.fields.get("version"), document.front.written.get("version", "")
    if isinstance(value, int | float) and str(value) != written:
        message = f"YAML reads the version {written} as the number {value}."
        yield Hit(_at(document, "version"), message, f'Write `version: "{written}"`.')


@rule(
    "metadata-invalid",
    Level.WARNING,
    "Metadata is a map, and if it names the skill's variable, the name is NEMO_TOKEN.",
    f"{AGENT_SKILLS}; {format_source('env-token')}",
    subject="skill",
)
def metadata_invalid(document: Document) -> Iterator[Hit]:
    """Find metadata that is not a map, or that names another variable for the token."""
    if document.front is None or "metadata" not in document.front.fields:
        return
    metadata = document.front.fields["metadata"]
    if not isinstance(metadata, dict):
        message = "The metadata is not a map of fields."
        yield Hit(_at(document, "metadata"), message, "Write it as `metadata: {...}` or as indented fields.")
        return
    inner = cast("dict[object, object]", metadata).get("openclaw")
    named = cast("dict[object, object]", inner).get("primaryEnv") if isinstance(inner, dict) else None
    if isinstance(named, str) and document.is_about_the_api and named != ENV_TOKEN:
        message = f'The metadata names the variable "{named:.80}", but the token is in {ENV_TOKEN}.'
        yield Hit(_at(document, "metadata"), message, f'Write `"primaryEnv": "{ENV_TOKEN}"`.')


@rule(
    "field-unknown",
    Level.NOTE,
    "The front matter has only known fields.",
    f"{AGENT_SKILLS}; the vendor's documents for version, homepage and repository",
    subject="skill",
)
def field_unknown(document: Document) -> Iterator[Hit]:
    """Find fields that neither the specification nor the vendor defines."""
    for key in document.front.fields if document.front else ():
        if key not in _KNOWN:
            close = difflib.get_close_matches(key.lower(), _KNOWN, 1, 0.75)
            advice = f"Did you mean `{close[0]}`?" if close else "Move it below `metadata`, which may have any field."
            yield Hit(_at(document, key), f'The front matter has a field "{key:.80}" that is not specified.', advice)


@rule(
    "license-missing",
    Level.NOTE,
    "A skill names its license.",
    AGENT_SKILLS,
    "Add `license: ` with its name.",
    subject="skill",
)
def license_missing(document: Document) -> Iterator[Hit]:
    """Find a missing license."""
    if _is_readable(document) and document.front and "license" not in document.front.fields:
        yield Hit(0, "The front matter does not name a license.")


RULES = (
    front_matter_missing,
    front_matter_invalid,
    name_missing,
    name_invalid,
    name_folder,
    description_missing,
    description_long,
    version_missing,
    version_number,
    metadata_invalid,
    field_unknown,
    license_missing,
)
