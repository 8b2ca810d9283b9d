"""A command as the caller: it gets a world in its environment, and its output is read line by line."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

from nemovideo_contract import machine
from nemovideo_contract.wire import ENV_API_URL, ENV_CLIENT_ID, ENV_TOKEN
from nemovideo_harness.skill_test import skill_copy, sleep_command
from nemovideo_harness.skill_test.trial_environment import CallerResult, Ending, TrialEnvironment
from nemovideo_harness.worlds import no_proxy
from nemovideo_skills.judge.transcripts import Transcript, TranscriptLine, read_transcript

#: The placeholders for the user's messages and for the copy of the skill in a command's arguments.
PROMPT: Final = "{prompt}"
SKILL: Final = "{skill}"
#: The number of output lines that are kept.
LINES: Final = 20_000
#: The number of bytes of one read, and the milliseconds between two polls without output.
PIECE: Final = 65_536
LOOK_MS: Final = 50
#: The reads after the end of the process: a pipe is empty then, but a child process may write for ever.
LAST_PIECES: Final = 16
#: Seconds between the signal to end and the signal to kill.
GRACE_S: Final = 2.0
#: The environment variables that a command gets from the user: how to find programs, the language, the terminal, and
#: the way into the network. All others may be credentials or settings, which a test must not use unless `passes` names
#: them.
PASSED: Final = frozenset({
    "PATH", "SHELL", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE", "TERM", "NO_COLOR",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
})  # fmt: skip
#: The environment variables that belong to the test.
OWN: Final = frozenset({ENV_API_URL, ENV_TOKEN, ENV_CLIENT_ID, "HOME", "PWD", "NEMO_SKILL", "NEMO_ALLOWED_HOSTS"})
#: The folder in which Linux shows its processes, and the number of searches for processes that a command left behind.
_PROCESSES: Final = Path("/proc")
_SEARCHES: Final = 10
_ERRORS: Final = 2_000


class CommandError(Exception):
    """A command that can't be started; the message says why."""


def resolve_command(arguments: Sequence[str], here: Path) -> tuple[str, ...]:
    """Return a command that works from any folder: absolute paths for its program and for files in `here`.

    Raises:
        CommandError: the program does not exist.
    """
    program = shutil.which(arguments[0], path=None)
    if program is None:
        raise CommandError(f"There is no command {arguments[0]!r}.")
    rest = (str((here / each).resolve()) if each and (here / each).is_file() else each for each in arguments[1:])
    return (str((here / program).absolute()), *rest)


def _tools(folder: Path, url: str) -> Path:
    """Create a folder with the replacement for `sleep`."""
    folder.mkdir()
    script = folder / "sleep"
    command = shlex.join([sys.executable, "-I", "-S", sleep_command.__file__, url])
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return folder


def _say(process: subprocess.Popen[bytes], says: Iterable[str]) -> None:
    """Write all messages of the user, line by line; a caller may ignore them."""
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write("".join(f"{each}\n" for each in says).encode())


class OutputReader:
    """Records the output lines of a process and their times; `now` is None if the times are unknown.

    It stops when `end` is called, as a child process may keep the output open for ever.
    """

    def __init__(self, process: subprocess.Popen[bytes], now: Callable[[], float] | None) -> None:
        assert process.stdout is not None
        self._stdout = process.stdout
        self._now = now
        self._lines: list[tuple[float | None, str]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._hear, name="skill-test-hearing", daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        number, rest = self._stdout.fileno(), b""
        poll = select.poll()
        poll.register(number, select.POLLIN | select.POLLHUP)
        left = LAST_PIECES
        while left:
            left -= self._over.is_set()
            if poll.poll(LOOK_MS):
                data = os.read(number, PIECE)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                self._note(*lines)
                if len(rest) > PIECE:  # longer than any real line
                    self._note(rest)
                    rest = b""
            elif self._over.is_set():
                break
        self._note(*filter(None, (rest,)))

    def _note(self, *lines: bytes) -> None:
        # Other line separators inside a line do not split it.
        texts = (" ".join(each.decode("utf-8", "replace").splitlines()) for each in lines)
        moment = None if self._now is None else self._now()
        self._lines += [(moment, each) for each in texts][: max(0, LINES - len(self._lines))]

    def end(self) -> Transcript:
        """Stop, and return the transcript so far."""
        self._over.set()
        self._thread.join()
        self._stdout.close()
        lines = read_transcript("\n".join(text for _, text in self._lines)).lines
        return Transcript(_add_time(each, self._lines[each.number - 1][0]) for each in lines)


def _add_time(line: TranscriptLine, moment: float | None) -> TranscriptLine:
    return line if line.time is not None or line.after is not None else replace(line, time=moment)


class RunningProcesses:
    """The running processes, each with its own process group, so that all can be ended at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._ends = False

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        errors: IO[bytes],
        *,
        says_nothing: bool,
    ) -> subprocess.Popen[bytes]:
        """Start a process.

        Raises:
            CommandError: it can't be started, or `end` was called before.
        """
        with self._lock:
            if self._ends:
                raise CommandError("The run has ended.")
            try:
                process = subprocess.Popen(  # noqa: S603 -- the user's own command
                    arguments,
                    stdin=subprocess.DEVNULL if says_nothing else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=folder,
                    env=environ,
                    start_new_session=True,
                    bufsize=0,
                )
            except OSError as error:
                raise CommandError(f"{arguments[0]} can't be started: {error.strerror}.") from None
            self._processes.add(process)
        return process

    def wait(self, process: subprocess.Popen[bytes], timeout_s: float, mark: str) -> Ending:
        """Wait until a process ends, or end it after the timeout; its children end with it.

        `mark` is a variable of its environment, as `NAME=VALUE`, that no other process has. It shows on Linux which
        processes have left the process group.
        """
        ending: Ending = "over"
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            ending = "timed out"
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
            _end_marked(mark)
            with self._lock:
                self._processes.discard(process)
        return "stopped" if self._ends else ending

    def end(self) -> None:
        """End all processes, and start no other."""
        with self._lock:
            self._ends = True
            for process in self._processes:
                _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and its children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _end_marked(mark: str) -> None:
    """Kill every process whose environment has the mark; search again, as a process may have started another one."""
    for _ in range(_SEARCHES):
        found = [each for each in _PROCESSES.glob("[0-9]*/environ") if mark.encode() in _read(each).split(b"\0")]
        if not found:
            return
        for each in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(int(each.parent.name), signal.SIGKILL)


def _read(environ: Path) -> bytes:
    try:
        return environ.read_bytes()
    except OSError:  # the process has ended, or belongs to another user
        return b""


@dataclass(frozen=True, slots=True)
class Command:
    """The command of each scenario: its arguments, the skill's document, and its timeout in seconds.

    `environ` is the user's environment; the command gets the variables in `PASSED` and those that `passes` names. If it
    `shares` the world's clock, the `sleep` command waits on that clock instead of in real time.
    """

    arguments: tuple[str, ...]
    skill: Path
    timeout_s: float
    shares: bool
    environ: Mapping[str, str]
    passes: tuple[str, ...] = ()
    running: RunningProcesses = field(default_factory=RunningProcesses)

    def perform(self, scene: TrialEnvironment) -> CallerResult:
        """Play a scenario.

        Raises:
            CommandError: the command can't be started.
        """
        skill = skill_copy.copy(self.skill, scene.home / "skills" / self._name, scene.world.url)
        says = scene.scenario.says
        arguments = [each.replace(SKILL, str(skill)).replace(PROMPT, "\n".join(says)) for each in self.arguments]
        is_prompted = any(PROMPT in each for each in self.arguments)
        environ = self._environment(scene, skill)
        # A virtual clock may jump between the output of a line and its reading.
        now = None if self.shares else lambda: machine.now().timestamp()
        with (scene.folder / "stderr.txt").open("w+b") as errors:
            process = self.running.start(arguments, scene.work, environ, errors, says_nothing=is_prompted)
            hearing = OutputReader(process, now)
            if not is_prompted:
                _say(process, says)
            ending = self.running.wait(process, self.timeout_s, f"NEMO_SKILL={skill}")
            transcript = hearing.end()
            errors.seek(0, os.SEEK_END)
            errors.seek(max(0, errors.tell() - _ERRORS))
            last = errors.read().decode("utf-8", "replace")
        return CallerResult(transcript, ending, process.returncode, last)

    @property
    def _name(self) -> str:
        return self.skill.resolve().parent.name or "skill"

    def _environment(self, scene: TrialEnvironment, skill: Path) -> dict[str, str]:
        environ = {
            name: value
            for name, value in self.environ.items()
            if name in PASSED or name in self.passes or name.startswith("LC_")
        }
        environ |= {
            ENV_API_URL: scene.world.url,
            "HOME": str(scene.home),
            "PWD": str(scene.work),
            "NEMO_SKILL": str(skill),
            "NEMO_ALLOWED_HOSTS": "",  # our own clients call no other machine
            "PYTHONUNBUFFERED": "1",  # the output appears at once, so that its times are right
        }
        environ |= no_proxy(environ)
        if (token := scene.scenario.nemo_token) is not None:
            environ[ENV_TOKEN] = token
        if self.shares:
            tools = _tools(scene.folder / "bin", scene.world.url)
            environ["PATH"] = os.pathsep.join(filter(None, (str(tools), environ.get("PATH"))))
        return environ
