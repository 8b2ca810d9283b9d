"""Look up the token of a command: `NEMO_TOKEN`, else the saved token, else a new one if the command asks for it.

Also look up the token of a fake's control API.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nemovideo_contract import machine
from nemovideo_contract.targets import ENV_CONTROL_TOKEN
from nemovideo_contract.wire import ENV_TOKEN, TEST_TOKEN_PREFIX
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_client import Token
    from nemovideo_contract.targets import SelectedTarget
    from nemovideo_harness.cli.tokens.store import SavedToken, TokenStore

MISSING: Final = (
    'This command needs a token. Run eval "$(nemo-harness token --export)" or nemo-harness token --save, '
    "then try again."
)
USE_TEST_TOKEN: Final = f"For a fake, you don't need one: export {ENV_TOKEN}={TEST_TOKEN_PREFIX}funded"
REFUSED: Final = "The saved token is no longer valid: run nemo-harness token --forget, then nemo-harness token --save."


def token_from_environment() -> str:
    """Return the value of `NEMO_TOKEN` without spaces around it, or an empty string."""
    return os.environ.get(ENV_TOKEN, "").strip()


def find_control_token(said: str | None, file: str | None) -> str | None:
    """Return the token of the control API from `--control-token-file`, `--control-token` or the environment.

    Raises:
        Stop: Both options were given, or the file has no token.
    """
    if file is None:
        return said or os.environ.get(ENV_CONTROL_TOKEN) or None
    if said is not None:
        raise Stop(Exit.USAGE, "--control-token and --control-token-file both give the token: choose one of them.")
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Stop(Exit.USAGE, f"--control-token-file {file} can't be read: {reason}.") from None
    if not token:
        raise Stop(Exit.USAGE, f"--control-token-file {file} is empty: write the token into it.")
    return token


def token_store_for(base_url: str) -> TokenStore:
    """Return the store for this machine's token for a server."""
    from nemovideo_client.client_id import client_id
    from nemovideo_harness.cli.tokens.store import TokenStore

    return TokenStore.of(base_url, client_id(os.environ), os.environ)


def load_saved_token(base_url: str) -> str | None:
    """Return the saved token for a server; None if there is none, or if `NEMO_TOKEN` is set."""
    kept = None if token_from_environment() else token_store_for(base_url).read()
    return None if kept is None else kept.token


@contextmanager
def explain_refused_token(kept: str | None, target: SelectedTarget) -> Generator[None]:
    """Add a hint to the error of the block if the service refuses the saved token, or a new anonymous token."""
    from nemovideo_client.errors import RateLimited, TokenInvalid

    try:
        yield
    except TokenInvalid as error:
        if kept is not None:
            error.hint = REFUSED
        raise
    except RateLimited as error:
        if kept is None and not token_from_environment() and target.is_local:
            error.hint = f"{error.sentence} {USE_TEST_TOKEN}"
        raise


def find_token(base_url: str, ask: Callable[[], Token], is_valid: Callable[[str], bool]) -> SavedToken:
    """Return the known token, or the one that `ask` returns.

    If a saved token has expired by the clock of this machine, `is_valid` asks the service, whose clock decides. The
    saved token is returned only if the service still accepts it.
    """
    from nemovideo_harness.cli.tokens.store import SavedToken

    if token_from_environment():
        return SavedToken(token_from_environment())
    kept = token_store_for(base_url).read()
    if kept is not None and (not kept.is_past(machine.now()) or is_valid(kept.token)):
        return kept
    made = ask()
    return SavedToken(made.value, made.user_id, made.expires_at, made.credits)


def find_and_save(base_url: str, ask: Callable[[], Token], is_valid: Callable[[str], bool]) -> SavedToken:
    """Save the token that `find_token` returns, and return it.

    Raises:
        Stop: `NEMO_TOKEN` is set, or the token can't be saved; no request was sent.
    """
    if token_from_environment():
        raise Stop(Exit.USAGE, f"{ENV_TOKEN} is set, and commands would use it instead of the saved token: unset it.")
    store = token_store_for(base_url)
    store.prepare()
    token = find_token(base_url, ask, is_valid)
    store.write(token)
    return token
