"""What the service says about its editor, as what can be said in a chat."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_skills.agent import Action, file_mentions, translate

Row = dict[str, Any]  # Any: YAML

ROWS: Final[list[Row]] = yaml.safe_load((Path(__file__).parent / "gui_sentences.yaml").read_text(encoding="utf-8"))
#: What nobody can do in a chat.
EDITOR: Final = re.compile(
    r"\b(?:click|drag and drop|panel|button|top right|preview window|billing)\b|点击|拖拽|面板|按钮|右上角|菜单",
    re.IGNORECASE,
)
#: Sentences without an instruction.
CONTENT: Final = (
    "Done! 2 photos, 15 seconds, 1080x1920 (9:16).",
    "The title is “Click Export” now.",
    "已完成：标题为“点击导出”。",
    "背景音乐音量为35%。",
    "I can't use links (“https://a.b/c.mp3”); upload the file.",
    "It opens with a slow zoom.",
)
INSTRUCTIONS: Final = tuple(row["says"] for row in ROWS if "keeps" not in row)


@pytest.mark.parametrize("row", ROWS, ids=[row["says"] for row in ROWS])
def test_an_instruction_for_the_editor_is_removed_and_content_stays(row: Row) -> None:
    found = translate(row["says"])

    assert " ".join(found.actions) == row["about"]
    assert not EDITOR.search(file_mentions.mask_quoted(found.text)), found.text
    if "keeps" in row:
        assert row["keeps"] in found.content
    else:
        assert found.content == ""
        assert found.offers


@pytest.mark.parametrize("row", ROWS, ids=[row["says"] for row in ROWS])
def test_every_translation_has_text(row: Row) -> None:
    assert translate(row["says"]).text.strip()


def test_instructions_for_the_editor_become_one_offer_each_of_words_to_say() -> None:
    found = translate("Click Export. Or click the Export button. Then open the Timeline panel.")

    assert found.actions == (Action.EXPORT, Action.STATE)
    assert found.offers == ("Say “export” to get the file.", "Say “status” to see the tracks.")
    assert found.text == " ".join(found.offers)


def test_an_offer_is_made_in_the_language_of_the_instruction() -> None:
    assert translate("标题已修改。请点击导出按钮。").text == "标题已修改。说“导出”即可获取文件。"


@given(st.lists(st.sampled_from(CONTENT), min_size=1, max_size=5), st.data())
def test_content_stays_word_for_word_among_instructions(content: list[str], data: st.DataObject) -> None:
    mixed = list(content)
    for instruction in data.draw(st.lists(st.sampled_from(INSTRUCTIONS), max_size=3)):
        mixed.insert(data.draw(st.integers(0, len(mixed))), instruction)

    assert translate("\n".join(mixed)).content.split() == "\n".join(content).split()


@given(st.text(max_size=300))
def test_any_text_can_be_translated_and_is_not_lost(said: str) -> None:
    found = translate(said)

    assert bool(found.text.strip()) == bool(said.strip())
    if not found.actions:
        assert found.content == said.strip()


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Press play and enjoy!", "Say “status” to see the tracks."),
        ("请在时间线面板中拖动片段，或者告诉我要改什么", "想改什么，直接告诉我即可。"),
        (
            "Drag the clips on the timeline, or just tell me what to change.",
            "To change anything, just tell me what.",
        ),
        ("好了。请在时间线面板中拖动片段，或者告诉我要改什么。", "好了。想改什么，直接告诉我即可。"),
        ("Say “export” to get the file or click Export.", "Say “export” to get the file."),
        ("Now it is red: click Export, then click Export.", "Now it is red: say “export” to get the file."),
    ],
)
def test_nothing_is_offered_twice(said: str, text: str) -> None:
    assert translate(said).text == text
