"""The flow that gets an anonymous token."""

from __future__ import annotations

from nemovideo_client.answers import Token, token_from
from nemovideo_client.errors import RateLimited
from nemovideo_client.flows.calls import Service, data_of, unwrap, wait_as_told
from nemovideo_client.flows.effects import Flow, Request, send
from nemovideo_contract import wire


def anonymous_token(service: Service, client_id: str) -> Flow[Token]:
    """Ask for a token: no bearer, no body, no attribution; after a 429 once more.

    Not repeated when no answer comes: the token may have been given, and there is one a week.
    """
    request = Request(
        "POST",
        service.url(wire.Path.ANONYMOUS_TOKEN),
        headers=(("Accept", "application/json"), (wire.CLIENT_ID_HEADER, client_id)),
        patience_s=service.limits.answer_s,
    )
    try:
        answer = unwrap((yield from send(request)))
    except RateLimited as error:
        yield from wait_as_told(error)
        answer = unwrap((yield from send(request)))
    return token_from(data_of(answer))
