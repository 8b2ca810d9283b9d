"""A stream that its caller has read to the end is over before the caller's next call."""

from __future__ import annotations

from pathlib import Path

import httpx

from nemovideo_mock.server import RunningServer
from nemovideo_skills.judge.journal_reader import JournalReader
from tests.guards import HANG_S
from tests.harness.commands import shell_for

BEARER = {"Authorization": "Bearer nmv_usr_test_talkative"}


def test_the_journal_is_complete_however_quickly_a_caller_closes_or_continues(
    server: RunningServer, tmp_path: Path
) -> None:
    world = shell_for(server, tmp_path, "ends-of-streams").url
    with httpx.Client(base_url=world, headers=BEARER, trust_env=False, timeout=HANG_S) as other:
        session = other.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "p"}).json()["data"]
        for number in range(8):
            body = {
                "app_name": "nemo_agent",
                "user_id": "me",
                "session_id": session["session_id"],
                "new_message": {"parts": [{"text": f"Add the title “{number}”"}]},
            }
            with httpx.Client(base_url=world, headers=BEARER, trust_env=False, timeout=HANG_S) as caller:
                assert caller.post("/run_sse", json=body).is_success
            other.get("/api/credits/balance/simple").raise_for_status()
        lines = other.get("/_mock/journal").text.split("\n")
    journal = JournalReader()
    journal.read(lines)
    turns = [each for each in journal.assembly.exchanges if each.message is not None]
    assert [each.end for each in turns] == ["complete"] * 8
    for turn in turns:
        following = next(each for each in journal.assembly.exchanges if each.first > turn.first)
        assert turn.last < following.first
