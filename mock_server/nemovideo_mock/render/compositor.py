"""Draw planned frames onto planes."""

from __future__ import annotations

from typing import Final

import numpy as np

from nemovideo_contract.wire import FileType
from nemovideo_mock.media.sniff import sniff_file
from nemovideo_mock.render import camera, generated_pictures, pictures, planes, text
from nemovideo_mock.render.clips import Clip
from nemovideo_mock.render.film import Film, Shot
from nemovideo_mock.render.frame_plan import Frame, Layer
from nemovideo_mock.render.outcome import CheckCancelled, RenderError
from nemovideo_mock.render.pictures import Picture
from nemovideo_mock.render.planes import Plane, Planes
from nemovideo_mock.render.source_files import Locate, locate_file

#: Pictures in memory at once: two for a transition, and one that is shown again.
KEPT: Final = 3
#: Bytes of texts in memory, next to the newest one.
MOST_LETTERING: Final = 32 * 1024 * 1024
#: Pixels of a painting; a larger frame shows it enlarged. Each million takes 0.7 s of work and 45 MB.
LARGEST_PAINTING: Final = 1920 * 1920


class Compositor:
    """Draws the frames of one film in order, with at most `KEPT` pictures and `KEPT` clips in memory."""

    def __init__(self, film: Film, locate: Locate, check: CheckCancelled) -> None:
        self._film = film
        self._locate = locate
        self._check = check
        self._photos: dict[tuple[str, str], Picture] = {}
        self._clips: dict[Shot, Clip] = {}
        self._lettering: dict[int, text.Lettering | None] = {}
        self._spare = planes.blank(film.width, film.height)
        self._warped = planes.blank(film.width, film.height)
        self._depths: dict[tuple[int, int, float], tuple[Plane, Plane]] = {}

    def close(self) -> None:
        """Close all open files."""
        for clip in self._clips.values():
            clip.close()
        self._clips.clear()

    def draw(self, frame: Frame, target: Planes) -> None:
        """Draw a frame onto `target` and replace its content.

        Raises:
            RenderError: a picture is missing or cannot be decoded.
        """
        if not frame.layers or not frame.layers[0].covers:
            planes.blacken(target)
        for layer in frame.layers:
            self._check()
            if layer.covers:
                self._paint(layer, target)
            else:
                self._paint(layer, self._spare)
                self._lay(layer, target)
        for index in [index for index in self._lettering if all(index != shown for shown, _ in frame.texts)]:
            del self._lettering[index]
        for index, opacity in frame.texts:
            self._check()
            if index not in self._lettering:
                self._forget_lettering()
                self._lettering[index] = text.set_text(self._film.texts[index], self._film.width, self._film.height)
            lettering = self._lettering[index]
            if lettering is not None:
                lettering.draw_on(target, opacity)

    def _forget_lettering(self) -> None:
        """Remove the oldest texts while all texts need more than `MOST_LETTERING`; they are set again if needed."""
        while sum(each.size for each in self._lettering.values() if each is not None) > MOST_LETTERING:
            del self._lettering[next(iter(self._lettering))]

    def _lay(self, layer: Layer, target: Planes) -> None:
        """Copy the spare planes onto the target: slid in from a side, or mixed with the layer's opacity."""
        width, height = target.width, target.height
        moved = 2 * round(layer.slide * width / 2)
        if not moved:
            planes.mix(self._spare, target, layer.opacity)
            return
        seen = width - abs(moved)
        if seen > 0:
            source = self._spare.part(max(-moved, 0), 0, seen, height)
            planes.copy(source, target.part(max(moved, 0), 0, seen, height))

    def _paint(self, layer: Layer, target: Planes) -> None:
        """Draw one layer so that it fills the target."""
        shot = layer.shot
        picture = self._picture(layer)
        where = picture.place
        region = target
        if not where.whole:
            x, y = 2 * round(where.x * target.width / 2), 2 * round(where.y * target.height / 2)
            region = target.part(x, y, target.width - 2 * x, target.height - 2 * y)
        if picture.backdrop is not None:
            planes.resample(picture.backdrop, target, 0, 0, 1, 1)
        seconds = (shot.length + shot.overlap) / 1000
        seen = camera.find_window(
            shot.motion, layer.progress, picture.fit, seconds=seconds, number=shot.number, punch=layer.punch
        )
        if seen.depth:
            still = self._warped.part(0, 0, region.width, region.height)
            planes.resample(picture.sharp, still, seen.x, seen.y, seen.w, seen.h)
            depth, half = self._depth(picture, region)
            planes.shift(still, region, depth, half, seen.depth * region.width)
        else:
            planes.resample(picture.sharp, region, seen.x, seen.y, seen.w, seen.h)
        if layer.light < 1:
            planes.dim(target, layer.light)

    def _picture(self, layer: Layer) -> Picture:
        shot = layer.shot
        if shot in self._clips:
            return self._clips[shot].at(layer.seconds)
        key = (shot.sha256, shot.prompt if not shot.sha256 else "")
        if key in self._photos:
            self._photos[key] = self._photos.pop(key)  # the most recently used picture is removed last
            return self._photos[key]
        width, height = self._film.width, self._film.height
        if not shot.sha256:
            return self._keep(key, self._paint_scene(shot))
        path = locate_file(self._locate, shot.sha256, shot.label)
        kind = sniff_file(path)
        if kind is not None and kind.file_type is FileType.VIDEO:
            self._make_room()
            clip = Clip(path, shot.label, shot.offset, width, height, self._check, still=shot.motion == "still")
            self._clips[shot] = clip
            return clip.at(layer.seconds)
        if kind is None or kind.file_type is not FileType.IMAGE:
            raise RenderError(f"The file of segment {shot.label} is neither a photo nor a video.")
        self._make_room()
        return self._keep(key, pictures.load(path, shot.label, width, height, self._check))

    def _paint_scene(self, shot: Shot) -> Picture:
        """Return a picture painted from the prompt, for a segment that has no file."""
        self._make_room()
        width, height = self._film.width, self._film.height
        scale = min(1.0, (LARGEST_PAINTING / (width * height)) ** 0.5)
        scene = generated_pictures.paint_scene(shot.prompt, round(width * scale), round(height * scale), self._check)
        return pictures.prepare(scene, width, height)

    def _keep(self, key: tuple[str, str], picture: Picture) -> Picture:
        self._photos[key] = picture
        return picture

    def _make_room(self) -> None:
        """Remove the oldest pictures and clips, so that another one can be loaded."""
        while len(self._photos) >= KEPT:
            del self._photos[next(iter(self._photos))]
        while len(self._clips) >= KEPT:
            self._clips.pop(next(iter(self._clips))).close()

    def _depth(self, picture: Picture, region: Planes) -> tuple[Plane, Plane]:
        """Return the nearness of each pixel, and the same at half size; cached for the two pictures of a transition."""
        key = (region.width, region.height, picture.fit.focus_x)
        if key not in self._depths:
            latest = dict(list(self._depths.items())[-1:])
            self._depths = {**latest, key: (_mound(*key), _mound(key[0] // 2, key[1] // 2, key[2]))}
        return self._depths[key]


def _mound(width: int, height: int, focus_x: float) -> Plane:
    """Return a depth map, nearest in the middle column at the bottom; linear vertically to keep lines straight."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    middle = 0.5 + (focus_x - 0.5) * 0.5
    bump = np.clip(1.0 - ((x - middle) / 0.5) ** 2, 0.0, 1.0)
    bump *= bump * np.clip(np.minimum(x, 1 - x) / 0.12, 0, 1)
    depth: Plane = np.rint(bump[None, :] * (0.4 + 0.6 * y)[:, None] * 255).astype(np.uint8)
    return depth
