"""How many tokens a caller gets, how long they are valid, and what they allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_contract.wire import Code
from nemovideo_mock.world import World

from .stage import DAY, WEEK, arrive, play, refused, unchanged, world

HOUR = 3600.0
ADDRESS = "10.0.0.1"


def issue(made: World, client: str, now: float, address: str = ADDRESS) -> str:
    token, _ = made.tokens.issue_anonymous(client, address, now)
    return token.value


def test_a_token_has_the_documented_form_and_opens_a_hundred_credits() -> None:
    made = world()
    token, account = made.tokens.issue_anonymous("client-1", ADDRESS, 100.0)
    assert token.value.startswith("nmv_usr_")
    assert len(token.value) == len("nmv_usr_") + 43
    assert account.user_id.startswith("anon_")
    assert len(account.user_id) == len("anon_") + 16
    assert (account.available, account.frozen, account.registered) == (100, 0, False)


def test_a_token_is_good_for_seven_days_to_the_instant() -> None:
    made = world()
    token, account = made.tokens.issue_anonymous("client-1", ADDRESS, 100.0)
    assert token.expires_at == 100.0 + WEEK
    assert made.tokens.authenticate(token.value, 100.0 + WEEK - 1e-6) == (token, account)
    with refused(Code.TOKEN_INVALID) as error, unchanged(made):
        made.tokens.authenticate(token.value, 100.0 + WEEK)
    assert "expired" in error.value.message


def test_a_token_never_expires_where_the_profile_says_so() -> None:
    made = world(token_expiry="never")
    token, account = made.tokens.issue_anonymous("client-1", ADDRESS, 0.0)
    assert token.expires_at is None
    assert made.tokens.authenticate(token.value, 1000 * WEEK) == (token, account)


@pytest.mark.parametrize("value", ["", "nmv_usr_unknown", "clm_unknown"])
def test_a_token_that_was_not_issued_is_not_valid(value: str) -> None:
    with refused(Code.TOKEN_INVALID):
        world().tokens.authenticate(value, 0.0)


def test_a_claim_token_does_not_open_the_api() -> None:
    made = world()
    _, _, session = arrive(made)
    claim = made.sessions.claim(session, session.task_id, 0.0)
    with refused(Code.TOKEN_INVALID) as error:
        made.tokens.authenticate(claim, 0.0)
    assert "claim token" in error.value.message


@pytest.mark.parametrize("client_id", ["", "x" * 65])
def test_a_client_id_that_is_missing_or_too_long_is_a_bad_request(client_id: str) -> None:
    made = world()
    with refused(Code.BAD_REQUEST), unchanged(made):
        made.tokens.issue_anonymous(client_id, ADDRESS, 0.0)


def test_a_client_id_of_sixty_four_characters_is_taken() -> None:
    assert issue(world(), "x" * 64, 0.0)


def test_without_a_client_id_each_token_has_a_new_account_if_the_profile_allows_it() -> None:
    made = world(client_id="optional")
    users = [made.tokens.issue_anonymous("", ADDRESS, 0.0)[1].user_id for _ in range(10)]
    assert len(set(users)) == 10
    with refused(Code.RATE_LIMITED):
        made.tokens.issue_anonymous("", ADDRESS, 0.0)


def test_a_second_token_of_a_client_is_refused_until_the_first_has_expired() -> None:
    made = world()
    issue(made, "client-1", 100.5)
    with refused(Code.RATE_LIMITED) as error, unchanged(made):
        issue(made, "client-1", 100.5 + WEEK - 0.25, "10.0.0.2")
    # The text names the first whole second at which the next token is issued.
    assert error.value.message == ("This client has had 1 token of 1: the next is given from 1970-01-08T00:01:41Z on.")
    assert issue(made, "client-1", 100.5 + WEEK)


def test_an_eleventh_token_of_an_address_is_refused_until_the_first_of_them_is_a_week_old() -> None:
    made = world()
    for number in range(10):
        issue(made, f"client-{number}", number * DAY / 2)
    with refused(Code.RATE_LIMITED) as error, unchanged(made):
        issue(made, "client-10", WEEK - 1)
    assert error.value.message == (
        "This address has had 10 tokens of 10: the next is given from 1970-01-08T00:00:00Z on."
    )
    assert issue(made, "client-10", WEEK - 1, "10.0.0.2")
    assert issue(made, "client-11", WEEK)
    with refused(Code.RATE_LIMITED):
        issue(made, "client-12", WEEK)
    assert issue(made, "client-12", WEEK + DAY / 2)


def test_a_refused_call_does_not_count() -> None:
    made = world()
    issue(made, "client-1", 0.0)
    for second in range(100):
        with refused(Code.RATE_LIMITED):
            issue(made, "client-1", float(second))
    assert issue(made, "client-2", 100.0)
    assert issue(made, "client-1", WEEK)


def test_the_oldest_rule_is_five_tokens_an_address_and_hour_whatever_the_client() -> None:
    made = world(token_limit="hour")
    for minute in range(5):
        issue(made, "client-1", minute * 60.0)
    with refused(Code.RATE_LIMITED) as error, unchanged(made):
        issue(made, "client-2", HOUR - 1)
    assert "5 tokens of 5" in error.value.message
    assert issue(made, "client-2", HOUR)
    with refused(Code.RATE_LIMITED):
        issue(made, "client-2", HOUR)
    assert issue(made, "client-2", HOUR + 60)


def test_without_a_limit_a_client_gets_as_many_as_it_asks_for() -> None:
    made = world(token_limit="none")
    tokens = {issue(made, "client-1", 0.0) for _ in range(30)}
    assert len(tokens) == 30
    assert len(made.state.accounts) == 1
    assert made.state.issued == {}


@given(st.floats(0, 2e9), st.integers(0, 3))
def test_the_next_token_is_given_at_the_instant_at_which_the_last_one_ends(now: float, weeks: int) -> None:
    made = world()
    for _ in range(weeks + 1):
        token, _ = made.tokens.issue_anonymous("client-1", ADDRESS, now)
        assert token.expires_at is not None
        now = token.expires_at
    assert issue(made, "client-1", now)


def test_the_tokens_of_an_address_are_remembered_for_one_week() -> None:
    made = world(token_limit="hour")
    for number in range(500):
        issue(made, f"client-{number}", number * HOUR)
    assert all(len(times) <= 7 * 24 for times in made.state.issued.values())


def test_the_same_client_keeps_its_account_and_what_is_left_on_it() -> None:
    made = world()
    _, account, session = arrive(made)
    made.turns.accept(account, session.session_id, "edit", 0.0)
    play(made, 100.0)
    token, again = made.tokens.issue_anonymous("client-1", ADDRESS, WEEK)
    assert again is account
    assert again.available == 50
    assert made.tokens.authenticate(token.value, WEEK) == (token, account)
    assert made.sessions.get(again, session.session_id, WEEK) is session


def test_the_same_client_gets_a_fresh_account_where_the_profile_says_so() -> None:
    made = world(reissue="fresh")
    _, account, session = arrive(made)
    accounts = [made.tokens.issue_anonymous("client-1", ADDRESS, WEEK * week)[1] for week in (1, 2)]
    assert len({account.user_id, *(each.user_id for each in accounts)}) == 3
    assert [each.available for each in accounts] == [100, 100]
    with refused(Code.SESSION_NOT_FOUND):
        made.sessions.get(accounts[0], session.session_id, WEEK)


def test_ids_repeat_with_the_seed_and_differ_without() -> None:
    def ids(seed: str) -> tuple[str, str, str]:
        token, _, session = arrive(world(seed=seed))
        return token.value, session.session_id, session.task_id

    assert ids("1") == ids("1")
    assert not set(ids("1")) & set(ids("2"))


def test_ids_of_a_client_do_not_depend_on_who_came_before() -> None:
    alone, crowded = world(), world()
    arrive(crowded, "client-2")
    assert arrive(alone)[0].value == arrive(crowded)[0].value


@pytest.mark.parametrize("scope", ["read", "write", "upload", "render"])
def test_an_anonymous_token_may_do_everything_and_export_though_it_lacks_that_scope(scope: str) -> None:
    made = world()
    token, account, _ = arrive(made)
    assert token.scopes == ("read", "write", "upload")
    made.tokens.require_scope(token, account, scope)


@pytest.mark.parametrize("scope", ["write", "upload", "render"])
def test_a_registered_token_wants_each_scope_that_a_call_needs(scope: str) -> None:
    made = world()
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, registered=True, scopes=("read",))
    token, _ = made.tokens.authenticate("nmv_usr_mine", 0.0)
    made.tokens.require_scope(token, account, "read")
    with refused(Code.MISSING_SCOPE):
        made.tokens.require_scope(token, account, scope)


def test_a_star_is_every_scope() -> None:
    made = world()
    account = made.tokens.add_account("user_1", "nmv_usr_mine", 0.0, credits=1100, registered=True)
    token, _ = made.tokens.authenticate("nmv_usr_mine", 1000 * WEEK)
    assert account.available == 1100
    for scope in ("read", "write", "upload", "render"):
        made.tokens.require_scope(token, account, scope)


def test_another_token_for_an_account_leaves_the_account_as_it_is() -> None:
    made = world()
    account = made.tokens.add_account("user_1", "nmv_usr_one", 0.0, credits=7, registered=True)
    assert made.tokens.add_account("user_1", "nmv_usr_two", 0.0, credits=9, expires_at=5.0) is account
    assert (account.available, account.registered) == (7, True)
    assert made.tokens.authenticate("nmv_usr_two", 4.0)[1] is account
    with refused(Code.TOKEN_INVALID):
        made.tokens.authenticate("nmv_usr_two", 5.0)
    assert made.tokens.authenticate("nmv_usr_one", 5.0)[1] is account
