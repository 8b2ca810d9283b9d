"""Requests are applied to briefs: what each ask changes, and what is refused with a reason."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, cast

from nemovideo_mock.agent import reading, timing
from nemovideo_mock.agent.asks import (
    Again,
    Arrange,
    Ask,
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
    PaceName,
    Place,
    Ref,
    Request,
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
from nemovideo_mock.agent.brief import Brief, Line, Note, Outcome, Score, Shot, visuals
from nemovideo_mock.agent.lexicon import MUSIC_NAMES, SOUNDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.plan import Json, Media

#: How many changes can be taken back.
MEMORY: Final = 10


def apply(saved: Brief, request: Request, media: Sequence[Media], *, prompt: str = "") -> Outcome:
    """The brief after this request; `prompt` is what a new scene shows, where the request makes one."""
    work = _Work(copy.deepcopy(saved), media, first=not saved["shots"])
    if any(isinstance(ask, Undo) for ask in request.asks):
        return work.undone()
    work.begin(request, prompt)
    arranging = (Select, UseAll, Move, Swap, Arrange)
    for ask in request.asks:
        if isinstance(ask, arranging):
            work.arrange(ask)
    for ask in request.asks:
        if not isinstance(ask, arranging):
            work.do(ask, request)
    work.finish(saved, request)
    return Outcome(work.brief, tuple(work.changes), tuple(work.refusals))


@dataclass(slots=True)
class _Work:
    """A brief while a request is applied to it."""

    brief: Brief
    media: Sequence[Media]
    first: bool
    changes: list[Note] = field(default_factory=list[Note])
    refusals: list[Note] = field(default_factory=list[Note])
    new_line: Line | None = None
    length_set: Literal["", "total", "each"] = ""

    # --- beginning and end --------------------------------------------------------------------------------------------

    def begin(self, request: Request, prompt: str) -> None:
        """Put the uploads, or the scene that was asked for, into a brief that has nothing yet."""
        if prompt:
            if not any(isinstance(ask, Extra) for ask in request.asks):
                self.brief["shots"] = []
            self.brief["shots"].append(self._shot(-1, prompt))
            if len(self.brief["shots"]) > 1:
                self.brief["total"] = None
            self.changed("generated", prompt=prompt)
        elif self.first:
            self.brief["shots"] = [self._shot(index) for index in visuals(self.media)]
            self.brief["score"] = self._sound() or {"id": self._id(), "mood": "", "name": "", "media": -1}
        elif self.brief["score"] is None or self.brief["score"]["media"] < 0:
            fresh_sound = [
                index for index in range(self.brief["seen"], len(self.media)) if self.media[index].file_type == "audio"
            ]
            if fresh_sound:
                self.brief["score"] = self._sound()
                self.changed("sound", name=self.media[fresh_sound[-1]].filename)

    def finish(self, saved: Brief, request: Request) -> None:
        """Name what is unnamed, keep within the bounds, and remember what was before."""
        brief = self.brief
        score = brief["score"]
        if score is not None and not score["name"] and score["media"] < 0:
            mood = score["mood"] or timing.PACE_MOODS[brief["pace"]]
            score["mood"], score["name"] = mood, MUSIC_NAMES.get(mood, mood.capitalize())
        most = timing.total_of(brief, self.media) // timing.FRAME_MS
        if brief["total"] is not None and len(brief["shots"]) > most:
            self.refused("too_many", count=len(brief["shots"]), used=most)
            del brief["shots"][most:]
        self._shortened(request)
        self._waiting(request)
        brief["seen"] = len(self.media)
        if not self.first and self._kept(saved) != self._kept(brief):
            past = {key: value for key, value in saved.items() if key != "before"}
            brief["before"] = [*saved["before"], past][-MEMORY:]

    def _shortened(self, request: Request) -> None:
        """Say where a transition that was given a length has to be shorter than that."""
        asked = [ask.ms for ask in request.asks if isinstance(ask, Joining) and ask.ms is not None and not ask.ref]
        joins = [length for length in timing.joins(self.brief, timing.lengths(self.brief, self.media)) if length]
        if asked and joins and min(joins) < asked[-1] <= timing.LONGEST_JOIN_MS:
            self.refused("join_shortened", asked=asked[-1] / 1000, seconds=min(joins) / 1000)

    @staticmethod
    def _kept(brief: Brief) -> Json:
        return {key: value for key, value in brief.items() if key not in {"before", "seen", "ids"}}

    def _waiting(self, request: Request) -> None:
        """Say which uploads are not in the video, if there are new ones."""
        used = {shot["media"] for shot in self.brief["shots"]}
        chosen = any(isinstance(ask, Select) for ask in request.asks)
        waiting = [
            self.media[index].filename
            for index in visuals(self.media)
            if index not in used and index >= self.brief["seen"]
        ]
        if waiting and not self.first and not chosen:
            self.refused("waiting", names=", ".join(waiting), count=len(waiting))

    def undone(self) -> Outcome:
        """The brief before the last change."""
        if not self.brief["before"]:
            return Outcome(self.brief, (), (Note("nothing_to_undo"),))
        past = self.brief["before"][-1]
        restored = cast("Brief", {**copy.deepcopy(past), "before": self.brief["before"][:-1]})
        return Outcome(restored, (Note("undone"),), ())

    def changed(self, key: str, **values: object) -> None:
        """Note a change."""
        self.changes.append(Note(key, values))

    def refused(self, key: str, **values: object) -> None:
        """Note what could not be done, or needs saying."""
        self.refusals.append(Note(key, values))

    def _id(self) -> str:
        self.brief["ids"] += 1
        return f"sg_{self.brief['ids']}"

    def _shot(self, media: int, prompt: str = "") -> Shot:
        return {
            "id": self._id(),
            "media": media,
            "prompt": prompt,
            "motion": None,
            "ms": None,
            "join": None,
            "join_ms": None,
            "start": 0,
            "end": None,
            "caption": "",
            "caption_id": "",
        }

    def _sound(self) -> Score | None:
        index = next(
            (index for index in reversed(range(len(self.media))) if self.media[index].file_type == "audio"), None
        )
        return (
            None
            if index is None
            else {"id": self._id(), "mood": "", "name": self.media[index].filename, "media": index}
        )

    # --- which photos, in which order ---------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The file names of the shots in order."""
        return [
            self.media[shot["media"]].filename if shot["media"] >= 0 else shot["prompt"] for shot in self.brief["shots"]
        ]

    def found(self, ref: Ref) -> list[Shot]:
        """The shots that are meant; what is meant in vain is refused by name."""
        indices, missing = reading.places(ref, self.names())
        for place in missing:
            self._missing(place)
        return [self.brief["shots"][index] for index in indices]

    def _missing(self, place: Place) -> None:
        self.refused(
            "no_such_file" if isinstance(place, str) else "no_such_photo", place=place, count=len(self.brief["shots"])
        )

    def arrange(self, ask: Select | UseAll | Move | Swap | Arrange) -> None:
        """Change which photos are used, or their order."""
        before = [shot["id"] for shot in self.brief["shots"]]
        match ask:
            case Select(mode="add"):
                self._add_back(ask.ref)
            case Select():
                self._select(ask)
            case UseAll(new_only):
                self._use_all(new_only=new_only)
            case Move():
                self._move(ask)
            case Swap(one, other):
                self._swap(one, other)
            case Arrange():
                self._reorder(ask)
        after = [shot["id"] for shot in self.brief["shots"]]
        if len(before) != len(after):
            self.changed("count", count=len(after), names=", ".join(self.names()))
        elif before != after:
            self.changed("order", names=", ".join(self.names()))

    def _select(self, ask: Select) -> None:
        shots = self.found(ask.ref)
        if not shots:
            return
        chosen = {shot["id"] for shot in shots}
        left = [shot for shot in self.brief["shots"] if shot["id"] not in chosen] if ask.mode == "drop" else shots
        if not left:
            self.refused("none_left")
            return
        self.brief["shots"] = left

    def _add_back(self, ref: Ref) -> None:
        seen = visuals(self.media)
        indices, missing = reading.places(ref, [self.media[index].filename for index in seen])
        used = {shot["media"] for shot in self.brief["shots"]}
        for place in missing:
            self._missing(place)
        for index in indices:
            if seen[index] not in used:
                self.brief["shots"].append(self._shot(seen[index]))

    def _use_all(self, *, new_only: bool) -> None:
        used = {shot["media"] for shot in self.brief["shots"]}
        new = [index for index in visuals(self.media) if index not in used]
        self.brief["shots"] += [self._shot(index) for index in new]
        if new_only and not new and not self.first:
            self.refused("nothing_new")

    def _move(self, ask: Move) -> None:
        moved = self.found(ask.ref)
        if not moved:
            return
        ids = {shot["id"] for shot in moved}
        rest = [shot for shot in self.brief["shots"] if shot["id"] not in ids]
        if ask.side == "at":
            target = ask.to if isinstance(ask.to, int) else 1
            at = target - 1 if target > 0 else len(rest) + 1 + target
            if not 0 <= at <= len(rest):
                self._missing(ask.to)
                return
        else:
            anchors = self.found((ask.to,))
            if not anchors or anchors[0]["id"] in ids:
                return
            at = [shot["id"] for shot in rest].index(anchors[0]["id"]) + (ask.side == "after")
        self.brief["shots"] = [*rest[:at], *moved, *rest[at:]]

    def _swap(self, one: Place, other: Place) -> None:
        pair = self.found((one, other))
        if len(pair) == 2:
            shots = self.brief["shots"]
            first, second = shots.index(pair[0]), shots.index(pair[1])
            shots[first], shots[second] = shots[second], shots[first]

    def _reorder(self, ask: Arrange) -> None:
        shots = self.brief["shots"]
        if ask.how == "reversed":
            self.brief["shots"] = shots[::-1]
        elif ask.how == "uploaded":
            self.brief["shots"] = sorted(shots, key=lambda shot: (shot["media"] < 0, shot["media"]))
        elif ask.how in {"clips_first", "photos_first"}:
            clips = ask.how == "clips_first"
            self.brief["shots"] = sorted(shots, key=lambda shot: timing.is_clip(shot, self.media) != clips)
        else:
            named = self.found(ask.ref)
            ids = {shot["id"] for shot in named}
            self.brief["shots"] = [*named, *(shot for shot in shots if shot["id"] not in ids)]

    # --- everything else ----------------------------------------------------------------------------------------------

    def do(self, ask: Ask, request: Request) -> None:  # noqa: C901 -- one line for each kind of ask
        """Apply one ask that does not concern the order."""
        brief = self.brief
        match ask:
            case Claim(count):
                self._claim(count)
            case Total(ms):
                self._total(ms)
            case Longer(ms):
                self._total(timing.total_of(brief, self.media) + ms)
            case Each(ms):
                self._each(ms, request)
            case Tempo(factor):
                self._tempo(factor, request)
            case Hold():
                self._hold(ask)
            case Trim():
                self._trim(ask)
            case Frame(aspect=aspect):
                brief["aspect"] = aspect
                self.changed("aspect", aspect=aspect)
            case Pace(name):
                self._pace(name)
            case Moving():
                self._motion(ask, request)
            case Joining():
                self._join(ask)
            case Fading(edge, ms):
                self._fade(edge, ms)
            case Titling() | Styling() | Captioning() | Scripting():
                self._words(ask)
            case Scoring() | Loudness():
                self._music(ask)
            case Off():
                self._off(ask)
            case Again():
                self.changed("again")
            case _:
                assert isinstance(ask, Talk | Extra | Undo | Select | UseAll | Move | Swap | Arrange)

    def _claim(self, count: int) -> None:
        """Say so where the message counts other photos than there are."""
        have = visuals(self.media)
        photos = [index for index in have if self.media[index].file_type == "image"]
        if count not in {len(have), len(photos), len(self.brief["shots"])} and (self.first or count > len(have)):
            self.refused("count_differs", claimed=count, count=len(have), used=len(self.brief["shots"]))

    def _bounded(self, ms: int) -> bool:
        if timing.SHORTEST_MS <= ms <= timing.LONGEST_MS:
            return True
        self.refused("length_bounds", seconds=ms / 1000)
        return False

    def _total(self, ms: int) -> None:
        brief = self.brief
        if not self._bounded(ms):
            return
        if self.length_set == "each" and brief["each"] is not None and brief["each"] * len(brief["shots"]) != ms:
            self.refused("each_or_total", each=brief["each"] / 1000, total=ms / 1000, kept="total")
        fixed = sum(shot["ms"] or 0 for shot in brief["shots"])
        free = sum(shot["ms"] is None for shot in brief["shots"])
        if fixed and fixed + free * timing.HELD_MS > ms:
            for shot in brief["shots"]:
                shot["ms"] = None
            self.refused("holds_dropped")
        brief["total"], brief["each"] = ms, None
        self.length_set = "total"
        self.changed("total", seconds=ms / 1000)

    def _each(self, ms: int, request: Request) -> None:
        brief = self.brief
        named = tuple(place for ask in request.asks if isinstance(ask, Hold) for place in ask.ref)
        held = {shot["id"] for shot in self._quietly(named)}
        count = len(brief["shots"])
        if ms < timing.HELD_MS:
            self.refused("each_bounds", seconds=ms / 1000)
            return
        if not self._bounded(ms * count):
            return
        if self.length_set == "total" and not held and brief["total"] != ms * count:
            self.refused("each_or_total", each=ms / 1000, total=(brief["total"] or 0) / 1000, kept="each")
        brief["each"], brief["total"] = ms, None
        for shot in brief["shots"]:
            if shot["id"] not in held:
                shot["ms"] = None
        self.length_set = "each"
        self.changed("each", seconds=ms / 1000, total=timing.total_of(brief, self.media) / 1000)

    def _tempo(self, factor: float, request: Request) -> None:
        brief = self.brief
        if any(isinstance(ask, Total | Each | Longer) for ask in request.asks) or self.first:
            if not any(isinstance(ask, Pace) for ask in request.asks):
                self._pace("slow" if factor > 1 else "fast")
            return
        total = timing.total_of(brief, self.media)
        new = round(total * factor / 100) * 100
        if not self._bounded(new):
            return
        for shot in brief["shots"]:
            shot["ms"] = None if shot["ms"] is None else round(shot["ms"] * factor)
        brief["total"], brief["each"] = new, None
        brief["join_factor"] = round(brief["join_factor"] * factor, 3)
        self.changed("slower" if factor > 1 else "faster", seconds=new / 1000, before=total / 1000)

    def _hold(self, ask: Hold) -> None:
        brief = self.brief
        shots = self.found(ask.ref)
        lengths = timing.lengths(brief, self.media)
        known = {shot["id"]: length for shot, length in zip(brief["shots"], lengths, strict=True)}
        for shot in shots:
            ms = ask.ms if ask.ms is not None else round(known[shot["id"]] * ask.factor)
            rest = len(brief["shots"]) - 1
            total = brief["total"] if brief["total"] is not None else sum(known.values()) - known[shot["id"]] + ms
            fixed = sum(other["ms"] or 0 for other in brief["shots"] if other is not shot)
            free = rest - sum(other["ms"] is not None for other in brief["shots"] if other is not shot)
            fits = (
                fixed + free * timing.HELD_MS + ms <= total if free else brief["total"] is None or fixed + ms == total
            )
            if ms < timing.HELD_MS or not timing.SHORTEST_MS <= total <= timing.LONGEST_MS or not fits:
                self.refused("hold_bounds", name=self._name(shot), seconds=ms / 1000, total=total / 1000)
                continue
            shot["ms"] = ms
            self.changed("hold", name=self._name(shot), seconds=ms / 1000)

    def _name(self, shot: Shot) -> str:
        return self.names()[self.brief["shots"].index(shot)]

    def _trim(self, ask: Trim) -> None:
        clips = [
            shot
            for shot in (self.found(ask.ref) if ask.ref else self.brief["shots"])
            if timing.is_clip(shot, self.media)
        ]
        if len(clips) != 1:
            self.refused("trim_what" if clips else "trim_none")
            return
        clip = clips[0]
        whole = timing.clip_ms(clip, self.media)
        start, end = ask.start or 0, ask.end
        if start < 0:
            start = 0 if whole is None else max(0, whole + start)
        if (whole is not None and (start >= whole or (end or 0) > whole)) or (end is not None and end <= start):
            self.refused("trim_bounds", name=self._name(clip), seconds=(whole or 0) / 1000)
            return
        clip["start"], clip["end"] = start, end
        clip["ms"] = None
        if len(self.brief["shots"]) == 1 and self.length_set != "total":
            self.brief["total"] = None
        self.changed(
            "trim", name=self._name(clip), start=start / 1000, end=(end if end is not None else whole or 0) / 1000
        )

    def _pace(self, name: PaceName) -> None:
        brief = self.brief
        if name != brief["pace"] or self.first:
            brief["pace"] = name
            brief["join_factor"] = 1.0
            if not self.first and self.length_set == "":
                brief["each"] = None if brief["total"] is not None else brief["each"]
            score = brief["score"]
            if score is not None and self.first and not score["mood"]:
                score["name"] = score["name"] if score["media"] >= 0 else ""
            self.changed("pace", pace=name)

    def _motion(self, ask: Moving, request: Request) -> None:
        brief = self.brief
        if ask.ref:
            for shot in self.found(ask.ref):
                if timing.is_clip(shot, self.media):
                    self.refused("clips_move")
                    continue
                shot["motion"] = ask.motion
                self.changed("motion_one", motion=ask.motion, name=self._name(shot))
        else:
            brief["motion"] = ask.motion
            special = {place for other in request.asks if isinstance(other, Moving) for place in other.ref}
            keep = {shot["id"] for shot in self._quietly(tuple(special))}
            for shot in brief["shots"]:
                if shot["id"] not in keep:
                    shot["motion"] = None
            self.changed("motion", motion=ask.motion)
            if any(timing.is_clip(shot, self.media) for shot in brief["shots"]):
                self.refused("clips_move")
        if ask.hurried:
            self.refused("motion_speed")

    def _quietly(self, ref: Ref) -> list[Shot]:
        indices, _ = reading.places(ref, self.names())
        return [self.brief["shots"][index] for index in indices]

    def _join(self, ask: Joining) -> None:
        brief = self.brief
        if ask.ms is not None and not 0 < ask.ms <= timing.LONGEST_JOIN_MS:
            self.refused("join_bounds", seconds=ask.ms / 1000)
        elif ask.ref:
            self._join_some(ask)
        elif ask.kind is None and brief["join"] == "cut":
            self.refused("no_transitions")
        else:
            self._join_all(ask)

    def _join_some(self, ask: Joining) -> None:
        for shot in self.found(ask.ref):
            if shot is self.brief["shots"][0]:
                self.refused("no_join_before_first")
                continue
            shot["join"] = ask.kind or shot["join"]
            shot["join_ms"] = ask.ms
            self.changed("join_one", kind=ask.kind or shot["join"] or self.brief["join"], name=self._name(shot))

    def _join_all(self, ask: Joining) -> None:
        brief = self.brief
        if ask.kind is not None:
            brief["join"] = ask.kind
            for shot in brief["shots"]:
                shot["join"] = None
        if ask.ms is not None:
            brief["join_ms"] = ask.ms
        elif ask.factor != 1.0:
            brief["join_ms"] = max(100, round(timing.join_ms(brief) * ask.factor))
        elif not self.first:
            brief["join_ms"] = None
        if len(brief["shots"]) == 1:
            self.refused("one_photo")
            return
        self.changed("join", kind=brief["join"], seconds=timing.join_ms(brief) / 1000)

    def _fade(self, edge: Literal["opening", "closing"], ms: int | None) -> None:
        if ms is not None and not 0 < ms <= timing.LONGEST_FADE_MS:
            self.refused("fade_bounds", seconds=ms / 1000)
            return
        length = ms if ms is not None else 1000
        if edge == "opening":
            self.brief["opening"] = length
        else:
            self.brief["closing"] = length
        self.changed(edge, seconds=length / 1000)

    # --- words and music ----------------------------------------------------------------------------------------------

    def _words(self, ask: Titling | Styling | Captioning | Scripting) -> None:
        match ask:
            case Titling():
                self._title(ask)
            case Styling(target="title"):
                self._style_title(ask)
            case Styling():
                self._style_captions(ask)
            case Captioning(texts, ref) if ref:
                for shot, text in zip(self.found(ref), texts, strict=False):
                    shot["caption"] = text
                    shot["caption_id"] = shot["caption_id"] or self._id()
                    self.changed("caption_one", text=text, name=self._name(shot))
            case Captioning(texts):
                self._captions(list(texts), spoken=False)
            case Scripting(text):
                self._captions(timing.sentences(text), spoken=True)

    def _captions(self, texts: list[str], *, spoken: bool) -> None:
        if not texts:
            return
        brief = self.brief
        brief["captions"], brief["spoken"] = texts, spoken
        brief["caption_ids"] = [self._id() for _ in texts]
        self.changed("script" if spoken else "captions", count=len(texts))

    def _title(self, ask: Titling) -> None:
        lines = self.brief["lines"]
        at = ask.at or "start"
        old = next((line for line in lines if line["slot"] == "title"), None) if ask.slot == "title" else None
        if (
            ask.slot == "text"
            and self.first is False
            and len(lines) == 1
            and lines[0]["slot"] == "text"
            and lines[0]["at"] == at
        ):
            old = lines[0]
        if old is not None and (ask.at is None or ask.at == old["at"]):
            self.changed("title_changed", before=old["text"], text=ask.text)
            old["text"] = ask.text
            self.new_line = old
            return
        line: Line = {
            "id": self._id(),
            "text": ask.text,
            "slot": ask.slot,
            "at": at,
            "start": None,
            "ms": None,
            "color": "white",
            "scale": 1.0,
            "position": None,
            "on": "",
        }
        lines.append(line)
        self.new_line = line
        self.changed("title", text=ask.text, at=at)

    def _style_title(self, ask: Styling) -> None:
        lines = self.brief["lines"]
        if not lines:
            self.refused("no_title")
            return
        for line in [self.new_line] if self.new_line is not None else lines:
            line["color"] = ask.color or line["color"]
            line["position"] = ask.position or line["position"]
            line["scale"] = round(min(3.0, max(0.4, line["scale"] * ask.factor)), 3)
            line["at"] = ask.at or line["at"]
            line["start"] = None if ask.at else line["start"]
            if ask.start is not None:
                line["start"], line["at"] = ask.start, "start"
            if ask.ms is not None:
                if not timing.HELD_MS <= ask.ms <= timing.LONGEST_MS:
                    self.refused("title_bounds", seconds=ask.ms / 1000)
                    return
                line["ms"] = ask.ms
            if ask.on is not None:
                shots = self.found((ask.on,))
                line["on"] = shots[0]["id"] if shots else line["on"]
        told = _told(ask)
        if self.new_line is not None and (note := next((note for note in self.changes if note.key == "title"), None)):
            note.values["at"] = self.new_line["at"]
            told.pop("at", None)
        if told or self.new_line is None:
            self.changed("style", **told)

    def _style_captions(self, ask: Styling) -> None:
        brief = self.brief
        if not brief["captions"] and not any(shot["caption"] for shot in brief["shots"]):
            self.refused("no_captions")
            return
        look = brief["look"]
        look["color"] = ask.color or look["color"]
        look["position"] = ask.position or look["position"]
        look["scale"] = round(min(3.0, max(0.4, look["scale"] * ask.factor)), 3)
        self.changed("caption_style", **_told(ask))

    def _music(self, ask: Scoring | Loudness) -> None:
        brief = self.brief
        score = brief["score"]
        if isinstance(ask, Loudness) and ask == Loudness() and score is not None:
            self.changed("music_fades")
            return
        if isinstance(ask, Loudness):
            if ask.level is not None and ask.level > 1:
                self.refused("volume_bounds", percent=round(ask.level * 100))
                return
            if score is None:
                self.refused("no_music")
                return
            brief["volume"] = ask.level if ask.level is not None else round(min(1.0, brief["volume"] * ask.factor), 3)
            self.changed("volume", percent=round(brief["volume"] * 100))
            return
        if score is not None and not ask.mood and not ask.name and not self.first:
            self.changed("music_there", name=score["name"])
            return
        if score is None or ask.mood or ask.name:
            sound = self._sound() if not ask.mood and not ask.name else None
            name = ask.name if " " in ask.name or ask.name.lower() in SOUNDS or not ask.mood else ""
            mood = ask.mood or timing.PACE_MOODS[brief["pace"]]
            identity = score["id"] if score is not None else self._id()
            brief["score"] = sound or {
                "id": identity,
                "mood": mood,
                "name": name or MUSIC_NAMES.get(mood, mood.capitalize()),
                "media": -1,
            }
        named = brief["score"]
        self.changed("music", name=named["name"] if named is not None and named["name"] else "…")

    def _off(self, ask: Off) -> None:
        brief = self.brief
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
                there = bool(
                    (ask.topic != "closing" and brief["opening"]) or (ask.topic != "opening" and brief["closing"])
                )
                brief["opening"] = brief["opening"] if ask.topic == "closing" else 0
                brief["closing"] = brief["closing"] if ask.topic == "opening" else 0
                if ask.topic == "fades" and brief["join"] == "fade":
                    brief["join"], there = "cut", True
        self.changed(f"no_{ask.topic}" if there or self.first else f"was_no_{ask.topic}")


def _told(ask: Styling) -> dict[str, object]:
    values = {"color": ask.color, "position": ask.position, "at": ask.at, "ms": ask.ms, "on": ask.on}
    told: dict[str, object] = {key: value for key, value in values.items() if value is not None}
    if ask.factor != 1.0:
        told["factor"] = ask.factor
    return told
