"""Remove parts of the video."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import Off
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def remove(editor: DraftEditor, ask: Off) -> None:
    """Remove something; note it if it did not exist."""
    edit_state = editor.edit_state
    there = True
    match ask.topic:
        case "music":
            there = edit_state["score"] is not None
            edit_state["score"] = None
        case "title":
            there = bool(edit_state["lines"])
            edit_state["lines"] = []
        case "captions":
            there = bool(edit_state["captions"]) or any(shot["caption"] for shot in edit_state["shots"])
            edit_state["captions"], edit_state["caption_ids"], edit_state["spoken"] = [], [], False
            for shot in edit_state["shots"]:
                shot["caption"] = ""
        case "transition":
            there = edit_state["join"] != "cut"
            edit_state["join"] = "cut"
            for shot in edit_state["shots"]:
                shot["join"] = None
        case "motion":
            edit_state["motion"] = "still"
            for shot in edit_state["shots"]:
                shot["motion"] = None
        case "opening" | "closing" | "fades":
            there = bool(
                (ask.topic != "closing" and edit_state["opening"]) or (ask.topic != "opening" and edit_state["closing"])
            )
            edit_state["opening"] = edit_state["opening"] if ask.topic == "closing" else 0
            edit_state["closing"] = edit_state["closing"] if ask.topic == "opening" else 0
            if ask.topic == "fades" and edit_state["join"] == "fade":
                edit_state["join"], there = "cut", True
    editor.note_change(f"no_{ask.topic}" if there or editor.first else f"was_no_{ask.topic}")
