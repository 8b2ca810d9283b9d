"""The one limit in real time that tests have: it ends what hangs, and is never a verdict."""

from __future__ import annotations

from typing import Final

#: Seconds after which something that should have ended has hung. With 30 processes on two cores tests have taken more
#: than 240; pytest's own limit in `pyproject.toml` is above it.
HANG_S: Final = 900.0
