"""Tokens: anonymous ones to work with, claim tokens to look with."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import CLAIM_TOKEN_LIFETIME_S, CLIENT_ID_HEADER
from nemovideo_mock.api.http import account_of, json_object, service_of, success, text_field, timestamp


async def anonymous_token(request: Request) -> JSONResponse:
    """A free account and its token."""
    service = service_of(request)
    client_id = request.headers.get(CLIENT_ID_HEADER, "").strip()
    token, account = service.world.issue_anonymous_token(client_id, service.clock.now())
    return success(
        {
            "token": token.value,
            "user_id": account.user_id,
            "expires_at": timestamp(token.expires_at),
            "credits": account.available,
        }
    )


async def claim_token(request: Request) -> JSONResponse:
    """A token for a link that opens the project in a browser."""
    account = account_of(request)
    body = await json_object(request)
    service = service_of(request)
    claim = service.world.claim(
        account, text_field(body, "session_id"), text_field(body, "task_id"), service.clock.now()
    )
    return success({"claim_token": claim, "expires_in": CLAIM_TOKEN_LIFETIME_S})
