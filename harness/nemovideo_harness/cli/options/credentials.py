"""Which token a command shows: `NEMO_TOKEN`, else the one that `--save` kept, else a new one where that makes sense."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nemovideo_contract import machine
from nemovideo_contract.wire import ENV_TOKEN
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_client import Token
    from nemovideo_harness.cli.options.token_store import SavedToken, TokenStore

MISSING: Final = (
    'There is no token that the next command would know too: run eval "$(nemo-harness token --export)" first, '
    "or keep one with nemo-harness token --save."
)
REFUSED: Final = (
    "The kept token is not valid any more: run nemo-harness token --forget, then nemo-harness token --save."
)


def token_from_environment() -> str:
    """The token that the environment gives, or nothing."""
    return os.environ.get(ENV_TOKEN, "").strip()


def token_store_for(base_url: str) -> TokenStore:
    """Where this machine's token for a server is kept."""
    from nemovideo_client.client_id import client_id
    from nemovideo_harness.cli.options.token_store import TokenStore

    return TokenStore.of(base_url, client_id(os.environ), os.environ)


def load_saved_token(base_url: str) -> str | None:
    """The token that was kept for a server, where the environment gives none."""
    kept = None if token_from_environment() else token_store_for(base_url).read()
    return None if kept is None else kept.token


@contextmanager
def advising(kept: str | None) -> Generator[None]:
    """Say of a kept token that is refused what to do about it."""
    from nemovideo_client.errors import TokenInvalid

    try:
        yield
    except TokenInvalid as error:
        if kept is not None:
            error.hint = REFUSED
        raise


def find(base_url: str, ask: Callable[[], Token], is_valid: Callable[[str], bool]) -> SavedToken:
    """The token that is known, else what asking gives.

    A kept one that should have expired by this machine's clock is shown to the service, whose clock it is that counts,
    and is only given if that still takes it.
    """
    from nemovideo_harness.cli.options.token_store import SavedToken

    if token_from_environment():
        return SavedToken(token_from_environment())
    kept = token_store_for(base_url).read()
    if kept is not None and (not kept.is_past(machine.now()) or is_valid(kept.token)):
        return kept
    made = ask()
    return SavedToken(made.value, made.user_id, made.expires_at, made.credits)


def keep(base_url: str, ask: Callable[[], Token], is_valid: Callable[[str], bool]) -> SavedToken:
    """The kept token as `find` gives it, else what asking gives, kept from now on.

    Raises:
        Stop: `NEMO_TOKEN` is set, or nothing can be kept; nothing was asked then.
    """
    if token_from_environment():
        raise Stop(Exit.USAGE, f"{ENV_TOKEN} is set and wins over a kept one: unset it first.")
    shelf = token_store_for(base_url)
    shelf.prepare()
    token = find(base_url, ask, is_valid)
    shelf.write(token)
    return token
