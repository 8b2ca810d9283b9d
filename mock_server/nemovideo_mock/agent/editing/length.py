"""Change the length of the whole video and of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import lengths
from nemovideo_mock.agent.edit_requests import Each, Hold, Longer, Pace, Total

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import EditRequest, PaceName, Trim
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def total(editor: DraftEditor, ms: int) -> None:
    """Make the whole video last `ms`."""
    edit_state = editor.edit_state
    if not editor.check_length(ms):
        return
    if (
        editor.length_set == "each"
        and edit_state["each"] is not None
        and edit_state["each"] * len(edit_state["shots"]) != ms
    ):
        editor.note_refusal("each_or_total", each=edit_state["each"] / 1000, total=ms / 1000, kept="total")
    fixed = sum(shot["ms"] or 0 for shot in edit_state["shots"])
    free = sum(shot["ms"] is None for shot in edit_state["shots"])
    if fixed and fixed + free * lengths.HELD_MS > ms:
        for shot in edit_state["shots"]:
            shot["ms"] = None
        editor.note_refusal("holds_dropped")
    edit_state["total"], edit_state["each"] = ms, None
    editor.length_set = "total"
    editor.note_change("total", seconds=ms / 1000)


def each(editor: DraftEditor, ms: int, request: EditRequest) -> None:
    """Show every photo for `ms`, except those that the same request gives another length."""
    edit_state = editor.edit_state
    named = tuple(place for ask in request.asks if isinstance(ask, Hold) for place in ask.ref)
    held = {shot["id"] for shot in editor.find_existing_shots(named)}
    count = len(edit_state["shots"])
    if ms < lengths.HELD_MS:
        editor.note_refusal("each_bounds", seconds=ms / 1000)
        return
    if not editor.check_length(ms * count):
        return
    if editor.length_set == "total" and not held and edit_state["total"] != ms * count:
        editor.note_refusal("each_or_total", each=ms / 1000, total=(edit_state["total"] or 0) / 1000, kept="each")
    edit_state["each"], edit_state["total"] = ms, None
    for shot in edit_state["shots"]:
        if shot["id"] not in held:
            shot["ms"] = None
    editor.length_set = "each"
    editor.note_change("each", seconds=ms / 1000, total=lengths.total_ms(edit_state, editor.media) / 1000)


def tempo(editor: DraftEditor, factor: float, request: EditRequest) -> None:
    """Make everything last longer or shorter by a factor."""
    edit_state = editor.edit_state
    if any(isinstance(ask, Total | Each | Longer) for ask in request.asks) or editor.first:
        if not any(isinstance(ask, Pace) for ask in request.asks):
            pace(editor, "slow" if factor > 1 else "fast")
        return
    total = lengths.total_ms(edit_state, editor.media)
    new = round(total * factor / 100) * 100
    if not editor.check_length(new):
        return
    for shot in edit_state["shots"]:
        shot["ms"] = None if shot["ms"] is None else round(shot["ms"] * factor)
    edit_state["total"], edit_state["each"] = new, None
    edit_state["join_factor"] = round(edit_state["join_factor"] * factor, 3)
    editor.note_change("slower" if factor > 1 else "faster", seconds=new / 1000, before=total / 1000)


def hold(editor: DraftEditor, ask: Hold) -> None:
    """Give some photos their own length."""
    edit_state = editor.edit_state
    shots = editor.find_shots(ask.ref)
    durations = lengths.shot_lengths(edit_state, editor.media)
    known = {shot["id"]: duration for shot, duration in zip(edit_state["shots"], durations, strict=True)}
    for shot in shots:
        ms = ask.ms if ask.ms is not None else round(known[shot["id"]] * ask.factor)
        rest = len(edit_state["shots"]) - 1
        total = edit_state["total"] if edit_state["total"] is not None else sum(known.values()) - known[shot["id"]] + ms
        fixed = sum(other["ms"] or 0 for other in edit_state["shots"] if other is not shot)
        free = rest - sum(other["ms"] is not None for other in edit_state["shots"] if other is not shot)
        fits = (
            fixed + free * lengths.HELD_MS + ms <= total if free else edit_state["total"] is None or fixed + ms == total
        )
        if ms < lengths.HELD_MS or not lengths.SHORTEST_MS <= total <= lengths.LONGEST_MS or not fits:
            editor.note_refusal("hold_bounds", name=editor.name_of(shot), seconds=ms / 1000, total=total / 1000)
            continue
        shot["ms"] = ms
        editor.note_change("hold", name=editor.name_of(shot), seconds=ms / 1000)


def trim(editor: DraftEditor, ask: Trim) -> None:
    """Use only a part of a clip."""
    clips = [
        shot
        for shot in (editor.find_shots(ask.ref) if ask.ref else editor.edit_state["shots"])
        if lengths.is_clip(shot, editor.media)
    ]
    if len(clips) != 1:
        editor.note_refusal("trim_what" if clips else "trim_none")
        return
    clip = clips[0]
    whole = lengths.clip_ms(clip, editor.media)
    start, end = ask.start or 0, ask.end
    if start < 0:
        start = 0 if whole is None else max(0, whole + start)
    if (whole is not None and (start >= whole or (end or 0) > whole)) or (end is not None and end <= start):
        editor.note_refusal("trim_bounds", name=editor.name_of(clip), seconds=(whole or 0) / 1000)
        return
    clip["start"], clip["end"] = start, end
    clip["ms"] = None
    if len(editor.edit_state["shots"]) == 1 and editor.length_set != "total":
        editor.edit_state["total"] = None
    editor.note_change(
        "trim", name=editor.name_of(clip), start=start / 1000, end=(end if end is not None else whole or 0) / 1000
    )


def pace(editor: DraftEditor, name: PaceName) -> None:
    """Set the pace."""
    edit_state = editor.edit_state
    if name != edit_state["pace"] or editor.first:
        edit_state["pace"] = name
        edit_state["join_factor"] = 1.0
        if not editor.first and editor.length_set == "":
            edit_state["each"] = None if edit_state["total"] is not None else edit_state["each"]
        score = edit_state["score"]
        if score is not None and editor.first and not score["mood"]:
            score["name"] = score["name"] if score["media"] >= 0 else ""
        editor.note_change("pace", pace=name)
