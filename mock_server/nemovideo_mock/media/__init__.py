"""What an uploaded file is: `probe` reads it, `foresee` its start, `MediaFacts` says it, `UnsupportedMedia` refuses
it."""

from __future__ import annotations

from nemovideo_mock.media.facts import MediaFacts, UnsupportedMedia
from nemovideo_mock.media.probing import foresee, probe
from nemovideo_mock.media.sniff import START

__all__ = ["START", "MediaFacts", "UnsupportedMedia", "foresee", "probe"]
