"""No token can be read from a journal, in any place and spelling."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import cast
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nemovideo_contract.redaction import NAME, PREFIXES, SECRET_WORDS
from nemovideo_contract.secret_spellings import MAX_READINGS
from nemovideo_mock.journal import FilePart, Journal, ResponseEntry, har
from nemovideo_mock.journal.redaction import Secrets, find_open
from tests.mock_server.journal.stage import JSON, STREAM, TOKEN, exchanged, opened, streamed, tokens, unusual

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)


def everything(journal: Journal) -> str:
    """All that can be read from a journal."""
    return "\n".join(
        [
            *journal.lines(),
            json.dumps(har(journal.entries(), "1"), ensure_ascii=False),
            *map(repr, journal.entries()),
            *(json.dumps(entry.as_json(), ensure_ascii=False) for entry in journal.entries()),
            repr(journal),
            str(journal),
            repr(journal.secrets),
        ]
    )


def unescaped(text: str) -> str:
    """The text with all layers of escapes undone that a curious reader may think of."""
    for _ in range(8):
        text = unquote(text, "latin-1")
        text = text.replace("\\\\", "\\").replace('\\"', '"').replace("\\/", "/")
        pieces = text.split("\\u")
        text = pieces[0] + "".join(
            chr(int(piece[:4], 16)) + piece[4:]
            if piece[:4].isalnum() and piece[:4].isascii() and _is_hex(piece[:4])
            else piece
            for piece in pieces[1:]
        )
    return text


def _is_hex(text: str) -> bool:
    return len(text) == 4 and all(character in "0123456789abcdefABCDEF" for character in text)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def percent(text: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": percent,
    "percent-encoded twice": lambda token: quote(percent(token)),
    "with JSON's escapes": escaped,
    "in JSON in JSON": lambda token: json.dumps({"inner": token})[1:-1].replace(token, escaped(token)),
    "percent-encoded JSON escapes": lambda token: quote(escaped(token), safe=""),
    "half percent-encoded": lambda token: percent(token[:5]) + token[5:],
}

Place = Callable[[Journal, str], None]


def in_json(text: str) -> bytes:
    """The text as a string in a body, at two depths."""
    return json.dumps({"a": [{"b": text}], "n": json.dumps({"c": text})}).encode()


def raw_json(text: str) -> bytes:
    """The text between quotes as it is: its escapes are JSON's."""
    return b'{"a": "x ' + text.replace('"', '\\"').encode() + b' y"}'


def in_files(journal: Journal, text: str) -> None:
    exchange = opened(journal, "POST")
    exchange.files = [FilePart(f"{text}.jpg", text, 3)]
    exchange.session = exchange.account = exchange.scenario = f"s{text}"
    exchange.faults.append(text)
    exchange.request_done(1, 1)
    exchange.response(200, JSON, 1, 1)
    exchange.end("complete", 1, 1)


PLACES: dict[str, Place] = {
    "method": lambda journal, text: exchanged(journal, method=text),
    "path": lambda journal, text: exchanged(journal, path=f"/api/x{text}/y"),
    "query": lambda journal, text: exchanged(journal, query=b"a=1&b=" + text.encode()),
    "token parameter": lambda journal, text: exchanged(journal, query=b"nemo_token=" + text.encode() + b"&c=d"),
    "header name": lambda journal, text: exchanged(journal, headers=[(text.encode(), b"1")]),
    "header value": lambda journal, text: exchanged(journal, headers=[(b"referer", b"http://x/?" + text.encode())]),
    "bearer": lambda journal, text: exchanged(journal, headers=[(b"authorization", b"Bearer " + text.encode())]),
    "no scheme": lambda journal, text: exchanged(journal, headers=[(b"Authorization", text.encode())]),
    "basic": lambda journal, text: exchanged(
        journal, headers=[(b"authorization", b"Basic " + base64.b64encode(b"me:" + text.encode()))]
    ),
    "api key": lambda journal, text: exchanged(journal, headers=[(b"X-API-Key", text.encode())]),
    "cookie": lambda journal, text: exchanged(journal, headers=[(b"cookie", b"a=1; t=" + text.encode())]),
    "set-cookie": lambda journal, text: exchanged(
        journal, response_headers=[(b"set-cookie", b"t=" + text.encode() + b"; Path=/; Secure")]
    ),
    "request body": lambda journal, text: exchanged(journal, "POST", body=in_json(text)),
    "raw request body": lambda journal, text: exchanged(journal, "POST", body=raw_json(text)),
    "text body": lambda journal, text: exchanged(journal, "POST", body=b"say " + text.encode() + b" now"),
    "response header": lambda journal, text: exchanged(journal, response_headers=[(b"location", text.encode())]),
    "response body": lambda journal, text: exchanged(journal, response_body=in_json(text)),
    "raw response body": lambda journal, text: exchanged(journal, response_body=raw_json(text)),
    "key in a body": lambda journal, text: exchanged(journal, response_body=json.dumps({text: 1}).encode()),
    "record": lambda journal, text: streamed(journal, [b"data: " + in_json(text) + b"\n\n"]),
    "key in a record": lambda journal, text: streamed(journal, [json.dumps({text: 1}).encode()]),
    "malformed record": lambda journal, text: streamed(journal, [b'data: {"content":"' + text.encode() + b"\n\n"]),
    "text record": lambda journal, text: streamed(journal, [b"data: hello " + text.encode() + b"\n\n"]),
    "comment": lambda journal, text: streamed(journal, [b": " + text.encode() + b"\n\n"]),
    "event": lambda journal, text: streamed(journal, [b"event: " + text.encode() + b"\ndata: {}\n\n"]),
    "fault of a record": lambda journal, text: opened(journal).record(b"{}", 1, 1, fault=text),
    "files and names": in_files,
    "control": lambda journal, text: journal.control(text, {"x": [text]}, 1, 1),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=8)  # places and spellings are what varies here
@given(token=tokens)
def test_a_token_is_hidden_in_every_place_and_spelling(place: str, spelling: str, token: str) -> None:
    journal = Journal("w", seed="7")

    PLACES[place](journal, SPELLINGS[spelling](token))

    secret = token.partition("_usr_")[2] or token.removeprefix("clm_")
    read = everything(journal)
    assert secret not in read
    assert secret not in unescaped(read)
    assert percent(secret) not in read


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=25)
@given(credential=unusual)
def test_a_credential_of_unusual_form_is_not_shown_elsewhere_after_and_before_it_was_carried(
    place: str, credential: str
) -> None:
    journal = Journal("w", seed="7")
    PLACES[place](journal, credential)

    exchanged(journal, headers=[(b"authorization", b"Bearer " + credential.encode())])
    PLACES[place](journal, credential)
    PLACES[place](journal, quote(credential))

    assert credential not in everything(journal)
    assert credential not in unescaped(everything(journal))


@pytest.mark.parametrize("end", [*SECRET_WORDS, "tokens"])
@pytest.mark.parametrize("secret", ["nmv_usr_Abcdefgh0123456789ijklmnop", "clm_Abcdefgh0123456789", "Zebra.9~Quagga+"])
def test_a_secret_that_ends_like_the_name_of_a_secrets_header_is_not_shown_as_a_headers_name(
    secret: str, end: str
) -> None:
    journal = Journal("w", seed="7")
    name = f"{secret}-{end.replace(' ', '-')}".encode()

    for _ in range(2):
        exchanged(journal, headers=[(name, b"1")], response_headers=[(name, b"1")])
        exchanged(journal, headers=[(b"authorization", b"Bearer " + name)])

    assert secret not in everything(journal)


def entities(text: str) -> str:
    """Each character as an entity of HTML, in one of its forms."""
    forms = ("&#{};", "&#x{:x};", "&#X{:04X};", "&#{:07d}")
    return "".join("&lowbar;" if each == "_" else forms[at % 4].format(ord(each)) for at, each in enumerate(text))


def full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


DISGUISES: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a sentence": lambda text: base64.b64encode(f"my token is {text}!".encode()).decode(),
    "base64 of JSON": lambda text: base64.urlsafe_b64encode(json.dumps({"é": text}).encode()).decode().rstrip("="),
    "a path of base64": lambda text: "y/z-" + base64.b64encode(f"ab{text}".encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: "0x" + text.encode().hex().upper(),
    "hex after a digit": lambda text: "7" + text.encode().hex(),
    "entities": entities,
    "full-width": full_width,
    "full-width, percent-encoded": lambda text: quote(full_width(text)),
    "zero-width": "\u200b".join,
    "zero-width, of several kinds": "\u2060\ufeff".join,
    "zero-width, percent-encoded": lambda text: quote("\u200d".join(text)),
}


def undisguised(text: str) -> str:
    """The text in all the ways in which a curious reader may read it."""
    plain = unescaped(text)
    decoded: list[str] = []
    for word in re.findall(r"[A-Za-z0-9+/_-]{6,}", plain):
        decoded += [
            bytes.fromhex(each[odd:][: len(each[odd:]) // 2 * 2]).decode("latin-1")
            for each in re.findall(r"[0-9A-Fa-f]{2,}", word)
            for odd in (0, 1)
        ]
        for start in range(4):
            letters = word[start:].replace("-", "+").replace("_", "/")
            decoded.append(base64.b64decode(letters[: len(letters) // 4 * 4]).decode("latin-1"))
    utf8 = plain.encode("latin-1", "replace").decode("utf-8", "replace")
    shown = [
        re.sub("[\u200b-\u200d\u2060\ufeff]", "", unicodedata.normalize("NFKC", html.unescape(each)))
        for each in (plain, utf8)
    ]
    return "\n".join([*decoded, *shown])


def test_a_curious_reader_reads_every_disguise() -> None:
    for spell in DISGUISES.values():
        assert TOKEN[:-4] in undisguised(spell(TOKEN))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [TOKEN, "hunter2-Zebra.77/Quagga+Okapi"], ids=["token", "unusual"])
def test_a_known_secret_is_hidden_in_every_place_and_disguise(place: str, secret: str) -> None:
    journal = Journal("w", seed="7")
    exchanged(journal, headers=[(b"authorization", b"Bearer " + secret.encode())])

    for spell in DISGUISES.values():
        PLACES[place](journal, spell(secret))

    assert secret[8:-4] not in undisguised("\n".join(journal.lines()))
    assert secret[8:-4] not in undisguised(json.dumps(har(journal.entries(), "1"), ensure_ascii=False))


def test_a_text_in_base64_or_hex_stays_around_a_token() -> None:
    secrets = Secrets("7")
    mark = secrets.mark(TOKEN)
    for before in ("", "a", "ab", "abc"):
        spelled = base64.b64encode(f"{before}{TOKEN} and more words".encode()).decode()
        hidden = secrets.text(f"see {spelled} there")
        assert mark in hidden
        assert hidden.startswith("see " + spelled[: len(before)])
        assert hidden.endswith(spelled[-16:] + " there")
    assert secrets.text(f"see {b'ab'.hex()}{TOKEN.encode().hex()}21 there") == f"see 6162{mark}21 there"
    for text in (
        hashlib.sha256(b"").hexdigest(),
        base64.b64encode(bytes(range(256))).decode(),
        "Größe：１２ ＆ &amp; 視頻，",
    ):
        assert secrets.text(text) == text


@given(token=tokens, before=words, after=words)
def test_the_text_around_a_token_stays(token: str, before: str, after: str) -> None:
    text = Secrets("7").text(f"{before} {token} {after}")
    if "token" not in before and "\\" not in before + after and "%" not in before + after:
        assert text.startswith(f"{before} ")
        assert text.endswith(f" {after}")
    assert token not in text


def test_the_same_token_has_the_same_mark_in_every_place() -> None:
    journal = Journal("w", seed="7")
    mark = journal.secrets.mark(TOKEN)

    exchanged(
        journal,
        query=b"token=" + percent(TOKEN).encode(),
        headers=[(b"authorization", b"Bearer " + TOKEN.encode())],
        body=b'{"token":"' + escaped(TOKEN).encode() + b'"}',
        response_body=json.dumps({"data": {"token": TOKEN}}).encode(),
    )

    request, response, _ = (entry.as_json() for entry in journal.entries())
    assert mark.startswith("nmv_usr_*")
    assert len(mark) == len("nmv_usr_*") + 8
    assert request["query"] == f"token={mark}"
    assert request["headers"] == [["authorization", f"Bearer {mark}"]]
    assert request["body"] == {"kind": "json", "size": 318, "json": {"token": mark}}
    assert response["body"] == {"kind": "json", "size": 74, "json": {"data": {"token": mark}}}


def test_other_tokens_and_other_seeds_have_other_marks() -> None:
    assert Secrets("7").mark(TOKEN) != Secrets("7").mark(TOKEN[:-1] + "9")
    assert Secrets("7").mark(TOKEN) != Secrets("8").mark(TOKEN)
    assert Secrets("7").mark("clm_abcdef").startswith("clm_*")
    assert Secrets("7").mark("$NEMO_TOKEN").startswith("*")


def test_credentials_keep_their_scheme_and_cookies_their_names() -> None:
    journal = Journal("w")
    mark = journal.secrets.mark

    headers = journal.secrets.headers(
        [
            (b"authorization", b"Basic bWU6c2VjcmV0LXdvcmQ="),
            (b"cookie", b'session=abc; theme="dark"'),
            (b"set-cookie", b"session=abc; Path=/; HttpOnly"),
            (b"x-api-key", b"k"),
            (b"x-client-id", b"3f2c"),
        ]
    )

    assert headers == [
        (b"authorization", f"Basic {mark('bWU6c2VjcmV0LXdvcmQ=')}".encode()),
        (b"cookie", f"session={mark('abc')}; theme={mark('dark')}".encode()),
        (b"set-cookie", f"session={mark('abc')}; Path=/; HttpOnly".encode()),
        (b"x-api-key", mark("k").encode()),
        (b"x-client-id", b"3f2c"),
    ]
    assert journal.secrets.text("my secret-word") == f"my {mark('secret-word')}"


#: What no pattern gives away.
BARE = "hunter2-Zebra.77"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "token",
            "TOKEN",
            "Token",
            "NEMO_TOKEN",
            "Nemo-Token",
            "accessToken",
            "claimToken",
            "refresh_token",
            "id_token",
        ),
        *("apiKey", "api_key", "API-KEY", "access_key", "secret", "clientSecret", "password", "passwd", "jwt", "sig"),
        *("authorization", "Authorization", "auth", "X-Amz-Signature", "X-Amz-Security-Token", "signature"),
    ],
)
@pytest.mark.parametrize("place", ["query", "form", "JSON", "JSON in JSON", "record", "URL in JSON"])
def test_a_value_under_a_secret_name_is_hidden_in_every_case_and_joint(place: str, name: str) -> None:
    journal = Journal("w", seed="7")

    match place:
        case "query":
            exchanged(journal, query=f"a=1&{name}={BARE}&b=2".encode())
        case "form":
            exchanged(journal, "POST", body=f"a=1&{name}={BARE}&b=2".encode())
        case "JSON":
            exchanged(journal, "POST", body=json.dumps({"a": {name: BARE}, "b": 2}).encode())
        case "JSON in JSON":
            exchanged(journal, response_body=json.dumps({"a": json.dumps({name: BARE})}).encode())
        case "record":
            streamed(journal, [b"data: " + json.dumps({name: BARE}).encode() + b"\n\n"])
        case _:
            exchanged(journal, "POST", body=json.dumps({"urls": [f"https://host/x.jpg?{name}={BARE}&b=2"]}).encode())

    assert BARE not in everything(journal)
    assert journal.secrets.mark(BARE) in everything(journal)


@pytest.mark.parametrize(
    "name",
    [
        *("X_Token", "Api_Key", "X-Tokens", "X-Auth", "Authentication", "X-Authorization", "Proxy-Authorization"),
        *("X-Access-Key", "X-Jwt", "x-api-key", "XToken", "X-Client-Secret", "X-Hub-Signature"),
    ],
)
def test_a_header_whose_name_ends_like_a_secrets_is_not_shown(name: str) -> None:
    journal = Journal("w", seed="7")

    exchanged(journal, headers=[(name.encode(), BARE.encode()), (name.encode(), b"Bearer second" + BARE.encode())])

    assert BARE not in everything(journal)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"value":"Bearer %s"}', '{"value":"Bearer %s"}'),
        ("curl -H 'Authorization: bearer %s'", "curl -H 'Authorization: bearer %s'"),
        ('{"Authorization": "Basic %s"}', '{"Authorization": "Basic %s"}'),
        ('["https://me:%s@host/x.jpg"]', '["https://me:%s@host/x.jpg"]'),
        ('["https://%s@host/x.jpg"]', '["https://%s@host/x.jpg"]'),
    ],
)
def test_the_text_around_a_bare_secret_stays_and_does_not_change_again(text: str, shown: str) -> None:
    secrets = Secrets("7")

    once = secrets.text(text % BARE)

    assert once == shown % secrets.mark(BARE)
    assert secrets.text(once) == once
    assert secrets.data((text % BARE).encode()) == once.encode()


def test_the_apis_own_words_and_short_credentials_are_not_hidden_elsewhere() -> None:
    secrets = Secrets("7")
    for credential in ("completed", "nemo_agent", "api/upload", "short", "text/event-stream"):
        assert secrets.headers([(b"authorization", b"Bearer " + credential.encode())])[0][1].startswith(b"Bearer *")
        assert secrets.text(f"/x/{credential}/y") == f"/x/{credential}/y"


def test_a_redacted_text_does_not_change_again() -> None:
    secrets = Secrets("7")
    once = secrets.text(f'?token=abc&nemo_token={TOKEN} {TOKEN} "token": "{TOKEN}" "claim_token":"xyz"')

    assert secrets.text(once) == once
    assert once.count(secrets.mark(TOKEN)) == 3


def test_a_bare_prefix_and_ordinary_words_stay() -> None:
    for text in (
        "tokens begin with nmv_usr_ or clm_.",
        "max_token=5",
        "100% of it \\o/",
        '{"tokens": "5"}',
        '{"author": "nemo_agent", "design": "x", "key": "c", "passage": "y", "max_tokens": "9"}',
        "The header Authorization: Bearer <token> is missing.",
        "Write to me@example.com, or see https://example.com/@me.",
        "%E4%BD%A0",
    ):
        assert Secrets("7").text(text) == text


def test_a_text_that_is_escaped_over_and_over_is_withheld() -> None:
    text = TOKEN
    for _ in range(MAX_READINGS + 1):
        text = quote(text.replace("n", "%6e"), safe="")

    assert Secrets("7").text(text) == "*"
    assert TOKEN not in everything_of_query(text)


def everything_of_query(text: str) -> str:
    journal = Journal("w")
    exchanged(journal, query=text.encode())
    return everything(journal)


@pytest.mark.parametrize("kept", range(60, 140, 7))
def test_a_body_that_is_cut_inside_a_secret_shows_no_piece_of_it(kept: int) -> None:
    journal = Journal("w", body_limit=kept)
    strange = "Zebra.Quagga+Okapi/Gnu=="
    text = "x" * 50 + TOKEN + " " + percent(strange) + " " + strange

    exchanged(journal, headers=[(b"authorization", b"Bearer " + strange.encode())], response_body=text.encode())

    response = next(journal.entries(kind="response"))
    assert isinstance(response, ResponseEntry)
    body = response.body
    shown = unquote(body.text or "")
    assert (body.cut, body.size) == (True, len(text))
    assert shown.startswith("x" * 50)
    assert pieces_of(TOKEN[8:], 4) & pieces_of(shown, 4) == set()
    assert pieces_of(strange, 6) & pieces_of(shown, 6) == set()


def pieces_of(text: str, length: int) -> set[str]:
    return {text[start : start + length] for start in range(len(text) - length + 1)}


# --- streams ----------------------------------------------------------------------------------------------------------


def typed(text: str) -> bytes:
    return b"data: " + json.dumps({"type": "text", "content": text}, ensure_ascii=False).encode() + b"\n\n"


def typed_escaped(text: str) -> bytes:
    return b'data: {"type":"text","content":"' + escaped(text).encode() + b'"}\n\n'


def adk(text: str) -> bytes:
    event = {
        "content": {"parts": [{"text": text}], "role": "model"},
        "partial": True,
        "author": "nemo_agent",
        "id": "c",
    }
    return b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def adk_parts(text: str) -> bytes:
    parts = [{"text": text[:1]}, {"text": text[1:]}]
    return b"data: " + json.dumps({"content": {"parts": parts}}).encode() + b"\n\n"


def plain(text: str) -> bytes:
    return b"data: " + text.encode() + b"\n\n"


def texts_of(journal: Journal) -> str:
    """What a client would put together from the records of a stream."""

    def texts(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        if isinstance(value, list):
            return [text for item in cast("list[object]", value) for text in texts(item)]
        if isinstance(value, dict):
            members = cast("dict[str, object]", value).items()
            return [text for key, item in members if key in {"content", "parts", "text"} for text in texts(item)]
        return []

    return "".join("".join(texts(entry.as_json()["data"])) for entry in journal.entries(kind="record"))


def cut_up(text: str, cuts: list[int]) -> list[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


HEARTBEAT = b'data: {"type":"heartbeat"}\n\n'
TOOL = b'data: {"type":"tool_call","name":"edit_multitrack","args":{"action":"trim"}}\n\n'


@pytest.mark.parametrize("dialect", [typed, typed_escaped, adk, adk_parts, plain])
@given(
    token=tokens, cuts=st.lists(st.integers(0, 10_000), max_size=12), between=st.sampled_from([b"", HEARTBEAT, TOOL])
)
def test_a_token_spread_over_the_records_of_a_stream_is_not_shown(
    dialect: Callable[[str], bytes], token: str, cuts: list[int], between: bytes
) -> None:
    journal = Journal("w", seed="7")
    records: list[bytes] = []
    for piece in cut_up(f"It is: {token} and so on.", cuts):
        records.append(dialect(piece))
        if between and dialect is not plain:
            records.append(between)

    streamed(journal, records)

    shown = texts_of(journal)
    secret = token.partition("_usr_")[2] or token.removeprefix("clm_")
    assert pieces_of(secret, 4) & pieces_of(shown, 4) - pieces_of(journal.secrets.mark(token), 4) == set()
    assert shown.startswith("It is: ")
    assert shown.endswith(" and so on.")


@given(credential=unusual, cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_an_unusual_credential_spread_over_a_stream_is_not_shown(credential: str, cuts: list[int]) -> None:
    journal = Journal("w", seed="7")
    records = [typed(piece) for piece in cut_up(f"It is: {credential} and so on.", cuts)]

    streamed(journal, records, headers=[(b"authorization", b"Bearer " + credential.encode())])

    assert pieces_of(credential, 6) & pieces_of(texts_of(journal), 6) == set()


def test_a_token_dripped_character_by_character_is_not_shown() -> None:
    journal = Journal("w", seed="7")
    streamed(journal, [typed(character) for character in f"I say {TOKEN} now"])

    shown = texts_of(journal)
    # The prefix is public; each character is hidden, and sixteen are enough to say whose they are.
    assert shown.startswith("I say nmv_usr_****************")
    assert shown.endswith(journal.secrets.mark(TOKEN).partition("_usr_")[2] + " now")


def test_a_malformed_record_between_two_halves_hides_the_second_half() -> None:
    journal = Journal("w", seed="7")
    streamed(
        journal,
        [
            b'data: {"type":"text,"content":"Your token is nmv_u"}\n\n',
            typed(f"{TOKEN[5:]} and more"),
            typed("Yes."),
        ],
    )

    shown = list(journal.lines(kind="record"))
    assert TOKEN[8:] not in "".join(shown)
    assert " and more" in shown[1]
    assert '"type":"text"' in shown[1].replace(" ", "")
    assert "Yes." in shown[2]


def test_an_oversized_record_that_ends_with_half_a_token_hides_the_other_half() -> None:
    journal = Journal("w", seed="7", body_limit=200)
    streamed(journal, [typed("x" * 500 + TOKEN[:20]), typed(TOKEN[20:] + " end")])

    first, second = (entry.as_json() for entry in journal.entries(kind="record"))
    assert first["cut"] is True
    assert isinstance(first["data"], str)
    assert len(first["data"]) <= 200
    assert second["data"] == {"type": "text", "content": "* end"}


def test_words_that_only_look_like_beginnings_stay() -> None:
    journal = Journal("w", seed="7")
    pieces = ["The plan", "e is in", " the can", "non. to", "day; clm", " and nmv_", "us. tok", "en of ", "thanks"]
    streamed(journal, map(typed, pieces))

    assert texts_of(journal) == "".join(pieces)


def test_the_aggregate_that_repeats_partial_deltas_is_read_on_its_own() -> None:
    journal = Journal("w", seed="7")
    aggregate = json.dumps({"content": {"parts": [{"text": f"Say {TOKEN}"}]}, "partial": False}).encode()
    streamed(journal, [adk("Say nmv_"), adk(TOKEN[4:]), b"data: " + aggregate + b"\n\n"])

    mark = journal.secrets.mark(TOKEN)
    assert texts_of(journal) == f"Say nmv_{mark.partition('_usr_')[2]}Say {mark}"


def test_an_open_exchange_does_not_show_the_text_that_it_carries_over() -> None:
    journal = Journal("w", seed="7")
    exchange = opened(journal, headers=[(b"authorization", b"Bearer " + TOKEN.encode())])
    exchange.request_body(TOKEN.encode())
    exchange.response(200, STREAM, 1, 1)
    exchange.record(typed(TOKEN[:30]), 1, 1)

    assert TOKEN[8:30] not in repr(exchange) + everything(journal)


@given(
    st.lists(
        st.sampled_from([*"= &;-_aB\"'\\\u00a0é", "token", "ToKen", "secret", "max_", "nmv_usr_", "clm_", "nmv_"])
    ).map("".join)
)
def test_an_open_secret_is_found_as_by_a_search_from_each_place(text: str) -> None:
    value = r"[^&\s\"'<>#\\]"
    anywhere = re.compile(rf"(?:(?:{'|'.join(PREFIXES)})[A-Za-z0-9_-]*|(?i:{NAME})={value}*)\Z", re.ASCII)
    found = anywhere.search(text)

    assert find_open(text) == (len(text) if found is None else found.start())


@pytest.mark.parametrize("text", ["token=" * 170_000 + " ", "nmv_usr_" * 120_000 + ":"])
def test_a_text_of_many_names_and_prefixes_is_read_once(text: str) -> None:
    # Searched from each of them to the end, it would take an hour.
    assert find_open(text) == len(text)
