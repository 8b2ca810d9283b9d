"""Change how photos move, how they follow each other, and how the video fades from and to black."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nemovideo_mock.agent import lengths
from nemovideo_mock.agent.edit_requests import Moving

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import EditRequest, Joining
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def motion(editor: DraftEditor, ask: Moving, request: EditRequest) -> None:
    """Set the motion of all photos, or of some."""
    edit_state = editor.edit_state
    if ask.ref:
        for shot in editor.find_shots(ask.ref):
            if lengths.is_clip(shot, editor.media):
                editor.note_refusal("clips_move")
                continue
            shot["motion"] = ask.motion
            editor.note_change("motion_one", motion=ask.motion, name=editor.name_of(shot))
    else:
        edit_state["motion"] = ask.motion
        special = {place for other in request.asks if isinstance(other, Moving) for place in other.ref}
        keep = {shot["id"] for shot in editor.find_existing_shots(tuple(special))}
        for shot in edit_state["shots"]:
            if shot["id"] not in keep:
                shot["motion"] = None
        editor.note_change("motion", motion=ask.motion)
        if any(lengths.is_clip(shot, editor.media) for shot in edit_state["shots"]):
            editor.note_refusal("clips_move")
    if ask.hurried:
        editor.note_refusal("motion_speed")


def join(editor: DraftEditor, ask: Joining) -> None:
    """Set the transitions between all photos, or to the named ones."""
    edit_state = editor.edit_state
    if ask.ms is not None and not 0 < ask.ms <= lengths.LONGEST_JOIN_MS:
        editor.note_refusal("join_bounds", seconds=ask.ms / 1000)
    elif ask.ref:
        _join_some(editor, ask)
    elif ask.kind is None and edit_state["join"] == "cut":
        editor.note_refusal("no_transitions")
    else:
        _join_all(editor, ask)


def _join_some(editor: DraftEditor, ask: Joining) -> None:
    for shot in editor.find_shots(ask.ref):
        if shot is editor.edit_state["shots"][0]:
            editor.note_refusal("no_join_before_first")
            continue
        shot["join"] = ask.kind or shot["join"]
        shot["join_ms"] = ask.ms
        editor.note_change(
            "join_one", kind=ask.kind or shot["join"] or editor.edit_state["join"], name=editor.name_of(shot)
        )


def _join_all(editor: DraftEditor, ask: Joining) -> None:
    edit_state = editor.edit_state
    if ask.kind is not None:
        edit_state["join"] = ask.kind
        for shot in edit_state["shots"]:
            shot["join"] = None
    if ask.ms is not None:
        edit_state["join_ms"] = ask.ms
    elif ask.factor != 1.0:
        edit_state["join_ms"] = max(100, round(lengths.transition_ms(edit_state) * ask.factor))
    elif not editor.first:
        edit_state["join_ms"] = None
    if len(edit_state["shots"]) == 1:
        editor.note_refusal("one_photo")
        return
    editor.note_change("join", kind=edit_state["join"], seconds=lengths.transition_ms(edit_state) / 1000)


def fade(editor: DraftEditor, edge: Literal["opening", "closing"], ms: int | None) -> None:
    """Fade from black or to black within `ms`."""
    if ms is not None and not 0 < ms <= lengths.LONGEST_FADE_MS:
        editor.note_refusal("fade_bounds", seconds=ms / 1000)
        return
    length = ms if ms is not None else 1000
    if edge == "opening":
        editor.edit_state["opening"] = length
    else:
        editor.edit_state["closing"] = length
    editor.note_change(edge, seconds=length / 1000)
