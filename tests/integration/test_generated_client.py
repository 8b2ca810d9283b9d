"""A client that a generator makes of `openapi.yaml` goes from a token to a finished video."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Generator
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from nemovideo_mock.server import running
from nemovideo_mock.settings import Settings
from tests.guards import HANG_S
from tests.integration.conversation import ATTRIBUTION, PHOTO, POLLS, REEL

NAME: Final = "generated_nemovideo_client"
ATTRIBUTED: Final = {name.lower().replace("-", "_"): value for name, value in ATTRIBUTION.items()}

pytestmark = pytest.mark.slow


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """The name of a package that the generator has made without a word of complaint."""
    config = tmp_path / "config.yaml"
    # Its hooks would only format what it makes; of files it knows only the general type.
    config.write_text(
        "post_hooks: []\ncontent_type_overrides: {video/mp4: application/octet-stream}\n", encoding="utf-8"
    )
    document = str(files("nemovideo_contract") / "openapi.yaml")
    target = tmp_path / NAME
    where = ["--path", document, "--output-path", str(target), "--meta", "none", "--config", str(config)]
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *where],
        capture_output=True, text=True, timeout=HANG_S, check=False,
    )  # fmt: skip
    assert (made.returncode, made.stdout, made.stderr) == (0, f"Generating {target}\n", "")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    importlib.invalidate_caches()
    yield NAME
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]


def test_a_generated_client_makes_a_video(generated: str) -> None:
    def of(name: str) -> Any:  # Any: made a moment ago
        return importlib.import_module(f"{generated}.{name}")

    models, file_type = of("models"), of("types").File
    with running(Settings(quality="stub", clock="virtual")) as server:
        with of("client").Client(server.url) as stranger:
            token = of("api.auth.anonymous_token").sync(client=stranger, x_client_id="generated").data.token
        with of("client").AuthenticatedClient(server.url, token) as client:

            def call(name: str, *args: str, **fields: object) -> Any:  # Any: one of the models
                return of(f"api.{name}").sync(*args, client=client, **ATTRIBUTED, **fields)

            session = call("session.create_session", "me", body=models.CreateSessionRequest(task_name="reel")).data
            photo = file_type(payload=PHOTO, file_name="cat.jpg", mime_type="image/jpeg")
            (uploaded,) = call("session.upload", "me", session.session_id, body=models.UploadForm([photo])).data.files
            said = models.Message([models.MessagePart(REEL)])
            stream = call("session.run_sse", body=models.RunRequest("nemo_agent", session.session_id, said))
            draft = call("session.state", "me", session.session_id).data.state.draft
            order = models.RenderRequest(
                "render_1", session.session_id, models.RenderRequestDraft.from_dict(draft.to_dict())
            )
            submitted = call("render.submit_render", body=order)
            polls = [call("render.render_status", "render_1") for _ in range(POLLS)]
            video = call("render.download_render", "render_1").payload.read()
            balance = call("credits_.credits_").data
    assert (uploaded.filename, uploaded.width) == ("cat.jpg", 451)
    assert stream.startswith("data: ")
    assert submitted.task_id == "render_1"
    assert polls[-1].output.size == len(video)
    assert video[4:8] == b"ftyp"
    assert balance.total == balance.available + balance.frozen
