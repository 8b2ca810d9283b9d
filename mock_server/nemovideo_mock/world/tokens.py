"""Tokens and their accounts: anonymous tokens and their limits, registered accounts, scopes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from nemovideo_contract import wire
from nemovideo_contract.wire import Code
from nemovideo_mock.dates import to_datetime
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.world.account import Account
from nemovideo_mock.world.settings import WorldSettings
from nemovideo_mock.world.state import State, Token

HOUR_S: Final = 3600.0
WEEK_S: Final = 7 * 24 * HOUR_S
#: The prefix of the id of a registered account; no document shows one (*assumed*).
REGISTERED_USER_PREFIX: Final = "user_"


class Tokens:
    """The tokens and the accounts that own them."""

    def __init__(self, settings: WorldSettings, state: State) -> None:
        self._settings = settings
        self._state = state

    def issue_anonymous(self, client_id: str, address: str, now: float) -> tuple[Token, Account]:
        """Issue a token; a client id may get the same account again after its token expired (profile `reissue`).

        Raise 400 if a required client id is missing, and 429 if the client or its address has reached the limits of the
        profile's `token_limit`.
        """
        profile = self._settings.profile
        if not client_id and profile.client_id == "required":
            raise ServiceError(Code.BAD_REQUEST, f"The header {wire.CLIENT_ID_HEADER} is missing.")
        if len(client_id) > wire.CLIENT_ID_MAX_LENGTH:
            raise ServiceError(
                Code.BAD_REQUEST, f"{wire.CLIENT_ID_HEADER} is longer than {wire.CLIENT_ID_MAX_LENGTH} characters."
            )
        self._count(client_id, address, now)
        state = self._state
        user_id = state.clients.get(client_id) if profile.reissue == "same" else None
        if not client_id or user_id is None:
            user_id = wire.ANONYMOUS_USER_PREFIX + self._settings.chance.hex(16, "user", *self._new_user(client_id))
            state.accounts[user_id] = Account(user_id, wire.ANONYMOUS_CREDITS)
            if client_id:
                state.clients[client_id] = user_id
        account = state.accounts[user_id]
        ends = now + wire.TOKEN_LIFETIME_S if profile.token_expiry == "week" else None
        value = wire.TOKEN_PREFIX + self._settings.chance.url_safe("token", user_id, account.tokens_issued)
        account.tokens_issued += 1
        token = state.tokens[value] = Token(value, user_id, now, ends, wire.ANONYMOUS_SCOPES)
        return token, account

    def _new_user(self, client_id: str) -> tuple[object, ...]:
        """Return what the id of a new account is drawn from: the client id, and a number if the id is not new."""
        if client_id and client_id not in self._state.clients:
            return (client_id,)
        self._state.anonymous += 1
        return (client_id, self._state.anonymous)

    def _limits(self, client_id: str, address: str) -> list[tuple[str, int, float]]:
        """Return the limits for a new token: the key of the counter, its maximum, and its window in seconds."""
        rule = self._settings.profile.token_limit
        if rule == "none":
            return []
        if rule == "hour":
            return [(f"address {address}", wire.TOKENS_PER_ADDRESS_HOUR, HOUR_S)]
        by_client = (f"client {client_id}", wire.TOKENS_PER_CLIENT, WEEK_S)
        by_address = (f"address {address}", wire.TOKENS_PER_ADDRESS, WEEK_S)
        return [by_client, by_address] if client_id else [by_address]

    def _count(self, client_id: str, address: str, now: float) -> None:
        """Count a new token; raise 429 and count nothing if a limit is reached."""
        issued = self._state.issued
        limits = self._limits(client_id, address)
        for key, most, window in limits:
            # The same sum as for the expiry of a token, so that a client gets the next token at that very instant.
            recent = [time for time in issued.get(key, []) if time + window > now]
            if len(recent) >= most:
                again = to_datetime(math.ceil(recent[-most] + window)).strftime("%Y-%m-%dT%H:%M:%SZ")
                who = "This client" if key.startswith("client") else "This address"
                raise ServiceError(
                    Code.RATE_LIMITED,
                    f"{who} has had {most} token{'s' * (most > 1)} of {most}: the next is given from {again} on.",
                )
        for key, _, _ in limits:
            issued[key] = [*(time for time in issued.get(key, []) if time + WEEK_S > now), now]

    def add_account(
        self,
        user_id: str,
        token: str,
        now: float,
        *,
        credits: int = wire.ANONYMOUS_CREDITS,
        registered: bool = False,
        scopes: Sequence[str] = ("*",),
        expires_at: float | None = None,
    ) -> Account:
        """Add a token, and its account if that does not exist yet; return the account."""
        account = self._state.accounts.get(user_id)
        if account is None:
            account = self._state.accounts[user_id] = Account(user_id, credits, registered=registered)
        self._state.tokens[token] = Token(token, user_id, now, expires_at, tuple(scopes))
        return account

    def authenticate(self, value: str, now: float) -> tuple[Token, Account]:
        """Return the token of this value and its account; raise 1001 if it is unknown or has expired."""
        token = self._state.tokens.get(value)
        if token is None:
            reason = "A claim token opens a page, not the API." if value in self._state.claims else ""
            raise ServiceError(Code.TOKEN_INVALID, reason or "The token is not valid.")
        if token.expires_at is not None and now >= token.expires_at:
            raise ServiceError(Code.TOKEN_INVALID, "The token has expired.")
        return token, self._state.accounts[token.user_id]

    def require_scope(self, token: Token, account: Account, scope: str) -> None:
        """Raise 403 if a token lacks a scope.

        An anonymous account may export without the scope `render`: there, 402 decides (vendor 1.8).
        """
        if token.allows(scope) or (scope == "render" and not account.registered):
            return
        raise ServiceError(Code.MISSING_SCOPE, f"The token lacks the scope {scope}; a new call won't change that.")
