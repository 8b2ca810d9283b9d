"""How a user installs an optional part of the project."""

from __future__ import annotations


def install_hint(extras: str) -> str:
    """Return the commands that install these extras, separated by commas: from the package index, and in a clone."""
    return f"pip install 'nemovideo-harness[{extras}]', or in a clone: scripts/install dev"
