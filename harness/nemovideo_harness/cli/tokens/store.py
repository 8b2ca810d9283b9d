"""Tokens that the user saved with `--save`, for the next commands.

Each pair of base URL and client ID has its own file with mode 0600, in a folder below the client's configuration. As
no two pairs share a file, two commands at the same time can't overwrite each other's token.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from nemovideo_client.client_id import default_config_dir
from nemovideo_contract import machine
from nemovideo_contract.json_input import parse
from nemovideo_harness.cli.console.exit_codes import Exit, Stop


@dataclass(frozen=True, slots=True)
class SavedToken:
    """A saved token, with the account's user ID and the expiry time as the service sent them."""

    token: str = field(repr=False)
    user_id: str | None = None
    expires_at: str | None = None
    credits: int | None = None

    def is_past(self, now: datetime) -> bool:
        """Return whether the token has expired; False if the expiry time can't be parsed. `now` has a time zone."""
        try:
            ends = datetime.fromisoformat(self.expires_at or "")
        except ValueError:
            return False
        return ends.replace(tzinfo=ends.tzinfo or UTC) <= now


@dataclass(frozen=True, slots=True)
class TokenStore:
    """The file for the token of one base URL and one client ID."""

    file: Path

    @classmethod
    def of(cls, base_url: str, client_id: str, environ: Mapping[str, str]) -> Self:
        """Return the store for a base URL and a client ID, below `~/.config/nemovideo`.

        Raises:
            Stop: The user has no home folder.
        """
        key = hashlib.sha256(f"{base_url}\n{client_id}".encode()).hexdigest()[:32]
        try:
            return cls(default_config_dir(environ) / "tokens" / f"{key}.json")
        except RuntimeError:
            raise Stop(Exit.UNWRITABLE, "A token can't be saved without a home folder: set HOME.") from None

    def read(self) -> SavedToken | None:
        """Return the saved token, or None if there is none.

        Raises:
            Stop: The file can't be read, or other users may read it.
        """
        try:
            if os.name == "posix" and self.file.stat().st_mode & 0o077:
                raise Stop(
                    Exit.USAGE,
                    f"Other users may read the token in {self.file}: remove the file, or run chmod 600 on it.",
                )
            fields = parse(self.file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Stop(Exit.USAGE, f"The saved token can't be read: {error.strerror}: {self.file}.") from None
        except ValueError:
            return None
        match fields:
            case {
                "token": str(token),
                "user_id": str() | None as user_id,
                "expires_at": str() | None as expires_at,
                "credits": int() | None as credits,
            }:
                return SavedToken(token, user_id, expires_at, credits)
            case _:
                return None

    def prepare(self) -> None:
        """Create the folder and check that it is writable, before a token is requested that could be lost.

        Raises:
            Stop: The folder can't be created or written.
        """
        folder = self.file.parent
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"No token can be saved: {error.strerror}: {error.filename}.") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Stop(Exit.UNWRITABLE, f"No token can be saved: Permission denied: {folder}.")

    def write(self, kept: SavedToken) -> None:
        """Save a token; it replaces the one in the file.

        Raises:
            Stop: The file can't be written.
        """
        draft = self.file.with_name(f".{machine.new_id()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(asdict(kept), file)
            draft.replace(self.file)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise Stop(Exit.UNWRITABLE, f"The token can't be saved: {error.strerror}: {self.file}.") from None

    def forget(self) -> bool:
        """Remove the saved token; return whether there was one."""
        try:
            self.file.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"The saved token can't be removed: {error.strerror}: {self.file}.") from None
        return True
