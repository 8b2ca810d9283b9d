"""Change titles, captions and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import timing
from nemovideo_mock.agent.edit_requests import Captioning, Scripting, Styling, Titling

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_state import Line
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def write(desk: DraftEditor, ask: Titling | Styling | Captioning | Scripting) -> None:
    """Put text on the screen, or change its look."""
    match ask:
        case Titling():
            _title(desk, ask)
        case Styling(target="title"):
            _style_title(desk, ask)
        case Styling():
            _style_captions(desk, ask)
        case Captioning(texts, ref) if ref:
            for shot, text in zip(desk.found(ref), texts, strict=False):
                shot["caption"] = text
                shot["caption_id"] = shot["caption_id"] or desk.new_id()
                desk.changed("caption_one", text=text, name=desk.name_of(shot))
        case Captioning(texts):
            _captions(desk, list(texts), spoken=False)
        case Scripting(text):
            _captions(desk, timing.sentences(text), spoken=True)


def _captions(desk: DraftEditor, texts: list[str], *, spoken: bool) -> None:
    if not texts:
        return
    brief = desk.brief
    brief["captions"], brief["spoken"] = texts, spoken
    brief["caption_ids"] = [desk.new_id() for _ in texts]
    desk.changed("script" if spoken else "captions", count=len(texts))


def _title(desk: DraftEditor, ask: Titling) -> None:
    lines = desk.brief["lines"]
    at = ask.at or "start"
    old = next((line for line in lines if line["slot"] == "title"), None) if ask.slot == "title" else None
    if (
        ask.slot == "text"
        and desk.first is False
        and len(lines) == 1
        and lines[0]["slot"] == "text"
        and lines[0]["at"] == at
    ):
        old = lines[0]
    if old is not None and (ask.at is None or ask.at == old["at"]):
        desk.changed("title_changed", before=old["text"], text=ask.text)
        old["text"] = ask.text
        desk.new_line = old
        return
    line: Line = {
        "id": desk.new_id(),
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
    desk.new_line = line
    desk.changed("title", text=ask.text, at=at)


def _style_title(desk: DraftEditor, ask: Styling) -> None:
    lines = desk.brief["lines"]
    if not lines:
        desk.refused("no_title")
        return
    for line in [desk.new_line] if desk.new_line is not None else lines:
        line["color"] = ask.color or line["color"]
        line["position"] = ask.position or line["position"]
        line["scale"] = round(min(3.0, max(0.4, line["scale"] * ask.factor)), 3)
        line["at"] = ask.at or line["at"]
        line["start"] = None if ask.at else line["start"]
        if ask.start is not None:
            line["start"], line["at"] = ask.start, "start"
        if ask.ms is not None:
            if not timing.HELD_MS <= ask.ms <= timing.LONGEST_MS:
                desk.refused("title_bounds", seconds=ask.ms / 1000)
                return
            line["ms"] = ask.ms
        if ask.on is not None:
            shots = desk.found((ask.on,))
            line["on"] = shots[0]["id"] if shots else line["on"]
    told = _requested_style(ask)
    if desk.new_line is not None and (note := next((note for note in desk.changes if note.key == "title"), None)):
        note.values["at"] = desk.new_line["at"]
        told.pop("at", None)
    if told or desk.new_line is None:
        desk.changed("style", **told)


def _style_captions(desk: DraftEditor, ask: Styling) -> None:
    brief = desk.brief
    if not brief["captions"] and not any(shot["caption"] for shot in brief["shots"]):
        desk.refused("no_captions")
        return
    look = brief["look"]
    look["color"] = ask.color or look["color"]
    look["position"] = ask.position or look["position"]
    look["scale"] = round(min(3.0, max(0.4, look["scale"] * ask.factor)), 3)
    desk.changed("caption_style", **_requested_style(ask))


def _requested_style(ask: Styling) -> dict[str, object]:
    values = {"color": ask.color, "position": ask.position, "at": ask.at, "ms": ask.ms, "on": ask.on}
    told: dict[str, object] = {key: value for key, value in values.items() if value is not None}
    if ask.factor != 1.0:
        told["factor"] = ask.factor
    return told
