"""A run that draws wherever the fake draws, written down byte for byte: each answer's status, headers and body.

`python -c "from tests.integration.replay import main; main()"` prints such runs, one a line, from a process of its own.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Self

import httpx

from nemovideo_contract.profiles import PROFILES, Profile
from nemovideo_contract.wire import ENV_API_URL, ENV_TOKEN
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings

from .skill import SCENE, Skill

#: A status, header lines, and a body.
Answer = tuple[int, list[tuple[str, str]], str]
#: One name for the fake, whatever port it got, as addresses of files are made from it.
HOST: Final = {"Host": "fake.example"}
SPEAKING: Final = {**PROFILES, "adk-1": PROFILES["adk"].replace({"events": "adk-1"})}
#: One with which everything below happens at least once, and not always.
SEED: Final = 5
EDITS: Final = 5
FAULTS: Final = (
    {"kind": "status", "on": "credits", "probability": 0.4},
    {"kind": "latency", "on": "state", "delay": 1, "jitter": 9},
    {"kind": "malformed", "record": 1, "form": "invalid_utf8", "probability": 0.4},
    {"kind": "duplicate", "record": 2, "probability": 0.4},
    {"kind": "crlf", "ends": "mix", "probability": 0.3},
    {"kind": "noise", "probability": 0.3},
)


class Recorder:
    """One caller's answers as they came."""

    def __init__(self, url: str, client_id: str | None = None) -> None:
        self.answers: list[Answer] = []
        self.skill = Skill({ENV_API_URL: url, ENV_TOKEN: token_of("funded")})
        self.skill.http.headers.update(HOST)
        self.skill.http.event_hooks["response"] = [self._note]
        if client_id is not None:
            asked = self.skill.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client_id})
            self.skill.http.headers["Authorization"] = f"Bearer {asked.json()['data']['token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.skill.http.close()

    def _note(self, answer: httpx.Response) -> None:
        body = answer.read().decode("latin-1")
        self.answers.append((answer.status_code, answer.headers.multi_items(), body))

    def talk(self, edits: int = EDITS) -> str:
        """A session with a photo, messages, and looks at the state and the credits between; gives its id."""
        session_id = self.skill.begin()
        self.say(session_id, "Turn this photo into a 5-second vertical reel, title 'Kyoto'")
        for number in range(edits):
            self.say(session_id, f"Change the title to 'Take {number}'")
            self.skill.state(session_id)
            self.skill.credits()
        return session_id

    def say(self, session_id: str, text: str) -> None:
        """Send a message, in all keys that any profile wants."""
        message = {"parts": [{"text": text}], "role": "user"}
        body = {"app_name": "nemo_agent", "user_id": "me", "session_id": session_id, "new_message": message}
        self.skill.http.post("/run_sse", json={**body, "streaming": True})

    def export(self, session_id: str) -> None:
        """An export, polled until it ends, and a claim token."""
        state = self.skill.state(session_id).json()["data"]
        self.skill.submit(session_id, state["state"]["draft"])
        self.skill.finish()
        claim = {"task_id": state["task_id"], "session_id": session_id}
        self.skill.http.post("/api/auth/claim-token", json=claim)


def played(profile: Profile, seed: int = SEED) -> list[Answer]:
    """Everything that one caller is answered, alone in a fake."""
    with running(Settings(seed=seed, profile=profile, quality="stub", clock="virtual")) as server:
        order(server)
        with Recorder(server.url, "caller") as caller:
            caller.talk()
            caller.export(caller.talk())
        return caller.answers


def played_in_a_crowd(profile: Profile, others: int, seed: int = SEED) -> list[Answer]:
    """What the same caller is answered up to its export, with others at work in the same world all the while."""
    with running(Settings(seed=seed, profile=profile, quality="stub", clock="virtual")) as server:
        order(server)
        with Recorder(server.url, "caller") as caller, ThreadPoolExecutor(max(1, others)) as pool:
            crowd: list[Future[None]] = [pool.submit(disturb, server, number) for number in range(others)]
            for _ in range(2):
                caller.talk()
            for each in crowd:
                each.result()
        return caller.answers


def disturb(server: RunningServer, number: int) -> None:
    """Somebody else's work in the same world."""
    with Recorder(server.url) as other:
        session_id = other.talk(3)
        other.say(session_id, SCENE)
        other.skill.export(session_id, f"render_{number}")


def order(server: RunningServer) -> None:
    """Let things go wrong by chance."""
    for number, fault in enumerate(FAULTS):
        server.runtime().faults.add({**fault, "name": f"fault-{number}"}, server.runtime().clock.now())


def main() -> None:
    """Print the run of each profile."""
    for profile in SPEAKING.values():
        sys.stdout.write(json.dumps(played(profile)) + "\n")
