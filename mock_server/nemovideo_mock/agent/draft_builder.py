"""Build a draft from an edit state and its media. An edit state always gives the same draft, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nemovideo_contract.draft import (
    FPS,
    SIZES,
    AudioMeta,
    AudioTrack,
    Draft,
    DraftMeta,
    Motion,
    TextMeta,
    TextSegment,
    TextTrack,
    Transition,
    VideoTrack,
    VisualMeta,
    VisualSegment,
)
from nemovideo_mock.agent import lengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_state import EditState, Line, Shot
    from nemovideo_mock.turn_plan import Media

#: The motions of photos if none is asked for; they vary from one photo to the next.
VARIED: Final[tuple[Motion, ...]] = ("ken_burns", "zoom_out", "pan_right", "zoom_in", "pan_left")
TITLE_MS: Final = 3000
#: Text sizes, in points for a frame whose shorter side is 1080 pixels.
TITLE_SIZE: Final = 120
CAPTION_SIZE: Final = 44


def build(edit_state: EditState, media: Sequence[Media]) -> Draft | None:
    """Return the draft of an edit state, or None while it has no pictures."""
    if not edit_state["shots"]:
        return None
    shown = lengths.shot_lengths(edit_state, media)
    total = sum(shown)
    starts = [sum(shown[:index]) for index in range(len(shown))]
    video: VideoTrack = {"tt": 0, "sg": _visuals(edit_state, media, shown), "m": {"name": "Video"}}
    draft: Draft = {"t": [video], "d": total, "m": _meta(edit_state)}
    if edit_state["score"] is not None:
        draft["t"].append(_audio(edit_state, media, total))
    windows = {
        shot["id"]: (start, length) for shot, start, length in zip(edit_state["shots"], starts, shown, strict=True)
    }
    titles = [_title(edit_state, line, total, windows) for line in edit_state["lines"]]
    draft["t"] += _tracks("Title", titles)
    draft["t"] += _tracks("Captions", [*_captions(edit_state, shown, total), *_shot_captions(edit_state, windows)])
    return draft


def file_stem(name: str) -> str:
    """Return a file name without its ending."""
    return name.rpartition(".")[0] or name


def _meta(edit_state: EditState) -> DraftMeta:
    width, height = SIZES[edit_state["aspect"]]
    meta: DraftMeta = {"width": width, "height": height, "fps": FPS}
    title = next((line["text"] for line in edit_state["lines"] if line["slot"] == "title"), None)
    if title is not None:
        meta["title"] = title
    return meta


def _visuals(edit_state: EditState, media: Sequence[Media], shown: Sequence[int]) -> list[VisualSegment]:
    segments: list[VisualSegment] = []
    start = 0
    joins = lengths.transition_lengths(edit_state, shown)
    last = len(shown) - 1
    for index, (shot, length, join) in enumerate(zip(edit_state["shots"], shown, joins, strict=True)):
        meta = _visual(edit_state, shot, media)
        kind = shot["join"] or edit_state["join"]
        if join and kind != "cut":
            transition: Transition = {"kind": kind, "d": join}
            meta["transition"] = transition
        if index == 0 and edit_state["opening"]:
            meta["fade_in"] = min(edit_state["opening"], length // 2)
        if index == last and edit_state["closing"]:
            meta["fade_out"] = min(edit_state["closing"], length // 2)
        segments.append({"id": shot["id"], "s": start, "d": length, "m": meta})
        start += length
    return segments


def _visual(edit_state: EditState, shot: Shot, media: Sequence[Media]) -> VisualMeta:
    if shot["media"] < 0:
        motion: Motion = shot["motion"] or edit_state["motion"] or "ken_burns"
        return {"name": shot["prompt"][:60], "kind": "generated", "prompt": shot["prompt"], "motion": motion}
    item = media[shot["media"]]
    meta: VisualMeta = {"name": file_stem(item.filename), "src": item.url, "hash": item.sha256}
    if item.file_type == "video":
        meta["kind"] = "video"
        meta["offset"] = shot["start"]
        return meta
    meta["kind"] = "image"
    meta["motion"] = shot["motion"] or edit_state["motion"] or VARIED[shot["media"] % len(VARIED)]
    return meta


def _audio(edit_state: EditState, media: Sequence[Media], total: int) -> AudioTrack:
    score = edit_state["score"]
    assert score is not None
    meta: AudioMeta = {"name": score["name"], "volume": edit_state["volume"]}
    if score["media"] >= 0:
        item = media[score["media"]]
        meta |= {"kind": "file", "name": file_stem(item.filename), "src": item.url, "hash": item.sha256, "offset": 0}
    else:
        meta |= {"kind": "music", "mood": score["mood"]}
    meta |= {"fade_in": min(500, total // 4), "fade_out": min(1500, total // 4)}
    return {"tt": 1, "sg": [{"id": score["id"], "s": 0, "d": total, "m": meta}], "m": {"name": "BGM"}}


def _title(edit_state: EditState, line: Line, total: int, windows: dict[str, tuple[int, int]]) -> TextSegment:
    if line["on"] in windows:
        start, length = windows[line["on"]]
        length = min(length, line["ms"]) if line["ms"] is not None else length
    elif line["at"] == "throughout":
        start, length = 0, total
    else:
        length = min(total, line["ms"] if line["ms"] is not None else TITLE_MS)
        start = 0 if line["at"] == "start" else total - length
        if line["start"] is not None:
            start = min(line["start"], total - length)
    titled = any(
        other["slot"] == "title" and other["at"] == line["at"] for other in edit_state["lines"] if other is not line
    )
    position = line["position"] or ("bottom" if line["slot"] == "text" and titled else "center")
    meta: TextMeta = {
        "text": line["text"],
        "role": "title",
        "color": line["color"],
        "size": round(TITLE_SIZE * line["scale"]),
        "position": position,
        "fade_in": min(500, length // 4),
        "fade_out": min(500, length // 4),
    }
    return {"id": line["id"], "s": start, "d": length, "m": meta}


def _caption(edit_state: EditState, identity: str, text: str, start: int, length: int) -> TextSegment:
    look = edit_state["look"]
    meta: TextMeta = {
        "text": text,
        "role": "caption",
        "color": look["color"],
        "size": round(CAPTION_SIZE * look["scale"]),
        "position": look["position"],
        "fade_in": min(200, length // 4),
        "fade_out": min(200, length // 4),
    }
    return {"id": identity, "s": start, "d": length, "m": meta}


def _captions(edit_state: EditState, shown: Sequence[int], total: int) -> list[TextSegment]:
    """Return one caption for each photo if their numbers are equal; else spread the captions over the whole video."""
    texts = edit_state["captions"]
    if not texts:
        return []
    fits = len(texts) == len(shown) and not edit_state["spoken"]
    times = list(shown) if fits else lengths.spread_texts(texts, total, by_length=edit_state["spoken"])
    starts = [sum(times[:index]) for index in range(len(times))]
    parts = zip(edit_state["caption_ids"], texts, starts, times, strict=True)
    return [_caption(edit_state, identity, text, start, length) for identity, text, start, length in parts]


def _shot_captions(edit_state: EditState, windows: dict[str, tuple[int, int]]) -> list[TextSegment]:
    return [
        _caption(edit_state, shot["caption_id"], shot["caption"], *windows[shot["id"]])
        for shot in edit_state["shots"]
        if shot["caption"]
    ]


def _tracks(name: str, segments: Sequence[TextSegment]) -> list[TextTrack]:
    """Return text tracks without overlaps; a second track is used only if it is needed."""
    tracks: list[TextTrack] = []
    for segment in sorted(segments, key=lambda segment: (segment["s"], segment["id"])):
        track = next((track for track in tracks if track["sg"][-1]["s"] + track["sg"][-1]["d"] <= segment["s"]), None)
        if track is None:
            track = TextTrack(tt=7, sg=[], m={"name": name})
            tracks.append(track)
        track["sg"].append(segment)
    return tracks
