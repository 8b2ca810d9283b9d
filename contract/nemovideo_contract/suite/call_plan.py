"""What each check calls, as recorded on a fake one by one, so that a plan can be shown before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast


@cache
def load_call_plan() -> Mapping[str, Mapping[str, int]]:
    """Check -> operation -> how often it is called at most."""
    text = (files("nemovideo_contract.suite") / "calls.json").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, int]]", json.loads(text))


def calls_of(check: str) -> str:
    """What a check calls, in words."""
    return ", ".join(f"{name} x{count}" for name, count in sorted(load_call_plan().get(check, {}).items()))
