from __future__ import annotations

import pytest

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import SESSION, TOKEN, Scripted, sentence_of, verdict_of


def begun() -> Scripted:
    script = Scripted(world="friday")
    script.set_up()
    script.read_credits()
    return script


@pytest.mark.parametrize("query", [f"token={TOKEN}", f"x=1&nemo_token={TOKEN}", "access_token=*0a1b2c3d"])
def test_a_token_in_a_query_is_reported(query: str) -> None:
    script = begun()
    script.call("GET", "/api/credits/balance/simple", query=query, data={"available": 100})
    sentence = f"1 request had the token in the URL's query, as in GET /api/credits/balance/simple?{query}."
    assert sentence_of(script, "token-not-in-url") == sentence


def test_a_token_in_a_path_is_reported() -> None:
    script = begun()
    script.call("GET", f"/api/render/proxy/lambda/{TOKEN}", code=404)
    assert sentence_of(script, "token-not-in-url").startswith("1 request had the token in the URL's path")


def test_a_claim_token_in_a_url_is_none() -> None:
    script = begun()
    script.call("GET", "/api/credits/balance/simple", query="ct=clm_*0a1b2c3d", data={"available": 100})
    assert verdict_of(script, "token-not-in-url") is Verdict.KEPT


def test_a_token_in_a_message_is_reported() -> None:
    script = begun()
    script.say(f"My token is {TOKEN}, make a video of a sunrise")
    assert sentence_of(script, "token-not-in-body") == "1 request (message) had the token in the body."


def test_a_token_in_its_header_keeps_the_rules() -> None:
    for rule in ("token-not-in-url", "token-not-in-body"):
        assert verdict_of(begun(), rule) is Verdict.KEPT


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/workspace/claim", "GET /workspace/claim is a web page for people, not a call; it was called once."),
        ("GET", "/register", "GET /register is a web page for people, not a call; it was called once."),
        ("POST", "/v1/run", "POST /v1/run is not a call of the API; it was called once."),
        ("GET", "/run_sse", "GET /run_sse accepts only POST; it was called once."),
        (
            "POST",
            f"/w/friday/api/state/nemo_agent/me/{SESSION}/latest",
            "POST /api/state/nemo_agent/me/55297987…/latest accepts only GET; it was called once.",
        ),
    ],
)
def test_a_path_that_is_no_call_is_reported(method: str, path: str, sentence: str) -> None:
    script = begun()
    script.call(method, path, code=405 if "accepts only" in sentence else 404)
    assert sentence_of(script, "known-paths") == sentence


@pytest.mark.parametrize("path", ["/favicon.ico", "/cdn/renders/gone/output.mp4", "/w/friday/_mock/clock"])
def test_paths_that_any_program_requests_keep_the_rule(path: str) -> None:
    script = begun()
    script.call("GET", path, code=404)
    assert verdict_of(script, "known-paths") is Verdict.KEPT
