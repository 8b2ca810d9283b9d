"""Requests are applied to briefs: what each ask changes, and what is refused with a reason."""

from __future__ import annotations

from nemovideo_mock.agent.editing.applying import apply, undo_history

__all__ = ["apply", "undo_history"]
