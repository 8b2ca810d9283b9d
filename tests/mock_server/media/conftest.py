from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_contract.wire import FORMATS
from tests.mock_server.media.samples import sample


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a file of each format, by its ending; read only."""
    folder = tmp_path_factory.mktemp("samples")
    return {form: sample(folder, form) for forms in FORMATS.values() for form in forms}
