"""The one limit in real time that tests have: it ends what hangs, and is never a verdict."""

from __future__ import annotations

from typing import Final

#: Seconds after which something that should have ended has hung, on a machine however busy; pytest's own limit in
#: `pyproject.toml` is above it.
HANG_S: Final = 240.0
