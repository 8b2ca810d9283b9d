"""Where utterances go: labelled examples in files, of which some were kept aside while the rules were made."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_skills.agent import Action, route, routes

Row = dict[str, Any]  # Any: YAML

HERE: Final = Path(__file__).parent
#: All styles of quotes.
QUOTES: Final = ("''", '""', "“”", "‘’", "„“", "«»", "‹›", "「」", "『』", "《》", "``")
#: Wishes that quoted words could be taken for.
REQUESTS: Final = (
    "Download now",
    "export",
    "send me the video",
    "show tracks",
    "credits",
    "导出",
    "查看积分",
    "上传 cat.jpg",
)


def rows(name: str) -> list[Row]:
    languages: dict[str, list[Row]] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return [row for found in languages.values() for row in found]


ROWS: Final = [
    row
    for name in ("utterances.yaml", "utterances_aside.yaml", "utterances_hard.yaml", "utterances_unseen.yaml")
    for row in rows(name)
]


@pytest.mark.parametrize("row", ROWS, ids=[row["say"] for row in ROWS])
def test_an_utterance_goes_where_its_label_says(row: Row) -> None:
    found = routes(row["say"], row.get("known", ()))

    assert " ".join(each.action for each in found) == row.get("missed", row["routes"])
    assert [file for each in found for file in each.files] == row.get("files", [])


def test_words_of_requests_with_another_meaning_make_no_request() -> None:
    said: list[str] = yaml.safe_load((HERE / "utterances_agents.yaml").read_text(encoding="utf-8"))
    taken = {each: [route.action for route in routes(each)] for each in said}

    assert len(said) > 80
    assert {each: actions for each, actions in taken.items() if actions != [Action.SSE]} == {}


def test_few_messages_are_not_understood_and_none_of_them_starts_an_export() -> None:
    missed = [row for row in ROWS if "missed" in row]

    assert all(row["missed"] == "sse" for row in missed)
    assert len(missed) / len(ROWS) < 0.06


def test_the_examples_are_many_and_of_both_languages() -> None:
    chinese = [row for row in ROWS if any("\u4e00" <= letter <= "\u9fff" for letter in row["say"])]

    assert len(ROWS) >= 300
    assert len({row["say"] for row in ROWS}) == len(ROWS)
    assert 0.4 <= len(chinese) / len(ROWS) <= 0.6


def test_requests_come_in_the_order_in_which_they_must_be_done() -> None:
    found = routes("Export it after you have removed the music")

    assert [(each.action, each.text) for each in found] == [
        (Action.SSE, "remove the music"),
        (Action.EXPORT, "Export it"),
    ]


def test_the_message_to_the_agent_omits_what_the_skill_does_itself() -> None:
    found = routes("Make it square, show me the tracks, add a title 'Export', then export it and tell me my balance")

    assert [each.action for each in found] == [
        Action.SSE, Action.STATE, Action.SSE, Action.EXPORT, Action.CREDITS,
    ]  # fmt: skip
    assert [each.text for each in found if each.action is Action.SSE] == ["Make it square", "add a title 'Export'"]


def test_a_condition_is_sent_to_the_agent_as_a_separate_request() -> None:
    for said in (
        "export it, but not before you've made the music quieter",
        "export it only after you've made the music quieter",
        "Once you've made the music quieter, export it",
    ):
        assert (route(said).action, route(said).text) == (Action.SSE, "make the music quieter")
        assert [each.action for each in routes(said)] == [Action.SSE, Action.EXPORT]


def test_an_utterance_only_for_the_agent_is_sent_unchanged() -> None:
    for said in (
        "Hello! Make it slower, then add a title “Kyoto” – and a calm piano; thanks. 🙏",
        "After you've made it slower, add a calm piano",
        "When you change the music, keep its volume",
    ):
        assert [(each.action, each.text) for each in routes(said)] == [(Action.SSE, said)]


def test_the_message_to_the_agent_has_bare_file_names() -> None:
    upload, message = routes("Make a reel of ~/trip/cat.jpg and https://example.com/p/sea%20side.png, calm")

    assert upload.files == ("~/trip/cat.jpg", "https://example.com/p/sea%20side.png")
    assert message.text == "Make a reel of cat.jpg and sea side.png, calm"


def test_a_route_says_why() -> None:
    said = ("export", "don't export yet", "how do I export?", "a.jpg", "make it red")

    assert [route(each).reason for each in said] == ["request", "withheld", "asked how", "files", "everything else"]


@pytest.mark.parametrize("marks", QUOTES)
@pytest.mark.parametrize("words", REQUESTS)
def test_quoted_words_are_never_a_request(marks: str, words: str) -> None:
    quoted = f"{marks[0]}{words}{marks[1]}"

    assert {each.action for each in routes(f"add a title {quoted}")} <= {Action.SSE, Action.UPLOAD}
    assert [each.action for each in routes(f"加上标题{quoted}，然后导出")][-1] is Action.EXPORT


@pytest.mark.parametrize("marks", QUOTES)
def test_quoted_words_are_not_split_into_clauses(marks: str) -> None:
    said = f"write {marks[0]}ok, export, thanks{marks[1]} on the first photo"

    assert [(each.action, each.text) for each in routes(said)] == [(Action.SSE, said)]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("export导出上传再后, .'“”\ue000")), max_size=300))
def test_every_utterance_has_a_route(said: str) -> None:
    found = routes(said)

    assert found
    assert all(each.text.strip() or not said.strip() for each in found)


@pytest.mark.parametrize(
    "piece", ["看", "export ", "的 ", "不", "a.jpg ", "上传", "再", "'", "please ", "and ", "积分多少", "://"]
)
def test_long_repetitive_words_are_routed(piece: str) -> None:
    # A pattern that goes back and forth over them would never come to an end.
    assert routes(piece * (4000 // len(piece)))
    assert routes(piece * 12 + "!")
