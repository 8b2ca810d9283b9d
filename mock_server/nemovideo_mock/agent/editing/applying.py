"""Apply a request to an edit state: make the change that each ask wants, or refuse it with a reason."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, cast

from nemovideo_mock.agent import lengths
from nemovideo_mock.agent.edit_requests import (
    Again,
    Arrange,
    Captioning,
    Claim,
    Each,
    Extra,
    Fading,
    Frame,
    Hold,
    Joining,
    Longer,
    Loudness,
    Move,
    Moving,
    Off,
    Pace,
    Scoring,
    Scripting,
    Select,
    Styling,
    Swap,
    Talk,
    Tempo,
    Titling,
    Total,
    Trim,
    Undo,
    UseAll,
)
from nemovideo_mock.agent.edit_state import EditOutcome, Note, visual_indices
from nemovideo_mock.agent.editing import length, look, order, removal, sound, text
from nemovideo_mock.agent.editing.draft_editor import DraftEditor
from nemovideo_mock.agent.lexicon import MUSIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_requests import Ask, EditRequest
    from nemovideo_mock.agent.edit_state import EditState
    from nemovideo_mock.json_types import Json
    from nemovideo_mock.turn_plan import Media

#: The maximum number of changes that can be undone.
MEMORY: Final = 10


def apply(saved: EditState, request: EditRequest, media: Sequence[Media], *, prompt: str = "") -> EditOutcome:
    """Return the edit state after this request; `prompt` describes the new scene if the request makes one."""
    editor = DraftEditor(copy.deepcopy(saved), media, first=not saved["shots"])
    if any(isinstance(ask, Undo) for ask in request.asks):
        return _undone(editor)
    _begin(editor, request, prompt)
    arranging = (Select, UseAll, Move, Swap, Arrange)
    for ask in request.asks:
        if isinstance(ask, arranging):
            order.arrange(editor, ask)
    for ask in request.asks:
        if not isinstance(ask, arranging):
            _do(editor, ask, request)
    _finish(editor, saved, request)
    return EditOutcome(editor.edit_state, tuple(editor.changes), tuple(editor.refusals))


def undo_history(edit_state: EditState) -> list[Json]:
    """Return the undo history after a change of this edit state, oldest first; the last entry is this edit state."""
    past: Json = {key: value for key, value in edit_state.items() if key != "before"}
    return [*edit_state["before"], past][-MEMORY:]


def _begin(editor: DraftEditor, request: EditRequest, prompt: str) -> None:
    """Put the uploads, or the requested scene, into an edit state that has no shots yet."""
    if prompt:
        if not any(isinstance(ask, Extra) for ask in request.asks):
            editor.edit_state["shots"] = []
        editor.edit_state["shots"].append(editor.new_shot(-1, prompt))
        if len(editor.edit_state["shots"]) > 1:
            editor.edit_state["total"] = None
        editor.note_change("generated", prompt=prompt)
    elif editor.first:
        editor.edit_state["shots"] = [editor.new_shot(index) for index in visual_indices(editor.media)]
        editor.edit_state["score"] = editor.newest_sound() or {
            "id": editor.new_id(),
            "mood": "",
            "name": "",
            "media": -1,
        }
    elif editor.edit_state["score"] is None or editor.edit_state["score"]["media"] < 0:
        fresh_sound = [
            index
            for index in range(editor.edit_state["seen"], len(editor.media))
            if editor.media[index].file_type == "audio"
        ]
        if fresh_sound:
            editor.edit_state["score"] = editor.newest_sound()
            editor.note_change("sound", name=editor.media[fresh_sound[-1]].filename)


def _finish(editor: DraftEditor, saved: EditState, request: EditRequest) -> None:
    """Name the unnamed shots, keep the lengths within the limits, and remember the previous state."""
    edit_state = editor.edit_state
    score = edit_state["score"]
    if score is not None and not score["name"] and score["media"] < 0:
        mood = score["mood"] or lengths.PACE_MOODS[edit_state["pace"]]
        score["mood"], score["name"] = mood, MUSIC_NAMES.get(mood, mood.capitalize())
    most = lengths.total_ms(edit_state, editor.media) // lengths.FRAME_MS
    if edit_state["total"] is not None and len(edit_state["shots"]) > most:
        editor.note_refusal("too_many", count=len(edit_state["shots"]), used=most)
        del edit_state["shots"][most:]
    _report_shortened(editor, request)
    _waiting(editor, request)
    edit_state["seen"] = len(editor.media)
    if not editor.first and _to_snapshot(saved) != _to_snapshot(edit_state):
        edit_state["before"] = undo_history(saved)


def _report_shortened(editor: DraftEditor, request: EditRequest) -> None:
    """Report a transition that has to be shorter than the length it was given."""
    asked = [ask.ms for ask in request.asks if isinstance(ask, Joining) and ask.ms is not None and not ask.ref]
    joins = [
        ms
        for ms in lengths.transition_lengths(editor.edit_state, lengths.shot_lengths(editor.edit_state, editor.media))
        if ms
    ]
    if asked and joins and min(joins) < asked[-1] <= lengths.LONGEST_JOIN_MS:
        editor.note_refusal("join_shortened", asked=asked[-1] / 1000, seconds=min(joins) / 1000)


def _to_snapshot(edit_state: EditState) -> Json:
    return {key: value for key, value in edit_state.items() if key not in {"before", "seen", "ids"}}


def _waiting(editor: DraftEditor, request: EditRequest) -> None:
    """Report the uploads that are not in the video, if there are new ones."""
    used = {shot["media"] for shot in editor.edit_state["shots"]}
    chosen = any(isinstance(ask, Select) for ask in request.asks)
    waiting = [
        editor.media[index].filename
        for index in visual_indices(editor.media)
        if index not in used and index >= editor.edit_state["seen"]
    ]
    if waiting and not editor.first and not chosen:
        editor.note_refusal("waiting", names=", ".join(waiting), count=len(waiting))


def _undone(editor: DraftEditor) -> EditOutcome:
    """Return the edit state before the last change."""
    if not editor.edit_state["before"]:
        return EditOutcome(editor.edit_state, (), (Note("nothing_to_undo"),))
    past = editor.edit_state["before"][-1]
    restored = cast("EditState", {**copy.deepcopy(past), "before": editor.edit_state["before"][:-1]})
    return EditOutcome(restored, (Note("undone"),), ())


def _do(editor: DraftEditor, ask: Ask, request: EditRequest) -> None:  # noqa: C901 -- one line for each kind of ask
    """Apply one ask that does not concern the order."""
    edit_state = editor.edit_state
    match ask:
        case Claim(count):
            _claim(editor, count)
        case Total(ms):
            length.total(editor, ms)
        case Longer(ms):
            length.total(editor, lengths.total_ms(edit_state, editor.media) + ms)
        case Each(ms):
            length.each(editor, ms, request)
        case Tempo(factor):
            length.tempo(editor, factor, request)
        case Hold():
            length.hold(editor, ask)
        case Trim():
            length.trim(editor, ask)
        case Frame(aspect=aspect):
            edit_state["aspect"] = aspect
            editor.note_change("aspect", aspect=aspect)
        case Pace(name):
            length.pace(editor, name)
        case Moving():
            look.motion(editor, ask, request)
        case Joining():
            look.join(editor, ask)
        case Fading(edge, ms):
            look.fade(editor, edge, ms)
        case Titling() | Styling() | Captioning() | Scripting():
            text.write(editor, ask)
        case Scoring() | Loudness():
            sound.music(editor, ask)
        case Off():
            removal.remove(editor, ask)
        case Again():
            editor.note_change("again")
        case _:
            assert isinstance(ask, Talk | Extra | Undo | Select | UseAll | Move | Swap | Arrange)


def _claim(editor: DraftEditor, count: int) -> None:
    """Report if the message assumes another number of photos than there are."""
    have = visual_indices(editor.media)
    photos = [index for index in have if editor.media[index].file_type == "image"]
    if count not in {len(have), len(photos), len(editor.edit_state["shots"])} and (editor.first or count > len(have)):
        editor.note_refusal("count_differs", claimed=count, count=len(have), used=len(editor.edit_state["shots"]))
