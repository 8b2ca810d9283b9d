"""How long everything takes: pure arithmetic from a brief to whole milliseconds."""

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
#: A frame at 30 a second, rounded up: nothing can be shown for less.
FRAME_MS: Final = 34
#: The shortest time that a photo can be asked to stay.
HELD_MS: Final = 100
LONGEST_JOIN_MS: Final = 10_000
LONGEST_FADE_MS: Final = 10_000
#: A generated scene when no length is given.
SCENE_MS: Final = 5000

#: What a pace means where nothing exact is said: the time of a photo and of a transition.
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
    """Whether a shot is an uploaded video."""
    return shot["media"] >= 0 and media[shot["media"]].file_type == "video"


def clip_ms(shot: Shot, media: Sequence[Media]) -> int | None:
    """The length of the clip behind a shot, in ms; None where that is unknown."""
    duration = media[shot["media"]].duration if shot["media"] >= 0 else None
    return None if duration is None else max(FRAME_MS, round(duration * 1000))


def available(shot: Shot, media: Sequence[Media]) -> int | None:
    """How many ms a shot can show without standing still; None for photos and what is generated."""
    if not is_clip(shot, media):
        return None
    whole = shot["end"] if shot["end"] is not None else clip_ms(shot, media)
    return None if whole is None else max(FRAME_MS, whole - shot["start"])


def _natural(brief: EditState, shot: Shot, media: Sequence[Media]) -> int:
    if shot["ms"] is not None:
        return shot["ms"]
    most = available(shot, media)
    wanted = brief["each"] if brief["each"] is not None else SCENE_MS if shot["media"] < 0 else PACES[brief["pace"]][0]
    if most is None:
        return wanted
    return min(wanted, most) if brief["each"] is not None else most


def total_of(brief: EditState, media: Sequence[Media]) -> int:
    """The length of the whole, in ms."""
    if brief["total"] is not None:
        return brief["total"]
    return min(LONGEST_MS, max(SHORTEST_MS, sum(_natural(brief, shot, media) for shot in brief["shots"])))


def lengths(brief: EditState, media: Sequence[Media]) -> list[int]:
    """The length of each shot, in ms; they add up to `total_of`, exactly."""
    shots = brief["shots"]
    if not shots:
        return []
    total = total_of(brief, media)
    wishes: list[float]
    if brief["total"] is None:
        wishes = [float(_natural(brief, shot, media)) for shot in shots]
    else:
        wishes = _share_out(brief, media, total)
    return _whole(wishes, total)


def _share_out(brief: EditState, media: Sequence[Media], total: int) -> list[float]:
    """A total shared out: what is fixed first, the rest evenly, no clip longer than it is while others can give."""
    shots = brief["shots"]
    wishes = [float(shot["ms"] or 0) for shot in shots]
    open_ = [index for index, shot in enumerate(shots) if shot["ms"] is None]
    left = total - sum(wishes)
    while open_:
        share = left / len(open_)
        short = [index for index in open_ if (most := available(shots[index], media)) is not None and most < share]
        if not short or len(short) == len(open_):
            break
        for index in short:
            wishes[index] = float(available(shots[index], media) or 0)
            left -= wishes[index]
        open_ = [index for index in open_ if index not in short]
    for index in open_:
        wishes[index] = left / len(open_)
    return wishes


def _whole(wishes: list[float], total: int) -> list[int]:
    """The wishes scaled to add up to the total, in whole numbers of at least one."""
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


def stands_still(brief: EditState, media: Sequence[Media]) -> bool:
    """Whether a clip has to hold its last picture to fill its time."""
    return any(
        (most := available(shot, media)) is not None and most + FRAME_MS < length
        for shot, length in zip(brief["shots"], lengths(brief, media), strict=True)
    )


def join_ms(brief: EditState) -> int:
    """The length of a transition before any is cut to fit its neighbours, in ms."""
    if brief["join_ms"] is not None:
        return brief["join_ms"]
    return max(100, round(PACES[brief["pace"]][1] * brief["join_factor"]))


def joins(brief: EditState, shown: Sequence[int]) -> list[int]:
    """The length of the transition into each shot, in ms; never longer than half of a neighbour, 0 for a cut."""
    found: list[int] = []
    for index, shot in enumerate(brief["shots"]):
        kind = shot["join"] or brief["join"]
        if index == 0 or kind == "cut":
            found.append(0)
            continue
        wanted = shot["join_ms"] if shot["join_ms"] is not None else join_ms(brief)
        found.append(min(wanted, shown[index - 1] // 2, shown[index] // 2))
    return found


def sentences(script: str) -> list[str]:
    """The sentences of a script, each short enough to be read as one caption."""
    parts = [part.strip() for part in re.split(r"(?<=[.!?])\s+|(?<=[。！？；])\s*|\n+", script)]
    return [piece for part in parts if part for piece in _fold_sentence(part)]


def _fold_sentence(sentence: str, width: int = 84) -> list[str]:
    """A sentence in pieces of at most `width` characters, broken between words."""
    pieces: list[str] = []
    rest = sentence
    while len(rest) > width:
        space = rest.rfind(" ", width // 2, width)
        cut = space if space > 0 else width // 2
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*pieces, rest] if rest else pieces


def spread(texts: Sequence[str], total: int, *, by_length: bool) -> list[int]:
    """The time of each of the texts when they fill the total: evenly, or as long as they take to read."""
    return _whole([float(max(8, len(text))) if by_length else 1.0 * total / len(texts) for text in texts], total)
