"""Identify and measure uploaded files.

`check_start` refuses a file early, by its first bytes. `probe` reads a whole file and returns its `MediaFacts`. Both
raise `UnsupportedMedia` for a file that the service does not accept.
"""

from __future__ import annotations

from nemovideo_mock.media.probing import MediaFacts, UnsupportedMedia, check_start, probe
from nemovideo_mock.media.sniff import START

__all__ = ["START", "MediaFacts", "UnsupportedMedia", "check_start", "probe"]
