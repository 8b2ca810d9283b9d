"""Change which photos are in the video, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import lengths, prepared_page
from nemovideo_mock.agent.edit_requests import Arrange, Move, Select, Swap, UseAll
from nemovideo_mock.agent.edit_state import visual_indices

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import Place, Ref
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def arrange(editor: DraftEditor, ask: Select | UseAll | Move | Swap | Arrange) -> None:
    """Change which photos are used, or their order."""
    before = [shot["id"] for shot in editor.edit_state["shots"]]
    match ask:
        case Select(mode="add"):
            _add_back(editor, ask.ref)
        case Select():
            _select(editor, ask)
        case UseAll(new_only):
            _use_all(editor, new_only=new_only)
        case Move():
            _move(editor, ask)
        case Swap(one, other):
            _swap(editor, one, other)
        case Arrange():
            _reorder(editor, ask)
    after = [shot["id"] for shot in editor.edit_state["shots"]]
    if len(before) != len(after):
        editor.note_change("count", count=len(after), names=", ".join(editor.names()))
    elif before != after:
        editor.note_change("order", names=", ".join(editor.names()))


def _select(editor: DraftEditor, ask: Select) -> None:
    shots = editor.find_shots(ask.ref)
    if not shots:
        return
    chosen = {shot["id"] for shot in shots}
    left = [shot for shot in editor.edit_state["shots"] if shot["id"] not in chosen] if ask.mode == "drop" else shots
    if not left:
        editor.note_refusal("none_left")
        return
    editor.edit_state["shots"] = left


def _add_back(editor: DraftEditor, ref: Ref) -> None:
    seen = visual_indices(editor.media)
    indices, missing = prepared_page.find_places(ref, [editor.media[index].filename for index in seen])
    used = {shot["media"] for shot in editor.edit_state["shots"]}
    for place in missing:
        editor.note_missing(place)
    for index in indices:
        if seen[index] not in used:
            editor.edit_state["shots"].append(editor.new_shot(seen[index]))


def _use_all(editor: DraftEditor, *, new_only: bool) -> None:
    used = {shot["media"] for shot in editor.edit_state["shots"]}
    new = [index for index in visual_indices(editor.media) if index not in used]
    editor.edit_state["shots"] += [editor.new_shot(index) for index in new]
    if new_only and not new and not editor.first:
        editor.note_refusal("nothing_new")


def _move(editor: DraftEditor, ask: Move) -> None:
    moved = editor.find_shots(ask.ref)
    if not moved:
        return
    ids = {shot["id"] for shot in moved}
    rest = [shot for shot in editor.edit_state["shots"] if shot["id"] not in ids]
    if ask.side == "at":
        target = ask.to if isinstance(ask.to, int) else 1
        at = target - 1 if target > 0 else len(rest) + 1 + target
        if not 0 <= at <= len(rest):
            editor.note_missing(ask.to)
            return
    else:
        anchors = editor.find_shots((ask.to,))
        if not anchors or anchors[0]["id"] in ids:
            return
        at = [shot["id"] for shot in rest].index(anchors[0]["id"]) + (ask.side == "after")
    editor.edit_state["shots"] = [*rest[:at], *moved, *rest[at:]]


def _swap(editor: DraftEditor, one: Place, other: Place) -> None:
    pair = editor.find_shots((one, other))
    if len(pair) == 2:
        shots = editor.edit_state["shots"]
        first, second = shots.index(pair[0]), shots.index(pair[1])
        shots[first], shots[second] = shots[second], shots[first]


def _reorder(editor: DraftEditor, ask: Arrange) -> None:
    shots = editor.edit_state["shots"]
    if ask.how == "reversed":
        editor.edit_state["shots"] = shots[::-1]
    elif ask.how == "uploaded":
        editor.edit_state["shots"] = sorted(shots, key=lambda shot: (shot["media"] < 0, shot["media"]))
    elif ask.how in {"clips_first", "photos_first"}:
        clips = ask.how == "clips_first"
        editor.edit_state["shots"] = sorted(shots, key=lambda shot: lengths.is_clip(shot, editor.media) != clips)
    else:
        named = editor.find_shots(ask.ref)
        ids = {shot["id"] for shot in named}
        editor.edit_state["shots"] = [*named, *(shot for shot in shots if shot["id"] not in ids)]
