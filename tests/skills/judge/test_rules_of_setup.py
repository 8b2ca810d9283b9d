from __future__ import annotations

import pytest

from nemovideo_skills.judge.expectations import PRACTICES
from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import Scripted, sentence_of, verdict_of

WEEK = 7 * 86_400


def at_work() -> Scripted:
    script = Scripted()
    script.set_up()
    script.read_credits()
    return script


def test_a_caller_that_sets_up_first_keeps_the_rules_of_set_up() -> None:
    for rule in (
        "bearer-on-every-call",
        "token-reused",
        "client-id-sent",
        "client-id-stable",
        "client-id-short",
        "client-id-unique",
    ):
        assert verdict_of(at_work(), rule) is Verdict.KEPT


def test_calls_without_a_bearer_are_reported_together() -> None:
    script = at_work()
    script.token = None
    script.read_credits()
    script.read_state()
    script.read_state()
    assert sentence_of(script, "bearer-on-every-call") == "3 calls (credits, state) had no bearer token."


def test_a_second_token_while_the_first_is_good_is_reported() -> None:
    script = at_work()
    script.get_token(after=60, code=429)
    script.get_token(after=30, token="nmv_usr_*11111111")
    sentence = "The caller requested a token twice more, 60 s after the last one, which was still valid."
    assert sentence_of(script, "token-reused") == sentence


def test_a_token_may_be_asked_for_again_when_the_first_was_refused() -> None:
    script = at_work()
    script.call("GET", "/api/credits/balance/simple", code=1001)
    script.get_token(token="nmv_usr_*11111111")
    script.token = "nmv_usr_*11111111"
    script.read_credits()
    assert verdict_of(script, "token-reused") is Verdict.KEPT


def test_a_token_may_be_asked_for_again_when_the_first_is_nearly_over() -> None:
    script = at_work()
    script.get_token(after=WEEK - 1200, token="nmv_usr_*11111111")
    assert verdict_of(script, "token-reused") is Verdict.KEPT


def test_a_token_may_be_asked_for_again_when_its_answer_was_lost() -> None:
    script = Scripted()
    number = script.begin("POST", "/api/auth/anonymous-token", headers={"x-client-id": "client-1700000000-4711"})
    script.answer(number, 200, {"code": 0, "data": {"token": "nmv_usr_*99999999"}})
    script.end(number, "reset")
    script.get_token("client-1700000000-4711")
    script.get_session()
    assert verdict_of(script, "token-reused") is Verdict.KEPT


def test_a_token_that_was_refused_in_a_missing_part_leaves_the_rule_unknown() -> None:
    script = at_work()
    first = len(script.entries)
    script.call("GET", "/api/credits/balance/simple", code=1001)
    del script.entries[first:]
    script.entries += _shifted(script, first + 3)
    assert verdict_of(script, "token-reused") is Verdict.UNKNOWN


def _shifted(script: Scripted, n: int) -> list[dict[str, object]]:
    """Return a token request whose entries are numbered after a gap."""
    start = len(script.entries)
    script.get_token(token="nmv_usr_*11111111")
    later = script.entries[start:]
    del script.entries[start:]
    return [{**entry, "n": n + place} for place, entry in enumerate(later, 1)]


def test_a_token_asked_for_without_a_client_id_is_reported() -> None:
    script = Scripted()
    script.get_token(None, code=400)
    assert sentence_of(script, "client-id-sent") == "The caller requested a token without X-Client-Id."


def test_documents_that_know_no_client_id_ask_for_none() -> None:
    script = Scripted()
    script.get_token(None)
    script.get_session()
    assert verdict_of(script, "client-id-sent", expectations=PRACTICES["reference-4.4"]) is Verdict.NOT_EXERCISED


def test_a_client_id_that_changes_is_reported() -> None:
    script = at_work()
    script.call("GET", "/api/credits/balance/simple", code=1001)
    script.get_token("0b8f5a52-3f0e-4a43-9c1c-0c8d3c1f4c11")
    sentence = "The client id changed once, first from 7c9e6679… to 0b8f5a52…."
    assert sentence_of(script, "client-id-stable") == sentence


def test_a_client_id_of_more_than_64_characters_is_reported() -> None:
    script = Scripted()
    script.get_token("c" * 65, code=400)
    assert sentence_of(script, "client-id-short") == "The client id has 65 characters, more than 64."


@pytest.mark.parametrize(
    ("client_id", "sentence"),
    [
        ("my-laptop", "The client id is my-laptop, which is a placeholder."),
        ("$CLIENT_ID", "The client id is $CLIENT_ID, which is a placeholder."),
        ("nemo", "The client id is nemo, which is not a UUID."),
    ],
)
def test_a_client_id_that_others_may_have_is_reported(client_id: str, sentence: str) -> None:
    script = Scripted()
    script.get_token(client_id)
    script.get_session()
    assert sentence_of(script, "client-id-unique") == sentence


@pytest.mark.parametrize("client_id", ["client-1700000000-4711", "7C9E6679-7425-40DE-944B-E07FC1F90AE7", "0" * 32])
def test_a_client_id_as_the_documents_make_it_is_unique(client_id: str) -> None:
    script = Scripted()
    script.get_token(client_id)
    script.get_session()
    assert verdict_of(script, "client-id-unique") is Verdict.KEPT
