"""Which target a command works on, and what it may cost there."""

from __future__ import annotations

import pytest

from nemovideo_harness.cli.options.switch import SelectedTarget, TargetError, check_ceiling, choose, is_loopback


@pytest.mark.parametrize(
    ("target", "environ", "expected"),
    [
        (None, {}, SelectedTarget("mock", None)),
        (None, {"NEMO_API_URL": ""}, SelectedTarget("mock", None)),
        (
            None,
            {"NEMO_API_URL": "http://127.0.0.1:8787/"},
            SelectedTarget("http://127.0.0.1:8787/", "http://127.0.0.1:8787"),
        ),
        ("mock", {"NEMO_API_URL": "http://127.0.0.1:8787"}, SelectedTarget("mock", None)),
        ("production", {}, SelectedTarget("production", "https://mega-api-prod.nemovideo.ai")),
        ("http://[::1]:1/w/a", {}, SelectedTarget("http://[::1]:1/w/a", "http://[::1]:1/w/a")),
    ],
)
def test_the_argument_wins_over_the_environment_and_that_over_the_fake(
    target: str | None, environ: dict[str, str], expected: SelectedTarget
) -> None:
    assert choose(target, environ) == expected


@pytest.mark.parametrize("said", ["prod", "127.0.0.1:8787", "ftp://x", "http://", "http://h:99999", "http://[::1", ""])
def test_what_is_no_target_is_refused_with_the_choices(said: str) -> None:
    with pytest.raises(TargetError, match=r"--target is .*: it must be mock, production, or a URL"):
        choose(said, {})
    if said:
        with pytest.raises(TargetError, match="NEMO_API_URL is"):
            choose(None, {"NEMO_API_URL": said})


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - a name, nothing is bound
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_only_this_machine_is_local(host: str, *, local: bool) -> None:
    assert is_loopback(host) is local


def test_what_stays_on_this_machine_needs_no_ceiling() -> None:
    check_ceiling(choose("mock", {}), 50, None)
    check_ceiling(choose("http://localhost:1", {}), 50, None)
    assert choose("mock", {}).is_local


@pytest.mark.parametrize("target", ["production", "https://example.com", "http://10.0.0.1:8787"])
def test_elsewhere_nothing_is_spent_without_a_ceiling_that_covers_it(target: str) -> None:
    with pytest.raises(TargetError, match="--allow-credits 50"):
        check_ceiling(choose(target, {}), 50, None)
    with pytest.raises(TargetError, match="--allow-credits allows 49"):
        check_ceiling(choose(target, {}), 50, 49)
    check_ceiling(choose(target, {}), 50, 50)
