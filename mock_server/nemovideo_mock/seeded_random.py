"""The only source of randomness in the fake: hashes of a seed and of the name of each draw.

It has no state. Therefore parallel requests do not affect each other's draws, and the same seed and the same requests
give the same bytes in every process and on every Python.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chance:
    """A seeded source of independent draws, each with a name.

    `Chance("7").of("session", 3)` is a narrower source. A draw is the hash of the path of names that leads to it.
    """

    path: str

    def of(self, *names: object) -> Chance:
        """Return a separate source for this name."""
        return Chance("\x1f".join((self.path, *map(str, names))))

    def digest(self, *names: object) -> bytes:
        """Return 32 bytes for this name, always the same."""
        return hashlib.sha256(self.of(*names).path.encode("utf-8", "surrogatepass")).digest()

    def fraction(self, *names: object) -> float:
        """Return a number from 0 up to 1, evenly distributed."""
        return int.from_bytes(self.digest(*names)[:7], "big") / (1 << 56)

    def between(self, low: float, high: float, *names: object) -> float:
        """Return a number from low up to high, evenly distributed, rounded to thousandths of the unit."""
        return round(low + (high - low) * self.fraction(*names), 3)

    def happens(self, probability: float, *names: object) -> bool:
        """Return whether an event of this probability happens for this name."""
        return self.fraction(*names) < probability

    def hex(self, length: int, *names: object) -> str:
        """Return up to 64 hexadecimal digits."""
        return self.digest(*names).hex()[:length]

    def url_safe(self, *names: object) -> str:
        """Return 43 URL-safe base64 characters."""
        return base64.urlsafe_b64encode(self.digest(*names)).decode("ascii").rstrip("=")

    def digits(self, length: int, *names: object) -> str:
        """Return a decimal string of exactly this length that does not begin with 0."""
        low = 10 ** (length - 1)
        return str(low + int.from_bytes(self.digest(*names)[:16], "big") % (9 * low))
