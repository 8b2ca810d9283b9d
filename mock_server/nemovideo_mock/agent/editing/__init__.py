"""Apply requests to edit states: make the change that each ask wants, or refuse it with a reason."""

from __future__ import annotations

from nemovideo_mock.agent.editing.applying import apply, undo_history

__all__ = ["apply", "undo_history"]
