"""Where uploads and exports lie: files named by what they are, never by what a caller calls them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path


class Storage:
    """A folder with uploads by SHA-256 and exports by account and render id; a temporary one ends with `close`."""

    def __init__(self, directory: Path | None = None) -> None:
        self._temporary = directory is None
        self.root = Path(tempfile.mkdtemp(prefix="nemovideo-")) if directory is None else directory
        for name in ("incoming", "uploads", "renders"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self._serial = 0

    def incoming(self) -> Path:
        """A path for a file that is arriving."""
        self._serial += 1
        return self.root / "incoming" / str(self._serial)

    def keep(self, incoming: Path, sha256: str) -> Path:
        """File an upload under its hash; the same bytes lie there once."""
        path = self.root / "uploads" / sha256
        incoming.replace(path)
        return path

    def upload(self, sha256: str) -> Path | None:
        """The file of an upload, or None where its bytes never came."""
        path = self.root / "uploads" / sha256
        is_hash = len(sha256) == 64 and all(digit in "0123456789abcdef" for digit in sha256)
        return path if is_hash and path.is_file() else None

    def render_name(self, user_id: str, render_id: str) -> str:
        """A name for an export that gives neither the account nor a path away."""
        return hashlib.sha256(f"{user_id}\x1f{render_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def render(self, name: str) -> Path:
        """The path of an export, whether it is there or not."""
        return self.root / "renders" / f"{name}.mp4"

    def close(self) -> None:
        """Remove a temporary folder."""
        if self._temporary:
            shutil.rmtree(self.root, ignore_errors=True)
