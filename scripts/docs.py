"""Writes the parts of the documents that are generated from the code, between two marks.

    scripts/docs             write them
    scripts/docs --check     change nothing; exit code 1 if a document differs from the code

`docs/profiles.md` is generated from `nemovideo_contract.profiles`: the keys, their values and the named profiles.
`docs/faults.md` is generated from `nemovideo_mock.runtime.scenario_tokens` and `nemovideo_mock.faults`: test tokens and
kinds of faults. `docs/skills.md` is generated from `nemovideo_skills.lint.rules`: the rules for skill documents.
`docs/rules.md` is generated from `nemovideo_skills.judge.rules`, by `judge_rules.py`. `PARITY.md` is generated from
`nemovideo_contract.requirements` and from the suite, by `parity.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path

from judge_rules import rules_part
from parity import parity_part

from nemovideo_contract.profiles import DEFAULT, KEYS, PROFILES, Profile, choices
from nemovideo_mock.faults import ENDPOINTS, KINDS, FaultKind, FaultScope, FaultTrigger, Parameter
from nemovideo_mock.faults.fault_fields import parameters
from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS, token_of
from nemovideo_skills.lint import AREAS

#: Columns of a line.
WIDTH = 120
TOP = Path(__file__).resolve().parent.parent
BEGIN = "<!-- written by scripts/docs: change "
BEGIN_END = " instead -->\n"
END = "<!-- the end of what scripts/docs writes -->\n"


def spell(value: object) -> str:
    """Return a value as a command takes it."""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def sets() -> str:
    """Return a table of the keys in which the named profiles differ."""
    others = [name for name in PROFILES if name != DEFAULT]
    lines = [
        f"| key | `{DEFAULT}` | {' | '.join(f'`{name}`' for name in others)} |",
        "|---" * (len(PROFILES) + 1) + "|",
    ]
    for key in KEYS:
        usual = getattr(PROFILES[DEFAULT], key)
        values = [getattr(PROFILES[name], key) for name in others]
        if any(value != usual for value in values):
            cells = [spell(value) if value != usual else "" for value in values]
            lines.append(f"| [`{key}`](#{key}) | {spell(usual)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def key_section(name: str) -> str:
    """Return the section of one key: its meaning, its values with the sets that have them, and its source."""
    usual = {field.name: field.default for field in dataclasses.fields(Profile)}[name]
    values = [f"{spell(value)}{' (default)' if value == str(usual).lower() else ''}" for value in choices(name)]
    taken = ", ".join(values) or f"any whole number; {spell(usual)} by default"
    of_sets = "; ".join(
        f"`{label}` has {spell(value)}"
        for label, profile in PROFILES.items()
        if (value := getattr(profile, name)) != usual
    )
    return "\n".join(
        [
            f"### `{name}`",
            "",
            fold(KEYS[name].meaning),
            "",
            fold(f"- Values: {taken}.", indent="  "),
            *([fold(f"- Profiles: {of_sets}.", indent="  ")] if of_sets else []),
            fold(f"- Source: {KEYS[name].source}.", indent="  "),
            "",
        ]
    )


def fold(text: str, *, indent: str = "") -> str:
    """Return the text in lines of `WIDTH` columns."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def profiles_part() -> str:
    """Return the generated part of `docs/profiles.md`."""
    return "\n".join(["## The named profiles", "", sets(), "## The keys", "", *map(key_section, KEYS)])


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def default_of(parameter: Parameter) -> str:
    """Return a parameter's default as JSON, or an empty string if it has no default."""
    return "" if parameter.default is None else f"`{json.dumps(parameter.default, ensure_ascii=False)}`"


def describe(parameter: Parameter) -> str:
    """Return a parameter in words: its name, its default, its meaning and the accepted values."""
    default = f" = {default_of(parameter)}" if default_of(parameter) else ""
    return f"`{parameter.name}`{default}: {parameter.meaning} ({parameter.accepts})"


def places(kind: FaultKind) -> str:
    """Return the endpoints that a kind of fault can affect, and those that it affects by default."""
    others = [name for name in ENDPOINTS if name not in kind.endpoints]
    if not others:
        possible = "any"
    elif len(others) < len(kind.endpoints):
        possible = f"any except {list_names(others)}"
    else:
        possible = list_names(kind.endpoints)
    return possible if kind.default_on == kind.endpoints else f"{possible}; by default {list_names(kind.default_on)}"


def list_names(names: Iterable[str]) -> str:
    """Names, as one writes them."""
    return ", ".join(f"`{name}`" for name in names)


def kinds_section(title: str, layer: str) -> str:
    """The kinds of faults of one layer, and a line for each that orders one."""
    kinds = [kind for kind in KINDS.values() if kind.layer == layer]
    rows = [
        (f"`{kind.name}`", kind.meaning, "<br>".join(map(describe, kind.parameters)) or "none", places(kind))
        for kind in kinds
    ]
    orders = [f"curl -sf --json '{json.dumps(kind.example)}' \"$API/_mock/faults\"" for kind in kinds]
    head = ("kind", "what it does", "parameters", "`on`: endpoints")
    return "\n".join([f"### {title}", "", table(head, rows), "```sh", *orders, "```", ""])


def faults_part() -> str:
    """All that `docs/faults.md` has from the code."""
    tokens = [(f"`{token_of(name)}`", scenario.meaning) for name, scenario in TOKEN_SCENARIOS.items()]
    common = [
        (f"`{each.name}`", each.meaning, each.accepts, default_of(each))
        for part in (FaultScope, FaultTrigger)
        for each in parameters(part)
    ]
    name = (
        "`name`",
        "the name of the fault; it replaces a fault with the same name",
        "letters, digits, dots, dashes",
        "random",
    )
    on = (
        "`on`",
        "the endpoints that the fault applies to",
        'an endpoint, a list of endpoints, or `"*"` for all possible ones',
        "depends on the kind",
    )
    return "\n".join(
        [
            "## The test tokens",
            "",
            table(("token", "what it does"), tokens),
            "## The fields of every fault",
            "",
            table(("field", "meaning", "value", "default"), [name, on, *common]),
            fold(f"The endpoints: {list_names(ENDPOINTS)}. `output` is the file at `output.url`."),
            "",
            "## The kinds of faults",
            "",
            kinds_section("Faults of single requests", "request"),
            kinds_section("Faults of streams", "stream"),
            kinds_section("Faults of the service's own work", "world"),
        ]
    )


def skills_part() -> str:
    """Return the generated part of `docs/skills.md`."""
    lines = ["## The rules", ""]
    for area, rules in AREAS.items():
        rows = [(f"`{rule.id}`", rule.level, rule.sentence, rule.source) for rule in rules]
        lines += [f"### {area}", "", table(("rule", "level", "what must be true", "source"), rows)]
    return "\n".join(lines)


#: The function that generates each document's part; `PLACES` has the folder of each document.
PARTS = {
    "profiles.md": profiles_part,
    "faults.md": faults_part,
    "skills.md": skills_part,
    "rules.md": rules_part,
    "PARITY.md": parity_part,
}
PLACES = {name: TOP if name == "PARITY.md" else TOP / "docs" for name in PARTS}


def rewrite(name: str, document: str) -> str:
    """Return the document with its generated part rewritten; raise `ValueError` if the marks are missing."""
    before, begin, rest = document.partition(BEGIN)
    sources, begin_end, rest = rest.partition(BEGIN_END)
    _, end, after = rest.partition(END)
    if not begin or not begin_end or not end:
        raise ValueError(f"{name} lacks the marks between which scripts/docs writes.")
    return f"{before}{begin}{sources}{begin_end}\n{PARTS[name]()}\n{end}{after}"


def main() -> int:
    """Write the documents, or compare them."""
    parser = argparse.ArgumentParser(description="Write the parts of the documents that are generated from the code.")
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    documents = [PLACES[name] / name for name in PARTS]
    parser.add_argument("document", nargs="*", type=Path, default=documents, help="other copies of these documents")
    arguments = parser.parse_args()
    disagree = False
    for document in arguments.document:
        old = document.read_text(encoding="utf-8")
        new = rewrite(document.name, old)
        if new == old:
            continue
        if arguments.check:
            disagree = True
            print(f"{document.name} disagrees with the code: run scripts/docs.")
        else:
            document.write_text(new, encoding="utf-8")
            print(f"{document.name} is rewritten.")
    return int(disagree)


if __name__ == "__main__":
    raise SystemExit(main())
