"""Change how photos move, how they follow each other, and how the video fades from and to black."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nemovideo_mock.agent import timing
from nemovideo_mock.agent.edit_requests import Moving

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import EditRequest, Joining
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def motion(desk: DraftEditor, ask: Moving, request: EditRequest) -> None:
    """Set the motion of all photos, or of some."""
    brief = desk.brief
    if ask.ref:
        for shot in desk.found(ask.ref):
            if timing.is_clip(shot, desk.media):
                desk.refused("clips_move")
                continue
            shot["motion"] = ask.motion
            desk.changed("motion_one", motion=ask.motion, name=desk.name_of(shot))
    else:
        brief["motion"] = ask.motion
        special = {place for other in request.asks if isinstance(other, Moving) for place in other.ref}
        keep = {shot["id"] for shot in desk.quietly(tuple(special))}
        for shot in brief["shots"]:
            if shot["id"] not in keep:
                shot["motion"] = None
        desk.changed("motion", motion=ask.motion)
        if any(timing.is_clip(shot, desk.media) for shot in brief["shots"]):
            desk.refused("clips_move")
    if ask.hurried:
        desk.refused("motion_speed")


def join(desk: DraftEditor, ask: Joining) -> None:
    """Set the transitions between all photos, or to the named ones."""
    brief = desk.brief
    if ask.ms is not None and not 0 < ask.ms <= timing.LONGEST_JOIN_MS:
        desk.refused("join_bounds", seconds=ask.ms / 1000)
    elif ask.ref:
        _join_some(desk, ask)
    elif ask.kind is None and brief["join"] == "cut":
        desk.refused("no_transitions")
    else:
        _join_all(desk, ask)


def _join_some(desk: DraftEditor, ask: Joining) -> None:
    for shot in desk.found(ask.ref):
        if shot is desk.brief["shots"][0]:
            desk.refused("no_join_before_first")
            continue
        shot["join"] = ask.kind or shot["join"]
        shot["join_ms"] = ask.ms
        desk.changed("join_one", kind=ask.kind or shot["join"] or desk.brief["join"], name=desk.name_of(shot))


def _join_all(desk: DraftEditor, ask: Joining) -> None:
    brief = desk.brief
    if ask.kind is not None:
        brief["join"] = ask.kind
        for shot in brief["shots"]:
            shot["join"] = None
    if ask.ms is not None:
        brief["join_ms"] = ask.ms
    elif ask.factor != 1.0:
        brief["join_ms"] = max(100, round(timing.join_ms(brief) * ask.factor))
    elif not desk.first:
        brief["join_ms"] = None
    if len(brief["shots"]) == 1:
        desk.refused("one_photo")
        return
    desk.changed("join", kind=brief["join"], seconds=timing.join_ms(brief) / 1000)


def fade(desk: DraftEditor, edge: Literal["opening", "closing"], ms: int | None) -> None:
    """Fade from black or to black within `ms`."""
    if ms is not None and not 0 < ms <= timing.LONGEST_FADE_MS:
        desk.refused("fade_bounds", seconds=ms / 1000)
        return
    length = ms if ms is not None else 1000
    if edge == "opening":
        desk.brief["opening"] = length
    else:
        desk.brief["closing"] = length
    desk.changed(edge, seconds=length / 1000)
