"""What an uploaded file is: `probe` reads it, `foresee` its start, `Facts` says it, `UnsupportedMedia` refuses it."""

from __future__ import annotations

from nemovideo_mock.media.facts import Facts, UnsupportedMedia
from nemovideo_mock.media.probing import foresee, probe
from nemovideo_mock.media.sniff import START

__all__ = ["START", "Facts", "UnsupportedMedia", "foresee", "probe"]
