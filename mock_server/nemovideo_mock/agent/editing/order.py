"""Change which photos are in the video, and their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo_mock.agent import reading, timing
from nemovideo_mock.agent.edit_requests import Arrange, Move, Select, Swap, UseAll
from nemovideo_mock.agent.edit_state import visuals

if TYPE_CHECKING:
    from nemovideo_mock.agent.edit_requests import Place, Ref
    from nemovideo_mock.agent.editing.draft_editor import DraftEditor


def arrange(desk: DraftEditor, ask: Select | UseAll | Move | Swap | Arrange) -> None:
    """Change which photos are used, or their order."""
    before = [shot["id"] for shot in desk.brief["shots"]]
    match ask:
        case Select(mode="add"):
            _add_back(desk, ask.ref)
        case Select():
            _select(desk, ask)
        case UseAll(new_only):
            _use_all(desk, new_only=new_only)
        case Move():
            _move(desk, ask)
        case Swap(one, other):
            _swap(desk, one, other)
        case Arrange():
            _reorder(desk, ask)
    after = [shot["id"] for shot in desk.brief["shots"]]
    if len(before) != len(after):
        desk.changed("count", count=len(after), names=", ".join(desk.names()))
    elif before != after:
        desk.changed("order", names=", ".join(desk.names()))


def _select(desk: DraftEditor, ask: Select) -> None:
    shots = desk.found(ask.ref)
    if not shots:
        return
    chosen = {shot["id"] for shot in shots}
    left = [shot for shot in desk.brief["shots"] if shot["id"] not in chosen] if ask.mode == "drop" else shots
    if not left:
        desk.refused("none_left")
        return
    desk.brief["shots"] = left


def _add_back(desk: DraftEditor, ref: Ref) -> None:
    seen = visuals(desk.media)
    indices, missing = reading.places(ref, [desk.media[index].filename for index in seen])
    used = {shot["media"] for shot in desk.brief["shots"]}
    for place in missing:
        desk.missing(place)
    for index in indices:
        if seen[index] not in used:
            desk.brief["shots"].append(desk.new_shot(seen[index]))


def _use_all(desk: DraftEditor, *, new_only: bool) -> None:
    used = {shot["media"] for shot in desk.brief["shots"]}
    new = [index for index in visuals(desk.media) if index not in used]
    desk.brief["shots"] += [desk.new_shot(index) for index in new]
    if new_only and not new and not desk.first:
        desk.refused("nothing_new")


def _move(desk: DraftEditor, ask: Move) -> None:
    moved = desk.found(ask.ref)
    if not moved:
        return
    ids = {shot["id"] for shot in moved}
    rest = [shot for shot in desk.brief["shots"] if shot["id"] not in ids]
    if ask.side == "at":
        target = ask.to if isinstance(ask.to, int) else 1
        at = target - 1 if target > 0 else len(rest) + 1 + target
        if not 0 <= at <= len(rest):
            desk.missing(ask.to)
            return
    else:
        anchors = desk.found((ask.to,))
        if not anchors or anchors[0]["id"] in ids:
            return
        at = [shot["id"] for shot in rest].index(anchors[0]["id"]) + (ask.side == "after")
    desk.brief["shots"] = [*rest[:at], *moved, *rest[at:]]


def _swap(desk: DraftEditor, one: Place, other: Place) -> None:
    pair = desk.found((one, other))
    if len(pair) == 2:
        shots = desk.brief["shots"]
        first, second = shots.index(pair[0]), shots.index(pair[1])
        shots[first], shots[second] = shots[second], shots[first]


def _reorder(desk: DraftEditor, ask: Arrange) -> None:
    shots = desk.brief["shots"]
    if ask.how == "reversed":
        desk.brief["shots"] = shots[::-1]
    elif ask.how == "uploaded":
        desk.brief["shots"] = sorted(shots, key=lambda shot: (shot["media"] < 0, shot["media"]))
    elif ask.how in {"clips_first", "photos_first"}:
        clips = ask.how == "clips_first"
        desk.brief["shots"] = sorted(shots, key=lambda shot: timing.is_clip(shot, desk.media) != clips)
    else:
        named = desk.found(ask.ref)
        ids = {shot["id"] for shot in named}
        desk.brief["shots"] = [*named, *(shot for shot in shots if shot["id"] not in ids)]
