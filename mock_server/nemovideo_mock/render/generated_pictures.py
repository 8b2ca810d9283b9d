"""Paint pictures for segments that were generated from a prompt: a landscape, a shore, a city or a starry sky.

The prompt selects the scene and the time of day if it names them. Its hash decides the rest, so a prompt always gives
the same picture. A picture consists of layers from far to near; each layer is a little darker and clearer than the one
behind it.
"""

# numpy's type hints do not cover arithmetic between different widths
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nemovideo_mock.render.outcome import CheckCancelled

Field: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """The colours of a time of day, each RGB from 0 to 1.

    `zenith` to `horizon` are the sky, `glow` is the light around the sun or the moon, `haze` to `near` are the land's
    layers.
    """

    zenith: Rgb
    middle: Rgb
    horizon: Rgb
    glow: Rgb
    haze: Rgb
    near: Rgb
    stars: bool = False


LIGHTS: Final[dict[str, Light]] = {
    "dawn": Light(
        (0.25, 0.34, 0.56), (0.72, 0.60, 0.70), (1.0, 0.83, 0.68),
        (1.0, 0.92, 0.75), (0.80, 0.66, 0.70), (0.13, 0.15, 0.24),
    ),
    "day": Light(
        (0.18, 0.45, 0.78), (0.48, 0.71, 0.90), (0.87, 0.94, 0.96),
        (1.0, 0.98, 0.88), (0.66, 0.80, 0.86), (0.09, 0.25, 0.22),
    ),
    "sunset": Light(
        (0.18, 0.16, 0.38), (0.72, 0.32, 0.42), (1.0, 0.66, 0.34),
        (1.0, 0.84, 0.48), (0.80, 0.42, 0.40), (0.10, 0.06, 0.14),
    ),
    "dusk": Light(
        (0.06, 0.09, 0.24), (0.25, 0.24, 0.48), (0.86, 0.54, 0.54),
        (1.0, 0.78, 0.66), (0.42, 0.34, 0.52), (0.04, 0.05, 0.12), stars=True,
    ),
    "night": Light(
        (0.02, 0.04, 0.12), (0.06, 0.12, 0.27), (0.20, 0.33, 0.48),
        (0.80, 0.90, 1.0), (0.14, 0.24, 0.38), (0.01, 0.02, 0.05), stars=True,
    ),
    "mist": Light(
        (0.46, 0.57, 0.62), (0.66, 0.74, 0.75), (0.90, 0.91, 0.87),
        (1.0, 0.98, 0.91), (0.80, 0.84, 0.83), (0.12, 0.20, 0.21),
    ),
}  # fmt: skip

#: Words that name a time of day or a place, English and Chinese; the first group with a match decides.
HOURS: Final = (
    ("night", ("night", "star", "moon", "space", "galaxy", "neon", "夜", "星", "月", "宇宙")),
    ("sunset", ("sunset", "golden", "evening", "autumn", "fire", "desert", "夕阳", "日落", "黄昏", "秋")),
    ("dawn", ("sunrise", "dawn", "morning", "spring", "blossom", "sakura", "日出", "清晨", "早晨", "春", "樱")),
    ("dusk", ("dusk", "twilight", "dream", "magic", "暮", "梦")),
    ("mist", ("mist", "fog", "rain", "snow", "winter", "calm", "zen", "雾", "雨", "雪", "冬")),
    ("day", ("day", "summer", "sunny", "blue sky", "beach", "夏", "晴", "蓝天", "海滩")),
)
PLACES: Final = (
    ("city", ("city", "street", "skyline", "urban", "building", "neon", "town", "office", "城", "街", "都市", "楼")),
    ("sea", ("sea", "ocean", "beach", "wave", "lake", "island", "river", "boat", "海", "湖", "浪", "岛", "河")),
    ("forest", ("forest", "tree", "wood", "jungle", "garden", "森林", "树", "花园", "林")),
    ("hills", ("mountain", "hill", "valley", "desert", "field", "landscape", "山", "沙漠", "田", "风景")),
)


def _never_cancelled() -> None:
    """Ignore that the render may be cancelled."""


def paint_scene(prompt: str, width: int, height: int, check: CheckCancelled = _never_cancelled) -> Image.Image:
    """Return a painting for the prompt, of this size in pixels."""
    seed = hashlib.sha256(prompt.strip().casefold().encode("utf-8", "surrogatepass")).digest()
    random = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    light = LIGHTS[_choose_named(prompt, HOURS, seed[8])]
    place = _choose_named(prompt, PLACES, seed[9])
    painter = _Painter(width, height, light, random)
    painter.sky(0.60 if place == "sea" else 0.72)
    check()
    if place == "sea":
        painter.ridges(0.575, 2, 0.05)
        painter.water(0.60)
    check()
    painter.orb()  # after the water, because the path of light in the water replaces a reflection
    if place == "sea":
        return painter.finish()
    check()
    if place == "city":
        painter.ridges(0.70, 1, 0.05)
        painter.skyline()
    else:
        painter.ridges(0.55, 5 if place == "hills" else 3, 0.13)
        if place == "forest":
            painter.pines()
    return painter.finish()


def _choose_named(prompt: str, groups: tuple[tuple[str, tuple[str, ...]], ...], chance: int) -> str:
    wanted = prompt.casefold()
    for name, words in groups:
        if any(word in wanted for word in words):
            return name
    return groups[chance % len(groups)][0]


class _Painter:
    """A picture in work: `canvas` is (height, width, 3), RGB from 0 to 1; x and y are in fractions of the height."""

    def __init__(self, width: int, height: int, light: Light, random: np.random.Generator) -> None:
        self._light = light
        self._random = random
        self._aspect = width / height
        self._x = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]
        self._y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self._pixel = 1.0 / height
        self._canvas: Field = np.zeros((height, width, 3), np.float32)
        self._sun = (self._aspect * random.uniform(0.28, 0.72), random.uniform(0.30, 0.46))

    def sky(self, horizon: float) -> None:
        """Paint the sky from zenith to horizon, brighter around the sun or the moon, with stars and thin clouds."""
        light = self._light
        fall = np.clip(self._y / horizon, 0, 1)
        upper, lower = _smooth(fall / 0.62), _smooth((fall - 0.45) / 0.55)
        for band in range(3):
            air = light.zenith[band] * (1 - upper) + light.middle[band] * upper
            self._canvas[:, :, band] = air * (1 - lower) + light.horizon[band] * lower
        away = np.sqrt((self._x - self._sun[0]) ** 2 + (self._y - self._sun[1]) ** 2)
        if light.stars:
            self._stars(horizon)
        self._lay(light.glow, 0.62 * np.exp(-((away / 0.34) ** 1.3)))
        self._clouds(horizon)

    def orb(self) -> None:
        """Paint the sun or the moon."""
        radius = 0.036 if self._light.stars else 0.05
        away = np.sqrt((self._x - self._sun[0]) ** 2 + (self._y - self._sun[1]) ** 2)
        self._lay(self._light.glow, 0.55 * np.exp(-np.clip(away - radius, 0, None) / 0.03))
        self._lay((1.0, 0.99, 0.95), np.clip((radius - away) / (2 * self._pixel) + 0.5, 0, 1))

    def _stars(self, horizon: float) -> None:
        """Paint a few hundred stars, most of them faint, with fewer near the horizon."""
        height, width = self._canvas.shape[:2]
        count = round(420 * self._aspect**0.5)
        rows = (self._random.random(count) ** 1.5 * horizon * 0.9 * height).astype(int)
        columns = (self._random.random(count) * (width - 2)).astype(int) + 1
        size = max(1, round(height / 1100))
        for row, column, bright in zip(rows, columns, self._random.random(count) ** 4, strict=True):
            spot = self._canvas[row : row + size, column : column + size]
            spot += (np.float32(0.22 + 0.78 * bright) - spot) * np.float32(0.9)

    def _clouds(self, horizon: float) -> None:
        """Paint long thin clouds: noise that is stretched sideways and cut off softly."""
        veil = self._noise(3, 9) * 0.55 + self._noise(7, 26) * 0.3 + self._noise(15, 60) * 0.15
        low = float(np.quantile(veil, 0.58))
        veil = _smooth((veil - low) / 0.26)
        veil *= 0.5 * np.exp(-(((self._y - horizon * 0.55) / 0.24) ** 2))
        warm = tuple(0.5 * glow + 0.5 * edge for glow, edge in zip(self._light.glow, self._light.horizon, strict=True))
        self._lay((warm[0], warm[1], warm[2]), veil * (0.35 if self._light.stars else 0.8))

    def _noise(self, across: int, down: int) -> Field:
        """Return soft noise from 0 to 1, with about `across` and `down` blobs per height."""
        height, width = self._canvas.shape[:2]
        grain = self._random.random((down + 1, max(2, round(across * self._aspect) + 1)), dtype=np.float32)
        soft = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(soft, np.float32)

    def ridges(self, top: float, count: int, rise: float) -> None:
        """Paint rows of hills from `top` (0 to 1) downwards; the far ones are in haze."""
        for layer in range(count):
            nearness = (layer + 1) / count
            base = top + (0.93 - top) * nearness**1.25 * (0.9 if count > 1 else 0.4)
            line = base + self._line(2.2 + layer * 0.9, rise * (1.0 - 0.25 * nearness))
            self._land(line, nearness**0.85, fog=0.22 + 0.3 * (1 - nearness))

    def _line(self, pace: float, rise: float) -> Field:
        """Return the line of a ridge: a sum of waves of decreasing length and height, in fractions of the height."""
        line = np.zeros_like(self._x)
        for octave in range(7):
            phase, stretch = self._random.uniform(0, 6.28), self._random.uniform(0.8, 1.25)
            wave = np.sin(self._x * (pace * stretch * 2**octave) + phase)
            # Sharp crests and soft valleys distinguish a ridge from a wave.
            line += (2 * np.abs(wave) - 1 if octave else wave) * np.float32(0.5 * 0.52**octave)
        return line * np.float32(rise)

    def _land(self, line: Field, nearness: float, fog: float) -> None:
        """Fill the area below a line; it is lighter towards its foot because of mist."""
        light = self._light
        cover = np.clip((self._y - line) / self._pixel + 0.5, 0, 1)
        depth = np.clip((self._y - line) / 0.28, 0, 1)
        for band in range(3):
            tone = light.haze[band] * (1 - nearness) + light.near[band] * nearness
            lit = tone + (light.horizon[band] - tone) * fog * (1 - nearness * 0.7) * _smooth(depth)
            plane = self._canvas[:, :, band]
            plane += (lit - plane) * cover

    def water(self, horizon: float) -> None:
        """Paint a calm sea that mirrors the sky, with the path of light on it."""
        height = self._canvas.shape[0]
        first = round(horizon * height)
        rows = np.arange(first, height)
        source_rows = np.clip(first - 1 - ((rows - first) * first // max(height - first, 1)), 0, first - 1)
        reflection = self._canvas[source_rows]
        depth = ((rows - first) / max(height - first, 1)).astype(np.float32)[:, None]
        ripple = self._noise(5, 190)[first:] * (0.25 + 0.75 * depth)
        path = np.exp(-(((self._x - self._sun[0]) / (0.05 + 0.20 * depth)) ** 2))
        glints = path * _smooth((ripple - 0.30 + 0.20 * (1 - depth)) / 0.14) * (1 - 0.65 * depth)
        for band in range(3):
            sea = reflection[:, :, band] * (0.86 - 0.4 * depth) + self._light.near[band] * (0.10 + 0.3 * depth)
            sea -= (ripple - 0.4) * 0.10
            sea += (self._light.glow[band] - sea) * glints * 0.85
            self._canvas[first:, :, band] = sea

    def skyline(self) -> None:
        """Paint buildings in three rows; the two nearer rows have lit windows, more of them when it is dark."""
        for layer in range(3):
            nearness = (0.3, 0.62, 0.94)[layer]
            base = (0.60, 0.66, 0.74)[layer]
            line = np.full_like(self._x, 1.0)
            at = -0.05
            while at < self._aspect:
                wide = self._random.uniform(0.045, 0.11) * (0.8 + 0.35 * layer)
                tall = base - self._random.random() ** 1.8 * (0.30, 0.26, 0.20)[layer]
                inside = (self._x >= at) & (self._x < at + wide)
                line = np.where(inside, np.float32(tall), line)
                if self._random.random() < 0.3:
                    mast = np.abs(self._x - (at + wide / 2)) < 1.2 * self._pixel
                    line = np.where(mast, np.float32(tall - 0.05), line)
                at += wide + (self._random.uniform(0, 0.02) if layer < 2 else 0.004)
            line = line.astype(np.float32)
            self._land(line, nearness, fog=0.35)
            if layer:
                self._windows(line, layer)

    def _windows(self, line: Field, layer: int) -> None:
        cell = 0.009 + 0.0035 * layer
        columns, rows = np.floor(self._x / cell).astype(int), np.floor(self._y / (cell * 1.35)).astype(int)
        lit = self._random.random((int(rows.max()) + 1, int(columns.max()) + 1), dtype=np.float32)
        share = 0.30 if self._light.stars else 0.10
        on = np.clip((share - lit[rows, columns]) / share, 0, 1) ** 0.5
        frame = (np.mod(self._x, cell) / cell > 0.32) & (np.mod(self._y, cell * 1.35) / (cell * 1.35) > 0.42)
        inside = self._y > line + cell * 0.8
        self._lay((1.0, 0.82, 0.52), (on * frame * inside * (0.75 if self._light.stars else 0.5)).astype(np.float32))

    def pines(self) -> None:
        """Paint two rows of conifers in front; the nearest row is nearly black."""
        for layer, (foot, tall, step) in enumerate(((0.86, 0.15, 0.032), (1.02, 0.30, 0.06))):
            line = foot - 0.02 + self._line(3.0, 0.04)
            at = -0.1
            while at < self._aspect + 0.1:
                size = tall * self._random.uniform(0.5, 1.0)
                away = np.abs(self._x - at)
                # Branches: the outline steps in and out on its way to the tip.
                teeth = size * 0.045 * np.mod(away / (size * 0.035), 1.0)
                crown = foot - size + away * (4.2 + 0.5 * layer) + teeth
                line = np.minimum(line, np.where(away < size * 0.26, crown, 1.5))
                at += step * self._random.uniform(0.5, 1.3)
            self._land(line.astype(np.float32), 0.80 + 0.18 * layer, fog=0.25)

    def _lay(self, colour: Rgb, cover: Field) -> None:
        """Mix a colour onto the canvas; `cover` (height, width) is from 0 to 1."""
        for band in range(3):
            plane = self._canvas[:, :, band]
            plane += (np.float32(colour[band]) - plane) * cover

    def finish(self) -> Image.Image:
        """Return the picture with slightly darker corners and with grain against banding."""
        across = (self._x / self._aspect - 0.5) * 2
        down = (self._y - 0.5) * 2
        shade = 1 - 0.16 * np.clip((across**2 + down**2) / 2, 0, 1) ** 1.4
        grain = self._random.standard_normal(self._canvas.shape[:2], dtype=np.float32) * 0.006
        for band in range(3):
            plane = self._canvas[:, :, band]
            plane *= shade
            plane += grain
        return Image.fromarray((self._canvas.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def _smooth(value: Field) -> Field:
    """Return the smoothstep, clamped to 0 to 1."""
    held: NDArray[np.float32] = np.clip(value, 0, 1).astype(np.float32)
    return held * held * (3 - 2 * held)
