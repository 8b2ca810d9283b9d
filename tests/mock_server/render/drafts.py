"""Small drafts and the photos in them, for the tests of the renderer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from nemovideo_contract.draft import Draft, VisualMeta

Locate = Callable[[str], Path | None]


class Uploads:
    """Files by their SHA-256, as the fake stores them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}

    def add(self, path: Path) -> str:
        """Add a file and return its hash."""
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.files[sha256] = path
        return sha256

    def photo(self, name: str = "photo.png", size: tuple[int, int] = (96, 72), seed: int = 0) -> str:
        """Make a photo of blobs in many colours and return its hash."""
        random = np.random.default_rng(seed)
        small = random.integers(0, 255, (5, 6, 3), dtype=np.uint8)
        path = self.folder / name
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(path)
        return self.add(path)

    def locate(self, sha256: str) -> Path | None:
        """Return the file of a hash, as `render` needs it."""
        return self.files.get(sha256)


def draft(
    shots: Sequence[Mapping[str, object]],
    *,
    each: int = 1000,
    width: int = 1080,
    height: int = 1920,
    sounds: Sequence[Mapping[str, object]] = (),
    words: Sequence[Mapping[str, object]] = (),
) -> Draft:
    """Return a draft of consecutive shots of `each` milliseconds, with sounds and texts over the whole length."""
    total = each * len(shots)
    tracks = [
        {
            "tt": 0,
            "sg": [{"id": f"sg_{n}", "s": n * each, "d": each, "m": dict(shot)} for n, shot in enumerate(shots)],
        },
        {"tt": 1, "sg": [{"id": f"au_{n}", "s": 0, "d": total, "m": dict(sound)} for n, sound in enumerate(sounds)]},
        {"tt": 7, "sg": [{"id": f"tx_{n}", "s": 0, "d": total, "m": dict(word)} for n, word in enumerate(words)]},
    ]
    return cast("Draft", {"t": tracks, "d": total, "m": {"width": width, "height": height, "fps": 30}})


def shot(sha256: str, **meta: object) -> VisualMeta:
    """Return the `m` of a photo's segment."""
    return cast("VisualMeta", {"kind": "image", "hash": sha256, **meta})
