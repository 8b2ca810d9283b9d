"""The hosts that a process may call, according to its environment."""

from __future__ import annotations

import pytest

from nemovideo_contract.allowed_hosts import ENV_ALLOWED_HOSTS, reason_to_refuse
from nemovideo_contract.wire import PRODUCTION_URL

HOST = PRODUCTION_URL.removeprefix("https://")


def test_without_the_variable_every_host_may_be_called() -> None:
    assert reason_to_refuse(PRODUCTION_URL, {}) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787/w/a", "http://localhost", "http://[::1]:1/api"])
def test_this_machine_may_always_be_called(url: str) -> None:
    assert reason_to_refuse(url, {ENV_ALLOWED_HOSTS: ""}) is None


@pytest.mark.parametrize(
    "url",
    [
        PRODUCTION_URL,
        f"https://{HOST.upper()}/api",
        f"https://{HOST}./api",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "nonsense",
    ],
)
def test_an_empty_variable_allows_no_other_machine(url: str) -> None:
    said = reason_to_refuse(url, {ENV_ALLOWED_HOSTS: ""})
    assert said is not None
    assert "--nemo-allow-host" in said


def test_a_named_host_may_be_called_and_no_other_host_of_its_domain() -> None:
    environ = {ENV_ALLOWED_HOSTS: f"staging.example.com, {HOST}"}
    assert reason_to_refuse(f"{PRODUCTION_URL}/api", environ) is None
    assert reason_to_refuse(f"https://{HOST}.", environ) is None
    assert reason_to_refuse(f"https://x.{HOST}", environ) is not None
    assert reason_to_refuse(f"https://{HOST}.example.com", environ) is not None


def test_the_default_is_the_environment_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_ALLOWED_HOSTS, "")
    assert reason_to_refuse(PRODUCTION_URL) is not None
    monkeypatch.delenv(ENV_ALLOWED_HOSTS)
    assert reason_to_refuse(PRODUCTION_URL) is None
