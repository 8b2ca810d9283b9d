"""Encodes renders in a background thread, one at a time. A render for which a caller waits goes first."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import cast

from nemovideo_contract.draft import Draft
from nemovideo_mock.json_types import Json
from nemovideo_mock.media.decoding_limits import release_memory
from nemovideo_mock.render import Quality, RenderCancelled, RenderError, render
from nemovideo_mock.runtime.storage import Storage
from nemovideo_mock.world import Render, RenderFile

logger = logging.getLogger(__name__)

#: The shorter side of a frame in pixels for each `resolution` of an export.
RESOLUTIONS: Mapping[str, int] = {"480p": 480, "720p": 720, "1080p": 1080}


class RenderWorker:
    """Encodes drafts to files; one encode runs at a time, because an encode uses all cores."""

    def __init__(self, storage: Storage, quality: Quality) -> None:
        self._storage = storage
        self.quality: Quality = quality
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._cancels: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self._waiting: OrderedDict[int, Callable[[], None]] = OrderedDict()
        #: The finished share of the running encode, from 0 to 1; None if no encode runs.
        self.share: float | None = None

    def start(self, job: Render, done: Callable[[RenderFile | str], None], world: str = "") -> None:
        """Encode in the background; `done` gets the file or an error message, in another thread."""
        cancel = self._cancels[id(job)] = threading.Event()

        def work() -> None:
            self.share = 0.0
            try:
                outcome = self._encode(job, cancel, world)
            finally:
                self.share = None
                self._cancels.pop(id(job), None)
                if self.quality != "stub":
                    release_memory()
            done(outcome)

        with self._lock:
            if self._is_closed:
                return
            self._waiting[id(job)] = work
            if self._thread is None:
                # A daemon, so that the process can end during a long step of an encode.
                self._thread = threading.Thread(target=self._work, name="nemovideo-render", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        """Encode until nothing waits."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                _, work = self._waiting.popitem(last=False)
            try:
                work()
            except Exception:
                logger.exception("The end of an encode could not be reported.")

    def hurry(self, job: Render) -> None:
        """Encode this render before all others that have not begun; has no effect if it has begun."""
        with self._lock:
            if id(job) in self._waiting:
                self._waiting.move_to_end(id(job), last=False)

    def cancel(self, job: Render) -> None:
        """Stop an encode soon; has no effect if it has ended."""
        event = self._cancels.get(id(job))
        if event is not None:
            event.set()

    def close(self, patience: float | None = None) -> None:
        """Stop all encodes, and wait until they have ended, at most `patience` real seconds."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
            thread = self._thread
        for event in list(self._cancels.values()):
            event.set()
        if thread is not None:
            thread.join(patience)

    def _set_share(self, share: float) -> None:
        self.share = share

    def _encode(self, job: Render, cancel: threading.Event, world: str) -> RenderFile | str:
        name = self._storage.render_name(world, job.user_id, job.render_id)
        draft = with_placeholders(job.draft, lambda sha256: self._storage.upload(sha256) is not None)
        try:
            made = render(
                cast("Draft", draft),  # a draft of a caller: the renderer checks it
                self._storage.render(name),
                quality=self.quality,
                locate=self._storage.upload,
                progress=self._set_share,
                cancelled=cancel.is_set,
                short_side=RESOLUTIONS.get(str(job.output.get("resolution", ""))),
            )
            with self._storage.render(name).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except RenderCancelled:
            return "cancelled"
        except RenderError as error:
            return str(error)
        except Exception:
            # Without an outcome, the caller would poll forever.
            logger.exception("The renderer failed on render %s.", job.render_id)
            return "The renderer failed unexpectedly; see the log of the fake."
        return RenderFile(name, made.size, made.duration, made.width, made.height, made.quality, sha256)


def with_placeholders(draft: Json, known: Callable[[str], bool]) -> Json:
    """Return the draft with a generated picture in place of each upload whose bytes the fake does not have.

    The fake does not fetch an upload by URL by default, so its segments have no file to show.
    """

    def replaced(segment: object) -> object:
        if not isinstance(segment, dict):
            return segment
        fields = cast("Json", segment)
        meta = fields.get("m")
        if not isinstance(meta, dict):
            return fields
        details = cast("Json", meta)
        sha256 = details.get("hash")
        if not sha256 or known(str(sha256)):
            return fields
        kept = {key: value for key, value in details.items() if key not in {"src", "hash"}}
        return {**fields, "m": {**kept, "kind": "generated", "prompt": str(details.get("name", ""))}}

    def visited(track: object) -> object:
        if not isinstance(track, dict):
            return track
        fields = cast("Json", track)
        segments = fields.get("sg")
        if fields.get("tt") != 0 or not isinstance(segments, list):
            return fields
        return {**fields, "sg": [replaced(segment) for segment in cast("list[object]", segments)]}

    tracks = draft.get("t")
    if not isinstance(tracks, list):
        return draft
    return {**draft, "t": [visited(track) for track in cast("list[object]", tracks)]}
