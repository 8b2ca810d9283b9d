"""The built-in conversation: what every caller does, and what a server refuses, in parts that can be left out.

Each part is a generator that yields the next call and receives its answer. It does no I/O and no waiting. What one part
finds out is in the `ConversationState` for the next parts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.requirements import FREE, Cost, Expense
from nemovideo_contract.wire import (
    AGENT,
    CLIENT_ID_HEADER,
    DEFAULT_OUTPUT,
    EVENT_STREAM,
    ME,
    POLL_LIMIT,
    RENDER_ID_PREFIX,
    SKILL_PLATFORM_HEADER,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
    TOKEN_BODY_LENGTH,
    TOKEN_PREFIX,
    Path,
    RenderStatus,
)

ATTRIBUTION: Final = {
    SKILL_SOURCE_HEADER: "nemovideo-tape",
    SKILL_VERSION_HEADER: "1.0.0",
    SKILL_PLATFORM_HEADER: "unknown",
}
#: A well-formed session id that no account has, and a well-formed token that was never issued.
NO_SESSION: Final = "1000000000000000001"
STRANGER: Final = TOKEN_PREFIX + "x" * TOKEN_BODY_LENGTH
FINAL: Final = frozenset({RenderStatus.COMPLETED, RenderStatus.FAILED})
#: The most polls of one export on a server where calls are free; elsewhere the documents' number holds.
MANY_POLLS: Final = 60


class MissingPart(Exception):  # noqa: N818 -- a state of the run
    """A part lacks something that it needs; the message says what."""


@dataclass(frozen=True, slots=True)
class NextCall:
    """The next call. `again` is True if it repeats the call before, so that time should pass first.

    The caller leaves after `records` records of the stream; None means at the end.
    """

    name: str
    call: Call
    again: bool = False
    records: int | None = None


Part: TypeAlias = Generator[NextCall, Answer, None]


@dataclass(slots=True)
class ConversationState:
    """What a run has and finds out.

    `token` is the account's token. A `charged` run never exceeds limits. `may_mint` permits a request for an anonymous
    token. `fresh` returns a new id each time.
    """

    token: str | None
    fresh: Callable[[], str]
    charged: bool = False
    may_mint: bool = True
    session_id: str | None = None
    draft: JsonObject = field(default_factory=dict[str, Json])

    @property
    def polls(self) -> int:
        """The most polls of one export."""
        return POLL_LIMIT if self.charged else MANY_POLLS

    def call(
        self, operation: str, method: str, path: str, body: Json | tuple[File, ...] = None, **headers: str
    ) -> Call:
        """Return a call with the account's token and the attribution headers."""
        return Call(operation, method, path, {**ATTRIBUTION, **headers}, self._bearer(), body)

    def bare(self, operation: str, method: str, path: str, body: Json = None) -> Call:
        """Return a call without attribution headers that only reads, or can only be refused."""
        return Call(operation, method, path, {}, self._bearer(), body, expect_refusal=True)

    def message(self, session_id: str, text: str) -> Call:
        """Return a message to the agent."""
        body: Json = {
            "app_name": AGENT,
            "user_id": ME,
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        return self.call("run_sse", "POST", Path.RUN_SSE, body, Accept=EVENT_STREAM)

    def session(self) -> str:
        """Return the session of the run.

        Raises:
            MissingPart: there is none.
        """
        if self.session_id is None:
            raise MissingPart("There is no session.")
        return self.session_id

    def state(self, name: str, session_id: str) -> NextCall:
        """Return a read of a session's state."""
        return NextCall(name, self.call("state", "GET", Path.STATE.format(user_id=ME, session_id=session_id)))

    def balance(self, name: str) -> NextCall:
        """Return a read of the balance."""
        return NextCall(name, self.call("credits", "GET", Path.CREDITS))

    def _bearer(self) -> str:
        if self.token is None:
            raise MissingPart("There is no token.")
        return self.token


def _token(scene: ConversationState) -> Part:
    if not scene.may_mint:
        raise MissingPart("It may not ask for an anonymous token.")
    headers = {CLIENT_ID_HEADER: scene.fresh()}
    answer = yield NextCall("an anonymous token", Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, headers))
    scene.token = scene.token or text_at(answer.object, "data", "token")
    if scene.charged:
        return
    # It reaches the weekly limit of a client id that only this run uses, so it blocks no other caller.
    yield NextCall("a second token for the same client", Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, headers))
    yield NextCall("a token without a client id", Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, {}))


def _refusals(scene: ConversationState) -> Part:
    message = scene.message(NO_SESSION, "hello")
    expect_refusal = Call(
        message.operation, "POST", message.path, message.headers, message.token, message.body, expect_refusal=True
    )
    state = Path.STATE.format(user_id=ME, session_id=NO_SESSION)
    unknown = Path.RENDER_STATUS.format(render_id=RENDER_ID_PREFIX + "of_nobody")
    stranger = Call("credits", "GET", Path.CREDITS, ATTRIBUTION, STRANGER)
    for ask in (
        NextCall("the balance with a token that nobody was given", stranger),
        NextCall("the state of a session that nobody made", scene.call("state", "GET", state)),
        NextCall("the balance without attribution", scene.bare("credits", "GET", Path.CREDITS)),
        NextCall("a poll of an export that nobody asked for", scene.call("render_status", "GET", unknown)),
        NextCall("a message to a session that nobody made", expect_refusal),
        NextCall("an export of nothing without attribution", scene.bare("submit_render", "POST", Path.RENDER, {})),
    ):
        with suppress(MissingPart):  # if the run may not send one call, it may send the others
            yield ask


def _credits(scene: ConversationState) -> Part:
    yield scene.balance("the balance at first")


def _session(scene: ConversationState) -> Part:
    create = scene.call("create_session", "POST", Path.SESSION.format(user_id=ME), {"task_name": "Kyoto"})
    answer = yield NextCall("a session", create)
    scene.session_id = text_at(answer.object, "data", "session_id")
    yield scene.state("the state of a new session", scene.session())


def _upload(scene: ConversationState) -> Part:
    path = Path.UPLOAD.format(user_id=ME, session_id=scene.session())
    yield NextCall("an upload of a photo", scene.call("upload", "POST", path, (File("photo.png", png()),)))
    yield scene.state("the state after the upload", scene.session())


def _message(scene: ConversationState) -> Part:
    yield scene.balance("the balance before the message")
    text = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
    yield NextCall("a message that asks for a reel", scene.message(scene.session(), text))
    answer = yield scene.state("the state after the message", scene.session())
    scene.draft = object_at(answer.object, "data", "state", "draft")
    yield scene.balance("the balance after the message")


def _edit(scene: ConversationState) -> Part:
    if not scene.draft:
        raise MissingPart("There is no draft to change.")
    yield NextCall("a message that asks for a change", scene.message(scene.session(), "Change the title to 'Nara'"))
    answer = yield scene.state("the state after the change", scene.session())
    scene.draft = object_at(answer.object, "data", "state", "draft") or scene.draft
    yield scene.balance("the balance after the change")


def _talk(scene: ConversationState) -> Part:
    yield NextCall("a question", scene.message(scene.session(), "How do I export this?"))
    yield scene.balance("the balance after the question")


def _export(scene: ConversationState) -> Part:
    if not scene.draft:
        raise MissingPart("There is no draft to export.")
    render_id = RENDER_ID_PREFIX + scene.fresh().replace("-", "")
    output: Json = {**DEFAULT_OUTPUT}
    body: Json = {"id": render_id, "sessionId": scene.session(), "draft": scene.draft, "output": output}
    first = yield NextCall("an export", scene.call("submit_render", "POST", Path.RENDER, body))
    if status_of(first) is None:
        return
    yield NextCall("the same export again", scene.call("submit_render", "POST", Path.RENDER, body))
    poll = scene.call("render_status", "GET", Path.RENDER_STATUS.format(render_id=render_id))
    for number in range(scene.polls):
        answer = yield NextCall("a poll of the export", poll, again=number > 0)
        if status_of(answer) in FINAL:
            break
    else:
        return
    download = scene.call("download_render", "GET", Path.RENDER_DOWNLOAD.format(render_id=render_id))
    yield NextCall("the download of the export", download)
    if (url := address_of(answer)) is not None:
        yield NextCall("the file at its address", Call("", "GET", "", {}, url=url))


def _clip(scene: ConversationState) -> Part:
    create = scene.call("create_session", "POST", Path.SESSION.format(user_id=ME), {"task_name": "Sunrise"})
    answer = yield NextCall("a session for a clip", create)
    session_id = text_at(answer.object, "data", "session_id")
    if session_id is None:
        raise MissingPart("There is no session for a clip.")
    yield scene.balance("the balance before the clip")
    text = "Make a 5-second video of a sunrise over mountains"
    yield NextCall("a message that describes a clip", scene.message(session_id, text))
    yield scene.state("the state after the clip", session_id)
    yield scene.balance("the balance after the clip")


def _cost(*spends: Expense, credits: int = 0) -> Cost:
    return Cost(frozenset(spends), credits)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part of the conversation: how it begins, which operations it calls, and the most that it spends."""

    begin: Callable[[ConversationState], Part]
    calls: str
    cost: Cost = FREE


_EXPORT_CALLS: Final = f"submit_render x2, render_status up to x{POLL_LIMIT}, download_render, the file"
_CLIP_CALLS: Final = "create_session, credits, run_sse, state, credits"

#: The parts in order. A question or a change is free by the vendor's prices, up to 5 credits by a published skill's.
PARTS: Final[dict[str, Chapter]] = {
    "token": Chapter(_token, "anonymous_token", _cost(Expense.TOKEN)),
    "refusals": Chapter(_refusals, "credits x2, state, render_status, run_sse, submit_render"),
    "credits": Chapter(_credits, "credits"),
    "session": Chapter(_session, "create_session, state", _cost(Expense.SESSION)),
    "upload": Chapter(_upload, "upload, state", _cost(Expense.UPLOAD)),
    "message": Chapter(_message, "credits, run_sse, state, credits", _cost(Expense.CREDITS, credits=50)),
    "edit": Chapter(_edit, "run_sse, state, credits", _cost(Expense.CREDITS, credits=5)),
    "talk": Chapter(_talk, "run_sse, credits", _cost(Expense.CREDITS, credits=5)),
    "export": Chapter(
        _export,
        _EXPORT_CALLS,
        _cost(Expense.RENDER),
    ),
    "clip": Chapter(_clip, _CLIP_CALLS, _cost(Expense.SESSION, Expense.CREDITS, credits=150)),
}
#: The parts that a part needs before it.
NEEDS: Final = {
    "upload": ("session",),
    "message": ("session", "upload"),
    "edit": ("session", "upload", "message"),
    "talk": ("session",),
    "export": ("session", "upload", "message"),
}


def choose_chapters(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the named parts and the parts that they need, in the order of the conversation.

    Without names, all parts.

    Raises:
        KeyError: a part is unknown.
    """
    wanted: set[str] = set()
    for name in names:
        _ = PARTS[name]
        wanted |= {name, *NEEDS.get(name, ())}
    return tuple(name for name in PARTS if name in wanted or not names)


def object_at(node: Json, *keys: str) -> JsonObject:
    """Return the object at these keys, or an empty object."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def text_at(node: Json, *keys: str) -> str | None:
    """Return the string at these keys, or None."""
    found = object_at(node, *keys[:-1]).get(keys[-1])
    return found if isinstance(found, str) else None


def status_of(answer: Answer) -> str | None:
    """Return the status of an export from a flat or a wrapped answer, or None."""
    body = answer.object
    return text_at(body, "status") or text_at(body, "data", "status")


def address_of(answer: Answer) -> str | None:
    """Return the address of a finished export's file from a flat or a wrapped answer, or None."""
    body = answer.object
    return text_at(body, "output", "url") or text_at(body, "data", "outputUrl")
