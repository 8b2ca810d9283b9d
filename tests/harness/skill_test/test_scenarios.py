"""The scenarios of the matrix use existing rules, test tokens and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_contract.wire import UPLOAD_SIZE_LIMIT
from nemovideo_harness.skill_test import user_files
from nemovideo_harness.skill_test.scenarios import SKILL_SCENARIOS
from nemovideo_mock.runtime.scenario_tokens import is_test_token
from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.rules import RULES

WANTED = (
    "happy-path silent-edit two-stage heartbeats dropped-stream expired-token lost-session no-credits blocked-plan"
    " missing-headers rate-limit failing-render unsupported-file too-large chinese-user several-exports"
)


def test_every_situation_that_a_skill_has_to_survive_is_there() -> None:
    assert list(SKILL_SCENARIOS) == WANTED.split()


@pytest.mark.parametrize("name", SKILL_SCENARIOS)
def test_a_scenario_names_rules_tokens_and_files_that_there_are(name: str, tmp_path: Path) -> None:
    scenario = SKILL_SCENARIOS[name]
    assert scenario.exercises
    assert set(scenario.exercises) <= set(RULES)
    assert scenario.nemo_token is None or is_test_token(scenario.nemo_token)
    said = " ".join(scenario.says)
    for file in scenario.files:
        user_files.write(file, tmp_path)
        assert file in said
        assert (tmp_path / file).stat().st_size > 0


def test_rules_that_the_documents_do_not_know_are_not_wanted_of_their_readers() -> None:
    scenario = SKILL_SCENARIOS["happy-path"]
    assert "attribution-on-every-call" in scenario.wanted(PRACTICES["seeds"])
    oldest = scenario.wanted(PRACTICES["reference-4.4"])
    assert not {"attribution-on-every-call", "client-id-sent"} & set(oldest)
    assert "message-shape" in oldest


def test_photos_are_photos_and_the_large_video_takes_no_room(tmp_path: Path) -> None:
    for name in ("gate.png", "holiday.mp4"):
        user_files.write(name, tmp_path)
    assert (tmp_path / "gate.png").read_bytes() == user_files.photo(sum(b"gate.png"))
    large = (tmp_path / "holiday.mp4").stat()
    assert large.st_size > UPLOAD_SIZE_LIMIT
    assert large.st_blocks * 512 < 1_000_000
    with pytest.raises(ValueError, match=r"'\.pdf'"):
        user_files.write("paper.pdf", tmp_path)
