"""`Agent` and `AsyncAgent` run a conversation over a client; the conversation itself does no I/O."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from pathlib import Path

from nemovideo_client.client import AsyncClient, Client
from nemovideo_skills.agent.actions_and_replies import Reply
from nemovideo_skills.agent.conversation import Conversation, LeftOver


class Agent:
    """A skill's agent that talks with one user, over a synchronous client.

    It writes videos into `folder`, by default the current one. It returns each reply as soon as it is due. A status
    line that is due while the service sends nothing, not even heartbeats, goes to `on_status` at once. Without
    `on_status` it comes with the next reply.
    """

    def __init__(
        self, client: Client, *, folder: Path | None = None, on_status: Callable[[Reply], None] | None = None
    ) -> None:
        self._client = client
        self._conversation = Conversation(client.service, folder or Path(), on_status)

    @property
    def left_over(self) -> LeftOver | None:
        """The session and the render of work that was begun and not shown to the user; None if nothing is left."""
        return self._conversation.left_over

    def say(self, utterance: str) -> Generator[Reply]:
        """Do what the user asks and yield the replies; errors are replies too. Iterate to the end before the next."""
        play = self._client.play(self._conversation.say(utterance), on_tell=self._conversation.tell)
        with closing(iter(play)) as shown:
            for each in shown:
                if isinstance(each, Reply):
                    yield each


class AsyncAgent:
    """A skill's agent that talks with one user, over an asynchronous client.

    It writes videos into `folder`, by default the current one. It returns each reply as soon as it is due. A status
    line that is due while the service sends nothing, not even heartbeats, goes to `on_status` at once. Without
    `on_status` it comes with the next reply.
    """

    def __init__(
        self, client: AsyncClient, *, folder: Path | None = None, on_status: Callable[[Reply], None] | None = None
    ) -> None:
        self._client = client
        self._conversation = Conversation(client.service, folder or Path(), on_status)

    @property
    def left_over(self) -> LeftOver | None:
        """The session and the render of work that was begun and not shown to the user; None if nothing is left."""
        return self._conversation.left_over

    async def say(self, utterance: str) -> AsyncGenerator[Reply]:
        """Do what the user asks and yield the replies; errors are replies too. Iterate to the end before the next."""
        play = self._client.play(self._conversation.say(utterance), on_tell=self._conversation.tell)
        async with aclosing(aiter(play)) as shown:
            async for each in shown:
                if isinstance(each, Reply):
                    yield each
