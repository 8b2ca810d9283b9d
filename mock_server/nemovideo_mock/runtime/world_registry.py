"""The registry of all worlds of one process; they share the files and the render worker."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from nemovideo_contract.wire import Code
from nemovideo_mock.clock import Links
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.runtime.render_worker import RenderWorker
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.runtime.world_runtime import DEFAULT_WORLD, WorldRuntime
from nemovideo_mock.settings import Settings

#: The form of the name of a world.
WORLD_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: The most worlds at once. A world is small, but a caller that creates one for each request must not fill the memory.
MOST_WORLDS: Final = 1000


class WorldRegistry:
    """The runtimes of all worlds by name; `default` is the one at the base URL.

    Use it on one event loop from `start` to `stop`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.links = Links()
        self.storage = Storage(settings.directory)
        self.render_worker = RenderWorker(self.storage, settings.quality)
        self.runtimes: dict[str, WorldRuntime] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.default = self.runtime(DEFAULT_WORLD)

    def runtime(self, name: str) -> WorldRuntime:
        """Return the runtime of a world, and create it on first use; raise 404 for a bad name, 429 for too many."""
        runtime = self.runtimes.get(name)
        if runtime is None:
            if WORLD_NAME.fullmatch(name) is None:
                raise ServiceError(
                    Code.NOT_FOUND,
                    "A world's name is 1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first.",
                )
            if len(self.runtimes) >= MOST_WORLDS:
                raise ServiceError(
                    Code.RATE_LIMITED,
                    f"There are {MOST_WORLDS} worlds already: delete some with DELETE /_mock/worlds/NAME.",
                )
            runtime = self.runtimes[name] = WorldRuntime(
                self.settings, self.storage, self.render_worker, self.links, name
            )
            if self._loop is not None:
                runtime.start()
        return runtime

    def runtime_from_any_thread(self, name: str) -> WorldRuntime:
        """Return the runtime of a world; may be called from any thread."""
        loop = self._loop
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if name in self.runtimes or loop is None or loop is here:
            return self.runtime(name)

        async def make() -> WorldRuntime:
            return self.runtime(name)

        return asyncio.run_coroutine_threadsafe(make(), loop).result()

    def delete(self, name: str) -> None:
        """End a world and remove it; the world at the base URL restarts instead."""
        runtime = self.runtimes[name]
        runtime.end_renders()
        if name == DEFAULT_WORLD:
            runtime.reset(self.settings.seed, self.settings.profile)
        else:
            del self.runtimes[name]
            runtime.is_deleted = True
            runtime.stop()
        self.forget_uploads()

    def forget_uploads(self) -> None:
        """Remove the uploads that no world uses any more."""
        self.storage.forget_uploads(
            lambda: {
                media.sha256
                for runtime in self.runtimes.values()
                for session in runtime.world.state.sessions.values()
                for media in session.media
            }
        )

    def start(self) -> None:
        """Bind to the running event loop."""
        self._loop = asyncio.get_running_loop()
        for runtime in self.runtimes.values():
            runtime.start()

    def stop(self) -> None:
        """End open streams and waits at once, in all worlds."""
        self._loop = None
        for runtime in self.runtimes.values():
            runtime.stop()

    def close(self, patience: float | None = None) -> None:
        """Stop encodes, wait for their end for at most `patience` real seconds, and remove temporary files."""
        self.render_worker.close(patience)
        self.storage.close()
