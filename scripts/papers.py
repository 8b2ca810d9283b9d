"""Writes the parts of the papers that follow from the code, between two marks that say so.

    scripts/papers             write them
    scripts/papers --check     change nothing; exit code 1 where a paper says something else than the code

The profile keys, their values and the named sets stand in `nemovideo_contract.profiles`, and their table in
`docs/profiles.md` is made from there.
"""

from __future__ import annotations

import argparse
import dataclasses
import textwrap
from pathlib import Path

from nemovideo_contract.profiles import DEFAULT, KEYS, PROFILES, Profile, choices

#: Columns of a line.
WIDTH = 120
PROFILES_PAPER = Path(__file__).resolve().parent.parent / "docs/profiles.md"
BEGIN = "<!-- written by scripts/papers: change profiles.py instead -->\n"
END = "<!-- the end of what scripts/papers writes -->\n"


def spelled(value: object) -> str:
    """A value as a command takes it."""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def sets() -> str:
    """A table of the keys in which the named sets differ."""
    others = [name for name in PROFILES if name != DEFAULT]
    lines = [
        f"| key | `{DEFAULT}` | {' | '.join(f'`{name}`' for name in others)} |",
        "|---" * (len(PROFILES) + 1) + "|",
    ]
    for key in KEYS:
        usual = getattr(PROFILES[DEFAULT], key)
        values = [getattr(PROFILES[name], key) for name in others]
        if any(value != usual for value in values):
            cells = [spelled(value) if value != usual else "" for value in values]
            lines.append(f"| [`{key}`](#{key}) | {spelled(usual)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def key_section(name: str) -> str:
    """What one key decides, its values with the sets that have them, and who says so."""
    usual = {field.name: field.default for field in dataclasses.fields(Profile)}[name]
    values = [f"{spelled(value)}{' (default)' if value == str(usual).lower() else ''}" for value in choices(name)]
    taken = ", ".join(values) or f"any whole number; {spelled(usual)} by default"
    of_sets = "; ".join(
        f"`{label}` has {spelled(value)}"
        for label, profile in PROFILES.items()
        if (value := getattr(profile, name)) != usual
    )
    return "\n".join(
        [
            f"### `{name}`",
            "",
            folded(KEYS[name].meaning),
            "",
            folded(f"- Values: {taken}.", indent="  "),
            *([folded(f"- Sets: {of_sets}.", indent="  ")] if of_sets else []),
            folded(f"- Source: {KEYS[name].source}.", indent="  "),
            "",
        ]
    )


def folded(text: str, *, indent: str = "") -> str:
    """The text in lines of the papers' width."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def profiles_part() -> str:
    """All that `docs/profiles.md` has from the code."""
    return "\n".join(["## The named sets", "", sets(), "## The keys", "", *map(key_section, KEYS)])


def rewritten(paper: str) -> str:
    """The paper with its written part made anew; raises `ValueError` where the marks are missing."""
    before, begin, rest = paper.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("The paper lacks the marks between which scripts/papers writes.")
    return f"{before}{BEGIN}\n{profiles_part()}\n{END}{after}"


def main() -> int:
    """Write, or look."""
    parser = argparse.ArgumentParser(description="Write the parts of the papers that follow from the code.")
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    parser.add_argument("paper", nargs="?", type=Path, default=PROFILES_PAPER, help="another copy of docs/profiles.md")
    arguments = parser.parse_args()
    paper: Path = arguments.paper
    old = paper.read_text(encoding="utf-8")
    new = rewritten(old)
    if arguments.check and new != old:
        print(f"{paper.name} disagrees with the code: run scripts/papers.")
        return 1
    if new != old:
        paper.write_text(new, encoding="utf-8")
        print(f"{paper.name} is written anew.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
