"""The flows that get an anonymous token, and another before it ends.

A token lives for a week, and the service gives one a client and week, so it may refuse to give the next before the last
has ended. Renewal ahead of time is therefore a try: what is refused is asked for again when the token's time is up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from nemovideo_client.errors import NemoError, RateLimited, UnexpectedAnswer
from nemovideo_client.flows.calls import Service, data_of, unwrap, wait_as_told
from nemovideo_client.flows.effects import Flow, Request, now, send
from nemovideo_client.json_reading import Json, integer, text
from nemovideo_client.models import Token
from nemovideo_contract import wire

#: Seconds before its end that a token is renewed: a turn at its longest, with the recovery after it.
RENEW_AHEAD_S: Final = wire.TURN_LIMIT_S + 5 * 60
#: Seconds before the next try where a token is over by this machine's clock and no other was given.
RENEW_AGAIN_S: Final = 5 * 60


def anonymous_token(service: Service, client_id: str) -> Flow[Token]:
    """Ask for a token: no bearer, no body, no attribution; after a 429 once more.

    Not repeated when no answer comes: the token may have been given, and there is one a week.
    """
    try:
        return (yield from _ask(service, client_id))
    except RateLimited as error:
        yield from wait_as_told(error)
        return (yield from _ask(service, client_id))


def renew_token(service: Service, client_id: str, token: Token) -> Flow[Token]:
    """Ask for a token before the present one ends; gives the present one, to be renewed later, where none is given.

    So it does for a token of another account, from which the present one's sessions and credits are out of reach.
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
    # A token that is over as it comes says that the clocks disagree; 1001 will tell when it really is.
    return replace(token, renew_at=ends - RENEW_AHEAD_S if ends is not None and ends - RENEW_AHEAD_S > time else None)


def _moment(written: str | None) -> float | None:
    """A time as the service writes it, in seconds since the epoch; UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parse_token(data: Json) -> Token:
    """The token of an anonymous-token answer."""
    value = text(data, "token")
    if value is None or not value.isascii() or not value.isprintable():
        raise UnexpectedAnswer("The service gave no usable token.")
    return Token(value, text(data, "user_id"), text(data, "expires_at"), integer(data, "credits"), renewable=True)
