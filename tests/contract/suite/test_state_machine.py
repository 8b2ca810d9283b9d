"""The walk of a caller who does anything: it agrees with the fake, keeps to its budget, and repeats what it finds."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nemovideo_contract.http.errors import RequirementFailure
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.context import Context
from nemovideo_contract.targets import Target, fake_tokens
from tests.contract.suite.defects.catalogue import DEFECTS
from tests.contract.suite.defects.matrix import Stage, staged
from tests.contract.suite.stage import context_on_fake, named
from tests.guards import HANG_S

ALONE = "no_sequence_of_calls_contradicts_the_model"
WATCHED = "no_sequence_of_calls_shows_to_another_account"
WORK = frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER})


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["seeds", "adk"])
def test_a_long_walk_finds_nothing_on_the_fake(profile: str) -> None:
    with context_on_fake(PROFILES[profile]) as context:
        context.examples = 16
        assert context.run(named(WATCHED)) is None
        assert len(context.server.leftovers.sessions) > 8
        assert context.spending.calls["run_sse"] > 15
        assert context.spending.calls["submit_render"] > 15


def frame_rates(context: Context) -> set[str]:
    """The frames a second that the drafts of the last walk's exports have."""
    bodies = [call.body for call in context.server.trail if call.operation == "submit_render"]
    drafts = [body["draft"] for body in bodies if isinstance(body, dict)]
    metas = [draft["m"] for draft in drafts if isinstance(draft, dict)]
    return {str(meta["fps"]) for meta in metas if isinstance(meta, dict)}


def test_a_walk_exports_few_frames_on_a_fake_and_the_draft_as_it_is_on_a_server_that_charges() -> None:
    with context_on_fake(Profile()) as context:
        context.examples = 2
        assert context.run(named(ALONE)) is None
        assert frame_rates(context) == {"2"}
    with context_on_fake(Profile(), target=charging(60)) as context:
        assert context.run(named(ALONE)) is None
        assert frame_rates(context) == {"30"}


def charging(credits: int, spends: frozenset[Expense] = WORK) -> Callable[[str], Target]:
    """Return what makes a charged target of a fake's address."""
    token = fake_tokens(["funded"])["funded"]
    return lambda url: Target("charged", url, Profile(), token, spends=Cost(spends, credits))


def charged(credits: int, *, spends: frozenset[Expense] = WORK) -> tuple[int, dict[str, int]]:
    """What a walk costs on a fake that is charged, and what it calls."""

    with context_on_fake(Profile(), target=charging(credits, spends)) as context:
        before = context.owner().balance()
        skipped = context.run(named(ALONE))
        assert (skipped is None) == (credits >= 50), skipped
        return before - context.owner().balance(), dict(context.spending.calls)


def test_on_a_server_that_charges_a_walk_is_short_and_stays_below_the_ceiling() -> None:
    price, calls = charged(60)
    assert 0 < price <= 60
    assert calls["run_sse"] < 10
    assert "anonymous_token" not in calls
    richer, _ = charged(500)
    assert richer >= price


def test_a_walk_that_may_spend_nothing_is_not_begun() -> None:
    price, calls = charged(0)
    assert price == 0
    assert calls.keys() == {"credits"}


def repeated(stage: Stage, found: RequirementFailure, folder: Path) -> str:
    """What the script of a finding prints."""
    lines = [f"export NEMO_API_URL={found.where}", *found.repeat]
    command = ["bash", "-euo", "pipefail", "-c", "\n".join(lines)]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=HANG_S, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode()


@pytest.mark.parametrize(
    ("rule", "check", "shows"),
    [
        ("credits-export", ALONE, r'"total": \d+(?!00|50)\d\d}'),
        ("render-isolated", WATCHED, '"status":"(pending|processing|completed)"'),
        ("session-name", "any_name_and_language_make_a_session", '"task_name": "untitled"'),
        ("upload-state", "a_file_of_any_name_is_taken_and_listed", r'"video_infos": \[\]'),
    ],
)
def test_a_finding_is_repeated_by_its_script(tmp_path: Path, rule: str, check: str, shows: str) -> None:
    with staged(DEFECTS[rule]) as stage:
        found = stage.finding(named(check), examples=10)
        assert found is not None
        assert found.requirement.id == rule
        assert re.search(shows, repeated(stage, found, tmp_path).splitlines()[-1])


def test_a_script_names_no_secret() -> None:
    with staged(DEFECTS["token-scopes"]) as stage:
        found = stage.finding(named("a_new_token_opens_the_calls_that_read_write_and_upload"))
    assert found is not None
    assert "nmv_usr_" not in str(found)
