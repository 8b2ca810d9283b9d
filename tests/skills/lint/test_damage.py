"""Damage by mirrors adds and moves no finding, and no text makes the reader fail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.reports import Level
from nemovideo_skills.lint import Document, check, decode_text

from .test_good_document import MUTANTS, TEXT


def bad_text() -> str:
    """Return the good document with every change that does not exclude the next one."""
    text = TEXT
    for old, new, _, _ in MUTANTS:
        if old in text:
            text = text.replace(old, new, 1)
    return text


BAD = bad_text()


def found(text: str) -> list[tuple[str, Level, int | None]]:
    """Return the rule, level and line of each finding."""
    return sorted((each.rule, each.level, each.place.line) for each in check(Document(text)))


def escaped(line: str) -> str:
    """Escape Markdown's special characters with a backslash."""
    return re.sub(r"([_\[\]*#])", r"\\\1", line)


def as_entities(line: str) -> str:
    """Replace the special characters of HTML by entities."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def as_escapes(line: str) -> str:
    """Escape the angle bracket as in a script."""
    return line.replace("<", "\\x3C")


def with_smart_quotes(line: str) -> str:
    """Replace quotes by typographic quotes."""
    return re.sub(r'"([^"]*)"', r"“\1”", line).replace("'", "’")


def without_fence(line: str) -> str:
    """Remove the marks of a code block; the line stays."""
    return "" if line.startswith("```") else line


def with_hard_spaces(line: str) -> str:
    """Replace spaces by no-break spaces."""
    return line if line.startswith(" ") else line.replace(" ", "\u00a0")


DAMAGES: tuple[Callable[[str], str], ...] = (
    escaped,
    as_entities,
    as_escapes,
    with_smart_quotes,
    without_fence,
    with_hard_spaces,
    str,
)


@given(
    text=st.sampled_from([TEXT, BAD]),
    damages=st.lists(st.sampled_from(DAMAGES), min_size=1, max_size=40),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
@settings(max_examples=40)
def test_damage_adds_no_finding_and_moves_none(
    text: str, damages: list[Callable[[str], str]], end: str, mark: str
) -> None:
    lines = [damages[number % len(damages)](line) for number, line in enumerate(text.split("\n"))]
    assert found(mark + end.join(lines)) == found(text)


def test_a_document_with_all_errors_has_many() -> None:
    assert len({rule for rule, level, _ in found(BAD) if level is not Level.NOTE}) > 20


def test_a_table_on_one_line_says_the_same() -> None:
    flat = re.sub(r"\|\n\|", "| |", TEXT)
    assert flat.count("\n") < TEXT.count("\n") - 10
    assert found(flat) == []
    wrong = flat.replace("| 4001 | unsupported file", "| 4001 | file too large")
    assert [rule for rule, _, _ in found(wrong)] == ["code-meaning"]


def test_a_table_whose_cells_are_broken_says_the_same() -> None:
    broken = TEXT.replace("| 1001 | bad", "| 1001 |\nbad").replace("| 2001 | no", "| 2001 |\nno")
    assert found(broken) == []
    wrong = broken.replace("bad or expired token", "session not found", 1)
    assert [rule for rule, _, _ in found(wrong)] == ["code-meaning"]


def test_codes_in_one_sentence_are_reported_apart() -> None:
    head, _, _ = TEXT.partition("| code |")
    run = "0— success1001— token expired; new token1002— session gone; new one2001— out of credits; stop402— export"
    assert found(f"{head}{run} blocked by the plan429— rate limited; wait 30s once\n") == []
    wrong = run.replace("1001— token", "1001— session")
    assert [rule for rule, _, _ in found(f"{head}{wrong} blocked429— rate limited; wait 30s once\n")] == []
    wrong = run.replace("1002— session gone", "1002— file too large")
    assert [rule for rule, _, _ in found(f"{head}{wrong} blocked429— rate limited; wait 30s once\n")] == [
        "code-meaning"
    ]


def test_a_copy_without_front_matter_is_reported_so_and_nothing_else() -> None:
    body = TEXT.split("---\n", 2)[2]
    assert [rule for rule, _, _ in found(body)] == ["front-matter-missing"]


def test_a_copy_without_underscores_gets_one_finding_and_no_error() -> None:
    body = TEXT.replace("_", "")
    errors = [rule for rule, level, _ in found(body) if level is Level.ERROR]
    assert errors == []
    assert [rule for rule, _, _ in found(body)].count("underscores-lost") == 1


def test_bytes_of_another_encoding_are_read_as_far_as_they_go() -> None:
    text, is_utf8 = decode_text(TEXT.encode("utf-8").replace("🎞️".encode(), b"\xff\xfe"))
    assert not is_utf8
    assert [each.rule for each in check(Document(text, is_utf8=False))] == ["encoding"]


FRAGMENTS = (
    *(
        "---",
        "\n",
        "\r",
        " ",
        "|",
        "`",
        "```",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "\\",
        "#",
        "*",
        "&",
        ";",
        ": ",
        "...",
        "${",
        "$API",
    ),
    *(
        "curl ",
        "-H ",
        "-d ",
        "NemoVideo",
        "/run_sse",
        "/api/",
        "POST ",
        "https://",
        "mega-api-prod.nemovideo.ai",
        "<sid>",
    ),
    *("1001", "—", "| 2001 |", "## Errors", "§3.5", "name: x", "every 30s", "poll ", "token ", "expires in 7 days"),
    *(
        "?token=",
        "\u2028",
        "\x00",
        "每30秒轮询",
        "\ud800",
        "mp4, mov, heic",
        "tt=",
        "&lt;",
        "\\x3C",
        "X-Skill-",
        "1" * 30,
    ),
)


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=60).map("".join))
@settings(max_examples=150)
def test_no_text_makes_the_reader_fail_and_every_place_is_in_it(text: str) -> None:
    lines = re.split(r"\r\n|\r|\n", text)
    for finding in check(Document(text)):
        line, column = finding.place.line, finding.place.column
        assert line is not None
        assert column is not None
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1


@pytest.mark.parametrize(
    "fragment", ["{", "[", "<", "$", "curl '", 'curl -d "', "/a", "1 ", "a, ", "a,b,", "§3.5 ", "body {"]
)
def test_text_that_repeats_itself_is_read_in_one_go(fragment: str) -> None:
    # A quadratic run time would exceed the time limit of a minute that every test has.
    assert check(Document(f"NemoVideo POST /run_sse {fragment * (50_000 // len(fragment))}"))
