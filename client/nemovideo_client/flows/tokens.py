"""The flows that get an anonymous token, and renew it before it expires.

A token is valid for a week, and the service gives one per client and week. So it may refuse a new token before the old
one expires. If it refuses an early renewal, the client asks again when the token expires.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from nemovideo_client.errors import NemoError, RateLimited, UnexpectedAnswer
from nemovideo_client.flows.calls import Service, data_of, unwrap, wait_before_retry
from nemovideo_client.flows.effects import Flow, Request, now, send
from nemovideo_client.json_reading import Json, integer, text
from nemovideo_client.models import Token
from nemovideo_contract import wire

#: How many seconds before its end a token is renewed: the longest turn with its recovery.
RENEW_AHEAD_S: Final = wire.TURN_LIMIT_S + 5 * 60
#: Seconds until the next try if the token has expired by this machine's clock and the service gave no new one.
RENEW_AGAIN_S: Final = 5 * 60


def anonymous_token(service: Service, client_id: str) -> Flow[Token]:
    """Get a token: without bearer token, body and attribution; after a 429 once more.

    Not repeated without a response: the service may have given the token, and it gives only one a week.
    """
    try:
        return (yield from _ask(service, client_id))
    except RateLimited as error:
        yield from wait_before_retry(error)
        return (yield from _ask(service, client_id))


def renew_token(service: Service, client_id: str, token: Token) -> Flow[Token]:
    """Get a new token before the present one expires; if the service gives none, return the present one for a later
    try.

    The present token is also kept if the new one belongs to another account, which cannot reach its sessions and
    credits.
    """
    ends = _moment(token.expires_at)
    try:
        found = yield from _ask(service, client_id)
        is_over = ends is not None and ends <= (yield from now())
        if is_over or token.user_id is None or found.user_id in (None, token.user_id):
            return found
    except NemoError:
        pass
    time = yield from now()
    return replace(token, renew_at=ends if ends is not None and ends > time else time + RENEW_AGAIN_S)


def _ask(service: Service, client_id: str) -> Flow[Token]:
    time = yield from now()
    request = Request(
        "POST",
        service.url(wire.Path.ANONYMOUS_TOKEN),
        headers=(("Accept", "application/json"), (wire.CLIENT_ID_HEADER, client_id)),
        patience_s=service.limits.answer_s,
        until=time + service.limits.call_s,
    )
    token = _parse_token(data_of(unwrap((yield from send(request)))))
    ends = _moment(token.expires_at)
    # A new token that is already due shows that the clocks differ; the service's 1001 shows when it really expires.
    return replace(token, renew_at=ends - RENEW_AHEAD_S if ends is not None and ends - RENEW_AHEAD_S > time else None)


def _moment(written: str | None) -> float | None:
    """Parse a time as the service writes it; return seconds since the epoch. Without a time zone it is UTC."""
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parse_token(data: Json) -> Token:
    """Return the token from an anonymous-token response."""
    value = text(data, "token")
    if value is None or not value.isascii() or not value.isprintable():
        raise UnexpectedAnswer("The service gave no usable token.")
    return Token(value, text(data, "user_id"), text(data, "expires_at"), integer(data, "credits"), renewable=True)
