"""`Agent` and `AsyncAgent`: twins that play a conversation over a client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from pathlib import Path

from nemovideo_client.client import AsyncClient, Client
from nemovideo_skills.agent.conversation import Conversation
from nemovideo_skills.agent.model import Reply


class Agent:
    """A skill that talks with one user, over a client of the synchronous kind.

    Videos are written into `folder`, the current one by default. Replies are given as they become due. Only while the
    service sends nothing at all, not even heartbeats, a line that is due can't be: it goes to `on_status` at once or,
    without that, comes with the next reply.
    """

    def __init__(
        self, client: Client, *, folder: Path | None = None, on_status: Callable[[Reply], None] | None = None
    ) -> None:
        self._client = client
        self._conversation = Conversation(client.service, folder or Path(), on_status)

    def say(self, utterance: str) -> Generator[Reply]:
        """Do what the user says, and tell it; to be gone through before the next. Errors are replies."""
        play = self._client.play(self._conversation.say(utterance), on_tell=self._conversation.tell)
        with closing(iter(play)) as shown:
            for each in shown:
                if isinstance(each, Reply):
                    yield each


class AsyncAgent:
    """A skill that talks with one user, over a client of the asynchronous kind.

    Videos are written into `folder`, the current one by default. Replies are given as they become due. Only while the
    service sends nothing at all, not even heartbeats, a line that is due can't be: it goes to `on_status` at once or,
    without that, comes with the next reply.
    """

    def __init__(
        self, client: AsyncClient, *, folder: Path | None = None, on_status: Callable[[Reply], None] | None = None
    ) -> None:
        self._client = client
        self._conversation = Conversation(client.service, folder or Path(), on_status)

    async def say(self, utterance: str) -> AsyncGenerator[Reply]:
        """Do what the user says, and tell it; to be gone through before the next. Errors are replies."""
        play = self._client.play(self._conversation.say(utterance), on_tell=self._conversation.tell)
        async with aclosing(aiter(play)) as shown:
            async for each in shown:
                if isinstance(each, Reply):
                    yield each
