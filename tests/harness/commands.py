"""Helpers that run commands as a user types them, in a world of a shared fake."""

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
    """A shell with its own home folder and its own world of the fake."""

    home: Path
    server: RunningServer
    world: str

    @property
    def url(self) -> str:
        """The value of NEMO_API_URL."""
        return self.server.url_of(self.world)

    def environment(self, environ: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return the environment variables of a command; None unsets a variable."""
        return {
            "HOME": str(self.home),
            ENV_API_URL: self.url,
            ENV_TOKEN: token_of("talkative"),
            ENV_CLIENT_ID: None,
            **environ,
        }

    def run(self, *arguments: str | Path, stdin: str | None = None, **environ: str | None) -> Result:
        """Run a command and return its result; each keyword is an environment variable."""
        return CliRunner().invoke(main, [*map(str, arguments)], env=self.environment(environ), input=stdin)

    def out(self, *arguments: str | Path, **environ: str | None) -> str:
        """Run a command that must succeed; return its output without the last newline."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == 0, result.output
        return result.stdout.removesuffix("\n")

    def json(self, *arguments: str | Path, **environ: str | None) -> dict[str, object]:
        """Run a command with `--json` and return its object; the command must print nothing else."""
        result = self.run(*arguments, "--json", **environ)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        fields = mapping(json.loads(result.stdout))
        assert fields is not None
        return fields

    def sentence(self, code: int, *arguments: str | Path, **environ: str | None) -> str:
        """Run a command that must fail with this exit code; return its error message."""
        result = self.run(*arguments, **environ)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        last = result.stderr.splitlines()[-1]
        assert last.startswith("Error: "), result.stderr
        assert result.stderr.count("Error: ") == 1
        return last.removeprefix("Error: ")

    def session(self) -> str:
        """Create a session with two photos and no draft; return its ID."""
        session = self.out("session")
        self.out("upload", session, *PHOTOS[:2])
        return session

    def made(self) -> str:
        """Create a session with a draft; return its ID."""
        session = self.session()
        self.out("say", session, "a 6-second vertical reel")
        return session

    def requests(self) -> list[str]:
        """Return the requests to this world in order, as method and path."""
        entries = list(self.server.runtime(self.world).journal.entries())
        return [
            f"{entry.method} {entry.path.removeprefix(f'/w/{self.world}')}"
            for entry in entries
            if isinstance(entry, RequestEntry)
        ]


def shell_for(server: RunningServer, home: Path, test: str) -> Shell:
    """Return the shell of the test with this name."""
    return Shell(home, server, hashlib.sha256(test.encode()).hexdigest()[:16])
