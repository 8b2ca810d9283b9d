"""A user, a skill and a fake service: what is said on both sides, and what the fake's journal holds of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from nemovideo_contract.profiles import Profile
from nemovideo_harness.inprocess import connect
from nemovideo_mock.clock import VirtualClock
from nemovideo_mock.journal import AnyEntry, EndEntry, RequestEntry
from nemovideo_mock.runtime.scenario_tokens import token_of
from nemovideo_mock.server import RunningServer, running
from nemovideo_mock.settings import Settings
from nemovideo_skills.agent import Agent, Reply
from tests.guards import HANG_S

PHOTOS: Final = Path(__file__).parents[3] / "scripts/photos"
CAT: Final = PHOTOS / "cat.jpg"
COFFEE: Final = PHOTOS / "coffee.jpg"
#: Words that the service has for its editor, and what belongs to machines.
UNFIT: Final = (
    "click", "panel", "drag and drop", "top right", "点击", "面板", "拖拽", "右上角",
    "nmv_usr_", '{"', "edit_multitrack", "generate_video_with_seedance", "Traceback",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the fake got it, `time` in seconds on its clock."""

    method: str
    path: str
    time: float
    body: dict[str, Any]  # Any: what a caller sent


class Chat:
    """A conversation; `replies` is all that the skill said in it."""

    def __init__(self, server: RunningServer, agent: Agent) -> None:
        self._server = server
        self._agent = agent
        self.replies: list[Reply] = []

    def say(self, utterance: str) -> list[Reply]:
        """The replies to an utterance."""
        replies = list(self._agent.say(utterance))
        assert replies, f"silence after {utterance!r}"
        self.replies += replies
        return replies

    @property
    def now(self) -> float:
        """The time on the fake's clock, in seconds."""
        return self._server.runtime().clock.now()

    def wait(self, seconds: float) -> None:
        """Let time pass in which nobody says anything."""
        clock = self._server.runtime().clock
        assert isinstance(clock, VirtualClock)
        clock.sleep(seconds)

    def order(self, kind: str, **fields: object) -> None:
        """Order a fault."""
        service = self._server.runtime()
        service.faults.add({"kind": kind, **fields}, service.clock.now())

    def asked(self) -> list[Asked]:
        """Every request so far."""
        found: list[Asked] = []
        for entry in self._entries():
            if isinstance(entry, RequestEntry):
                line: dict[str, Any] = json.loads(entry.line())  # Any: JSON
                found.append(Asked(entry.method, entry.path, entry.virtual, line["body"].get("json", {})))
        return found

    def _entries(self) -> list[AnyEntry]:
        """The journal, once every exchange that has begun is over, which the caller may know before the fake does."""
        journal = self._server.runtime().journal

        async def read() -> list[AnyEntry]:
            changed = asyncio.Event()
            follower = journal.subscribe(changed.set)
            try:
                while True:
                    changed.clear()
                    entries = list(journal.entries())
                    if sum(isinstance(entry, EndEntry) for entry in entries) == journal._exchanges:
                        return entries
                    await changed.wait()
            finally:
                follower.close()

        loop = self._server.world_registry._loop
        if loop is None or not loop.is_running():
            return list(journal.entries())  # the fake is stopped, hence nothing goes on
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(read(), HANG_S), loop).result()

    def messages(self) -> list[str]:
        """What the agent was told."""
        return [each.body["new_message"]["parts"][0]["text"] for each in self.asked() if each.path.endswith("/run_sse")]

    def renders(self) -> list[str]:
        """The ids of the renders that were submitted."""
        # A body is unread, hence not in the journal, where the headers alone decide.
        return [each.body["id"] for each in self.asked() if each.path.endswith("/lambda") and each.body]

    def polls(self) -> list[float]:
        """When renders were asked for."""
        return [each.time for each in self.asked() if each.method == "GET" and "/lambda/" in each.path]

    def states(self) -> list[float]:
        """When the state was read."""
        return [each.time for each in self.asked() if each.path.endswith("/latest")]


@contextmanager
def chatting(folder: Path, token: str | None = None, profile: Profile | None = None) -> Generator[Chat]:
    """A skill that writes its videos into a folder, over a fake of its own on the virtual clock."""
    settings = Settings(quality="stub", clock="virtual", profile=profile or Profile())
    shown = None if token is None else token_of(token)
    with running(settings) as server, connect(server, token=shown) as client:
        yield Chat(server, Agent(client, folder=folder))


def told(replies: list[Reply], *kinds: str) -> str:
    """What replies of these kinds say, or all."""
    return "\n".join(reply.text for reply in replies if not kinds or reply.kind in kinds)


def judge(chat: Chat, *, repeats: bool = False) -> None:
    """Hold a conversation against the documents' rules of conduct, by what the fake saw and the user read."""
    messages = chat.messages()
    if not repeats:
        assert len(messages) == len(set(messages)), f"sent again: {messages}"
    for message in messages:
        bare = message.casefold().strip(" .!?。！？")
        assert bare not in {"export", "download", "credits", "status", "导出", "下载", "积分", "余额", "状态"}, message
    renders = chat.renders()
    assert len(renders) == len(set(renders)), "a render id was used twice"
    polls = chat.polls()
    assert all(later - earlier >= 30 for earlier, later in pairwise(polls)), polls
    for reply in chat.replies:
        assert reply.text.strip()
        for unfit in UNFIT:
            assert unfit not in reply.text, reply.text
        try:
            shown = json.loads(reply.text)
        except ValueError:
            continue
        assert not isinstance(shown, dict), reply.text
