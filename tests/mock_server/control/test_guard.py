"""The control API answers programs of this machine, no web page, and other machines only with the token."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from nemovideo_mock.control.guard import refusal
from tests.mock_server.control.stage import STUB, error, fake


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8787", "a.localhost:1", "127.0.0.1:8787", "127.9.9.9", "[::1]:8787", "LOCALHOST"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert refusal({"host": host}, "127.0.0.1", None) is None


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.7",
        "0.0.0.0:8787", "[::", "localhost@evil.example", "2130706433", "[::ffff:8.8.8.8]",
    ],
)  # fmt: skip
def test_other_hosts_are_refused(host: str) -> None:
    assert "answers only to the names of this machine" in (refusal({"host": host}, "127.0.0.1", None) or "")


def test_the_address_that_a_request_came_in_at_is_answered() -> None:
    assert refusal({"host": "192.168.1.7:8787"}, "192.168.1.7", None) is None
    assert refusal({"host": "192.168.1.8:8787"}, "192.168.1.7", None) is not None


def test_the_address_of_all_interfaces_is_a_name_only_where_a_token_is_wanted() -> None:
    headers = {"host": "0.0.0.0:8787", "X-Nemo-Mock-Token": "secret"}
    assert refusal(headers, "127.0.0.1", None) is not None
    assert refusal(headers, "127.0.0.1", "secret") is None


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://localhost:9999", "https://localhost:8787", ""]
)
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    assert "does not answer web pages of another origin" in (
        refusal({"host": "localhost:8787", "origin": origin}, None, None) or ""
    )


def test_a_page_of_the_own_origin_is_answered() -> None:
    headers = {"host": "localhost:8787", "origin": "http://localhost:8787", "sec-fetch-site": "same-origin"}
    assert refusal(headers, None, None) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_requests_that_another_site_has_caused_are_refused(site: str) -> None:
    assert "does not answer web pages of another site" in (
        refusal({"host": "localhost", "sec-fetch-site": site}, None, None) or ""
    )


@pytest.mark.parametrize("path", ["/_mock", "/w/friday/_mock/reset", "/_mock/nothing"])
def test_a_refused_request_changes_nothing_and_learns_nothing(path: str) -> None:
    with fake() as http:
        for headers, sentence in (
            ({"Host": "evil.example"}, "control API answers only to"),
            ({"Origin": "https://evil.example"}, "control API does not answer web pages"),
        ):
            assert sentence in error(http.post(path, json={"scope": "hub"}, headers=headers), 403)
        assert http.get("/_mock").json()["worlds"] == ["default"]


def test_every_call_must_have_the_control_token_if_one_is_set() -> None:
    with fake(replace(STUB, control_token="sesame-öffne")) as http:
        shown = "sesame-öffne".encode()
        good = [{b"X-Nemo-Mock-Token": shown}, {b"Authorization": b"Bearer " + shown}]
        bad: list[dict[bytes, bytes]] = [{}, {b"X-Nemo-Mock-Token": b"sesame"}, {b"Authorization": b"Basic " + shown}]
        for headers in bad:
            assert "requires its token" in error(http.get("/_mock/clock", headers=headers), 403)
            assert "requires its token" in error(http.get("/w/x/_mock", headers=headers), 403)
        for headers in good:
            assert http.get("/_mock/clock", headers=headers).status_code == 200
        assert http.get("/").status_code == 200
        assert "sesame" not in http.get("/_mock/journal", headers=good[0]).text


def test_the_service_itself_answers_under_any_name() -> None:
    with fake() as http:
        answer: httpx.Response = http.post("/api/auth/anonymous-token", headers={"Host": "api", "X-Client-Id": "x"})
        assert answer.status_code == 200
