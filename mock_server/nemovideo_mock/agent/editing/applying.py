"""A request is applied to a brief: what each ask changes, and what is refused with a reason."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Final, cast

from nemovideo_mock.agent import timing
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
from nemovideo_mock.agent.edit_state import EditOutcome, Note, visuals
from nemovideo_mock.agent.editing import length, look, order, removal, sound, text
from nemovideo_mock.agent.editing.draft_editor import DraftEditor
from nemovideo_mock.agent.lexicon import MUSIC_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_requests import Ask, EditRequest
    from nemovideo_mock.agent.edit_state import EditState
    from nemovideo_mock.json_types import Json
    from nemovideo_mock.turn_plan import Media

#: How many changes can be taken back.
MEMORY: Final = 10


def apply(saved: EditState, request: EditRequest, media: Sequence[Media], *, prompt: str = "") -> EditOutcome:
    """The brief after this request; `prompt` is what a new scene shows, where the request makes one."""
    desk = DraftEditor(copy.deepcopy(saved), media, first=not saved["shots"])
    if any(isinstance(ask, Undo) for ask in request.asks):
        return _undone(desk)
    _begin(desk, request, prompt)
    arranging = (Select, UseAll, Move, Swap, Arrange)
    for ask in request.asks:
        if isinstance(ask, arranging):
            order.arrange(desk, ask)
    for ask in request.asks:
        if not isinstance(ask, arranging):
            _do(desk, ask, request)
    _finish(desk, saved, request)
    return EditOutcome(desk.brief, tuple(desk.changes), tuple(desk.refusals))


def undo_history(brief: EditState) -> list[Json]:
    """What can be taken back after a change of this brief, the oldest first; the last is the brief itself."""
    past: Json = {key: value for key, value in brief.items() if key != "before"}
    return [*brief["before"], past][-MEMORY:]


def _begin(desk: DraftEditor, request: EditRequest, prompt: str) -> None:
    """Put the uploads, or the scene that was asked for, into a brief that has nothing yet."""
    if prompt:
        if not any(isinstance(ask, Extra) for ask in request.asks):
            desk.brief["shots"] = []
        desk.brief["shots"].append(desk.new_shot(-1, prompt))
        if len(desk.brief["shots"]) > 1:
            desk.brief["total"] = None
        desk.changed("generated", prompt=prompt)
    elif desk.first:
        desk.brief["shots"] = [desk.new_shot(index) for index in visuals(desk.media)]
        desk.brief["score"] = desk.newest_sound() or {"id": desk.new_id(), "mood": "", "name": "", "media": -1}
    elif desk.brief["score"] is None or desk.brief["score"]["media"] < 0:
        fresh_sound = [
            index for index in range(desk.brief["seen"], len(desk.media)) if desk.media[index].file_type == "audio"
        ]
        if fresh_sound:
            desk.brief["score"] = desk.newest_sound()
            desk.changed("sound", name=desk.media[fresh_sound[-1]].filename)


def _finish(desk: DraftEditor, saved: EditState, request: EditRequest) -> None:
    """Name what is unnamed, keep within the bounds, and remember what was before."""
    brief = desk.brief
    score = brief["score"]
    if score is not None and not score["name"] and score["media"] < 0:
        mood = score["mood"] or timing.PACE_MOODS[brief["pace"]]
        score["mood"], score["name"] = mood, MUSIC_NAMES.get(mood, mood.capitalize())
    most = timing.total_of(brief, desk.media) // timing.FRAME_MS
    if brief["total"] is not None and len(brief["shots"]) > most:
        desk.refused("too_many", count=len(brief["shots"]), used=most)
        del brief["shots"][most:]
    _report_shortened(desk, request)
    _waiting(desk, request)
    brief["seen"] = len(desk.media)
    if not desk.first and _to_snapshot(saved) != _to_snapshot(brief):
        brief["before"] = undo_history(saved)


def _report_shortened(desk: DraftEditor, request: EditRequest) -> None:
    """Say where a transition that was given a length has to be shorter than that."""
    asked = [ask.ms for ask in request.asks if isinstance(ask, Joining) and ask.ms is not None and not ask.ref]
    joins = [ms for ms in timing.joins(desk.brief, timing.lengths(desk.brief, desk.media)) if ms]
    if asked and joins and min(joins) < asked[-1] <= timing.LONGEST_JOIN_MS:
        desk.refused("join_shortened", asked=asked[-1] / 1000, seconds=min(joins) / 1000)


def _to_snapshot(brief: EditState) -> Json:
    return {key: value for key, value in brief.items() if key not in {"before", "seen", "ids"}}


def _waiting(desk: DraftEditor, request: EditRequest) -> None:
    """Say which uploads are not in the video, if there are new ones."""
    used = {shot["media"] for shot in desk.brief["shots"]}
    chosen = any(isinstance(ask, Select) for ask in request.asks)
    waiting = [
        desk.media[index].filename for index in visuals(desk.media) if index not in used and index >= desk.brief["seen"]
    ]
    if waiting and not desk.first and not chosen:
        desk.refused("waiting", names=", ".join(waiting), count=len(waiting))


def _undone(desk: DraftEditor) -> EditOutcome:
    """The brief before the last change."""
    if not desk.brief["before"]:
        return EditOutcome(desk.brief, (), (Note("nothing_to_undo"),))
    past = desk.brief["before"][-1]
    restored = cast("EditState", {**copy.deepcopy(past), "before": desk.brief["before"][:-1]})
    return EditOutcome(restored, (Note("undone"),), ())


def _do(desk: DraftEditor, ask: Ask, request: EditRequest) -> None:  # noqa: C901 -- one line for each kind of ask
    """Apply one ask that does not concern the order."""
    brief = desk.brief
    match ask:
        case Claim(count):
            _claim(desk, count)
        case Total(ms):
            length.total(desk, ms)
        case Longer(ms):
            length.total(desk, timing.total_of(brief, desk.media) + ms)
        case Each(ms):
            length.each(desk, ms, request)
        case Tempo(factor):
            length.tempo(desk, factor, request)
        case Hold():
            length.hold(desk, ask)
        case Trim():
            length.trim(desk, ask)
        case Frame(aspect=aspect):
            brief["aspect"] = aspect
            desk.changed("aspect", aspect=aspect)
        case Pace(name):
            length.pace(desk, name)
        case Moving():
            look.motion(desk, ask, request)
        case Joining():
            look.join(desk, ask)
        case Fading(edge, ms):
            look.fade(desk, edge, ms)
        case Titling() | Styling() | Captioning() | Scripting():
            text.write(desk, ask)
        case Scoring() | Loudness():
            sound.music(desk, ask)
        case Off():
            removal.off(desk, ask)
        case Again():
            desk.changed("again")
        case _:
            assert isinstance(ask, Talk | Extra | Undo | Select | UseAll | Move | Swap | Arrange)


def _claim(desk: DraftEditor, count: int) -> None:
    """Say so where the message counts other photos than there are."""
    have = visuals(desk.media)
    photos = [index for index in have if desk.media[index].file_type == "image"]
    if count not in {len(have), len(photos), len(desk.brief["shots"])} and (desk.first or count > len(have)):
        desk.refused("count_differs", claimed=count, count=len(have), used=len(desk.brief["shots"]))
