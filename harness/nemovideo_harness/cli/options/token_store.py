"""Tokens that a person chose to keep, so that one command knows what another was given.

One file for each pair of base URL and client id, with mode 0600, in a folder of its own below the client's
configuration: nothing is shared between them, so two commands at once can't undo each other's work. Nothing is kept
unless `--save` says so.
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
from nemovideo_harness.cli.console.exit_codes import Exit, Stop


@dataclass(frozen=True, slots=True)
class SavedToken:
    """A kept token, with the account's user id and the time of expiry as the service wrote them."""

    token: str = field(repr=False)
    user_id: str | None = None
    expires_at: str | None = None
    credits: int | None = None

    def is_past(self, now: datetime) -> bool:
        """Whether its time has run out, as far as the service's words can be read; `now` has a time zone."""
        try:
            ends = datetime.fromisoformat(self.expires_at or "")
        except ValueError:
            return False
        return ends.replace(tzinfo=ends.tzinfo or UTC) <= now


@dataclass(frozen=True, slots=True)
class TokenStore:
    """The place of one base URL's and one client id's token."""

    file: Path

    @classmethod
    def of(cls, base_url: str, client_id: str, environ: Mapping[str, str]) -> Self:
        """The place for these two, below `~/.config/nemovideo`.

        Raises:
            Stop: There is no home to keep anything in.
        """
        key = hashlib.sha256(f"{base_url}\n{client_id}".encode()).hexdigest()[:32]
        try:
            return cls(default_config_dir(environ) / "tokens" / f"{key}.json")
        except RuntimeError:
            raise Stop(Exit.UNWRITABLE, "There is no home folder to keep a token in: set HOME.") from None

    def read(self) -> SavedToken | None:
        """The token that is kept here, None where none is.

        Raises:
            Stop: Others may read the file, so its token is no secret any more.
        """
        try:
            if os.name == "posix" and self.file.stat().st_mode & 0o077:
                raise Stop(Exit.USAGE, f"Others may read {self.file}: remove it, or run chmod 600 on it.")
            fields: object = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Stop(Exit.USAGE, f"The kept token can't be read: {error.strerror}: {self.file}.") from None
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
        """Make the folder, and see that it can be written to, before there is a token that could be lost.

        Raises:
            Stop: It can't.
        """
        folder = self.file.parent
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"No token can be kept: {error.strerror}: {error.filename}.") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Stop(Exit.UNWRITABLE, f"No token can be kept: Permission denied: {folder}.")

    def write(self, kept: SavedToken) -> None:
        """Keep a token in place of what is here.

        Raises:
            Stop: Nothing can be written here.
        """
        draft = self.file.with_name(f".{machine.new_id()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(asdict(kept), file)
            draft.replace(self.file)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise Stop(Exit.UNWRITABLE, f"The token can't be kept: {error.strerror}: {self.file}.") from None

    def forget(self) -> bool:
        """Remove what is kept here; whether there was anything."""
        try:
            self.file.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Stop(Exit.UNWRITABLE, f"The kept token can't be removed: {error.strerror}: {self.file}.") from None
        return True
