"""The musical style of each mood, and the words that name a mood."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal

Beat = Literal["none", "soft", "lofi", "pop", "drive", "epic"]


@dataclass(frozen=True, slots=True)
class Style:
    """The sound of a mood.

    `tempo` is in beats per minute. `chords` are MIDI notes from the bass up, one chord per bar. `figure` is a list of
    (beat, index of the chord note, loudness). Gains are from 0 to 1. `swing` delays every second half beat by this
    share of a beat.
    """

    tempo: float
    chords: tuple[tuple[int, ...], ...]
    figure: tuple[tuple[float, int, float], ...]
    voice: Literal["piano", "electric", "pluck", "bell"] = "piano"
    lead: float = 0.5
    pad: float = 0.4
    bass: float = 0.3
    beat: Beat = "none"
    room: float = 0.3
    swing: float = 0.0


_ARPEGGIO = (
    (0, 1, 0.9),
    (0.5, 2, 0.6),
    (1, 3, 0.7),
    (1.5, 4, 0.6),
    (2, 5, 0.85),
    (2.5, 4, 0.55),
    (3, 3, 0.65),
    (3.5, 2, 0.5),
)
_SPARSE = ((0, 1, 0.9), (1, 3, 0.6), (1.5, 4, 0.7), (2.5, 5, 0.55), (3.25, 4, 0.4))
_SLOW = ((0, 1, 0.8), (0, 3, 0.5), (1.5, 4, 0.6), (3, 5, 0.5))
_BOUNCE = (
    (0, 1, 0.9),
    (0, 3, 0.6),
    (0.75, 4, 0.6),
    (1.5, 3, 0.8),
    (1.5, 5, 0.5),
    (2.25, 4, 0.6),
    (3, 3, 0.8),
    (3.5, 5, 0.6),
)
_PULSE = tuple((step / 2, (1, 3, 4, 3, 5, 3, 4, 3)[step], 0.85 if step % 4 == 0 else 0.6) for step in range(8))
_SIXTEEN = tuple((step / 4, (1, 4, 3, 5)[step % 4], 0.8 if step % 4 == 0 else 0.5) for step in range(16))
_COMP = ((0, 1, 0.8), (0, 3, 0.7), (0, 4, 0.6), (1.5, 3, 0.5), (1.5, 5, 0.5), (2.5, 4, 0.6), (3.5, 3, 0.35))

# The bass, then five notes of the chord in open position.
_D_MAJOR = ((38, 57, 62, 66, 69, 74), (45, 57, 61, 64, 69, 73), (47, 54, 59, 62, 66, 71), (43, 55, 59, 62, 66, 71))
_C_MAJOR = ((36, 55, 60, 64, 67, 72), (43, 55, 59, 62, 67, 71), (45, 57, 60, 64, 69, 72), (41, 57, 60, 65, 69, 72))
_A_MINOR = ((33, 57, 60, 64, 69, 72), (41, 57, 60, 65, 69, 72), (36, 55, 60, 64, 67, 72), (43, 55, 59, 62, 67, 74))
_D_MINOR = ((38, 57, 62, 65, 69, 74), (34, 58, 62, 65, 70, 74), (41, 57, 60, 65, 69, 72), (36, 55, 60, 64, 67, 72))
_LOVE = ((41, 57, 60, 64, 67, 72), (40, 55, 59, 62, 67, 71), (38, 57, 60, 65, 69, 72), (43, 58, 62, 65, 67, 74))
_JAZZ = ((38, 57, 60, 64, 65, 72), (43, 57, 59, 64, 65, 71), (36, 55, 59, 62, 64, 71), (45, 55, 60, 61, 64, 71))
_OPEN = ((38, 57, 62, 64, 69, 76), (43, 59, 62, 66, 69, 74), (47, 57, 62, 66, 69, 74), (43, 57, 62, 67, 71, 76))

STYLES: Final[dict[str, Style]] = {
    "calm": Style(70, _D_MAJOR, _SPARSE, "piano", lead=0.5, pad=0.5, bass=0.25, room=0.4),
    "happy": Style(112, _C_MAJOR, _BOUNCE, "pluck", lead=0.8, pad=0.25, bass=0.3, beat="pop", room=0.15),
    "cinematic": Style(80, _A_MINOR, _PULSE, "pluck", lead=0.35, pad=0.75, bass=0.45, beat="epic", room=0.45),
    "romantic": Style(66, _LOVE, _ARPEGGIO, "electric", lead=0.45, pad=0.45, bass=0.25, room=0.4),
    "sad": Style(60, _A_MINOR, _SLOW, "piano", lead=0.55, pad=0.45, bass=0.2, room=0.45),
    "energetic": Style(124, _D_MINOR, _SIXTEEN, "pluck", lead=0.75, pad=0.35, bass=0.3, beat="drive", room=0.12),
    "lofi": Style(76, _JAZZ, _COMP, "electric", lead=0.6, pad=0.25, bass=0.32, beat="lofi", room=0.2, swing=0.12),
    "ambient": Style(56, _OPEN, _SLOW, "bell", lead=0.22, pad=0.8, bass=0.15, room=0.6),
    "inspiring": Style(98, _D_MAJOR, _PULSE, "piano", lead=0.45, pad=0.4, bass=0.35, beat="soft", room=0.3),
}

#: Words that describe a mood, each with its style; the first match decides.
WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("lofi", ("lofi", "lo-fi", "lo fi", "chill", "jazz", "coffee", "study")),
    ("romantic", ("roman", "love", "wedding", "tender", "浪漫", "爱")),
    ("sad", ("sad", "melanch", "nostal", "emotional", "悲", "伤", "怀旧", "感人")),
    ("cinematic", ("cinem", "epic", "dramatic", "trailer", "orchestr", "电影", "史诗", "大气", "震撼")),
    ("energetic", ("energ", "rhythm", "fast", "electro", "dance", "sport", "rock", "hip", "动感", "节奏", "快", "燃")),
    ("happy", ("happy", "upbeat", "cheer", "fun", "joy", "pop", "bright", "playful", "欢", "快乐", "活泼")),
    ("ambient", ("ambient", "dream", "space", "meditat", "ether", "空灵", "氛围", "梦")),
    ("inspiring", ("inspir", "corporate", "uplift", "motiv", "hope", "励志", "激励")),
    ("calm", ("calm", "soft", "relax", "peace", "gentle", "slow", "piano", "quiet", "舒缓", "平静", "安静", "轻柔")),
)

#: The drum pattern of each beat: (drum, beat of the bar, loudness).
PATTERNS: Final[dict[Beat, tuple[tuple[str, float, float], ...]]] = {
    "none": (),
    "soft": (("kick", 0, 0.3), ("kick", 2, 0.24), ("hat", 1, 0.05), ("hat", 3, 0.05), ("hat", 3.5, 0.03)),
    "lofi": (
        ("kick", 0, 0.3), ("kick", 1.5, 0.2), ("kick", 2.5, 0.25), ("snare", 1, 0.16), ("snare", 3, 0.17),
        *(("hat", step / 2, 0.05 if step % 2 else 0.035) for step in range(8)),
    ),
    "pop": (
        ("kick", 0, 0.3), ("kick", 2, 0.28), ("kick", 2.5, 0.18), ("snare", 1, 0.2), ("snare", 3, 0.22),
        *(("hat", step / 2, 0.06 if step % 2 else 0.04) for step in range(8)),
    ),
    "drive": (
        *(("kick", float(step), 0.34) for step in range(4)), ("snare", 1, 0.2), ("snare", 3, 0.22),
        *(("hat", step + 0.5, 0.1) for step in range(4)),
        *(("hat", step / 4, 0.03) for step in range(16)),
    ),
    "epic": (("kick", 0, 0.7), ("kick", 2.5, 0.45), ("kick", 3, 0.55), ("kick", 3.5, 0.35)),
}  # fmt: skip


def find_style(mood: str) -> Style:
    """Return the style for a mood in English or Chinese; an unknown word always gives the same style."""
    wanted = mood.casefold()
    for name, words in (("happy", ("轻快", "欢快", "快乐")), *WORDS):
        if any(word in wanted for word in words):
            return STYLES[name]
    if not wanted.strip():
        return STYLES["calm"]
    names = sorted(STYLES)
    return STYLES[names[hashlib.sha256(wanted.encode("utf-8", "surrogatepass")).digest()[0] % len(names)]]
