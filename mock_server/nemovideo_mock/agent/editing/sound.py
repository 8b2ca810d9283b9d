"""Change the music and its volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import lengths
from nemovideo_mock.agent.edit_requests import Loudness
from nemovideo_mock.agent.lexicon import MUSIC_NAMES, SOUNDS

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import Scoring
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def music(editor: DraftEditor, ask: Scoring | Loudness) -> None:
    """Choose the music or set its volume."""
    edit_state = editor.edit_state
    score = edit_state["score"]
    if isinstance(ask, Loudness) and ask == Loudness() and score is not None:
        editor.note_change("music_fades")
        return
    if isinstance(ask, Loudness):
        if ask.level is not None and ask.level > 1:
            editor.note_refusal("volume_bounds", percent=round(ask.level * 100))
            return
        if score is None:
            editor.note_refusal("no_music")
            return
        edit_state["volume"] = (
            ask.level if ask.level is not None else round(min(1.0, edit_state["volume"] * ask.factor), 3)
        )
        editor.note_change("volume", percent=round(edit_state["volume"] * 100))
        return
    if score is not None and not ask.mood and not ask.name and not editor.first:
        editor.note_change("music_there", name=score["name"])
        return
    if score is None or ask.mood or ask.name:
        sound = editor.newest_sound() if not ask.mood and not ask.name else None
        name = ask.name if " " in ask.name or ask.name.lower() in SOUNDS or not ask.mood else ""
        mood = ask.mood or lengths.PACE_MOODS[edit_state["pace"]]
        identity = score["id"] if score is not None else editor.new_id()
        edit_state["score"] = sound or {
            "id": identity,
            "mood": mood,
            "name": name or MUSIC_NAMES.get(mood, mood.capitalize()),
            "media": -1,
        }
    named = edit_state["score"]
    editor.note_change("music", name=named["name"] if named is not None and named["name"] else "…")
