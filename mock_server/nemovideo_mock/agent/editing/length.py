"""Change the length of the whole video and of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import timing
from nemovideo_mock.agent.edit_requests import Each, Hold, Longer, Pace, Total

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import EditRequest, PaceName, Trim
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def total(desk: DraftEditor, ms: int) -> None:
    """Make the whole video last `ms`."""
    brief = desk.brief
    if not desk.bounded(ms):
        return
    if desk.length_set == "each" and brief["each"] is not None and brief["each"] * len(brief["shots"]) != ms:
        desk.refused("each_or_total", each=brief["each"] / 1000, total=ms / 1000, kept="total")
    fixed = sum(shot["ms"] or 0 for shot in brief["shots"])
    free = sum(shot["ms"] is None for shot in brief["shots"])
    if fixed and fixed + free * timing.HELD_MS > ms:
        for shot in brief["shots"]:
            shot["ms"] = None
        desk.refused("holds_dropped")
    brief["total"], brief["each"] = ms, None
    desk.length_set = "total"
    desk.changed("total", seconds=ms / 1000)


def each(desk: DraftEditor, ms: int, request: EditRequest) -> None:
    """Show every photo for `ms`, except those that the same request gives another length."""
    brief = desk.brief
    named = tuple(place for ask in request.asks if isinstance(ask, Hold) for place in ask.ref)
    held = {shot["id"] for shot in desk.quietly(named)}
    count = len(brief["shots"])
    if ms < timing.HELD_MS:
        desk.refused("each_bounds", seconds=ms / 1000)
        return
    if not desk.bounded(ms * count):
        return
    if desk.length_set == "total" and not held and brief["total"] != ms * count:
        desk.refused("each_or_total", each=ms / 1000, total=(brief["total"] or 0) / 1000, kept="each")
    brief["each"], brief["total"] = ms, None
    for shot in brief["shots"]:
        if shot["id"] not in held:
            shot["ms"] = None
    desk.length_set = "each"
    desk.changed("each", seconds=ms / 1000, total=timing.total_of(brief, desk.media) / 1000)


def tempo(desk: DraftEditor, factor: float, request: EditRequest) -> None:
    """Make everything last longer or shorter by a factor."""
    brief = desk.brief
    if any(isinstance(ask, Total | Each | Longer) for ask in request.asks) or desk.first:
        if not any(isinstance(ask, Pace) for ask in request.asks):
            pace(desk, "slow" if factor > 1 else "fast")
        return
    total = timing.total_of(brief, desk.media)
    new = round(total * factor / 100) * 100
    if not desk.bounded(new):
        return
    for shot in brief["shots"]:
        shot["ms"] = None if shot["ms"] is None else round(shot["ms"] * factor)
    brief["total"], brief["each"] = new, None
    brief["join_factor"] = round(brief["join_factor"] * factor, 3)
    desk.changed("slower" if factor > 1 else "faster", seconds=new / 1000, before=total / 1000)


def hold(desk: DraftEditor, ask: Hold) -> None:
    """Give some photos their own length."""
    brief = desk.brief
    shots = desk.found(ask.ref)
    lengths = timing.lengths(brief, desk.media)
    known = {shot["id"]: length for shot, length in zip(brief["shots"], lengths, strict=True)}
    for shot in shots:
        ms = ask.ms if ask.ms is not None else round(known[shot["id"]] * ask.factor)
        rest = len(brief["shots"]) - 1
        total = brief["total"] if brief["total"] is not None else sum(known.values()) - known[shot["id"]] + ms
        fixed = sum(other["ms"] or 0 for other in brief["shots"] if other is not shot)
        free = rest - sum(other["ms"] is not None for other in brief["shots"] if other is not shot)
        fits = fixed + free * timing.HELD_MS + ms <= total if free else brief["total"] is None or fixed + ms == total
        if ms < timing.HELD_MS or not timing.SHORTEST_MS <= total <= timing.LONGEST_MS or not fits:
            desk.refused("hold_bounds", name=desk.name_of(shot), seconds=ms / 1000, total=total / 1000)
            continue
        shot["ms"] = ms
        desk.changed("hold", name=desk.name_of(shot), seconds=ms / 1000)


def trim(desk: DraftEditor, ask: Trim) -> None:
    """Use only a part of a clip."""
    clips = [
        shot for shot in (desk.found(ask.ref) if ask.ref else desk.brief["shots"]) if timing.is_clip(shot, desk.media)
    ]
    if len(clips) != 1:
        desk.refused("trim_what" if clips else "trim_none")
        return
    clip = clips[0]
    whole = timing.clip_ms(clip, desk.media)
    start, end = ask.start or 0, ask.end
    if start < 0:
        start = 0 if whole is None else max(0, whole + start)
    if (whole is not None and (start >= whole or (end or 0) > whole)) or (end is not None and end <= start):
        desk.refused("trim_bounds", name=desk.name_of(clip), seconds=(whole or 0) / 1000)
        return
    clip["start"], clip["end"] = start, end
    clip["ms"] = None
    if len(desk.brief["shots"]) == 1 and desk.length_set != "total":
        desk.brief["total"] = None
    desk.changed(
        "trim", name=desk.name_of(clip), start=start / 1000, end=(end if end is not None else whole or 0) / 1000
    )


def pace(desk: DraftEditor, name: PaceName) -> None:
    """Set the pace."""
    brief = desk.brief
    if name != brief["pace"] or desk.first:
        brief["pace"] = name
        brief["join_factor"] = 1.0
        if not desk.first and desk.length_set == "":
            brief["each"] = None if brief["total"] is not None else brief["each"]
        score = brief["score"]
        if score is not None and desk.first and not score["mood"]:
            score["name"] = score["name"] if score["media"] >= 0 else ""
        desk.changed("pace", pace=name)
