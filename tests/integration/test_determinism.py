"""The same seed and the same requests give the same bytes: in any process, and whatever others do meanwhile."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from nemovideo_contract.profiles import Profile
from tests.guards import HANG_S

from .replay import SEED, SPEAKING, Answer, played, played_in_a_crowd

TOP: Final = Path(__file__).parents[2]
RUN: Final = "from tests.integration.replay import main; main()"
#: Instants in the kit's events; others who wait move the time that these name. In a broken record the key has two bytes
#: more.
INSTANTS: Final = re.compile('"(timestamp|lastUpdateTime)(\u00ff\u00fe)?": ?[0-9.]+')
#: Other Pythons that may be installed, with everything that the fake needs or without.
OTHERS: Final = ("python3.12", "python3.13", "python3.14")


@cache
def alone(profile: Profile) -> list[Answer]:
    """The run in this process."""
    return played(profile)


def elsewhere(python: str, hash_seed: str) -> list[list[Answer]]:
    """The runs of all profiles in another process."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [python, "-c", RUN], cwd=TOP, env=environment, capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 0, done.stderr
    runs: list[list[list[object]]] = [json.loads(line) for line in done.stdout.splitlines()]
    return [[plain(answer) for answer in run] for run in runs]


def plain(answer: list[object]) -> Answer:
    """An answer that has been through JSON."""
    status, headers, body = answer
    assert isinstance(status, int)
    assert isinstance(headers, list)
    assert isinstance(body, str)
    return status, [(str(name), str(value)) for name, value in headers], body  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- pairs, as JSON has them


def streams(answers: list[Answer]) -> list[str]:
    """The bodies of the streams."""
    return [body for _, headers, body in answers if dict(headers)["content-type"].startswith("text/event-stream")]


@pytest.mark.parametrize("hash_seed", ["0", pytest.param("4294967295", marks=pytest.mark.slow)])
def test_another_process_says_the_same_in_every_dialect(hash_seed: str) -> None:
    assert elsewhere(sys.executable, hash_seed) == [alone(profile) for profile in SPEAKING.values()]


@pytest.mark.parametrize("name", OTHERS)
def test_another_python_says_the_same_in_every_dialect(name: str) -> None:
    python = shutil.which(name)
    probe = [python or "", "-c", "import nemovideo_mock.server, nemovideo_harness, httpx, tests"]
    if python is None or subprocess.run(probe, cwd=TOP, capture_output=True, check=False).returncode:
        pytest.skip(f"{name} with this project in it is not installed")
    assert elsewhere(python, "1") == [alone(profile) for profile in SPEAKING.values()]


@pytest.mark.parametrize("name", SPEAKING)
def test_chance_has_a_part_in_what_is_compared(name: str) -> None:
    answers = alone(SPEAKING[name])
    statuses = [status for status, _, _ in answers]
    said = streams(answers)

    assert 503 in statuses
    assert 0 < sum("\r" in body for body in said) < len(said)
    assert len({body.count("\n\n") for body in said}) > 1
    if name == "seeds":
        silent = ['"type":"text"' not in body for body in said[1:]]
        assert True in silent
        assert False in silent


@pytest.mark.parametrize("name", ["seeds", "adk"])
def test_another_seed_says_something_else(name: str) -> None:
    assert streams(played(SPEAKING[name], seed=SEED + 1)) != streams(alone(SPEAKING[name]))


def test_every_answer_echoes_the_seed_that_repeats_it() -> None:
    assert {dict(headers)["x-nemo-mock-seed"] for _, headers, _ in alone(SPEAKING["seeds"])} == {str(SEED)}


@pytest.mark.parametrize("name", ["seeds", "adk", "adk-1"])
def test_other_callers_do_not_change_the_responses(name: str) -> None:
    def timeless(answers: list[Answer]) -> list[Answer]:
        """Without what names the time, which others who wait move."""
        return [
            (status, [each for each in headers if each[0] != "date"], INSTANTS.sub("", body))
            for status, headers, body in answers
        ]

    lonely = played_in_a_crowd(SPEAKING[name], others=0)
    crowded = played_in_a_crowd(SPEAKING[name], others=4)

    assert timeless(crowded) == timeless(lonely)
    assert lonely == alone(SPEAKING[name])[: len(lonely)]
    if name == "seeds":  # whose records name no time
        assert [body for _, _, body in crowded] == [body for _, _, body in lonely]
