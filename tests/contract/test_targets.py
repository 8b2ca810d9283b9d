"""Targets: what a fake offers is what it has, what production may be made to spend, and who may be called."""

from __future__ import annotations

import dataclasses

import pytest

from nemovideo_contract.allowed_hosts import is_loopback
from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.requirements import REQUIREMENTS, Cost, Expense
from nemovideo_contract.targets import (
    SWITCHES,
    TOKEN_SCENARIOS,
    Approach,
    RouteOverride,
    Target,
    TargetError,
    approach,
    choose_target,
    fake,
    production,
    refusal,
)
from nemovideo_contract.wire import PRODUCTION_URL
from nemovideo_mock.runtime import scenario_tokens

URL = "http://127.0.0.1:8787"


# --- the scenarios ----------------------------------------------------------------------------------------------------


def test_the_scenarios_are_those_that_the_fake_plays_and_change_the_same_of_the_profile() -> None:
    played = {name: dict(scenario.overrides) for name, scenario in scenario_tokens.TOKEN_SCENARIOS.items()}
    assert {name: dict(changes) for name, changes in TOKEN_SCENARIOS.items()} == played


def test_a_fake_offers_the_tokens_of_all_of_them() -> None:
    assert fake(URL).scenarios == {name: scenario_tokens.token_of(name) for name in scenario_tokens.TOKEN_SCENARIOS}


def test_a_switch_is_an_account_with_credits_in_another_profile_and_nothing_else() -> None:
    usual = dataclasses.replace(scenario_tokens.TOKEN_SCENARIOS["funded"], meaning="", overrides={})
    plain = {
        name
        for name, scenario in scenario_tokens.TOKEN_SCENARIOS.items()
        if scenario.overrides and dataclasses.replace(scenario, meaning="", overrides={}) == usual
    }
    assert set(SWITCHES) == plain


def test_each_scenario_changes_a_profile_into_one_that_exists() -> None:
    assert all(Profile().replace(changes) for changes in TOKEN_SCENARIOS.values())


# --- how a requirement can be checked ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILES)
def test_whatever_holds_in_a_profile_can_be_checked_on_a_fake_that_plays_it(name: str) -> None:
    profile = PROFILES[name]
    target = fake(URL, profile)
    reasons = {
        each.id: found
        for each in REQUIREMENTS.values()
        if each.exempt is None and each.holds(profile) and isinstance(found := approach(each, target, profile), str)
    }
    assert reasons == {}


def test_a_scenario_shows_what_holds_in_another_profile_than_the_targets() -> None:
    profile = PROFILES["seeds"]
    found = approach(REQUIREMENTS["render-wrapped"], fake(URL), profile)
    assert found == Approach("wrapped", profile.replace({"render": "wrapped"}))
    assert approach(REQUIREMENTS["render-flat"], fake(URL), profile) == Approach(None, profile)


def test_a_requirement_that_needs_a_token_scenario_is_checked_only_with_it() -> None:
    requirement = REQUIREMENTS["token-expired"]
    bare = dataclasses.replace(fake(URL), scenarios={})
    assert approach(requirement, fake(URL), Profile()) == Approach("expired", Profile())
    reason = approach(requirement, bare, Profile())
    assert reason == "A check needs the scenario expired, which mock does not offer."


def test_a_requirement_of_another_profile_is_not_checked_and_the_reason_says_so() -> None:
    reason = approach(REQUIREMENTS["token-endless"], fake(URL), Profile())
    assert reason == "It holds only with token_expiry=never; mock has a different profile."


def test_a_requirement_that_no_test_can_check_has_a_reason() -> None:
    assert approach(REQUIREMENTS["web-url"], fake(URL), Profile()) == REQUIREMENTS["web-url"].exempt


# --- production -------------------------------------------------------------------------------------------------------


def test_without_a_ceiling_production_is_only_read() -> None:
    target = production("nmv_usr_secret")
    assert target.base_url == PRODUCTION_URL
    checked = [each for each in REQUIREMENTS.values() if isinstance(approach(each, target, Profile()), Approach)]
    assert checked
    assert all(each.cost == Cost() for each in checked)


def test_with_a_ceiling_production_works_below_it_and_hands_out_no_tokens() -> None:
    target = production("nmv_usr_secret", credits=50)
    assert target.lets(REQUIREMENTS["render-submit"].cost)
    assert not target.lets(REQUIREMENTS["turn-generate"].cost)
    assert not target.lets(REQUIREMENTS["token-anonymous"].cost)


@pytest.mark.parametrize("credits", [None, 1_000_000])
def test_no_allowance_on_production_covers_a_rate_limit(credits: int | None) -> None:
    target = production("nmv_usr_secret", credits=credits, may_ask_tokens=True)
    assert target.lets(REQUIREMENTS["token-anonymous"].cost)
    assert not target.lets(Cost(frozenset({Expense.LIMIT})))
    assert not target.lets(REQUIREMENTS["token-limit-client"].cost)


def test_production_offers_no_scenario_and_a_refusal_names_what_may_be_spent() -> None:
    target = production("nmv_usr_secret")
    assert target.scenarios == {}
    reason = approach(REQUIREMENTS["session-create"], target, Profile())
    assert reason == "A check may spend session; a run on production may spend nothing."


def test_a_target_tells_nobody_its_tokens() -> None:
    target = Target("own", URL, token="nmv_usr_secret", scenarios={"expired": "nmv_usr_old"})
    assert "nmv_usr" not in repr(target)


def test_a_server_of_ones_own_may_be_made_to_spend_nothing_unless_it_is_said() -> None:
    assert Target("own", URL).lets(Cost())
    assert not Target("own", URL).lets(REQUIREMENTS["session-create"].cost)
    assert Target("own", URL, spends=None).lets(REQUIREMENTS["token-limit-client"].cost)


# --- who may be called ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [PRODUCTION_URL, PRODUCTION_URL + "/", URL, "http://localhost:1/w/a", "http://[::1]:8787", "https://127.9.9.9"],
)
def test_production_and_this_machine_may_be_called(url: str) -> None:
    assert refusal(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.com", "example.com is not among the hosts that may be called"),
        (PRODUCTION_URL + ".example.com", "is not among"),
        (PRODUCTION_URL.replace("https", "http"), "only over https"),
        ("https://user:secret@127.0.0.1", "a user or a password"),
        ("https://@127.0.0.1", "a user or a password"),
        (PRODUCTION_URL.replace("https://", "https://secret@"), "a user or a password"),
        ("ftp://127.0.0.1", "must be mock, production, or a URL"),
        ("127.0.0.1:8787", "must be mock, production, or a URL"),
        ("http://", "must be mock, production, or a URL"),
        ("http://127.0.0.1:0", "must be mock, production, or a URL"),
        ("http://127.0.0.1:port", "must be mock, production, or a URL"),
        ("http://[::1", "must be mock, production, or a URL"),
        ("", "must be mock, production, or a URL"),
        ("http://0x7f.1", "is not among"),
    ],
)
def test_any_other_url_is_refused(url: str, reason: str) -> None:
    said = refusal(url)
    assert said is not None
    assert reason in said
    assert "secret" not in said


def test_an_explicitly_allowed_host_may_be_called_over_https() -> None:
    allowed = frozenset({"staging.example.com"})
    assert refusal("https://staging.example.com/api", allowed) is None
    assert "only over https" in (refusal("http://staging.example.com/api", allowed) or "")
    assert refusal(PRODUCTION_URL, allowed) is not None


@pytest.mark.parametrize(
    ("host", "stays"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 -- only compared
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
    ],
)
def test_only_names_and_addresses_of_this_machine_are_loopback(host: str, *, stays: bool) -> None:
    assert is_loopback(host) is stays


# --- choosing one -----------------------------------------------------------------------------------------------------


def test_mock_is_the_fake_that_the_environment_names_and_on_this_machine() -> None:
    assert choose_target("mock", {"NEMO_API_URL": URL + "/"}) == fake(URL)
    with pytest.raises(TargetError, match="nemo-harness serve"):
        choose_target("mock", {})
    with pytest.raises(TargetError, match="must be a fake on this machine"):
        choose_target("mock", {"NEMO_API_URL": PRODUCTION_URL, "NEMO_TOKEN": "nmv_usr_secret"})


def test_a_server_of_this_machine_is_tried_with_test_tokens_where_no_token_is_given() -> None:
    bare = choose_target(URL, {})
    assert (bare.token, bare.scenarios, bare.spends) == (None, fake(URL).scenarios, None)
    own = choose_target(URL, {"NEMO_TOKEN": " nmv_usr_secret ", "NEMO_CLIENT_ID": "me"})
    assert (own.token, own.client_id, own.scenarios, own.spends) == ("nmv_usr_secret", "me", {}, None)


@pytest.mark.parametrize("said", ["production", PRODUCTION_URL, PRODUCTION_URL + "/"])
def test_production_has_its_rails_however_it_is_named(said: str) -> None:
    target = choose_target(said, {"NEMO_TOKEN": "nmv_usr_secret"}, credits=50)
    assert target == production("nmv_usr_secret", credits=50)


@pytest.mark.parametrize(
    ("said", "token", "words"),
    [
        ("production", "", "needs your own token in NEMO_TOKEN"),
        ("production", "nmv_usr_test_funded", "holds a test token"),
        ("https://example.com", "nmv_usr_secret", "is not among the hosts"),
        ("nonsense", "nmv_usr_secret", "must be mock, production, or a URL"),
    ],
)
def test_a_target_that_may_not_be_called_is_refused_without_showing_the_token(
    said: str, token: str, words: str
) -> None:
    with pytest.raises(TargetError, match=words) as found:
        choose_target(said, {"NEMO_TOKEN": token})
    assert "secret" not in str(found.value)


@pytest.mark.parametrize("address", ["127.0.0.1:8443", "localhost:1", "[::1]:65535"])
def test_a_rehearsal_goes_to_a_port_of_this_machine(address: str) -> None:
    route = RouteOverride(address)
    assert (is_loopback(route.host), route.port > 0) == (True, True)
    assert choose_target("production", {"NEMO_TOKEN": "nmv_usr_x"}, route=route).route == route
    with pytest.raises(TargetError, match="only for production"):
        choose_target(URL, {}, route=route)


@pytest.mark.parametrize("address", ["192.0.2.1:443", "example.com:443", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:x", ""])
def test_a_rehearsal_goes_nowhere_else(address: str) -> None:
    with pytest.raises(TargetError, match="must be a HOST:PORT on this machine"):
        RouteOverride(address)


def test_a_requirement_that_is_excluded_by_its_id_is_not_checked() -> None:
    target = dataclasses.replace(fake(URL), without=frozenset({"token-expired"}))
    reason = approach(REQUIREMENTS["token-expired"], target, Profile())
    assert reason == "It was excluded by its ID: mock is known to break it."
