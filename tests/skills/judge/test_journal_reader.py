"""Reading a journal: its lines, its gaps and its callers."""

from __future__ import annotations

import pytest

from nemovideo_contract.journal import JournalError
from nemovideo_skills.judge.journal_reader import JournalReader, path_of

from .cases import clumsy, good, lines_of
from .scripted import Scripted


def read(lines: list[str]) -> JournalReader:
    """Return the journal with these lines."""
    journal = JournalReader()
    journal.read(lines)
    return journal


def test_each_call_is_known_by_the_line_in_which_it_begins_though_lines_are_empty() -> None:
    script = good()
    lines = ["", *lines_of(script)]
    lines.insert(4, "\n")
    journal = read(lines)
    places = {each.first: journal.lines[each.world, each.first] for each in journal.assembly.exchanges}
    assert journal.entries == len(script.entries)
    assert len(places) == script.exchanges
    for first, line in places.items():
        assert f'"n": {first},' in lines[line - 1]
        assert '"kind": "request"' in lines[line - 1]


def test_a_line_that_is_no_entry_is_reported_by_its_number() -> None:
    with pytest.raises(JournalError, match=r"^Line 3 is not JSON"):
        read([*lines_of(good())[:2], "{"])


def test_missing_entries_are_reported_in_words() -> None:
    assert list(map(str, read(lines_of(good())).gaps)) == []
    assert list(map(str, read(lines_of(good(), without=range(1, 1235))).gaps)) == []
    lines = list(map(str, read(lines_of(good(), without={1, 2, 3, 7, 10, 11})).gaps))
    assert lines == [
        "Entries 1 to 3 of world default, its beginning, are missing.",
        "Entry 7 of world default is missing.",
        "Entries 10 to 11 of world default are missing.",
    ]


def test_callers_are_found_by_a_part_of_their_name_whatever_its_case() -> None:
    journal = read(lines_of(clumsy(), good(world="friday", account="user_Ada")))
    found = journal.of("ADA")
    assert {each.world for each in found.exchanges} == {"friday"}
    assert len(found.exchanges) == good().exchanges
    with pytest.raises(LookupError) as caught:
        journal.of("zoe")
    assert caught.value.args[0] == ["anon_0123456789abcdef (photo-stories)", "user_Ada (photo-stories)"]


def test_calls_that_have_not_ended_are_counted() -> None:
    script = good()
    script.begin("POST", "/run_sse")
    assert read(lines_of(script)).open == 1


def test_a_path_is_reported_without_the_base_of_its_world() -> None:
    script = Scripted(world="friday")
    script.call("GET", "/w/friday/api/credits/balance/simple", data={})
    script.call("GET", "/w/other/api/credits/balance/simple", data={})
    paths = [path_of(each) for each in read(lines_of(script)).assembly.exchanges]
    assert paths == ["/api/credits/balance/simple", "/w/other/api/credits/balance/simple"]
