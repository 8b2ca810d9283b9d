"""Rules about set-up before work: the token, and the client id of the token request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_contract.wire import CLIENT_ID_HEADER, CLIENT_ID_MAX_LENGTH, TOKEN_LIFETIME_S, Code
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.common import is_placeholder
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule
from nemovideo_skills.judge.text_format import quantity, seconds, short, times

#: The operations that need no token: the token request, and downloads by their public URL.
OPEN_CALLS: Final = frozenset({Operation.TOKEN, Operation.OUTPUT, Operation.OTHER})
_CLIENT_ID: Final = CLIENT_ID_HEADER.lower()
#: A caller may renew a token this many seconds before it expires. The time is enough for the longest turn, its recovery
#: and a margin.
_AHEAD_S: Final = 3600
#: A UUID, or the form that the vendor's commands create if there is no `uuidgen`.
_OWN_ID: Final = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|client-\d+-\d+", re.IGNORECASE | re.ASCII
)


def bearer_on_every_call(history: History) -> Iterator[Observation]:
    """Check each call except the token request."""
    without: list[Exchange] = []
    for each in history.exchanges:
        if each.call in OPEN_CALLS:
            continue
        if each.bearer is None:
            without.append(each)
        else:
            yield Kept(each)
    if without:
        calls = ", ".join(dict.fromkeys(str(each.call) for each in without))
        yield Broken(without[0], f"{quantity(len(without), 'call')} ({calls}) had no bearer token.", (without[0],))


def token_reused(history: History) -> Iterator[Observation]:
    """Check each new token, until it is refused or nearly expired."""
    held: Exchange | None = None
    refused = False
    again: list[Exchange] = []
    for each in history.exchanges:
        if each.call is Operation.TOKEN:
            good = held is not None and not refused and each.virtual < _ends(held) - _AHEAD_S
            if held is not None and good and _client_id(each) == _client_id(held):
                again.append(each)
            elif _was_given(each):
                yield from _find_repeated_request(history, held, again)
                held, refused, again = each, False, []
        elif held is not None and each.refusal == Code.TOKEN_INVALID and each.bearer == held.answer.get("token"):
            refused = True
    yield from _find_repeated_request(history, held, again)


def _find_repeated_request(history: History, held: Exchange | None, again: list[Exchange]) -> Iterator[Observation]:
    if held is None:
        return
    if not again:
        yield Kept(held)
        return
    first, last = again[0], again[-1]
    gap = seconds(history.between(held, first))
    what = f"The caller requested a token {times(len(again))} more, {gap} after the last one, which was still valid."
    yield Broken(first, what, (held, first), since=held.last, until=last.first)


def _was_given(request: Exchange) -> bool:
    """Return whether a response has a token."""
    return request.succeeded and request.end == "complete" and isinstance(request.answer.get("token"), str)


def _ends(token: Exchange) -> float:
    """Return the time at which a token expires, by the world's clock."""
    written = token.answer.get("expires_at")
    try:
        moment = datetime.fromisoformat(written if isinstance(written, str) else "")
    except ValueError:
        return token.virtual + TOKEN_LIFETIME_S
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _client_id(exchange: Exchange) -> str:
    return exchange.headers.get(_CLIENT_ID, "").strip()


def client_id_sent(history: History) -> Iterator[Observation]:
    """Check each request for a token, if the documents define the header."""
    if not history.expectations.client_id:
        return
    for each in history.of(Operation.TOKEN):
        if _client_id(each):
            yield Kept(each)
        else:
            yield Broken(each, f"The caller requested a token without {CLIENT_ID_HEADER}.", (each,))


def client_id_stable(history: History) -> Iterator[Observation]:
    """Check each client id after the first."""
    first: Exchange | None = None
    others: dict[str, Exchange] = {}
    for each in history.exchanges:
        if not (client_id := _client_id(each)):
            continue
        first = first or each
        if client_id != _client_id(first):
            others.setdefault(client_id, each)
    if first is None:
        return
    if not others:
        yield Kept(first)
        return
    changed = list(others.values())
    what = (
        f"The client id changed {times(len(changed))}, first from {short(_client_id(first))}"
        f" to {short(_client_id(changed[0]))}."
    )
    yield Broken(changed[0], what, (first, changed[0]))


def client_id_short(history: History) -> Iterator[Observation]:
    """Check each different client id once."""
    for each in _first_of_each(history):
        if len(_client_id(each)) > CLIENT_ID_MAX_LENGTH:
            what = f"The client id has {len(_client_id(each))} characters, more than {CLIENT_ID_MAX_LENGTH}."
            yield Broken(each, what, (each,))
        else:
            yield Kept(each)


def client_id_unique(history: History) -> Iterator[Observation]:
    """Check each different client id once; the length belongs to another rule."""
    for each in _first_of_each(history):
        client_id = _client_id(each)
        if len(client_id) > CLIENT_ID_MAX_LENGTH:
            continue
        if is_placeholder(client_id):
            yield Broken(each, f"The client id is {short(client_id)}, which is a placeholder.", (each,))
        elif _OWN_ID.fullmatch(client_id) is None:
            yield Broken(each, f"The client id is {short(client_id)}, which is not a UUID.", (each,))
        else:
            yield Kept(each)


def _first_of_each(history: History) -> list[Exchange]:
    found: dict[str, Exchange] = {}
    for each in history.exchanges:
        if client_id := _client_id(each):
            found.setdefault(client_id, each)
    return list(found.values())


RULES: Final = (
    Rule(
        "bearer-on-every-call",
        "Every call except the anonymous-token call has the header Authorization: Bearer with the token.",
        "error",
        "provable",
        parse_sources("F2 1.9 §1", "F5 calls"),
        "The call gets 1001, and the service does nothing.",
        'Put -H "Authorization: Bearer $NEMO_TOKEN" into every curl command except the anonymous-token one.',
        bearer_on_every_call,
    ),
    Rule(
        "token-reused",
        "A caller keeps a token and uses it until it is refused or its seven days are nearly over.",
        "warning",
        "provable",
        parse_sources("F2 1.9 §1", "F3 §1", "F5 setup"),
        "A client gets one token in seven days: the next request gets 429, and the work can't begin.",
        "Save data.token as NEMO_TOKEN. Request a token only if NEMO_TOKEN is not set, or after 1001.",
        token_reused,
    ),
    Rule(
        "client-id-sent",
        "A request for a token has X-Client-Id.",
        "error",
        "provable",
        parse_sources("F0 getting a token", "F2 1.9 §1 and §7", "F3 §7", "F5 errors"),
        "The request gets 400, and the caller has no token.",
        'Put -H "X-Client-Id: $CLIENT_ID" into the anonymous-token command.',
        client_id_sent,
    ),
    Rule(
        "client-id-stable",
        "A caller creates its client ID once, keeps it, and uses it again.",
        "warning",
        "likely",
        parse_sources("F0 getting a token", "F2 1.9 §1, local persistence", "F3 §1"),
        "Each ID is a separate account: projects and credits are lost, and the address soon gets no more tokens.",
        "Read the ID from NEMO_CLIENT_ID or ~/.config/nemovideo/client_id, and write a new ID there.",
        client_id_stable,
    ),
    Rule(
        "client-id-short",
        "The client ID has at most 64 characters.",
        "error",
        "provable",
        parse_sources("F0 getting a token"),
        "The service may refuse the request for a token.",
        "Use a UUID without changes: CLIENT_ID=$(uuidgen).",
        client_id_short,
    ),
    Rule(
        "client-id-unique",
        "The client ID is a UUID that no other client has.",
        "note",
        "provable",
        parse_sources("F0 getting a token", "F2 1.9 §1", "F5 setup"),
        "Clients with the same ID share an account, its credits, and the one token in seven days.",
        "Create the ID with uuidgen, once.",
        client_id_unique,
    ),
)
