"""Gives mutated files to the commands, inside this process, and to the control API of a fake in it.

A case is one file: a valid one that a fake or the repository made, with a few changes. A command may refuse it with a
documented exit code and one sentence, and must not raise, hang, or take memory without bound. What a fake has taken
(a scenario, a snapshot, a photo) it must also be able to work with.
"""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final, NoReturn

import httpx
from click.testing import CliRunner
from fuzz_mutations import json_bytes, mutate_json, mutate_media, mutate_text
from fuzz_search import PEAK, Search, Usage, reset_peak

from nemovideo_client import NothingToExport, RenderFailed
from nemovideo_contract.http.sample_files import gif, png, wav
from nemovideo_contract.requirements import agreed_file
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN
from nemovideo_harness.cli import main
from nemovideo_harness.inprocess import connect
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

TOP: Final = Path(__file__).parents[1]
#: CPU seconds of this process after which a file has taken too long.
CPU_S: Final = 30
#: Cases after which everything is loaded.
WARM: Final = 200
ESCAPES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
FORMS: Final = ("text", "json", "sarif", "junit", "html")
CHAT: Final = "cat.jpg\na 5-second clip of it\nmake it vertical\nhow many credits do I have?\nexport as a.mp4\n导出\n"


class TooLongError(BaseException):
    """A file takes more CPU time than it may; not an `Exception`, so that nothing on the way catches it."""


def _too_long(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TooLongError


@dataclass(slots=True, eq=False)
class Stage:
    """A fake on loopback, valid files of each kind, a folder for the files of a case, and a port that is in use."""

    server: RunningServer
    samples: dict[str, list[bytes]]
    folder: Path
    port: int
    http: httpx.Client
    ended: str = ""

    def run(self, *arguments: str | Path, stdin: bytes | None = None, codes: tuple[int, ...] = (0, 1, 2)) -> None:
        """Run a command; raise if it raises, or ends without a documented exit code and one sentence."""
        environ = {ENV_API_URL: self.server.url, ENV_TOKEN: token_of("funded"), "HOME": str(self.folder)}
        result = CliRunner().invoke(main, list(map(str, arguments)), env=environ, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.ended = f"{arguments[0]} {result.exit_code}"
        named = f"{arguments[0]} ends with {result.exit_code}"
        if result.exit_code not in codes:
            raise AssertionError(f"{named}, which is not among {codes}: {result.output[-2000:]}")
        if result.exit_code > 1 and result.stderr.count("Error: ") != 1:
            raise AssertionError(f"{named} without one sentence: {result.stderr[-2000:]!r}")
        if escape := ESCAPES.search(result.output):
            raise AssertionError(f"{arguments[0]} prints a control character: {escape[0]!r} in {result.output!r}")

    def put(self, method: str, path: str, body: bytes, media: str = "application/json") -> bool:
        """Send a file to the control API; returns whether it was taken, and raises for an answer that is odd."""
        answer = self.http.request(method, path, content=body, headers={"Content-Type": media})
        self.ended = f"{method} {answer.status_code}"
        if answer.status_code >= 500:
            raise AssertionError(f"{method} {path} answers {answer.status_code}: {answer.text[:2000]}")
        if answer.status_code >= 400:
            sentence = answer.json()["error"]
            if "\n" in sentence or not sentence.endswith((".", "?")):
                raise AssertionError(f"{method} {path} refuses without a sentence: {sentence[:2000]!r}")
        return answer.status_code == 200

    def go_on(self, world: str) -> None:
        """Use a world that was made from a file, in all ways; each answer must be below 500."""
        self.put("POST", f"{world}/_mock/clock/mode", b'{"mode": "virtual"}')
        state = self.http.get(f"{world}/_mock/accounts").json()["accounts"]
        snapshot = self.http.get(f"{world}/_mock/snapshot?files=true").json()
        for path in (
            "/_mock",
            "/_mock/faults",
            "/_mock/journal/har",
            "/_mock/tokens",
            "/_mock/profile",
            "/_mock/clock",
        ):
            self.put("GET", world + path, b"")
        token = {"Authorization": f"Bearer {token_of('funded')}"}
        for session in _ids(snapshot)[:3]:
            for path in (f"/api/state/nemo_agent/me/{session}/latest", f"/api/render/proxy/lambda/{session}"):
                answer = self.http.get(world + path, headers=token)
                if b"defect of the fake" in answer.content:
                    raise AssertionError(f"GET {path} answers {answer.text[:2000]} with {len(state)} accounts")
        self.put("POST", f"{world}/_mock/clock/advance", b'{"seconds": 100000, "patience": 5}')
        self.put("GET", f"{world}/_mock/snapshot", b"")


def _ids(value: object) -> list[str]:
    return list(dict.fromkeys(re.findall(r"\b(?:\d{19}|render_\w+)\b", json.dumps(value))))


# --- the kinds of files -----------------------------------------------------------------------------------------------

Attack = Callable[[Stage, bytes, Random], None]


def _journal(stage: Stage, data: bytes, chance: Random) -> None:
    file = _kept(stage, "journal.jsonl", data)
    options = chance.choice(((), ("--together",), ("--time", "virtual"), ("--strict",), ("--transcript", file)))
    stage.run("judge", file, "--format", chance.choice(FORMS), *options)


def _recording(stage: Stage, data: bytes, chance: Random) -> None:
    file, other = _kept(stage, "tape.json", data), stage.folder / "other.json"
    other.write_bytes(chance.choice(stage.samples["recording"]))
    pair = [file, other] if chance.random() < 0.5 else [other, file]
    as_json = ["--json"] if chance.random() < 0.3 else []
    if chance.random() < 0.03:
        stage.run("diff", file, "--target", "mock", *as_json, codes=(0, 1, 2, 3))
    else:
        stage.run("diff", *pair, "--timing", *as_json)


def _scenario(stage: Stage, data: bytes, chance: Random) -> None:
    # The port is in use, so the command ends after it has read the file.
    stage.run("serve", "--scenario", _kept(stage, "scenario.yaml", data), "--port", str(stage.port), codes=(2,))
    media = chance.choice(("application/yaml", "application/json"))
    if stage.put("POST", "/_mock/scenario", data, media):
        for world in ("", "/w/monday", "/w/friday"):
            stage.go_on(world)


def _snapshot(stage: Stage, data: bytes, chance: Random) -> None:
    del chance
    if stage.put("PUT", "/w/restored/_mock/snapshot", data):
        stage.go_on("/w/restored")


def _chat(stage: Stage, data: bytes, chance: Random) -> None:
    as_json = ["--json"] if chance.random() < 0.5 else []
    folder = ["--folder", str(stage.folder), "--quality", "stub"]
    stage.run("chat", "--target", "mock", *folder, *as_json, stdin=data, codes=(0,))


def _skill(stage: Stage, data: bytes, chance: Random) -> None:
    file = _kept(stage, "SKILL.md", data)
    stage.run("skill", "check", file, "--format", chance.choice(("text", "json", "sarif", "github", "junit")))
    if chance.random() < 0.2:
        stage.run("credits", "--skill", file)


def _photo(stage: Stage, data: bytes, chance: Random) -> None:
    with connect(stage.server, token=token_of("funded"), world="photos") as nemo:
        session = nemo.session()
        ending = chance.choice(("jpg", "png", "gif", "wav", "mp4", "webp"))
        file = _kept(stage, f"photo.{ending}", data)
        environ = {ENV_API_URL: stage.server.url_of("photos"), ENV_TOKEN: token_of("funded")}
        result = CliRunner().invoke(main, ["upload", session.session_id, str(file)], env=environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        stage.ended = f"upload {result.exit_code}"
        if result.exit_code not in (0, 1, 2):
            raise AssertionError(f"upload ends with {result.exit_code}: {result.output[-2000:]!r}")
        if result.exit_code == 0 and chance.random() < 0.3:
            list(nemo.say(session, "Turn this into a 1-second square video, no music, no title"))
            with suppress(NothingToExport, RenderFailed):  # a sound alone, or a picture that can not be decoded
                nemo.export(session, stage.folder / "photo.mp4")


def _agreed(stage: Stage, data: bytes, chance: Random) -> None:
    del stage, chance
    try:
        agreed_file.read(data.decode("utf-8"))
    except (TypeError, ValueError):
        return  # what it documents


KINDS: Final[dict[str, tuple[Attack, str]]] = {
    "journal": (_journal, ".jsonl"),
    "recording": (_recording, ".json"),
    "scenario": (_scenario, ".yaml"),
    "snapshot": (_snapshot, ".json"),
    "chat": (_chat, ".txt"),
    "skill": (_skill, ".md"),
    "photo": (_photo, ".bin"),
    "agreed": (_agreed, ".json"),
}


def _kept(stage: Stage, name: str, data: bytes) -> Path:
    file = stage.folder / name
    file.write_bytes(data)
    return file


def mutated(kind: str, data: bytes, chance: Random) -> bytes:
    """Return a valid file of a kind with some changes that fit its form."""
    if kind == "photo":
        return mutate_media(data, chance)
    if chance.random() < 0.3 or kind in {"skill", "chat"}:
        return mutate_text(data, chance)
    if kind == "journal":
        lines = data.splitlines()
        for _ in range(chance.choice((1, 1, 1, 5))):
            at = chance.randrange(len(lines))
            lines[at] = json_bytes(mutate_json(_json(lines[at]), chance), chance)
        return b"\n".join(lines)
    if kind == "scenario":
        import yaml

        return json_bytes(mutate_json(yaml.safe_load(data), chance), chance)
    return json_bytes(mutate_json(_json(data), chance), chance)


def _json(data: bytes) -> object:
    try:
        found: object = json.loads(data)
    except (ValueError, RecursionError):
        return {}  # a line that an earlier change has damaged
    return found


# --- the stage --------------------------------------------------------------------------------------------------------


@contextmanager
def stage() -> Generator[Stage]:
    """A fake, and the files that a short conversation with it leaves."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nemo-fuzz-")))
        server = stack.enter_context(running(Settings(clock="virtual", quality="preview")))
        http = stack.enter_context(httpx.Client(base_url=server.url, timeout=300, trust_env=False))
        port = int(server.url.rpartition(":")[2])
        found = Stage(server, {}, folder, port, http)
        shutil.copy(TOP / "scripts/photos/cat.jpg", folder)
        with connect(server, token=token_of("funded")) as nemo:
            session = nemo.session()
            nemo.upload(session, folder / "cat.jpg")
            list(nemo.say(session, "a 1-second square video, no music, no title"))
            nemo.export(session, folder / "a.mp4")
        found.run("record", "-o", folder / "tape.json", "--target", "mock", codes=(0,))
        found.samples |= {
            "journal": [http.get("/_mock/journal").content],
            "recording": [(folder / "tape.json").read_bytes()],
            "snapshot": [http.get(f"/_mock/snapshot?files={each}").content for each in ("true", "false", "false")],
            "scenario": [each.read_bytes() for each in sorted(TOP.glob("docs/scenarios/*.yaml"))],
            "chat": [CHAT.encode()],
            "skill": [(TOP / "tests/skills/lint/good/SKILL.md").read_bytes()],
            "photo": [(folder / "cat.jpg").read_bytes(), png(), gif(), wav(0.1), (folder / "a.mp4").read_bytes()],
            "agreed": [b'{"credits-read": "2026-01-31", "session-create": "2026-02-01"}\n'],
        }
        yield found


def search(search: Search) -> int:
    """Give mutated files to the commands until they are used up or the time is over; returns the exit code."""
    with stage() as found, limited(found.folder):
        before = Usage.of("self")
        for number, case in enumerate(search.cases()):
            _attack(search, found, case)
            if number == WARM:
                before = settled(found)
            if number % 200 == 199:
                print(f"{search.done} files, {Usage.of('self')}, {len(search.finds)} kinds", flush=True)
        search.left(before, settled(found))
    return search.report()


@contextmanager
def limited(folder: Path) -> Generator[None]:
    """Work in a folder, as a command may write where it is, and with a limit on CPU time that `cpu_limit` sets."""
    previous, here = signal.signal(signal.SIGPROF, _too_long), Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        signal.signal(signal.SIGPROF, previous)


@contextmanager
def cpu_limit() -> Generator[None]:
    """Raise `TooLongError` in the block when this process has used more than `CPU_S` in it."""
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def settled(stage: Stage) -> Usage:
    """Return the usage of this process after the fake has forgotten everything."""
    stage.put("POST", "/_mock/reset", b'{"scope": "hub"}')
    gc.collect()
    return Usage.of("self")


def _attack(search: Search, stage: Stage, case: int) -> None:
    chance = search.chance(case)
    kind = chance.choice(list(KINDS))
    attack, ending = KINDS[kind]
    data = mutated(kind, chance.choice(stage.samples[kind]), chance)
    before = Usage.of("self").resident
    reset_peak("self")
    search.done += 1
    stage.ended = kind
    try:
        with cpu_limit():
            attack(stage, data, chance)
        search.outcomes[stage.ended] += 1
    except TooLongError as error:
        search.raised(f"{kind} takes more than {CPU_S} CPU s", case, error, data, ending)
    except AssertionError as error:
        search.found(f"{kind}: {str(error).partition(':')[0]:.80}", case, str(error), data, ending)
    except Exception as error:  # noqa: BLE001 - whatever a command raises is a find
        search.raised(kind, case, error, data, ending)
    for each in stage.folder.glob("*-[0-9]*.mp4"):
        each.unlink()
    if (more := Usage.of("self").peak - before) > PEAK:
        search.found(f"{kind} takes much memory", case, f"{more / 1e6:.0f} MB", data, ending)
    if search.done % 25 == 0:
        stage.put("POST", "/_mock/reset", b'{"scope": "hub"}')
