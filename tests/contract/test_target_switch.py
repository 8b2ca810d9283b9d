"""The switch of the commands: which server they call, and what they may spend there."""

from __future__ import annotations

import pytest

from nemovideo_contract.targets import SelectedTarget, TargetError, check_ceiling, select_target
from nemovideo_contract.wire import PRODUCTION_URL


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
    assert select_target(target, environ) == expected


@pytest.mark.parametrize("said", ["prod", "127.0.0.1:8787", "ftp://x", "http://", "http://h:99999", "http://[::1", ""])
def test_a_value_that_is_not_a_target_is_refused_with_the_choices(said: str) -> None:
    with pytest.raises(TargetError, match=r"^--target.*: It must be mock, production, or a URL"):
        select_target(said, {})
    if said:
        with pytest.raises(TargetError, match=r"^NEMO_API_URL .*: It must be"):
            select_target(None, {"NEMO_API_URL": said})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://foreign.host", "foreign.host may be called only over https, because requests carry a token."),
        ("http://10.0.0.1:8787/w/a", "10.0.0.1 may be called only over https"),
        (PRODUCTION_URL.replace("https", "http"), "only over https"),
        ("http://user:secret@127.0.0.1:8787", "must not contain a user or a password"),
        ("https://secret@example.com", "must not contain a user or a password"),
        ("http://127.0.0.1:8787/?key=secret", "must not contain a query or a fragment"),
        ("http://127.0.0.1:8787/#secret", "must not contain a query or a fragment"),
        ("ftp://user:secret@example.com", "It must be mock, production, or a URL"),
    ],
)
def test_a_url_that_could_reveal_a_secret_is_refused_and_not_repeated(url: str, reason: str) -> None:
    for said, environ in ((url, {}), (None, {"NEMO_API_URL": url})):
        with pytest.raises(TargetError, match=reason) as found:
            select_target(said, environ)
        assert "secret" not in str(found.value)


@pytest.mark.parametrize("url", ["https://example.com", "https://10.0.0.1:8443/w/a", PRODUCTION_URL])
def test_a_server_elsewhere_may_be_called_over_https(url: str) -> None:
    assert select_target(url, {}) == SelectedTarget(url, url)


def test_a_server_on_this_machine_needs_no_ceiling() -> None:
    check_ceiling(select_target("mock", {}), 50, None)
    check_ceiling(select_target("http://localhost:1", {}), 50, None)
    assert select_target("mock", {}).is_local


@pytest.mark.parametrize("target", ["production", "https://example.com", "https://10.0.0.1:8787"])
def test_elsewhere_nothing_is_spent_without_a_ceiling_that_covers_it(target: str) -> None:
    with pytest.raises(TargetError, match="--allow-credits 50"):
        check_ceiling(select_target(target, {}), 50, None)
    with pytest.raises(TargetError, match="--allow-credits allows only 49"):
        check_ceiling(select_target(target, {}), 50, 49)
    check_ceiling(select_target(target, {}), 50, 50)
