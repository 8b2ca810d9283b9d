"""The endpoints for tokens: anonymous tokens for the API, claim tokens for a project page in a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import CLAIM_TOKEN_LIFETIME_S
from nemovideo_mock.http.request_context import authorize, call_of, client_id_of, find_session, json_object, text_field
from nemovideo_mock.http.responses import success, timestamp
from nemovideo_mock.json_types import Json

#: The address of a caller behind a proxy. The fake trusts it, so that tests can use many addresses.
FORWARDED_FOR = "X-Forwarded-For"


def address_of(request: Request) -> str:
    """Return the address of the caller as the service would see it."""
    forwarded = request.headers.get(FORWARDED_FOR, "").partition(",")[0].strip()
    return forwarded or (request.client.host if request.client is not None else "")


async def anonymous_token(request: Request) -> JSONResponse:
    """Create an anonymous account and its token."""
    call = call_of(request)
    runtime = call.runtime
    token, account = runtime.world.tokens.issue_anonymous(
        client_id_of(request), address_of(request), runtime.clock.now()
    )
    call.exchange.account = account.user_id
    ends: Json = {} if token.expires_at is None else {"expires_at": timestamp(token.expires_at)}
    return success({"token": token.value, "user_id": account.user_id, **ends, "credits": account.available})


async def claim_token(request: Request) -> JSONResponse:
    """Create a token for a link that opens the project in a browser."""
    call = authorize(request, "read")
    body = await json_object(request)
    session = find_session(call, text_field(body, "session_id"))
    claim = call.runtime.world.sessions.claim(session, text_field(body, "task_id"), call.runtime.clock.now())
    return success({"claim_token": claim, "expires_in": CLAIM_TOKEN_LIFETIME_S})
