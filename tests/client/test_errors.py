from __future__ import annotations

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo_client import errors
from nemovideo_client.errors import api_error, redact_json
from nemovideo_contract import wire

from .stage import SECRET


@pytest.mark.parametrize("code", [code for code in wire.Code if code is not wire.Code.SUCCESS])
def test_every_documented_code_has_its_own_class(code: wire.Code) -> None:
    error = api_error({"code": int(code), "message": "no"}, status=200)

    assert type(error) is errors.ERRORS[code]
    assert (error.code, error.message, error.status) == (code, "no", 200)
    assert len(set(errors.ERRORS.values())) == len(wire.Code) - 1


@pytest.mark.parametrize(
    ("body", "status", "kind", "code", "message"),
    [
        ({"code": 9999, "message": "odd"}, 200, errors.UnknownApiError, 9999, "odd"),
        ({"success": False, "error": "invalid draft"}, 400, errors.BadRequest, 400, "invalid draft"),
        ({"detail": "Session not found: x"}, 404, errors.SessionNotFound, 404, "Session not found: x"),
        ({"detail": "Session not found"}, 404, errors.SessionNotFound, 404, "Session not found"),
        ({"detail": "Agent not found: x"}, 404, errors.NotFound, 404, "Agent not found: x"),
        ({"detail": [{"type": "missing"}]}, 422, errors.BadRequest, 422, None),
        ({"error": {"code": 2001, "message": "empty"}}, 402, errors.InsufficientCredits, 2001, "empty"),
        ({"code": 402, "message": "no"}, 402, errors.ExportBlocked, 402, "no"),
        ("Internal Server Error", 500, errors.ServiceFailed, 500, "Internal Server Error"),
        ({"code": 17}, 503, errors.ServiceFailed, 17, None),
        ({"code": 1001}, 401, errors.TokenInvalid, 1001, None),
        (None, 401, errors.TokenInvalid, 401, None),
        (None, 418, errors.UnknownApiError, 418, None),
    ],
)
def test_any_known_or_likely_shape_of_an_error_is_understood(
    body: object, status: int, kind: type[errors.ApiError], code: int, message: str | None
) -> None:
    error = api_error(body, status=status)

    assert (type(error), error.code, error.message, error.status, error.body) == (kind, code, message, status, body)


def test_the_sentence_says_what_to_do_and_then_the_facts() -> None:
    error = api_error({"code": 1002, "message": "gone"}, status=404, request_id="r-7")

    assert str(error) == (
        "The session does not exist or has expired: create a new one and upload again. "
        'It says: "gone". (code 1002, HTTP 404, request r-7)'
    )


def test_a_token_in_a_message_is_redacted() -> None:
    error = api_error({"code": 1001, "message": f"token {SECRET} has expired"})

    assert SECRET not in str(error) + repr(error)
    assert "nmv_usr_***" in str(error)


def test_every_error_has_one_root_and_is_in_the_documented_tree() -> None:
    drawn = re.findall(r"^ +[│├└─ ]*([A-Z]\w+)", inspect.getdoc(errors) or "", re.MULTILINE)
    found = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == errors.__name__
    }

    assert set(found) == set(drawn)
    assert all(issubclass(value, errors.NemoError) for value in found.values())


@given(
    st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=8)),
    st.none() | st.integers(100, 599),
)
def test_any_body_becomes_an_error_with_a_sentence(body: dict[str, object], status: int | None) -> None:
    error = api_error(body, status=status)

    assert str(error).strip()
    assert error.body == redact_json(body)


def test_an_answer_that_misses_the_headers_is_not_explained_by_the_plan_or_the_token() -> None:
    for code in (402, 1001):
        lost = api_error({"code": code, "message": "it lacks the attribution header X-Skill-Source."})
        assert "something between removes them" in str(lost)
        assert "plan" not in str(lost)
        assert "NEMO_TOKEN" not in str(lost)
    assert "the account's plan" in str(api_error({"code": 402, "message": "Upgrade to export."}))
