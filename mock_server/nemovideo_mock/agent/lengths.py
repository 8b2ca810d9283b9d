"""Compute lengths in a video (shots, transitions, titles, captions) from an edit state, in whole milliseconds."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_requests import PaceName
    from nemovideo_mock.agent.edit_state import EditState, Shot
    from nemovideo_mock.turn_plan import Media

#: The shortest and the longest video.
SHORTEST_MS: Final = 1000
LONGEST_MS: Final = 600_000
#: A frame at 30 frames per second, rounded up: nothing can be shown for a shorter time.
FRAME_MS: Final = 34
#: The shortest time that a user can ask for a photo.
HELD_MS: Final = 100
LONGEST_JOIN_MS: Final = 10_000
LONGEST_FADE_MS: Final = 10_000
#: A generated scene if no length is given.
SCENE_MS: Final = 5000

#: The meaning of a pace if nothing exact is given: the time of a photo and of a transition.
PACES: Final[dict[PaceName, tuple[int, int]]] = {
    "fast": (1500, 300),
    "rhythmic": (2000, 300),
    "medium": (3000, 500),
    "calm": (4000, 1000),
    "slow": (5000, 1000),
    "cinematic": (4000, 1000),
}
#: The music that fits a pace.
PACE_MOODS: Final[dict[PaceName, str]] = {
    "fast": "upbeat",
    "rhythmic": "rhythmic",
    "medium": "warm",
    "calm": "calm",
    "slow": "calm",
    "cinematic": "cinematic",
}


def is_clip(shot: Shot, media: Sequence[Media]) -> bool:
    """Return whether a shot is an uploaded video."""
    return shot["media"] >= 0 and media[shot["media"]].file_type == "video"


def clip_ms(shot: Shot, media: Sequence[Media]) -> int | None:
    """Return the length of a shot's clip in ms, or None if it is unknown."""
    duration = media[shot["media"]].duration if shot["media"] >= 0 else None
    return None if duration is None else max(FRAME_MS, round(duration * 1000))


def playable_ms(shot: Shot, media: Sequence[Media]) -> int | None:
    """Return how many ms a shot can show before its picture freezes; None for photos and generated scenes."""
    if not is_clip(shot, media):
        return None
    whole = shot["end"] if shot["end"] is not None else clip_ms(shot, media)
    return None if whole is None else max(FRAME_MS, whole - shot["start"])


def _natural(edit_state: EditState, shot: Shot, media: Sequence[Media]) -> int:
    if shot["ms"] is not None:
        return shot["ms"]
    most = playable_ms(shot, media)
    wanted = (
        edit_state["each"]
        if edit_state["each"] is not None
        else SCENE_MS
        if shot["media"] < 0
        else PACES[edit_state["pace"]][0]
    )
    if most is None:
        return wanted
    return min(wanted, most) if edit_state["each"] is not None else most


def total_ms(edit_state: EditState, media: Sequence[Media]) -> int:
    """Return the length of the whole video, in ms."""
    if edit_state["total"] is not None:
        return edit_state["total"]
    return min(LONGEST_MS, max(SHORTEST_MS, sum(_natural(edit_state, shot, media) for shot in edit_state["shots"])))


def shot_lengths(edit_state: EditState, media: Sequence[Media]) -> list[int]:
    """Return the length of each shot, in ms; their sum is exactly `total_ms`."""
    shots = edit_state["shots"]
    if not shots:
        return []
    total = total_ms(edit_state, media)
    wishes: list[float]
    if edit_state["total"] is None:
        wishes = [float(_natural(edit_state, shot, media)) for shot in shots]
    else:
        wishes = _share_out(edit_state, media, total)
    return _whole(wishes, total)


def _share_out(edit_state: EditState, media: Sequence[Media], total: int) -> list[float]:
    """Distribute a total: fixed lengths first, the rest evenly; a clip exceeds its length only as a last resort."""
    shots = edit_state["shots"]
    wishes = [float(shot["ms"] or 0) for shot in shots]
    open_ = [index for index, shot in enumerate(shots) if shot["ms"] is None]
    left = total - sum(wishes)
    while open_:
        share = left / len(open_)
        short = [index for index in open_ if (most := playable_ms(shots[index], media)) is not None and most < share]
        if not short or len(short) == len(open_):
            break
        for index in short:
            wishes[index] = float(playable_ms(shots[index], media) or 0)
            left -= wishes[index]
        open_ = [index for index in open_ if index not in short]
    for index in open_:
        wishes[index] = left / len(open_)
    return wishes


def _whole(wishes: list[float], total: int) -> list[int]:
    """Return the wishes scaled to the total, as whole numbers of at least one."""
    positive = [max(1.0, wish) for wish in wishes]
    scale = total / sum(positive)
    edges = [0]
    reached = 0.0
    count = len(positive)
    for number, wish in enumerate(positive, start=1):
        reached += wish * scale
        edges.append(min(total - (count - number), max(edges[-1] + 1, round(reached))))
    edges[-1] = total
    return [end - start for start, end in pairwise(edges)]


def has_frozen_clip(edit_state: EditState, media: Sequence[Media]) -> bool:
    """Return whether a clip has to freeze its last picture to fill its time."""
    return any(
        (most := playable_ms(shot, media)) is not None and most + FRAME_MS < length
        for shot, length in zip(edit_state["shots"], shot_lengths(edit_state, media), strict=True)
    )


def transition_ms(edit_state: EditState) -> int:
    """Return the length of a transition in ms, before it is cut to fit its neighbours."""
    if edit_state["join_ms"] is not None:
        return edit_state["join_ms"]
    return max(100, round(PACES[edit_state["pace"]][1] * edit_state["join_factor"]))


def transition_lengths(edit_state: EditState, shown: Sequence[int]) -> list[int]:
    """Return the length of the transition into each shot, in ms: at most half of a neighbour, 0 for a cut."""
    found: list[int] = []
    for index, shot in enumerate(edit_state["shots"]):
        kind = shot["join"] or edit_state["join"]
        if index == 0 or kind == "cut":
            found.append(0)
            continue
        wanted = shot["join_ms"] if shot["join_ms"] is not None else transition_ms(edit_state)
        found.append(min(wanted, shown[index - 1] // 2, shown[index] // 2))
    return found


def split_script(script: str) -> list[str]:
    """Return the sentences of a script, each short enough for one caption."""
    parts = [part.strip() for part in re.split(r"(?<=[.!?])\s+|(?<=[。！？；])\s*|\n+", script)]
    return [piece for part in parts if part for piece in _fold_sentence(part)]


def _fold_sentence(sentence: str, width: int = 84) -> list[str]:
    """Return a sentence in pieces of at most `width` characters, broken between words."""
    pieces: list[str] = []
    rest = sentence
    while len(rest) > width:
        space = rest.rfind(" ", width // 2, width)
        cut = space if space > 0 else width // 2
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*pieces, rest] if rest else pieces


def spread_texts(texts: Sequence[str], total: int, *, by_length: bool) -> list[int]:
    """Return the time of each text when the texts fill the total: evenly, or by the time that reading them takes."""
    return _whole([float(max(8, len(text))) if by_length else 1.0 * total / len(texts) for text in texts], total)
