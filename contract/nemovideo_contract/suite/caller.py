"""Calls with one token: each operation of the API as a method. The work that checks share is in `account`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from nemovideo_contract.http.driver import OpenAnswer
from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.profiles import Profile
from nemovideo_contract.suite.messages import ATTRIBUTION, SMALL_OUTPUT, new_render_id
from nemovideo_contract.suite.tested_server import TestedServer
from nemovideo_contract.wire import AGENT, DEFAULT_OUTPUT, EVENT_STREAM, ME, Path

#: The name of a caller without a valid token.
STRANGER: Final = "stranger"


@dataclass(slots=True)
class Caller:
    """A caller with one token, or with none; `profile` is the profile that this caller meets.

    With `expect_refusal`, the server can only refuse the calls, so they spend nothing.
    """

    server: TestedServer
    name: str
    token: str | None
    profile: Profile
    user_id: str | None = None
    expect_refusal: bool = False

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        body: Json | bytes | tuple[File, ...] = None,
        *,
        headers: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
        form: bool = True,
    ) -> Answer:
        """Send a call with the token and the attribution headers, except the headers in `without`.

        `form` holds the answer against the specification.
        """
        return self.server.send(self.prepare(operation, method, path, body, headers, without), self.profile, form=form)

    def prepare(
        self,
        operation: str,
        method: str,
        path: str,
        body: Json | bytes | tuple[File, ...] = None,
        headers: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
    ) -> Call:
        """Return a call without sending it."""
        sent = {name: value for name, value in ATTRIBUTION.items() if name not in without}
        made_up = self.name == STRANGER
        return Call(
            operation,
            method,
            path,
            {**sent, **(headers or {})},
            self.token,
            body,
            expect_refusal=self.expect_refusal,
            made_up=made_up,
        )

    def expecting_refusal(self) -> Caller:
        """Return a caller with the same token, for calls that the server can only refuse."""
        return Caller(self.server, self.name, self.token, self.profile, self.user_id, expect_refusal=True)

    # --- sessions and credits -----------------------------------------------------------------------------------------

    def credits(self, *, headers: Mapping[str, str] | None = None, form: bool = True) -> Answer:
        """Read the balance."""
        return self.call("credits", "GET", Path.CREDITS, headers=headers, form=form)

    def balance(self) -> int:
        """Return the credits that are available and reserved together."""
        return self.credits().number("data", "total")

    def session(self, body: Json = None, *, user: str = ME, form: bool = True) -> Answer:
        """Create a session."""
        asked: Json = {"task_name": "project"} if body is None else body
        return self.call("create_session", "POST", Path.SESSION.format(user_id=user), asked, form=form)

    def state(self, session_id: str, *, user: str = ME, form: bool = True) -> Answer:
        """Read the state of a session."""
        return self.call("state", "GET", Path.STATE.format(user_id=user, session_id=session_id), form=form)

    # --- uploads ------------------------------------------------------------------------------------------------------

    def upload(self, session_id: str, *files: File, user: str = ME, form: bool = True) -> Answer:
        """Upload files as a form; without files, one photo."""
        path = Path.UPLOAD.format(user_id=user, session_id=session_id)
        return self.call("upload", "POST", path, files or (File("photo.png", png()),), form=form)

    def upload_json(self, session_id: str, body: Json) -> Answer:
        """Upload by URL."""
        return self.call("upload", "POST", Path.UPLOAD.format(user_id=ME, session_id=session_id), body)

    # --- messages -----------------------------------------------------------------------------------------------------

    def message(self, session_id: str, text: str, /, **fields: Json) -> JsonObject:
        """Return the body of a message; a field that is None is left out."""
        body: JsonObject = {
            "app_name": AGENT,
            "user_id": ME,
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
            **fields,
        }
        return {name: value for name, value in body.items() if value is not None}

    def say(
        self,
        session_id: str,
        text: str,
        /,
        *,
        enough: Callable[[Answer], bool] | None = None,
        headers: Mapping[str, str] | None = None,
        form: bool = True,
        **fields: Json,
    ) -> Answer:
        """Send a message and read its stream, to the end or until `enough` returns True."""
        with self.open_stream(session_id, text, headers=headers, **fields) as listening:
            answer = listening.read(enough) if enough else listening.read()
        self.server.check_in_time(answer)
        return self.server.check_answer(answer, self.profile) if form and not self.server.loose else answer

    @contextmanager
    def open_stream(
        self, session_id: str, text: str, /, *, headers: Mapping[str, str] | None = None, **fields: Json
    ) -> Generator[OpenAnswer]:
        """Send a message and yield its stream; the user of the stream holds it against the specification."""
        body = self.message(session_id, text, **fields)
        call = self.prepare("run_sse", "POST", Path.RUN_SSE, body, {"Accept": EVENT_STREAM, **(headers or {})})
        with self.server.listen(call) as listening:
            yield listening

    # --- exports ------------------------------------------------------------------------------------------------------

    def submit(self, session_id: str, draft: Json, /, *, without: Sequence[str] = (), **fields: Json) -> Answer:
        """Submit an export; a field that is None is left out."""
        output: Json = {**(SMALL_OUTPUT if self.server.target.scenarios else DEFAULT_OUTPUT)}
        body: JsonObject = {"id": new_render_id(), "sessionId": session_id, "draft": draft, "output": output, **fields}
        given: JsonObject = {name: value for name, value in body.items() if value is not None}
        return self.call("submit_render", "POST", Path.RENDER, given, without=without)

    def poll(self, render_id: str) -> Answer:
        """Ask for the status of an export."""
        return self.call("render_status", "GET", Path.RENDER_STATUS.format(render_id=render_id))

    def cancel(self, render_id: str) -> Answer:
        """Cancel an export."""
        return self.call("cancel_render", "POST", Path.RENDER_CANCEL.format(render_id=render_id))

    def download(self, render_id: str) -> Answer:
        """Download the file of an export, with the token."""
        return self.call("download_render", "GET", Path.RENDER_DOWNLOAD.format(render_id=render_id))
