"""What the journal's tests share: exchanges in one call, and tokens as they are drawn."""

from __future__ import annotations

import string
from collections.abc import Iterable

from hypothesis import strategies as st

from nemovideo_mock.journal import ExchangeRecorder, Journal
from nemovideo_mock.journal.redaction import HEADER_ENDS, SCHEME_HEADER_ENDS

Headers = list[tuple[bytes, bytes]]

TOKEN = "nmv_usr_YIOFDNIyVQGwd2sKdx1a8wbsek9FqLCkTwyWrUv7OG8"
JSON: Headers = [(b"content-type", b"application/json")]
STREAM: Headers = [(b"content-type", b"text/event-stream; charset=utf-8")]

URL_SAFE = string.ascii_letters + string.digits + "-_"

#: What a random secret may end with, as the names of headers that carry one do.
ENDS: st.SearchStrategy[str] = st.sampled_from(
    ["", "cookie", *sorted({end.decode() for end in (*SCHEME_HEADER_ENDS, *HEADER_ENDS)})]
)


def _ended(body: str, end: str) -> str:
    return body[: len(body) - len(end)] + end


bodies_of_tokens = st.builds(_ended, st.text(URL_SAFE, min_size=43, max_size=43), ENDS)
tokens = st.builds(str.__add__, st.sampled_from(["nmv_usr_", "clm_"]), bodies_of_tokens)
#: Credentials that only their place gives away: characters of RFC 6750's b64token, and none of the API's own words.
unusual = st.builds(
    "{}9~{}{}".format,
    st.text(string.ascii_letters + string.digits + "-._~+/", min_size=8, max_size=30),
    st.text(string.ascii_letters + string.digits + "-._~+/=", min_size=8, max_size=30),
    ENDS,
)


def opened(
    journal: Journal,
    method: str = "GET",
    path: str = "/api/credits/balance/simple",
    query: bytes = b"",
    headers: Headers | None = None,
    at: float = 0.0,
) -> ExchangeRecorder:
    """The head of a request, `at` seconds after the world's beginning (1,000 by its clock, 5,000 really)."""
    return journal.open(
        method, path, query, headers or [], ("127.0.0.1", 40_000), "1.1", 1000 + at, 5000 + at / 10, joined=False
    )


def exchanged(
    journal: Journal,
    method: str = "GET",
    path: str = "/api/credits/balance/simple",
    query: bytes = b"",
    headers: Headers | None = None,
    body: bytes = b"",
    status: int = 200,
    response_headers: Headers | None = None,
    response_body: bytes = b"",
) -> None:
    """A whole exchange without a stream."""
    exchange = opened(journal, method, path, query, headers)
    if body:
        exchange.request_body(body)
    exchange.request_done(1001, 5000.1)
    exchange.response(status, JSON if response_headers is None else response_headers, 1002, 5000.2)
    if response_body:
        exchange.response_body(response_body)
    exchange.end("complete", 1003, 5000.3)


def streamed(journal: Journal, records: Iterable[bytes], headers: Headers | None = None) -> None:
    """A whole exchange with a stream of these records."""
    exchange = opened(journal, "POST", "/run_sse", headers=headers)
    exchange.request_done(1001, 5000.1)
    exchange.response(200, STREAM, 1002, 5000.2)
    for record in records:
        exchange.response_body(record)
        exchange.record(record, 1003, 5000.3)
    exchange.end("complete", 1004, 5000.4)
