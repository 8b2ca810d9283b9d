"""A draft in words: a one-line summary, and the differences between two drafts.

The summary has the form that the documents print, e.g.

    Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)

Only `t`, `tt`, `sg`, `d` and `m` are documented, and their nesting is not. So missing or odd fields are left out of the
text and never raise an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from nemovideo_client.json_reading import Json, child, integer, mapping, number, sequence, text
from nemovideo_contract import wire
from nemovideo_contract.draft import TrackType

#: The number of names that a summary lists; it only counts the others.
_NAMED: Final = 3
#: The largest length of a name, in characters.
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Item:
    """A segment: its name, its start and end in milliseconds (None if unknown), and its volume from 0 to 1."""

    name: str
    start: float | None
    end: float | None
    volume: float | None
    raw: Json

    @property
    def when(self) -> str:
        """The time span of the item, e.g. `0-3s`; empty if unknown."""
        return _span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Track:
    """A track: its label for people (`Video`, `BGM`, `Title`, ...) and its items in order."""

    label: str
    type: int | None
    items: tuple[Item, ...]

    @property
    def when(self) -> str:
        """The time span from the first start to the last end."""
        starts = [item.start for item in self.items if item.start is not None]
        ends = [item.end for item in self.items if item.end is not None]
        return _span(min(starts, default=None), max(ends, default=None))


def tracks(draft: Json | None) -> list[Track]:
    """Return the tracks of a draft, in order."""
    return [_track(mapping(entry) or {}) for entry in sequence((draft or {}).get("t"))]


def summary(draft: Json | None) -> str:
    """Return the timeline in one line."""
    found = tracks(draft)
    if not found:
        return "Timeline (empty)"
    lines = " ".join(f"{number}. {_line(track)}" for number, track in enumerate(found, 1))
    return f"Timeline ({len(found)} {'track' if len(found) == 1 else 'tracks'}): {lines}"


def difference(before: Json | None, after: Json | None) -> list[str]:
    """Return the changes from one draft to another, one sentence each; empty if there are none."""
    if (before or {}) == (after or {}):
        return []
    old, new = tracks(before), tracks(after)
    found = [
        *_videos(old, new),
        *_texts(old, new),
        *_sounds(old, new),
        *_whole(before or {}, after or {}),
    ]
    return found or ["Details of the timeline changed"]


def seconds(milliseconds: float) -> str:
    """Format milliseconds as seconds, e.g. `10s`, `7.5s`, `3.33s`."""
    return f"{_bare(milliseconds)}s"


def _bare(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f}".rstrip("0").rstrip(".")


def _span(start: float | None, end: float | None) -> str:
    if start is None or end is None:
        return ""
    return f"{_bare(start)}-{seconds(end)}"


def _track(track: Json) -> Track:
    kind = integer(track, "tt")
    items: list[Item] = []
    at: float | None = 0.0
    for entry in sequence(track.get("sg")):
        segment = mapping(entry) or {}
        start = number(segment, "s", "start")
        start = at if start is None else start
        length = number(segment, "d", "duration")
        at = None if start is None or length is None else start + length
        items.append(_item(kind, segment, start, at))
    return Track(_label(kind, track, items), kind, tuple(items))


def _item(kind: int | None, segment: Json, start: float | None, end: float | None) -> Item:
    meta = child(segment, "m")
    merged: Json = {**segment, **meta}
    if kind == TrackType.TEXT:
        name = text(merged, "text", "content", "name", "title") or "text"
    else:
        name = text(merged, "name", "title", "prompt", "mood") or _file_name(text(merged, "src", "cdn_url", "url"))
        name = _without_ending(name) if name else "clip"
    volume = number(merged, "volume")
    # Assumed to be from 0 to 1; a larger number must be in percent.
    volume = volume / 100 if volume is not None and volume > 1 else volume
    return Item(_shorten(" ".join(name.split())), start, end, volume if kind == TrackType.AUDIO else None, segment)


def _file_name(url: str | None) -> str:
    if not url:
        return ""
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def _without_ending(name: str) -> str:
    return name.rpartition(".")[0] or name if "." in name and wire.file_type_of(name) else name


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


def _label(kind: int | None, track: Json, items: list[Item]) -> str:
    match kind:
        case TrackType.VIDEO:
            return "Video"
        case TrackType.AUDIO:
            return "BGM"
        case TrackType.TEXT:
            roles = {text(child(item.raw, "m"), "role") for item in items}
            return "Captions" if roles == {"caption"} else "Title"
        case _:
            return text(child(track, "m"), "name") or ("Track" if kind is None else f"Track of type {kind}")


def _line(track: Track) -> str:
    if not track.items:
        return f"{track.label}: empty"
    volumes = {item.volume for item in track.items}
    volume = volumes.pop() if len(volumes) == 1 else None
    facts = ", ".join(fact for fact in (track.when, "" if volume is None else _percent(volume)) if fact)
    return f"{track.label}: {_names(track)}" + (f" ({facts})" if facts else "")


def _names(track: Track) -> str:
    names = [f'"{item.name}"' if track.type == TrackType.TEXT else item.name for item in track.items]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" +{more}" if more > 0 else "")


def _percent(volume: float) -> str:
    return f"{round(volume * 100)}%"


def _brackets(*facts: str) -> str:
    known = ", ".join(fact for fact in facts if fact)
    return f" ({known})" if known else ""


def _of(found: list[Track], kind: TrackType) -> list[Item]:
    return [item for track in found if track.type == kind for item in track.items]


def _match_items(old: list[Item], new: list[Item]) -> tuple[list[Item], list[Item], list[tuple[Item, Item]]]:
    """Return the removed items, the new items, and the pairs with equal names, in order."""
    rest = list(new)
    gone: list[Item] = []
    pairs: list[tuple[Item, Item]] = []
    for item in old:
        twin = next((other for other in rest if other.name == item.name), None)
        if twin is None:
            gone.append(item)
        else:
            rest.remove(twin)
            pairs.append((item, twin))
    return gone, rest, pairs


def _videos(before: list[Track], after: list[Track]) -> list[str]:
    old, new = _of(before, TrackType.VIDEO), _of(after, TrackType.VIDEO)
    gone, added, pairs = _match_items(old, new)
    found: list[str] = []
    if added:
        when = _span(min((i.start for i in added if i.start is not None), default=None),
                     max((i.end for i in added if i.end is not None), default=None))  # fmt: skip
        found.append(f"Video added: {', '.join(item.name for item in added)}{_brackets(when)}")
    if gone:
        found.append(f"Video removed: {', '.join(item.name for item in gone)}")
    if not gone and not added and [i.name for i in old] != [i.name for i in new]:
        found.append(f"Order: {', '.join(i.name for i in old)} -> {', '.join(i.name for i in new)}")
    for key, words in (("motion", "Motion"), ("transition", "Transition")):
        found += _styles(key, words, pairs)
    return found


def _styles(key: str, words: str, pairs: list[tuple[Item, Item]]) -> list[str]:
    """Return one sentence for all segments with the same change of style, so that a global change is one sentence."""
    moves: dict[tuple[str, str], list[str]] = {}
    for old, new in pairs:
        move = (_style(old, key), _style(new, key))
        if move[0] != move[1]:
            moves.setdefault(move, []).append(new.name)
    targets = {move[1] for move in moves}
    if len(moves) > 1 and len(targets) == 1:
        return [f"{words}: {targets.pop()}"]
    return [f"{words} of {', '.join(names)}: {old} -> {new}" for (old, new), names in moves.items()]


def _style(item: Item, key: str) -> str:
    value = child(item.raw, "m").get(key)
    fields = mapping(value)
    if fields is not None:
        length = number(fields, "d")
        return (text(fields, "kind") or "other") + (f" {seconds(length)}" if length is not None else "")
    return str(value).replace("_", " ") if value is not None else "none"


def _texts(before: list[Track], after: list[Track]) -> list[str]:
    found: list[str] = []
    for label in ("Title", "Captions"):
        one = "Caption" if label == "Captions" else label
        old = [item for track in before if track.label == label for item in track.items]
        new = [item for track in after if track.label == label for item in track.items]
        gone, added, pairs = _match_items(old, new)
        while gone and added:
            found.append(f"{one} changed: '{gone.pop(0).name}' -> '{added.pop(0).name}'")
        found += [f"{one} removed: '{item.name}'" for item in gone]
        found += [f"{one} added: '{item.name}'{_brackets(item.when)}" for item in added]
        found += [
            f"{one} '{old.name}': {old.when or 'some time'} -> {new.when or 'some time'}"
            for old, new in pairs
            if old.when != new.when
        ]
        for key in ("position", "color", "size"):
            found += [
                f"{one} '{old.name}' {key}: {_style(old, key)} -> {_style(new, key)}"
                for old, new in pairs
                if _style(old, key) != _style(new, key)
            ]
    return found


def _sounds(before: list[Track], after: list[Track]) -> list[str]:
    gone, added, pairs = _match_items(_of(before, TrackType.AUDIO), _of(after, TrackType.AUDIO))
    found: list[str] = []
    while gone and added:
        found.append(f"Music changed: {gone.pop(0).name} -> {_sound(added.pop(0))}")
    found += [f"Music removed: {item.name}" for item in gone]
    found += [f"Music added: {_sound(item)}" for item in added]
    for old, new in pairs:
        if old.volume != new.volume and old.volume is not None and new.volume is not None:
            found.append(f"Music volume {_percent(old.volume)} -> {_percent(new.volume)}")
    return found


def _sound(item: Item) -> str:
    return item.name + _brackets(item.when, "" if item.volume is None else _percent(item.volume))


def _whole(before: Json, after: Json) -> list[str]:
    found: list[str] = []
    old, new = number(before, "d"), number(after, "d")
    if old and new and old != new:
        found.append(f"Duration {seconds(old)} -> {seconds(new)}")
    sizes = [(integer(child(draft, "m"), "width"), integer(child(draft, "m"), "height")) for draft in (before, after)]
    if sizes[0] != sizes[1] and None not in (*sizes[0], *sizes[1]):
        found.append(f"Size {sizes[0][0]}x{sizes[0][1]} -> {sizes[1][0]}x{sizes[1][1]}")
    return found
