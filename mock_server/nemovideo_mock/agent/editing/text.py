"""Change titles, captions and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import lengths
from nemovideo_mock.agent.edit_requests import Captioning, Scripting, Styling, Titling

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_state import Line
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def write(editor: DraftEditor, ask: Titling | Styling | Captioning | Scripting) -> None:
    """Put text on the screen, or change its look."""
    match ask:
        case Titling():
            _title(editor, ask)
        case Styling(target="title"):
            _style_title(editor, ask)
        case Styling():
            _style_captions(editor, ask)
        case Captioning(texts, ref) if ref:
            for shot, text in zip(editor.find_shots(ref), texts, strict=False):
                shot["caption"] = text
                shot["caption_id"] = shot["caption_id"] or editor.new_id()
                editor.note_change("caption_one", text=text, name=editor.name_of(shot))
        case Captioning(texts):
            _captions(editor, list(texts), spoken=False)
        case Scripting(text):
            _captions(editor, lengths.split_script(text), spoken=True)


def _captions(editor: DraftEditor, texts: list[str], *, spoken: bool) -> None:
    if not texts:
        return
    edit_state = editor.edit_state
    edit_state["captions"], edit_state["spoken"] = texts, spoken
    edit_state["caption_ids"] = [editor.new_id() for _ in texts]
    editor.note_change("script" if spoken else "captions", count=len(texts))


def _title(editor: DraftEditor, ask: Titling) -> None:
    lines = editor.edit_state["lines"]
    at = ask.at or "start"
    old = next((line for line in lines if line["slot"] == "title"), None) if ask.slot == "title" else None
    if (
        ask.slot == "text"
        and editor.first is False
        and len(lines) == 1
        and lines[0]["slot"] == "text"
        and lines[0]["at"] == at
    ):
        old = lines[0]
    if old is not None and (ask.at is None or ask.at == old["at"]):
        editor.note_change("title_changed", before=old["text"], text=ask.text)
        old["text"] = ask.text
        editor.new_line = old
        return
    line: Line = {
        "id": editor.new_id(),
        "text": ask.text,
        "slot": ask.slot,
        "at": at,
        "start": None,
        "ms": None,
        "color": "white",
        "scale": 1.0,
        "position": None,
        "on": "",
    }
    lines.append(line)
    editor.new_line = line
    editor.note_change("title", text=ask.text, at=at)


def _style_title(editor: DraftEditor, ask: Styling) -> None:
    lines = editor.edit_state["lines"]
    if not lines:
        editor.note_refusal("no_title")
        return
    for line in [editor.new_line] if editor.new_line is not None else lines:
        line["color"] = ask.color or line["color"]
        line["position"] = ask.position or line["position"]
        line["scale"] = round(min(3.0, max(0.4, line["scale"] * ask.factor)), 3)
        line["at"] = ask.at or line["at"]
        line["start"] = None if ask.at else line["start"]
        if ask.start is not None:
            line["start"], line["at"] = ask.start, "start"
        if ask.ms is not None:
            if not lengths.HELD_MS <= ask.ms <= lengths.LONGEST_MS:
                editor.note_refusal("title_bounds", seconds=ask.ms / 1000)
                return
            line["ms"] = ask.ms
        if ask.on is not None:
            shots = editor.find_shots((ask.on,))
            line["on"] = shots[0]["id"] if shots else line["on"]
    told = _style_values(ask)
    if editor.new_line is not None and (note := next((note for note in editor.changes if note.key == "title"), None)):
        note.values["at"] = editor.new_line["at"]
        told.pop("at", None)
    if told or editor.new_line is None:
        editor.note_change("style", **told)


def _style_captions(editor: DraftEditor, ask: Styling) -> None:
    edit_state = editor.edit_state
    if not edit_state["captions"] and not any(shot["caption"] for shot in edit_state["shots"]):
        editor.note_refusal("no_captions")
        return
    look = edit_state["look"]
    look["color"] = ask.color or look["color"]
    look["position"] = ask.position or look["position"]
    look["scale"] = round(min(3.0, max(0.4, look["scale"] * ask.factor)), 3)
    editor.note_change("caption_style", **_style_values(ask))


def _style_values(ask: Styling) -> dict[str, object]:
    values = {"color": ask.color, "position": ask.position, "at": ask.at, "ms": ask.ms, "on": ask.on}
    told: dict[str, object] = {key: value for key, value in values.items() if value is not None}
    if ask.factor != 1.0:
        told["factor"] = ask.factor
    return told
