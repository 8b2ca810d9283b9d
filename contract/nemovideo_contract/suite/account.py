"""An account on the server under test: its calls, new work with it, and the expensive work that its checks share.

Shared work is done once, when the first check needs it. A run that needs none of it spends no credits on it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.http.driver import FORM, form_of
from nemovideo_contract.http.exchange import Answer, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.suite.caller import Caller
from nemovideo_contract.suite.interference import STREAMS_HELD_BACK, UPLOADS_HELD_BACK
from nemovideo_contract.suite.messages import REEL, SCENE, draft_of, new_render_id, render_of
from nemovideo_contract.suite.shared_work import ClipSession, DraftSession, FinishedExport
from nemovideo_contract.suite.waiting import NEAR_PATIENCE_S, wait_until
from nemovideo_contract.wire import ME, POLL_INTERVAL_S, POLL_LIMIT, Path, RenderStatus

#: Seconds between two bytes of an upload that is kept open.
DRIP_S: Final = 0.2


@dataclass(slots=True)
class Account(Caller):
    """A caller with a valid token, and the work that its checks share."""

    _made: DraftSession | None = None
    _unseen: bool = False
    _shared: str | None = None
    _exported: FinishedExport | None = None
    _clip: ClipSession | None = None

    def me(self) -> str:
        """Return the account's own user id, as a new session reports it."""
        if self.user_id is None:
            self.user_id = (
                self.made.created.text("data", "user_id") if self._made else self.session().text("data", "user_id")
            )
        return self.user_id

    # --- new work -----------------------------------------------------------------------------------------------------

    def new_session(self, *, blank: bool = False) -> str:
        """Return the id of a session to work in.

        On a server that charges, checks share one session, because no call deletes a session. There, only a check that
        needs a `blank` session gets a new one. On other servers, each check gets a new one.
        """
        if blank or not self.server.spending.charged:
            return self.session().text("data", "session_id")
        if self._shared is None:
            self._shared = self.session().text("data", "session_id")
        return self._shared

    def reel(self, text: str = REEL) -> DraftSession:
        """Create a session whose photo becomes a draft."""
        before = self.balance()
        created = self.session()
        session_id = created.text("data", "session_id")
        uploaded = self.upload(session_id)
        empty = self.state(session_id)
        turn = self.say(session_id, text)
        state = self.wait_for_work(session_id, lambda answer: bool(draft_of(answer)))
        if not draft_of(state):
            raise state.differs("a draft of the photo, after a message that asks for a video of it", "turn-assemble")
        task_id = created.text("data", "task_id")
        return DraftSession(session_id, task_id, created, uploaded, empty, turn, state, before, self.balance())

    def wait_for_work(self, session_id: str, changed: Callable[[Answer], bool] | None = None) -> Answer:
        """Wait until no work runs, which shows as no frozen credits, and return the state.

        With `changed`, also wait until it returns True for the state.

        Raises:
            InDoubt: the work still runs, and no clock shows that the documents' time limit has passed.
        """
        last: list[Answer] = []
        free = False

        def over() -> bool:
            nonlocal free
            last[:] = [self.state(session_id)]
            free = self.credits().number("data", "frozen") == 0
            return free and (changed is None or changed(last[0]))

        # If no credits are frozen, the work is over: the state will not change any more.
        wait_until(self.server, over, POLL_INTERVAL_S, POLL_LIMIT, "the end of a turn's work", lambda: free)
        return last[0]

    def poll_to_end(self, render_id: str) -> list[Answer]:
        """Poll an export to its end, or to the documents' limit, and return all answers.

        Raises:
            InDoubt: the export still runs, and no clock shows that the documents' limit has passed.
        """
        polls: list[Answer] = []

        def over() -> bool:
            polls.append(self.poll(render_id))
            return render_of(polls[-1])[0] in {RenderStatus.COMPLETED, RenderStatus.FAILED}

        wait_until(self.server, over, POLL_INTERVAL_S, POLL_LIMIT, "the end of an export")
        return polls

    @contextmanager
    def open_upload(self, session_id: str) -> Generator[Callable[[], None]]:
        """Keep an upload open until the yielded function is called or the block ends.

        On a fake with a virtual clock no other work ends while an upload is open.

        Raises:
            InDoubt: something between holds uploads or streams back.
        """
        if (cause := self.server.has(UPLOADS_HELD_BACK, STREAMS_HELD_BACK)) is not None:
            raise self.server.doubt(cause.words)
        go_on, begun = threading.Event(), threading.Event()
        *pieces, ending = form_of(File("slow.png", png((1, 2, 3))))

        def body() -> Iterator[bytes]:
            yield from pieces
            begun.set()
            # A server may take a silent upload for an abandoned one, so this one sends a byte now and then.
            for _ in range(int(NEAR_PATIENCE_S / DRIP_S)):
                if go_on.wait(DRIP_S):
                    break
                yield b"\0"
            yield ending

        path = Path.UPLOAD.format(user_id=ME, session_id=session_id)
        call = self.prepare("upload", "POST", path, headers=FORM)
        self.server.start(call)

        def send() -> None:
            try:
                self.server.driver.send_slowly(call, body())
            finally:
                begun.set()  # also if the server does not accept the connection

        uploading = threading.Thread(target=send, daemon=True)
        uploading.start()
        begun.wait(NEAR_PATIENCE_S)
        try:
            yield go_on.set
        finally:
            go_on.set()
            uploading.join(NEAR_PATIENCE_S)

    # --- shared work --------------------------------------------------------------------------------------------------

    @property
    def made(self) -> DraftSession:
        """The shared session with a draft. It is created on first use, and again if it was idle for too long."""
        if self._made is not None and self.profile.session_idle and self.state(self._made.session_id).code == 1002:
            self._made = self._exported = None
        if self._made is None:
            self._made = self.reel()
            self._unseen = self.server.loose
        if self._unseen and not self.server.loose:
            self._unseen = False
            for answer in (
                self._made.created,
                self._made.uploaded,
                self._made.empty,
                self._made.turn,
                self._made.state,
            ):
                self.server.check_answer(answer, self.profile)
        return self._made

    @property
    def clip(self) -> ClipSession:
        """The shared clip that was generated from words. It is created on first use."""
        if self._clip is None:
            session_id, before = self.new_session(blank=True), self.balance()
            turn = self.say(session_id, SCENE)
            state = self.wait_for_work(session_id, lambda answer: bool(draft_of(answer)))
            self._clip = ClipSession(session_id, turn, state, before, self.balance())
        return self._clip

    @property
    def exported(self) -> FinishedExport:
        """The shared export that has ended. It is created on first use."""
        if self._exported is None:
            made, render_id = self.made, new_render_id()
            before, state = self.balance(), self.state(made.session_id).at("data", "state")
            first = self.submit(made.session_id, draft_of(self.state(made.session_id)), id=render_id)
            answers = [first, *self.poll_to_end(render_id)]
            after = self.state(made.session_id).at("data", "state")
            self._exported = FinishedExport(render_id, made.session_id, answers, state, after, before, self.balance())
        return self._exported
