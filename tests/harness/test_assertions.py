"""`assert_conduct` fails a test by what its code did, and says how to do it better."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from nemovideo_client import Client
from nemovideo_contract.journal import JournalError
from nemovideo_harness.pytest_plugin import assert_conduct
from nemovideo_harness.worlds import JournalView, World
from nemovideo_skills.judge.rules import NoRuleError
from tests.guards import HANG_S
from tests.skills.judge.cases import clumsy, good, lines_of
from tests.skills.judge.scripted import Scripted


def failure(journal: object, **options: object) -> str:
    """What a failing assertion says."""
    with pytest.raises(AssertionError) as caught:
        assert_conduct(journal, **options)  # type: ignore[arg-type]  # whatever a test has
    return str(caught.value)


def test_a_client_that_follows_the_documents_passes(
    nemo_client: Client, nemo_journal: JournalView, nemo_world: World, tmp_path: Path
) -> None:
    session = nemo_client.session()
    nemo_client.say(session, "Make a 5-second video of a sunrise over mountains").read()
    nemo_client.export(session, tmp_path / "sunrise.mp4")
    for journal in (nemo_journal, nemo_world, nemo_world.url, list(nemo_journal)):
        assert_conduct(journal)


def test_a_failure_names_the_broken_rule_its_proof_and_its_fix(nemo_world: World) -> None:
    bearer = {"Authorization": "Bearer nmv_usr_test_funded"}
    httpx.get(f"{nemo_world.url}/api/credits/balance/simple", headers=bearer, trust_env=False, timeout=HANG_S)
    said = failure(nemo_world.journal)
    assert said.startswith("Rules of conduct were broken.\nattribution-on-every-call (error):")
    assert "had no X-Skill-Source, X-Skill-Version and X-Skill-Platform." in said
    assert "GET /api/credits/balance/simple" in said
    assert "Fix: Put the three headers into every curl command" in said
    assert "nmv_usr_test" not in said
    assert_conduct(nemo_world, ignore=["attribution"])
    assert_conduct(nemo_world, rules=["set-up", "polls"])
    assert "attribution-on-every-call" in failure(nemo_world, rules=["attribution-on-every-call"])
    assert_conduct(nemo_world, profile="reference-4.4")


def test_the_profile_of_the_world_sets_the_expectations(nemo_world: World) -> None:
    nemo_world.control("PUT", "/profile", {"name": "reference-4.4"})
    bearer = {"Authorization": "Bearer nmv_usr_test_funded"}
    httpx.get(f"{nemo_world.url}/api/credits/balance/simple", headers=bearer, trust_env=False, timeout=HANG_S)
    assert_conduct(nemo_world)
    assert "attribution-on-every-call" in failure(nemo_world, profile="seeds")


def test_a_rule_that_needs_the_whole_journal_is_decided_in_a_new_world(nemo_world: World) -> None:
    # The request that created the world was removed from the journal. That gap must not count as a missing request.
    with nemo_world.client() as nemo:
        session = nemo.session()
        nemo_world.control("POST", "/faults", {"kind": "cut", "records": 1, "how": "abort"})
        body = {
            "app_name": "nemo_agent", "session_id": session.session_id, "user_id": "me",
            "new_message": {"parts": [{"text": "Make a 5-second video of a sunrise over mountains"}]},
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {nemo.token().value}", "Accept": "text/event-stream"}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{nemo_world.url}/run_sse", json=body, headers=headers, trust_env=False, timeout=HANG_S)
        nemo.state(session)
    said = failure(nemo_world, rules=["recovery-waits"], time="real")
    assert "after the stream broke, not 30 s." in said


def test_a_journal_can_be_a_file_or_a_list_of_entries(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("\n".join(lines_of(good())), encoding="utf-8")
    assert_conduct(file)
    assert_conduct(str(file))
    entries = [json.loads(line) for line in lines_of(clumsy())]
    assert "no-resend-after-break (error)" in failure(entries)


def test_a_failure_names_the_caller_if_there_are_several() -> None:
    entries = [json.loads(line) for line in lines_of(clumsy(), good(world="friday", account="user_ada"))]
    said = failure(entries)
    assert "no-resend-after-break (error), by anon_0123456789abcdef (photo-stories): " in said
    assert "user_ada" not in said


def test_many_violations_of_a_rule_are_counted() -> None:
    script = Scripted()
    script.set_up()
    for _ in range(5):
        script.read_credits(after=1)
        script.say("export", after=60)
    said = failure(script.entries, rules=["wishes-not-sent"])
    assert said.count("\n  And ") <= 1
    assert said.count("export") >= 1


def test_an_empty_journal_and_wrong_arguments_are_refused_with_the_reason(
    nemo_journal: JournalView, tmp_path: Path
) -> None:
    assert failure(nemo_journal) == "There are no requests in the journal, so there is nothing to judge."
    with pytest.raises(NoRuleError, match="did you mean poll-interval"):
        assert_conduct(nemo_journal, ignore=["poll-intervals"])
    with pytest.raises(ValueError, match="There is no profile 'mine'"):
        assert_conduct(nemo_journal, profile="mine")
    paper = tmp_path / "paper.md"
    paper.write_text("# Paper\n", encoding="utf-8")
    with pytest.raises(JournalError, match="Line 1 is not JSON"):
        assert_conduct(paper)
