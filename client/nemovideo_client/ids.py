"""The client's only source of chance; ruff bans it everywhere else (TID251)."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """A random UUID, which nobody else has."""
    return str(uuid.uuid4())
