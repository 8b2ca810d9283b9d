"""Requests are applied to briefs: what each ask changes, and what is refused with a reason."""

from __future__ import annotations

from nemovideo_mock.agent.editing.applying import apply, remembered

__all__ = ["apply", "remembered"]
