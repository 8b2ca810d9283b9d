"""The only source of chance: hashes of who asks for what.

Nothing here keeps state, so two requests that run side by side can't disturb each other's draws, and the same seed and
the same sequence of requests give the same bytes in any process on any Python.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chance:
    """A seeded stream of independent draws, each named by what it is for.

    `Chance("7").of("session", 3)` is a narrower source; a draw is the hash of the path that leads to it.
    """

    path: str

    def of(self, *names: object) -> Chance:
        """A source of its own for the part named so."""
        return Chance("\x1f".join((self.path, *map(str, names))))

    def digest(self, *names: object) -> bytes:
        """32 bytes for this name, always the same."""
        return hashlib.sha256(self.of(*names).path.encode("utf-8", "surrogatepass")).digest()

    def fraction(self, *names: object) -> float:
        """A number from 0 up to 1, evenly spread."""
        return int.from_bytes(self.digest(*names)[:7], "big") / (1 << 56)

    def between(self, low: float, high: float, *names: object) -> float:
        """A number from low up to high, evenly spread, in whole milliseconds of whatever the unit is."""
        return round(low + (high - low) * self.fraction(*names), 3)

    def happens(self, probability: float, *names: object) -> bool:
        """Whether something of this probability happens this time."""
        return self.fraction(*names) < probability

    def hex(self, length: int, *names: object) -> str:
        """Up to 64 hexadecimal digits."""
        return self.digest(*names).hex()[:length]

    def url_safe(self, *names: object) -> str:
        """43 url-safe base64 characters."""
        return base64.urlsafe_b64encode(self.digest(*names)).decode("ascii").rstrip("=")

    def digits(self, length: int, *names: object) -> str:
        """A decimal string of exactly this length that does not begin with 0."""
        low = 10 ** (length - 1)
        return str(low + int.from_bytes(self.digest(*names)[:16], "big") % (9 * low))
