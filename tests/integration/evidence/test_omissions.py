"""What the paper about omissions says is not there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.integration.evidence.caller import Caller

OMISSIONS = Path(__file__).parents[3] / "docs/omissions.md"
#: What the omissions name that begins like a path and is only the end of one.
PLACES = {"/lambda"}


def test_every_call_that_the_omissions_name_is_not_there(caller: Caller) -> None:
    paper = OMISSIONS.read_text(encoding="utf-8")
    named = re.findall(r"`(?:(GET|POST) )?(/[a-z0-9_{}/-]+)`", paper)
    calls = [(method or "POST", path.replace("{id}", "x")) for method, path in named if path not in PLACES]
    assert len(calls) >= 9
    assert {(call, caller.http.request(*call).status_code) for call in calls} == {(call, 404) for call in calls}
