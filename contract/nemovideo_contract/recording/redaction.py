"""Redaction of a recording: marks replace secrets, and the same secret has the same mark.

These are secrets: tokens and claim tokens, client ids, email addresses, and the values in the query or the fragment of
an address, because addresses are signed there. The values under a name such as `password` are secrets too, in JSON and
in text (`secret_places`). Every text of a recording is searched in every spelling: plain, percent-encoded, escaped as
in JSON, once or several times.

A mark is `<token:1>`, `<client-id:1>`, `<email:1>`, `<query:1>` or `<secret:1>`. Numbers follow the order in which the
secrets appear. The public prefix of a token stays before its mark. Test tokens and the names of query parameters are
not secrets.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator
from typing import Final, cast
from urllib.parse import unquote

from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.openapi import Json
from nemovideo_contract.recording.recording import (
    Body,
    FilesBody,
    JsonBody,
    RecordedExchange,
    Recording,
    Skipped,
    StreamBody,
    TextBody,
)
from nemovideo_contract.recording.secret_places import find_secret_members, find_secrets_in_text
from nemovideo_contract.redaction import (
    ENCODED_PREFIXES,
    NUMBERED_MARK,
    SEARCHED_LENGTH,
    find_spans,
    is_secret_name,
    is_test_token,
    public_prefix,
)
from nemovideo_contract.secret_spellings import Span, TooManyReadingsError, encoded_forms, readings
from nemovideo_contract.wire import CLAIM_TOKEN_PREFIX, CLIENT_ID_HEADER, TEST_TOKEN_PREFIX, TOKEN_PREFIX

#: The least length of a query's value that is searched for in other texts: shorter ones can be ordinary words.
SEARCHED_QUERY_LENGTH: Final = 16


#: A token that is not a test token.
_TOKEN: Final = re.compile(
    rf"{TOKEN_PREFIX}(?!{TEST_TOKEN_PREFIX.removeprefix(TOKEN_PREFIX)})[A-Za-z0-9_-]+"
    rf"|(?<![A-Za-z0-9_]){CLAIM_TOKEN_PREFIX}[A-Za-z0-9_-]+"
)
#: The part of an email address from the `@` on, and the part before it, read backwards.
_EMAIL_HOST: Final = re.compile(r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_EMAIL_NAME: Final = re.compile(r"[A-Za-z0-9_.+-]+")
#: The query or the fragment of an address, also of a relative one; marks can be in it.
_QUERY: Final = re.compile(r"[?#](?P<query>(?:[^\s\"'<>\\]|<[a-z-]+:\d+>)+)")
_PARAMETER: Final = re.compile(r"(?:^|[&;#])[^=&;#]+=(?P<value>[^&;#]+)")


class Redactor:
    """Replaces secrets with marks. It finds the secrets that it has learned in every text."""

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._known: dict[str, str] = {}
        self._forms = set(ENCODED_PREFIXES)

    def learn(self, kind: str, secret: str, least: int = SEARCHED_LENGTH) -> str:
        """Return the mark of a secret. From now on, texts are searched for it if it has at least `least` characters."""
        if not secret or NUMBERED_MARK.fullmatch(secret) or is_test_token(secret):
            return secret
        is_new = secret not in self._marks
        mark = self._mark(kind, secret)
        if is_new and len(secret) >= least and not _TOKEN.fullmatch(secret):
            # Percent-encoding has the bytes of UTF-8, which readings show as Latin-1.
            for form in {secret, secret.encode("utf-8", "replace").decode("latin-1")}:
                self._known[form] = secret
                self._forms |= encoded_forms(form)
        return mark

    def _mark(self, kind: str, secret: str) -> str:
        if secret not in self._marks:
            prefix = public_prefix(secret)
            kind = "token" if prefix else kind
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._marks[secret] = f"{prefix}<{kind}:{self._counts[kind]}>"
        return self._marks[secret]

    def text(self, text: str) -> str:
        """Return the text with marks."""
        pieces: list[str] = []
        done = 0
        for span in find_spans(text, self._find, self._forms):
            secret = plain(text[span.start : span.end]) if span.value is None else span.value
            pieces += [text[done : span.start], self._mark(span.kind or "secret", secret)]
            done = span.end
        return "".join([*pieces, text[done:]])

    def _find(self, text: str) -> Iterator[Span]:
        """Yield the secrets of a text without escapes."""
        for form, secret in self._known.items():
            start = text.find(form)
            while start >= 0:
                yield Span(start, start + len(form), secret)
                start = text.find(form, start + len(form))
        for found in _TOKEN.finditer(text):
            yield Span(*found.span(), found[0], "token")
        for start, end in _find_parameters(text):
            if not NUMBERED_MARK.fullmatch(value := plain(text[start:end])):
                yield Span(start, end, value, "query")
        for start, end in find_secrets_in_text(text):
            value = plain(text[start:end])
            if not (NUMBERED_MARK.fullmatch(value) or is_test_token(value)):
                yield Span(start, end, value, "secret")
        for start, end in find_emails(text):
            yield Span(start, end, text[start:end], "email")

    def json(self, node: Json) -> Json:
        """Return the JSON value with marks, also in its keys."""
        if isinstance(node, dict):
            return {self.text(key): self._member(key, value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.json(each) for each in node]
        return self.text(node) if isinstance(node, str) else node

    def _member(self, name: str, value: Json) -> Json:
        return self._hidden(value, set(find_secret_members(name, value))) if value else self.json(value)

    def _hidden(self, node: Json, secrets: Collection[str]) -> Json:
        """Return the JSON value with marks, also for these secrets."""
        if not secrets:
            return self.json(node)
        if isinstance(node, dict):
            return {self.text(key): self._hidden(value, secrets) for key, value in node.items()}
        if isinstance(node, list):
            return [self._hidden(each, secrets) for each in node]
        if isinstance(node, bool) or str(node) not in secrets:
            return self.json(node)
        return self.learn("secret", str(node))


def redact_recording(recording: Recording) -> Recording:
    """Return the recording without secrets. Marks that it has already stay."""
    redactor = Redactor()
    for exchange in recording.exchanges:
        _learn_from(redactor, exchange)
    return Recording(
        redactor.text(recording.target),
        recording.at,
        recording.by,
        redactor.text(recording.script),
        tuple(_exchange(redactor, each) for each in recording.exchanges),
        tuple(Skipped(redactor.text(each.name), redactor.text(each.reason)) for each in recording.skipped),
    )


def _learn_from(redactor: Redactor, exchange: RecordedExchange) -> None:
    request = exchange.request
    if request.token is not None:
        redactor.learn("token", request.token)
    for name, value in request.headers.items():
        if name.lower() == CLIENT_ID_HEADER.lower():
            redactor.learn("client-id", value)
        elif is_secret_name(name):
            redactor.learn("secret", value)
    for body in (request.body, exchange.reply.body):
        for node in _values(body):
            _learn_members(redactor, node)
    for text in _texts(exchange):
        _learn_told(redactor, text)


def _learn_members(redactor: Redactor, node: Json) -> None:
    if isinstance(node, list):
        for each in node:
            _learn_members(redactor, each)
    elif isinstance(node, dict):
        for key, value in node.items():
            # Inside an object with a secret's name, a short value can be an ordinary word.
            least = SEARCHED_QUERY_LENGTH if isinstance(value, list | dict) else SEARCHED_LENGTH
            for secret in find_secret_members(key, value):
                redactor.learn("secret", secret, least)
            _learn_members(redactor, value)


def _learn_told(redactor: Redactor, text: str) -> None:
    try:
        spellings = [reading.text for reading in readings(text)]
    except TooManyReadingsError:
        return  # all of it is hidden
    for reading in spellings:
        for start, end in find_secrets_in_text(reading):
            value = plain(reading[start:end])
            if len(value) >= SEARCHED_QUERY_LENGTH and not NUMBERED_MARK.search(value):
                redactor.learn("secret", value)
        for start, end in _find_parameters(reading):
            value = plain(reading[start:end])
            if len(value) >= SEARCHED_QUERY_LENGTH and not (NUMBERED_MARK.search(value) or value.isdecimal()):
                redactor.learn("query", value, SEARCHED_QUERY_LENGTH)


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the email addresses; it reads a long word once, not from each of its letters."""
    begin = 0
    for host in _EMAIL_HOST.finditer(text):
        name = _EMAIL_NAME.match(text[begin : host.start()][::-1])
        if name is not None:
            yield host.start() - len(name[0]), host.end()
        begin = host.start() + 1 if name is None else host.end()


def _find_parameters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the values in the queries and fragments of a text's addresses."""
    for address in _QUERY.finditer(text):
        offset = address.start("query")
        for parameter in _PARAMETER.finditer(address["query"]):
            yield offset + parameter.start("value"), offset + parameter.end("value")


def _values(body: Body) -> Iterator[Json]:
    """Yield the JSON values of a body."""
    if isinstance(body, JsonBody):
        yield body.value
    elif isinstance(body, StreamBody):
        for record in body.records:
            for line in record.text.splitlines():
                try:
                    yield cast("Json", parse(line.partition(":")[2], half_pairs=True))
                except JsonInputError:
                    continue


def _texts(exchange: RecordedExchange) -> Iterator[str]:
    """Yield every text of an exchange."""
    yield from (exchange.request.path, exchange.request.url or "", exchange.reply.broken or "")
    yield from exchange.reply.headers.values()
    for body in (exchange.request.body, exchange.reply.body):
        if isinstance(body, JsonBody):
            yield from _strings(body.value)
        elif isinstance(body, TextBody):
            yield body.text
        elif isinstance(body, StreamBody):
            yield from (record.text for record in body.records)
            yield body.left


def _strings(node: Json) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _strings(value)
    elif isinstance(node, list):
        for each in node:
            yield from _strings(each)


def _exchange(redactor: Redactor, exchange: RecordedExchange) -> RecordedExchange:
    request, reply = exchange.request, exchange.reply

    def header(name: str, value: str) -> str:
        if name.lower() == CLIENT_ID_HEADER.lower():
            return redactor.learn("client-id", value)
        return redactor.learn("secret", value) if is_secret_name(name) else redactor.text(value)

    return RecordedExchange(
        redactor.text(exchange.name),
        exchange.operation,
        dataclasses.replace(
            request,
            path=redactor.text(request.path),
            headers={redactor.text(name): header(name, value) for name, value in request.headers.items()},
            token=None if request.token is None else redactor.learn("token", request.token),
            body=_body(redactor, request.body),
            url=None if request.url is None else redactor.text(request.url),
        ),
        dataclasses.replace(
            reply,
            headers={redactor.text(name): header(name, value) for name, value in reply.headers.items()},
            body=_body(redactor, reply.body),
            broken=None if reply.broken is None else redactor.text(reply.broken),
        ),
    )


def _body(redactor: Redactor, body: Body) -> Body:
    change: Callable[[str], str] = redactor.text
    match body:
        case JsonBody(value):
            return JsonBody(redactor.json(value))
        case TextBody(text):
            return TextBody(change(text))
        case FilesBody(files):
            return FilesBody(tuple(dataclasses.replace(each, name=change(each.name)) for each in files))
        case StreamBody(records, left):
            kept = (
                dataclasses.replace(each, text=change(each.text), complaints=tuple(map(change, each.complaints)))
                for each in records
            )
            return StreamBody(tuple(kept), change(left))
        case _:
            return body


#: Layers of escapes that `plain` undoes.
_LAYERS: Final = 6
# A run of backslashes is read once, from its first one, and not again from each of the others.
_UNIT: Final = re.compile(r"(?<!\\)\\+u([0-9a-fA-F]{4})")
_SLASH: Final = re.compile(r"(?<!\\)\\+/")


def plain(text: str) -> str:
    """Return the text without its JSON escapes and percent-encodings, also if it was encoded several times."""
    for _ in range(_LAYERS):
        read = _UNIT.sub(lambda found: chr(int(found[1], 16)), text)
        read = unquote(_SLASH.sub("/", read))
        if read == text:
            break
        text = read
    return text
