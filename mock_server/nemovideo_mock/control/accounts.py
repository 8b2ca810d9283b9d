"""The control calls for accounts, their tokens and credits, and for the list of test tokens."""

from __future__ import annotations

from starlette.responses import Response

from nemovideo_mock.control.begin_world import TakenError, open_account
from nemovideo_mock.control.control_request import ControlError, ControlRequest, answer
from nemovideo_mock.json_fields import Fields
from nemovideo_mock.json_types import Json
from nemovideo_mock.runtime.scenario_file import MOST_CREDITS, read_account
from nemovideo_mock.runtime.scenario_tokens import TOKEN_SCENARIOS, token_of
from nemovideo_mock.world import Account

#: The fields that only a new account can have.
ONLY_NEW = ("registered", "credits", "plan_blocked", "profile")


async def accounts(command: ControlRequest) -> Response:
    """List all accounts; marks replace their tokens, and the journal uses the same marks."""
    world, mark = command.runtime.world, command.runtime.journal.secrets.mark
    tokens: dict[str, list[Json]] = {}
    for token in world.state.tokens.values():
        tokens.setdefault(token.user_id, []).append(
            {
                "mark": mark(token.value),
                "issued_at": token.issued_at,
                "expires_at": token.expires_at,
                "scopes": list(token.scopes),
            }
        )
    return answer(
        {"accounts": [_account(each) | {"tokens": tokens.get(name, [])} for name, each in world.state.accounts.items()]}
    )


async def add(command: ControlRequest) -> Response:
    """Create an account, or another token for an existing account; only this response shows the token itself."""
    given = Fields(await command.json())
    new = read_account(given)
    world = command.runtime.world
    if new.user_id in world.state.accounts:
        for name in ONLY_NEW:
            if given.take(name) is not None:
                raise ControlError(409, f"The account {new.user_id} exists already, so {name} can't be set.")
    try:
        account, token = open_account(command.runtime, new)
    except TakenError as error:
        raise ControlError(409, str(error)) from None
    issued = world.state.tokens[token]
    shown = _account(account) | {"token": token, "expires_at": issued.expires_at, "scopes": list(issued.scopes)}
    command.note("accounts.add", shown)
    return answer(shown)


async def credits_of(command: ControlRequest) -> Response:
    """Return the credits of an account."""
    query = command.query("account")
    return answer(_credits(_find_account(command, query.get("account"))))


async def set_credits(command: ControlRequest) -> Response:
    """Set the available credits of an account; frozen credits do not change."""
    fields = await command.fields()
    user_id, available = fields.take("account"), fields.whole("available", 0, MOST_CREDITS)
    fields.close()
    if available is None:
        raise fields.missing("available")
    account = _find_account(command, user_id)
    account.available = available
    command.note("credits.set", _credits(account))
    return answer(_credits(account))


async def test_tokens(command: ControlRequest) -> Response:
    """List every test token with its scenario; each token has its own account."""
    del command
    return answer(
        {
            "tokens": [
                {
                    "token": token_of(name),
                    "meaning": scenario.meaning,
                    "credits": scenario.credits,
                    "registered": scenario.registered,
                    "scopes": list(scenario.scopes),
                    "plan_blocked": scenario.blocked,
                    "profile": dict(scenario.overrides),
                    "faults": [dict(fault) for fault in scenario.faults],
                }
                for name, scenario in TOKEN_SCENARIOS.items()
            ]
        }
    )


def _account(account: Account) -> Json:
    return {
        "user_id": account.user_id,
        "available": account.available,
        "frozen": account.frozen,
        "registered": account.registered,
        "plan_blocked": account.blocked,
        "scenario": account.scenario,
        "profile": dict(account.overrides),
    }


def _credits(account: Account) -> Json:
    return {
        "account": account.user_id,
        "available": account.available,
        "frozen": account.frozen,
        "total": account.total,
    }


def _find_account(command: ControlRequest, user_id: object) -> Account:
    if user_id is None:
        raise ControlError(400, "account is missing: give the user_id of the account.")
    account = command.runtime.world.state.accounts.get(user_id) if isinstance(user_id, str) else None
    if account is None:
        raise ControlError(404, f"There is no account {user_id!r:.80} in this world.")
    return account
