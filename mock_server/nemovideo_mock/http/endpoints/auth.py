"""Tokens: anonymous ones to work with, claim tokens to look with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import CLAIM_TOKEN_LIFETIME_S, CLIENT_ID_HEADER
from nemovideo_mock.http.call import authorize, call_of, in_session, json_object, text_field
from nemovideo_mock.http.responses import success, timestamp
from nemovideo_mock.json_types import Json

#: Who calls, where a proxy stands between; the fake believes it, so that tests can come from many addresses.
FORWARDED_FOR = "X-Forwarded-For"


def client_id_of(request: Request) -> str:
    """The id that anonymous tokens are counted by; empty where there is none."""
    return request.headers.get(CLIENT_ID_HEADER, "").strip()


def address_of(request: Request) -> str:
    """The address that the caller comes from, as the service would see it."""
    forwarded = request.headers.get(FORWARDED_FOR, "").partition(",")[0].strip()
    return forwarded or (request.client.host if request.client is not None else "")


async def anonymous_token(request: Request) -> JSONResponse:
    """A free account and its token."""
    call = call_of(request)
    runtime = call.runtime
    token, account = runtime.world.tokens.issue_anonymous(
        client_id_of(request), address_of(request), runtime.clock.now()
    )
    call.exchange.account = account.user_id
    ends: Json = {} if token.expires_at is None else {"expires_at": timestamp(token.expires_at)}
    return success({"token": token.value, "user_id": account.user_id, **ends, "credits": account.available})


async def claim_token(request: Request) -> JSONResponse:
    """A token for a link that opens the project in a browser."""
    call = authorize(request, "read")
    body = await json_object(request)
    session = in_session(call, text_field(body, "session_id"))
    claim = call.runtime.world.sessions.claim(session, text_field(body, "task_id"), call.runtime.clock.now())
    return success({"claim_token": claim, "expires_in": CLAIM_TOKEN_LIFETIME_S})
