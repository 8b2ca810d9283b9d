"""Remove parts of the video."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import Off
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def remove(editor: DraftEditor, ask: Off) -> None:
    """Remove something; note it if it did not exist."""
    brief = editor.brief
    there = True
    match ask.topic:
        case "music":
            there = brief["score"] is not None
            brief["score"] = None
        case "title":
            there = bool(brief["lines"])
            brief["lines"] = []
        case "captions":
            there = bool(brief["captions"]) or any(shot["caption"] for shot in brief["shots"])
            brief["captions"], brief["caption_ids"], brief["spoken"] = [], [], False
            for shot in brief["shots"]:
                shot["caption"] = ""
        case "transition":
            there = brief["join"] != "cut"
            brief["join"] = "cut"
            for shot in brief["shots"]:
                shot["join"] = None
        case "motion":
            brief["motion"] = "still"
            for shot in brief["shots"]:
                shot["motion"] = None
        case "opening" | "closing" | "fades":
            there = bool((ask.topic != "closing" and brief["opening"]) or (ask.topic != "opening" and brief["closing"]))
            brief["opening"] = brief["opening"] if ask.topic == "closing" else 0
            brief["closing"] = brief["closing"] if ask.topic == "opening" else 0
            if ask.topic == "fades" and brief["join"] == "fade":
                brief["join"], there = "cut", True
    editor.note_change(f"no_{ask.topic}" if there or editor.first else f"was_no_{ask.topic}")
