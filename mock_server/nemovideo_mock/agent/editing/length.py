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
    brief = editor.brief
    if not editor.check_length(ms):
        return
    if editor.length_set == "each" and brief["each"] is not None and brief["each"] * len(brief["shots"]) != ms:
        editor.note_refusal("each_or_total", each=brief["each"] / 1000, total=ms / 1000, kept="total")
    fixed = sum(shot["ms"] or 0 for shot in brief["shots"])
    free = sum(shot["ms"] is None for shot in brief["shots"])
    if fixed and fixed + free * lengths.HELD_MS > ms:
        for shot in brief["shots"]:
            shot["ms"] = None
        editor.note_refusal("holds_dropped")
    brief["total"], brief["each"] = ms, None
    editor.length_set = "total"
    editor.note_change("total", seconds=ms / 1000)


def each(editor: DraftEditor, ms: int, request: EditRequest) -> None:
    """Show every photo for `ms`, except those that the same request gives another length."""
    brief = editor.brief
    named = tuple(place for ask in request.asks if isinstance(ask, Hold) for place in ask.ref)
    held = {shot["id"] for shot in editor.find_existing_shots(named)}
    count = len(brief["shots"])
    if ms < lengths.HELD_MS:
        editor.note_refusal("each_bounds", seconds=ms / 1000)
        return
    if not editor.check_length(ms * count):
        return
    if editor.length_set == "total" and not held and brief["total"] != ms * count:
        editor.note_refusal("each_or_total", each=ms / 1000, total=(brief["total"] or 0) / 1000, kept="each")
    brief["each"], brief["total"] = ms, None
    for shot in brief["shots"]:
        if shot["id"] not in held:
            shot["ms"] = None
    editor.length_set = "each"
    editor.note_change("each", seconds=ms / 1000, total=lengths.total_ms(brief, editor.media) / 1000)


def tempo(editor: DraftEditor, factor: float, request: EditRequest) -> None:
    """Make everything last longer or shorter by a factor."""
    brief = editor.brief
    if any(isinstance(ask, Total | Each | Longer) for ask in request.asks) or editor.first:
        if not any(isinstance(ask, Pace) for ask in request.asks):
            pace(editor, "slow" if factor > 1 else "fast")
        return
    total = lengths.total_ms(brief, editor.media)
    new = round(total * factor / 100) * 100
    if not editor.check_length(new):
        return
    for shot in brief["shots"]:
        shot["ms"] = None if shot["ms"] is None else round(shot["ms"] * factor)
    brief["total"], brief["each"] = new, None
    brief["join_factor"] = round(brief["join_factor"] * factor, 3)
    editor.note_change("slower" if factor > 1 else "faster", seconds=new / 1000, before=total / 1000)


def hold(editor: DraftEditor, ask: Hold) -> None:
    """Give some photos their own length."""
    brief = editor.brief
    shots = editor.find_shots(ask.ref)
    durations = lengths.shot_lengths(brief, editor.media)
    known = {shot["id"]: duration for shot, duration in zip(brief["shots"], durations, strict=True)}
    for shot in shots:
        ms = ask.ms if ask.ms is not None else round(known[shot["id"]] * ask.factor)
        rest = len(brief["shots"]) - 1
        total = brief["total"] if brief["total"] is not None else sum(known.values()) - known[shot["id"]] + ms
        fixed = sum(other["ms"] or 0 for other in brief["shots"] if other is not shot)
        free = rest - sum(other["ms"] is not None for other in brief["shots"] if other is not shot)
        fits = fixed + free * lengths.HELD_MS + ms <= total if free else brief["total"] is None or fixed + ms == total
        if ms < lengths.HELD_MS or not lengths.SHORTEST_MS <= total <= lengths.LONGEST_MS or not fits:
            editor.note_refusal("hold_bounds", name=editor.name_of(shot), seconds=ms / 1000, total=total / 1000)
            continue
        shot["ms"] = ms
        editor.note_change("hold", name=editor.name_of(shot), seconds=ms / 1000)


def trim(editor: DraftEditor, ask: Trim) -> None:
    """Use only a part of a clip."""
    clips = [
        shot
        for shot in (editor.find_shots(ask.ref) if ask.ref else editor.brief["shots"])
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
    if len(editor.brief["shots"]) == 1 and editor.length_set != "total":
        editor.brief["total"] = None
    editor.note_change(
        "trim", name=editor.name_of(clip), start=start / 1000, end=(end if end is not None else whole or 0) / 1000
    )


def pace(editor: DraftEditor, name: PaceName) -> None:
    """Set the pace."""
    brief = editor.brief
    if name != brief["pace"] or editor.first:
        brief["pace"] = name
        brief["join_factor"] = 1.0
        if not editor.first and editor.length_set == "":
            brief["each"] = None if brief["total"] is not None else brief["each"]
        score = brief["score"]
        if score is not None and editor.first and not score["mood"]:
            score["name"] = score["name"] if score["media"] >= 0 else ""
        editor.note_change("pace", pace=name)
