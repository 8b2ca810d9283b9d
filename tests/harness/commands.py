"""Commands as a person types them, against a world of a shared fake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from nemovideo_client.json_reading import mapping
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN
from nemovideo_harness.cli import main
from nemovideo_mock.journal import RequestEntry
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer

PHOTOS = [str(path) for path in sorted((Path(__file__).parents[2] / "scripts/photos").glob("*.jpg"))]


@dataclass(frozen=True, slots=True)
class Shell:
    """A person's shell: a home of its own, and the address of a world that nobody else uses."""

    home: Path
    server: RunningServer
    world: str

    @property
    def url(self) -> str:
        """What NEMO_API_URL says."""
        return self.server.url_of(self.world)

    def environment(self, environ: Mapping[str, str | None]) -> dict[str, str | None]:
        """The variables of a command; None unsets one."""
        return {
            "HOME": str(self.home),
            ENV_API_URL: self.url,
            ENV_TOKEN: token_of("talkative"),
            ENV_CLIENT_ID: None,
            **environ,
        }

    def run(self, *arguments: str | Path, stdin: str | None = None, **environ: str | None) -> Result:
        """What a command does; each of `environ` is a variable."""
        return CliRunner().invoke(main, [*map(str, arguments)], env=self.environment(environ), input=stdin)

    def out(self, *arguments: str | Path, **environ: str | None) -> str:
        """What a command that succeeds prints, without the end of its last line."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == 0, result.output
        return result.stdout.removesuffix("\n")

    def json(self, *arguments: str | Path, **environ: str | None) -> dict[str, object]:
        """The one object that a command prints with `--json`; nothing else may be on either stream."""
        result = self.run(*arguments, "--json", **environ)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        fields = mapping(json.loads(result.stdout))
        assert fields is not None
        return fields

    def sentence(self, code: int, *arguments: str | Path, **environ: str | None) -> str:
        """The one sentence of a command that fails with this exit code."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        last = result.stderr.splitlines()[-1]
        assert last.startswith("Error: "), result.stderr
        assert result.stderr.count("Error: ") == 1
        return last.removeprefix("Error: ")

    def session(self) -> str:
        """A session with two photos and nothing made of them."""
        session = self.out("session")
        self.out("upload", session, *PHOTOS[:2])
        return session

    def made(self) -> str:
        """A session with a draft."""
        session = self.session()
        self.out("say", session, "a 6-second vertical reel")
        return session

    def requests(self) -> list[str]:
        """The calls that have come to this world, in order: method and path."""
        entries = list(self.server.runtime(self.world).journal.entries())
        return [
            f"{entry.method} {entry.path.removeprefix(f'/w/{self.world}')}"
            for entry in entries
            if isinstance(entry, RequestEntry)
        ]


def shell_for(server: RunningServer, home: Path, test: str) -> Shell:
    """A shell for a test of this name."""
    return Shell(home, server, hashlib.sha256(test.encode()).hexdigest()[:16])
