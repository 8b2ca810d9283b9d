"""What an uploaded file is: `probe` reads it, `Facts` says it, `UnsupportedMedia` refuses it."""

from __future__ import annotations

from nemovideo_mock.media.facts import Facts, UnsupportedMedia
from nemovideo_mock.media.probing import probe

__all__ = ["Facts", "UnsupportedMedia", "probe"]
