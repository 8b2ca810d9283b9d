"""No secret stays in a recording, in any spelling and place."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.openapi import Json
from nemovideo_contract.recording import RecordedExchange, Recording, redact_recording, write
from nemovideo_contract.recording.recording import (
    JsonBody,
    RecordedEvent,
    RecordedRequest,
    RecordedResponse,
    StreamBody,
    TextBody,
)
from nemovideo_contract.recording.redaction import find_emails, plain
from nemovideo_contract.redaction import NUMBERED_MARK, is_secret_name
from nemovideo_contract.secret_spellings import MAX_READINGS

from .recordings import any_recordings, exchange, recording_of

Spelling = Callable[[str], str]

TOKEN = "nmv_usr_Abcdefghijklmnopqrstuvwxyz-0123456789_ABCDEF"


def percent(text: str) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def escaped(text: str) -> str:
    """Every character escaped as JSON may have it."""
    return "".join(f"\\u{ord(each):04x}" for each in text)


SPELLINGS: dict[str, Spelling] = {
    "plain": str,
    "quoted": lambda text: quote(text, safe=""),
    "percent": percent,
    "percent in small letters": lambda text: percent(text).lower(),
    "percent twice": lambda text: quote(percent(text), safe=""),
    "escaped": escaped,
    "escaped twice": lambda text: json.dumps(escaped(text))[1:-1],
    "some of each": lambda text: percent(text[: len(text) // 2]) + escaped(text[len(text) // 2 :]),
}
_letters = st.sampled_from("abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_body = st.text(_letters, min_size=16, max_size=43)
secrets = {
    "token": _body.map("nmv_usr_".__add__),
    "claim token": _body.map("clm_".__add__),
    "client id": _body.map(lambda text: f"{text[:8]}-{text[8:]}"),
    "password": _body.map(lambda text: f"{text[:6]}!$/{text[6:]}"),
    "email": st.builds("{}.{}@{}.example.org".format, _body, _body, _body),
    "signature": _body.map(lambda text: f"{text}+/{text}="),
}


def shown(kind: str, secret: str) -> RecordedExchange:
    """The exchange by which a recording learns that something is a secret."""
    headers = {"X-Client-Id": secret} if kind == "client id" else {}
    given: Json = {"password": secret} if kind == "password" else {"user": secret} if kind == "email" else {}
    if kind == "signature":
        given = {"url": f"https://cdn.example.com/a.mp4?Signature={quote(secret, safe='')}&Expires=1"}
    token = secret if "token" in kind else None
    return RecordedExchange(
        "first", "credits", RecordedRequest("GET", "/", headers, token), RecordedResponse(200, {}, 0.1, JsonBody(given))
    )


def everywhere(text: str) -> list[RecordedExchange]:
    """Exchanges that repeat a text in every place that a recording has."""
    record = StreamBody((RecordedEvent(0.1, f'data: {{"type":"text","content":"see {text} there"}}'),), f"data: {text}")
    return [
        exchange(f"with {text}", "state", {f"key {text}": [f"a {text} b"]}, path=f"/{text}/x?y={text}"),
        exchange("a message", "run_sse", reply=record, body=TextBody(f"hello {text}!")),
        RecordedExchange(
            "third",
            "",
            RecordedRequest(
                "GET", "", {"Range": text, text: "1"}, None, JsonBody({"x": text}), f"http://127.0.0.1/{text}"
            ),
            RecordedResponse(0, {"location": f"/{text}", f"{text}-sig": "1"}, 0.1, broken=f"broke at {text}"),
        ),
    ]


@pytest.mark.parametrize("kind", secrets)
@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=10)  # of each pair of kind and spelling, which are what matters
@given(data=st.data())
def test_no_secret_stays_in_any_spelling_and_place(kind: str, spelling: str, data: st.DataObject) -> None:
    secret = data.draw(secrets[kind])
    spelled = SPELLINGS[spelling](secret)
    told, repeated = shown(kind, secret), everywhere(spelled)
    order = (told, *repeated) if data.draw(st.booleans(), "told first") else (*repeated, told)
    text = write(redact_recording(recording_of(*order)))
    for form in SPELLINGS.values():
        assert form(secret) not in text
    assert secret not in plain(text)
    assert secret not in plain(json.dumps(json.loads(text), ensure_ascii=False))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_that_is_not_ascii_is_hidden_in_any_spelling(spelling: str) -> None:
    secret = "Пароль-für-日本"
    given: Json = {"password": secret}
    spelled = SPELLINGS[spelling](secret)
    text = write(redact_recording(recording_of(exchange("a state", "state", given), *everywhere(spelled))))
    assert secret not in plain(json.dumps(json.loads(text), ensure_ascii=False))
    assert spelled not in text


def test_a_text_with_too_many_layers_of_escapes_is_hidden_as_a_whole() -> None:
    text = TOKEN
    for _ in range(MAX_READINGS + 1):
        text = quote(text.replace("n", "%6e"), safe="")
    found = redact_recording(recording_of(exchange("its state", "state", {"text": text})))
    assert found.exchanges[0].reply.body == JsonBody({"text": "<secret:1>"})


def test_a_known_secret_is_hidden_in_base64_hex_entities_and_odd_characters() -> None:
    for secret in (TOKEN, "hunter2-Zebra.77/Quagga+Okapi"):
        spelled = [
            base64.b64encode(f"it is {secret}, yes".encode()).decode(),
            base64.urlsafe_b64encode(secret.encode()).decode(),
            secret.encode().hex(),
            "".join(f"&#{ord(each)};" for each in secret),
            "".join(chr(ord(each) + 0xFEE0) for each in secret),
            "\u200b".join(secret),
        ]
        texts: list[Json] = [f"see {each} there" for each in spelled]
        given: Json = {"password": secret, "texts": texts}
        text = write(redact_recording(recording_of(exchange("its state", "state", given))))
        assert text.count(" there") == len(spelled)
        for each in spelled:
            assert each[10:-10] not in text
            assert json.dumps(each)[11:-11] not in text


def test_the_same_secret_has_the_same_mark_and_another_has_another() -> None:
    other = TOKEN[::-1].replace("_rsu_vmn", "")
    answer: Json = {"one": f"{TOKEN} {percent(TOKEN)}", "two": f"nmv_usr_{other}"}
    found = redact_recording(recording_of(exchange("a token", "anonymous_token", answer, token=TOKEN)))
    body = found.exchanges[0].reply.body
    assert body == JsonBody({"one": "nmv_usr_<token:1> nmv_usr_<token:1>", "two": "nmv_usr_<token:2>"})
    assert found.exchanges[0].request.token == "nmv_usr_<token:1>"


def test_an_address_keeps_the_names_of_its_query_and_loses_the_values() -> None:
    url = "https://cdn.example.com/v.mp4?Expires=1700000000&Signature=abc~def&Key-Pair-Id=K2"
    for spelled in (url, url.replace("&", "\\u0026"), quote(url, safe="")):
        text = write(redact_recording(recording_of(exchange("a poll", "render_status", {"url": spelled}))))
        assert "1700000000" not in text
        assert "abc~def" not in text
        assert "K2" not in text
        for name in ("Expires", "Signature", "Key-Pair-Id"):
            assert name in text


def test_test_tokens_words_and_ordinary_values_stay() -> None:
    answer: Json = {
        "data": {"session_id": "1234567890123456789", "promptTokenCount": 15, "text": "Your token is fine."}
    }
    before = recording_of(exchange("its state", "state", answer, token="nmv_usr_test_funded"))
    assert redact_recording(before) == before


def test_a_short_client_id_is_hidden_in_its_header_and_words_stay() -> None:
    before = RecordedExchange(
        "a token",
        "anonymous_token",
        RecordedRequest("POST", "/", {"X-Client-Id": "the"}),
        RecordedResponse(200, {}, 0.1),
    )
    found = redact_recording(recording_of(before, exchange("its state", "state", {"text": "the end"})))
    assert found.exchanges[0].request.headers == {"X-Client-Id": "<client-id:1>"}
    assert found.exchanges[1].reply.body == JsonBody({"text": "the end"})


@settings(max_examples=30)
@given(any_recordings)
def test_redacting_again_changes_nothing(found: Recording) -> None:
    once = redact_recording(found)
    assert redact_recording(once) == once


@settings(max_examples=30)
@given(any_recordings)
def test_a_recording_without_secrets_does_not_change(found: Recording) -> None:
    assert redact_recording(found) == found


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("token", True),
        ("claim_token", True),
        ("accessToken", True),
        ("X-Amz-Signature", True),
        ("password", True),
        ("max_tokens", False),
        ("totalTokenCount", False),
        ("X-Skill-Source", False),
        ("author", False),
        ("private_key", True),
        ("sessionKey", True),
        ("jwt", True),
        ("auth", True),
        ("pwd", True),
        ("bearer", True),
        ("tokens", False),
        ("key", False),
        ("text_key", False),
        ("monkey", False),
    ],
)
def test_names_of_secrets_are_known(name: str, *, is_secret: bool) -> None:
    assert is_secret_name(name) is is_secret


def test_marks_are_known_with_and_without_a_prefix() -> None:
    for mark in ("nmv_usr_<token:1>", "clm_<token:12>", "<client-id:3>", "<email:1>", "<query:9>", "<secret:2>"):
        assert NUMBERED_MARK.fullmatch(mark)
    assert not NUMBERED_MARK.fullmatch("<token>")


HELD: dict[str, Json] = {
    "a number": {"password": 987654321987},
    "a list": {"tokens": ["X9secretX"]},
    "an object": {"token": {"value": "X9secretX"}},
    "deeper": {"auth": [{"kinds": [{"a": "X9secretX"}]}]},
    "JSON in a string": {"m": json.dumps({"password": "X9secretX"})},
    "JSON in a string in a string": {"m": json.dumps(json.dumps({"a": {"pwd": "X9secretX"}}))},
    "a quote in it": {"m": json.dumps({"password": 'ab"X9secretX'})},
    "a number in a string": {"m": json.dumps({"password": 987654321987})},
    "a bearer in a message": {"message": "bad header Authorization: Bearer X9secretX"},
    "a bearer alone": {"message": "no such bearer X9secretX."},
    "a relative address": {"url": "/files/x?sig=X9secretX"},
    "an address without a scheme": {"url": "//h.example/x?sig=X9secretX"},
    "a fragment": {"url": "https://h.example/x#access_token=X9secretX"},
    "a fragment after a query": {"url": "https://h.example/x?a=1#access_token=X9secretX"},
    "a password in an address": {"url": "ftp://bob:X9secretX@host/x"},
    "a JWT": {"m": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.X9secretX"},
}


@pytest.mark.parametrize("where", HELD)
def test_no_secret_stays_in_a_json_body(where: str) -> None:
    once = redact_recording(recording_of(exchange("its state", "state", HELD[where])))
    assert "X9secretX" not in write(once)
    assert "987654321987" not in write(once)
    assert redact_recording(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "user=x&password=X9secretX",
        "Set-Cookie: sid=X9secretX",
        "echo: Authorization: Basic X9secretX",
        'data: {"password":"X9secretX',
        'event: x\ndata: {"password":\ndata: "X9secretX"}',
        'data: {"content":"{\\"api_key\\":\\"X9secretX',
    ],
)
def test_no_secret_stays_in_text_and_in_the_rest_of_a_stream(text: str) -> None:
    stream = StreamBody((RecordedEvent(0.1, text),), text)
    once = redact_recording(
        recording_of(exchange("a form", "", body=TextBody(text)), exchange("a message", "run_sse", reply=stream))
    )
    assert "X9secretX" not in write(once)
    assert redact_recording(once) == once


def test_no_secret_stays_in_a_path_or_in_where_one_is_sent() -> None:
    asked = RecordedRequest("GET", "/api/x?access_token=X9secretX&a=b", {})
    once = redact_recording(
        recording_of(RecordedExchange("x", "", asked, RecordedResponse(302, {"location": "/y?sig=X9secretX"}, 0.1)))
    )
    assert once.exchanges[0].request.path == "/api/x?access_token=<query:1>&a=<query:2>"
    assert once.exchanges[0].reply.headers == {"location": "/y?sig=<query:1>"}


@pytest.mark.parametrize(
    "text",
    [
        "Your token is fine.",
        "Bearer authentication is required.",
        "Add an Authorization header: Bearer <token>",
        "Authorization: Bearer $NEMO_TOKEN",
        "curl -H 'Authorization: Bearer nmv_usr_test_funded'",
        '{"max_tokens": 100, "tokens": 5, "name": "x"}',
        "title=Kyoto, and what? #1 = best",
        'Bearer realm="nemo"',
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    before = recording_of(exchange("its state", "state", {"text": text, "tokens": 5}, token=None))
    assert redact_recording(before) == before


@given(st.lists(st.sampled_from([*"@@..+-_ aZ0é", "b.c", "@b.c"])).map("".join))
def test_email_addresses_are_found_as_by_a_search_from_each_letter(text: str) -> None:
    email = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")

    assert list(find_emails(text)) == [found.span() for found in email.finditer(text)]


@pytest.mark.parametrize("text", ["a" * 1_000_000 + "@", "@b.c " * 200_000])
def test_a_long_text_without_an_email_address_is_read_once(text: str) -> None:
    # Searched from each of its letters, it would take an hour.
    assert list(find_emails(text)) == []
