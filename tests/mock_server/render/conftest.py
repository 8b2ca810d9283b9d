from __future__ import annotations

from pathlib import Path

import pytest

from tests.mock_server.render.drafts import Uploads


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return Uploads(folder)
