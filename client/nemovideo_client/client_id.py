"""The client id: it identifies this machine to the service, is created once and then kept in a file.

The service gives one anonymous token per client id in 7 days. A client with a new id on every run would soon reach the
limit per address. The file contains only the id and no credential. Sources: vendor SKILL 1.9, sections 1 and 8.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from nemovideo_client.errors import InvalidSetting
from nemovideo_contract import wire
from nemovideo_contract.machine import new_id

_FILE: Final = "client_id"
_LEGAL: Final = re.compile(rf"[\x21-\x7e]{{1,{wire.CLIENT_ID_MAX_LENGTH}}}")


def check_client_id(value: str, origin: str) -> str:
    """Return the id if it can be sent; `origin` names it in the message.

    Raises:
        InvalidSetting: It is empty, too long, or not plain ASCII.
    """
    if not _LEGAL.fullmatch(value):
        raise InvalidSetting(
            f"{origin} must be 1 to {wire.CLIENT_ID_MAX_LENGTH} ASCII characters without spaces, not {value!r}."
        )
    return value


def client_id(environ: Mapping[str, str], config_dir: Path | None = None) -> str:
    """Return `NEMO_CLIENT_ID`, else the id from the configuration folder, else a new id, which is saved there if
    possible.
    """
    given = environ.get(wire.ENV_CLIENT_ID, "").strip()
    if given:
        return check_client_id(given, wire.ENV_CLIENT_ID)
    try:
        return _load_client_id(config_dir or default_config_dir(environ))
    except (OSError, RuntimeError):
        # The home directory is missing or read-only: use an id for this process only.
        return new_id()


def default_config_dir(environ: Mapping[str, str]) -> Path:
    """Return `~/.config/nemovideo`, the folder that the documents name.

    Raises:
        RuntimeError: The user has no home directory.
    """
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".config" / "nemovideo"


def _load_client_id(folder: Path) -> str:
    file = folder / _FILE
    kept = _read(file)
    if kept:
        return kept
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    made = new_id()
    draft = folder / f".{_FILE}.{made}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(made + "\n")
        try:
            # A hard link never replaces a file and is never partial, so two processes agree on the first one's id.
            os.link(draft, file)
        except FileExistsError:
            kept = _read(file)
            if kept:
                return kept
            draft.replace(file)  # the file does not contain a valid id
        except OSError:
            draft.replace(file)  # the file system has no hard links
        return made
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


def _read(file: Path) -> str | None:
    try:
        with file.open(encoding="ascii", errors="replace") as stream:
            kept = stream.read(1024).strip()
    except FileNotFoundError:
        return None
    return kept if _LEGAL.fullmatch(kept) else None
