"""A skill's conversation with one user, as flows: an utterance goes in, and the flow emits replies.

The conversation follows both seed documents and the vendor's SKILL 1.9. It connects before anything else. It does
exports, credits, state and uploads itself and sends everything else to the service. It reports what goes on and the
result of every edit. It never repeats a message that the service may have accepted. It explains errors and says what to
do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from nemovideo_client import flows
from nemovideo_client.draft_summary import tracks
from nemovideo_client.errors import (
    DownloadFailed,
    InsufficientCredits,
    NemoError,
    NotFound,
    RenderFailed,
    RenderUnfinished,
    SessionNotFound,
    TokenInvalid,
    UnusableFile,
    redact,
)
from nemovideo_client.flows.effects import Emit, Flow, Notify, Sleep, authorise, examine, now
from nemovideo_client.flows.uploads import check
from nemovideo_client.json_reading import Json, child, integer
from nemovideo_client.models import (
    Exported,
    RenderProgress,
    Session,
    State,
    TurnOutcome,
    TurnResult,
    UploadedFile,
    format_size,
)
from nemovideo_client.progress import StillWorking
from nemovideo_contract import wire
from nemovideo_contract.draft import TrackType
from nemovideo_skills.agent import draft_translation, platform_versions
from nemovideo_skills.agent.actions_and_replies import ISO, Action, Language, Reply, ReplyKind, language_of
from nemovideo_skills.agent.output_file import choose
from nemovideo_skills.agent.phrases import Phrases
from nemovideo_skills.agent.router import Route, routes
from nemovideo_skills.agent.turn_replies import TurnReplies
from nemovideo_skills.agent.unfinished_work import Unfinished, WorkStatus, check_work

T = TypeVar("T")

_TOOLS: Final = re.compile("|".join(map(re.escape, (wire.TOOL_GENERATE, wire.TOOL_EDIT))))
#: Text that looks like small talk or a question, although it may be an edit; for it, no wait is announced.
_TALK: Final = re.compile(
    r"\s*(?:(?:hello|hi|hey|thanks?|thank you|good (?:morning|evening))\b.{0,12}|(?:你好|您好|谢谢|嗨).{0,6}"
    r"|(?:what|which|how|why|who|when|is|are|does|do|can i|may i)\b.{0,160}\?|.{0,60}(?:什么|怎么|为什么|哪"
    r"|多少).{0,60}[?？])\s*",
    re.IGNORECASE,
)
#: Requests about the file that no export can meet.
_OTHER_FILE: Final = re.compile(r"\b(?:[248]k|mov|gif|webm|avi|\d+ ?fps)\b|\d+ ?帧", re.IGNORECASE)
_KEYWORD: Final = re.compile(r"[\x00-\x7f]{1,24}")


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Work that was begun and whose result the user has not got: its session, and its render if it is one."""

    session: Session
    render_id: str | None


class Conversation:
    """What the agent knows about its user and the project; `say` is the flow of one utterance.

    It writes videos into `folder` unless the user names another place. `on_status` gets at once what becomes due while
    the driver waits for bytes; without it, that comes with the next reply.
    """

    def __init__(self, service: flows.Service, folder: Path, on_status: Callable[[Reply], None] | None = None) -> None:
        self._on_status = on_status
        self._late: list[Reply] = []
        self._service = service
        self._folder = folder
        self._session: Session | None = None
        self._user_id: str | None = None
        self._phrases = Phrases("en", service.web_url)
        self._begun = False
        #: The uploaded files and links, by the service's names for them.
        self._sources: dict[str, Path | str] = {}
        self._draft: Json | None = None
        #: The id of a render that goes on, or whose file is not downloaded yet.
        self._pending: str | None = None
        #: The time of its last poll, in seconds since the epoch.
        self._looked = 0.0
        self._first_balance: int | None = None
        #: A turn whose end was not seen.
        self._unfinished: Unfinished | None = None
        #: The number of messages that the service accepted, or may have accepted.
        self._taken = 0

    def say(self, utterance: str) -> Flow[None]:
        """Do what the user asks, and emit each `Reply` when it is due; errors become replies."""
        self._listen(utterance)
        try:
            if self._session is None:
                yield from self._connect()
        except NemoError as error:
            yield self._text(self._words(error))
            return
        if not utterance.strip():
            yield self._question("what")
            return
        found = routes(utterance, self._sources)
        for number, route in enumerate(found):
            rest = found[number + 1 :]
            if not (yield from self._try(route, last=not rest)):
                if rest:
                    told = self._phrases.listed([each.text for each in rest])
                    yield self._text(self._phrases.say("left", rest=told))
                return

    def tell(self, value: object) -> None:
        """Receive a notice from the driver, which waits while no flow can emit a reply."""
        if isinstance(value, StillWorking):
            reply = self._still(value)
            if self._on_status is None:
                self._late.append(reply)
            else:
                self._on_status(reply)

    @property
    def left_over(self) -> LeftOver | None:
        """The work that was begun and not shown to the user; None if nothing is left."""
        is_unseen = self._unfinished is not None and not self._unfinished.is_reported
        if self._session is None or (self._pending is None and not is_unseen):
            return None
        return LeftOver(self._session, self._pending)

    # --- what every utterance needs -----------------------------------------------------------------------------------

    def _listen(self, utterance: str) -> None:
        """Detect the user's language; a single keyword such as "export" does not change it."""
        language: Language = language_of(utterance) or self._phrases.language
        if language == "en" and self._begun and _KEYWORD.fullmatch(utterance.strip()) and " " not in utterance.strip():
            language = self._phrases.language
        self._phrases = Phrases(language, self._service.web_url)
        self._begun = True

    def _reply(self, kind: ReplyKind, text: str) -> Reply:
        return Reply(kind, _TOOLS.sub("…", redact(text)))

    def _text(self, text: str) -> Emit:
        return Emit(self._reply("text", text))

    def _status(self, key: str, **values: object) -> Emit:
        return Emit(self._reply("status", self._phrases.say(key, **values)))

    def _question(self, key: str, **values: object) -> Emit:
        return Emit(self._reply("question", self._phrases.say(key, **values)))

    def _still(self, value: StillWorking) -> Reply:
        return self._reply("status", self._phrases.say("still", minutes=round(value.seconds / 60)))

    def _words(self, error: NemoError) -> str:
        if isinstance(error, InsufficientCredits):
            return self._phrases.credits_gone(self._user_id)
        return self._phrases.error(error)

    def _at(self) -> Session:
        assert self._session is not None  # `say` connects first
        return self._session

    def _connect(self) -> Flow[None]:
        yield self._status("connecting")
        token = yield from authorise()
        yield from self._open()
        self._user_id = token.user_id or self._at().user_id
        self._first_balance = token.credits
        ready = self._phrases.say("connected")
        if token.credits is not None:
            ready = self._phrases.say("connected_free", credits=token.credits)
        yield self._text(ready)

    def _open(self) -> Flow[None]:
        self._session = yield from flows.create_session(self._service, "project", ISO[self._phrases.language])
        self._draft = self._pending = self._unfinished = None

    def _reopen(self) -> Flow[str]:
        """Create a new session in place of a lost one, with the same files; return words about the files."""
        yield from self._open()
        if not self._sources:
            return ""
        yield from flows.upload(self._service, self._at().session_id, list(self._sources.values()))
        return self._phrases.say("with_uploads")

    def _try(self, route: Route, *, last: bool) -> Flow[bool]:
        """Act on a route and report its errors; return whether to continue with the next route."""
        taken = self._taken
        try:
            return (yield from self._act(route, last=last))
        except SessionNotFound:
            pass
        except NemoError as error:
            yield self._text(self._words(error))
            return False
        started = self._draft is not None
        try:
            again = yield from self._reopen()
            if self._taken != taken:
                yield self._question("lost", again=again)
                return False
            if started or route.action not in (Action.SSE, Action.UPLOAD):
                yield self._question("new_session", again=again)
                return False
            # The session was lost before the service accepted the message, and it was empty: nothing is done twice.
            yield self._text(self._phrases.say("reopened", again=again))
            return (yield from self._act(route, last=last))
        except NemoError as error:
            yield self._text(self._words(error))
            return False

    def _clear(self, request: str, *, is_export: bool = False) -> Flow[bool]:
        """Return whether to act on a request now, or whether earlier work may still go on; report what is known."""
        left = self._unfinished
        if left is None or left.asked == request:
            return True
        left.asked = request  # before the check, which may fail each time
        found = yield from check_work(self._service, self._at(), left)
        if found.state is not None:
            self._draft = found.state.draft or self._draft
        if found.status is WorkStatus.OVER or (found.status is WorkStatus.UNSEEN and left.is_looked_for):
            self._unfinished = None
            if found.changes and not left.is_reported:
                told = draft_translation.changes(found.changes, self._phrases.language)
                yield self._text(self._phrases.say("changed_late", changes=told))
            return True
        held = "at_work" if found.status is WorkStatus.AT_WORK else "unseen"
        yield self._question(f"{held}_export" if is_export else held)
        return False

    def _reshape(self, route: Route) -> Flow[bool]:
        """Change the project's ratio for the next export, if it has another ratio."""
        if self._draft is not None and platform_versions.fits(route.ratio, self._draft):
            return True
        if not (yield from self._turn(route.text, last=False)):
            return False
        if self._draft is not None and not platform_versions.fits(route.ratio, self._draft):
            yield self._text(self._phrases.say("not_reshaped", ratio=route.ratio))
            return False
        return True

    def _act(self, route: Route, *, last: bool) -> Flow[bool]:
        match route.action:
            case Action.UPLOAD:
                return self._upload(route.files, last=last)
            case Action.CREDITS:
                return self._credits()
            case Action.STATE:
                return self._state()
            case Action.EXPORT:
                return self._export(route)
            case Action.SSE:
                return self._reshape(route) if route.ratio else self._turn(route.text, last=last)
            case Action.TALK:
                return self._talk(route)

    # --- the skill's own work -----------------------------------------------------------------------------------------

    def _talk(self, route: Route) -> Flow[bool]:
        yield self._text(self._phrases.say(route.reason))
        return True

    def _credits(self) -> Flow[bool]:
        found = yield from flows.read_credits(self._service)
        key = "frozen" if found.frozen else "balance"
        told = [self._phrases.say(key, available=found.available, frozen=found.frozen)]
        first = self._first_balance
        if first is not None and first > found.available:
            told.append(self._phrases.say("spent", spent=first - found.available))
        yield self._text(self._phrases.joined([*told, self._phrases.say("costs")]))
        return True

    def _state(self) -> Flow[bool]:
        state = yield from flows.read_state(self._service, self._at().session_id)
        if self._unfinished is not None:
            self._unfinished.note(state)
        yield self._text(self._timeline(state))
        return True

    def _timeline(self, state: State) -> str:
        self._draft = state.draft or self._draft
        if state.draft is not None:
            return draft_translation.summary(state.draft, self._phrases.language)
        names = list(self._sources)
        uploads = self._phrases.say("uploads", count=len(names), names=self._phrases.listed(names)) if names else ""
        return self._phrases.say("empty", uploads=uploads or self._phrases.say("what")).strip()

    def _upload(self, files: Sequence[str], *, last: bool) -> Flow[bool]:
        sources: list[Path | str] = [
            name if flows.origin_of(name) is not None else Path(name).expanduser() for name in files
        ]
        if not sources:
            yield self._question("which")
            return True
        problems: list[str] = []
        for source in sources:
            if isinstance(source, Path):
                try:
                    check((yield from examine(source)))
                except UnusableFile as error:
                    problems.append(self._phrases.unusable(error))
        if problems:
            yield self._text(self._phrases.joined([*problems, self._phrases.say("not_uploaded")]))
            return False
        names = self._phrases.listed([_base(source) for source in sources])
        yield self._status("uploading", names=names)
        found = yield from flows.upload(self._service, self._at().session_id, sources)
        self._sources.update(zip((file.filename or _base(source) for file, source in zip(found, sources, strict=False)),
                                 sources, strict=False))  # fmt: skip
        yield self._text(
            self._phrases.say("uploaded", names=self._phrases.listed([self._described(file) for file in found]))
        )
        if last:
            yield self._question("make")
        return True

    def _described(self, file: UploadedFile) -> str:
        facts = [f"{file.width}x{file.height}"] if file.width and file.height else []
        if file.duration:
            facts.append(self._phrases.say("seconds", seconds=file.duration))
        return file.filename + (f" ({self._phrases.listed(facts)})" if facts else "")

    def _export(self, route: Route) -> Flow[bool]:
        if not (yield from self._clear(route.text, is_export=True)):
            return False
        destination = yield from choose(self._folder, route.files, is_own_name=bool(route.ratio))
        for note in destination.notes:
            yield self._text(self._phrases.say(note, name=destination.named, path=destination.path.name))
        if _OTHER_FILE.search(route.text) and "plain_mp4" not in destination.notes:
            yield self._text(self._phrases.say("plain_mp4"))
        exported = yield from self._render(destination.path)
        facts = [format_size(exported.size)]
        if exported.duration is not None:
            facts.insert(0, self._phrases.say("seconds", seconds=exported.duration))
        ready = self._phrases.say("ready", path=exported.path, facts=self._phrases.listed(facts))
        yield Emit(replace(self._reply("file", ready), path=exported.path, url=exported.url))
        try:
            link = yield from flows.claim_link(self._service, self._at())
        except NemoError:
            return True  # most documents do not describe this call, and the file is complete without it
        yield Emit(Reply("text", self._phrases.say("link", url=link), url=link))
        return True

    def _render(self, destination: Path) -> Flow[Exported]:
        seen: list[RenderProgress] = []
        pending, self._pending = self._pending, None

        def show(value: object) -> list[Reply]:
            return self._progress(value, seen, begins=pending is None)

        if pending is not None:
            yield self._status("picking_up")
            since = (yield from now()) - self._looked
            if since < self._service.limits.poll_interval_s:
                yield Sleep(self._service.limits.poll_interval_s - since)
            flow = flows.pick_up(self._service, pending, destination)
        else:
            order = flows.order(self._at().session_id, None, None)
            flow = flows.export(self._service, order, destination)
        try:
            return (yield from self._shown(flow, show))
        except (RenderUnfinished, DownloadFailed) as error:
            self._pending = error.render_id
            self._looked = yield from now()
            raise
        except GeneratorExit:  # the caller stopped early: the render goes on, and a later export can continue it
            self._pending = seen[-1].render_id if seen else pending
            raise
        except (NotFound, RenderFailed):
            raise
        except NemoError:
            self._pending = pending
            raise

    def _progress(self, value: object, seen: list[RenderProgress], *, begins: bool) -> list[Reply]:
        """Return the replies about a render's progress; `seen` are the earlier values, to which this one is added."""
        if isinstance(value, StillWorking):
            return [self._still(value)]
        if not isinstance(value, RenderProgress):
            return []
        before = seen[-1] if seen else None
        seen.append(value)
        if before is None:
            return [self._reply("status", self._phrases.say("rendering"))] if begins else []
        if value.render_id != before.render_id:
            return [self._reply("status", self._phrases.say("again"))]
        if value.percent in (None, before.percent):
            return []
        return [self._reply("status", self._phrases.say("percent", percent=value.percent))]

    def _shown(self, flow: Flow[T], show: Callable[[object], list[Reply]]) -> Flow[T]:
        """Run a flow of the client; `show` turns its emitted values, notices and waits into replies."""
        try:
            effect = next(flow)
            while True:
                value = effect.value if isinstance(effect, Emit | Notify) else effect
                late, self._late = self._late, []
                for reply in (*late, *(show(value) if isinstance(effect, Emit | Notify | Sleep) else ())):
                    yield Emit(self._reply(reply.kind, reply.text))
                if isinstance(effect, Emit | Notify):
                    effect = flow.send(None)
                    continue
                try:
                    outcome = yield effect
                except NemoError as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    # --- what the service does ----------------------------------------------------------------------------------------

    def _turn(self, message: str, *, last: bool) -> Flow[bool]:
        if not (yield from self._clear(message)):
            return False
        replies = TurnReplies(self._phrases)
        ending = yield from self._heard(message, replies)
        if ending.kind is TurnOutcome.REFUSED and ending.error is not None:
            raise ending.error
        for reply in replies.close():
            yield Emit(self._reply(reply.kind, reply.text))
        if ending.kind is TurnOutcome.ANSWERED:
            yield from self._answered(replies)
            good = True
        else:
            good = yield from self._unsaid(ending)
        if good and replies.worked:
            self._pending = None
            if last and self._draft is not None:
                yield Emit(self._reply("question", self._phrases.steps(_next_steps(self._draft))))
        return good

    def _heard(self, message: str, replies: TurnReplies) -> Flow[TurnResult]:
        """Send a message and follow its turn; remember a turn that was closed or lost as unfinished."""
        self._unfinished = None
        if _TALK.fullmatch(message) is None:
            yield self._status("working")
        before: list[State] = []

        def show(value: object) -> list[Reply]:
            if isinstance(value, State):
                before.append(value)
            return replies.show(value)

        flow = flows.turn(self._service, self._at(), flows.check_message(message))
        try:
            ending = yield from self._shown(flow, show)
        except GeneratorExit:  # the caller stopped early: the work goes on
            if before:
                self._unfinished = Unfinished(before[-1], is_looked_for=False)
            raise
        if ending.kind is not TurnOutcome.REFUSED:
            self._taken += 1
            if ending.kind not in {TurnOutcome.ANSWERED, TurnOutcome.SILENT} and not ending.changes:
                self._unfinished = Unfinished(before[-1] if before else None, is_looked_for=True)
        return ending

    def _answered(self, replies: TurnReplies) -> Flow[None]:
        """Add the information that the agent's instructions for an editor refer to."""
        if replies.worked:
            try:
                told = self._timeline((yield from flows.read_state(self._service, self._at().session_id)))
            except NemoError:
                told = ""  # the work is done and reported; the timeline is optional
            if told and (replies.two_stage or not replies.has_content or Action.STATE in replies.actions):
                yield self._text(told)
            if replies.two_stage:
                yield self._text(self._phrases.say("keep"))
            elif not told and not replies.has_content:
                yield self._text(self._phrases.say("done"))
            return
        if Action.CREDITS in replies.actions:
            yield from self._credits()
        if Action.STATE in replies.actions:
            yield from self._state()
        offers = [offer for offer in replies.offers if "status" not in offer and "状态" not in offer]
        offers = [offer for offer in offers if "credits" not in offer and "积分" not in offer]
        if offers:
            yield self._text(self._phrases.joined(offers))

    def _unsaid(self, ending: TurnResult) -> Flow[bool]:
        """Report the changes of a turn that ended without text or broke off; return whether it did its work."""
        if ending.state is not None:
            self._draft = ending.state.draft or self._draft
        late = "" if ending.kind is TurnOutcome.SILENT else "_late"
        if ending.changes:
            told = draft_translation.changes(ending.changes, self._phrases.language)
            yield self._text(self._phrases.say(f"changed{late}", changes=told))
            return True
        if isinstance(ending.error, InsufficientCredits | SessionNotFound):
            raise ending.error
        if isinstance(ending.error, TokenInvalid):
            yield self._text(self._words(ending.error))
        yield self._question("unknown" if ending.changes is None else f"unchanged{late}")
        return False


def _base(source: Path | str) -> str:
    return source.name if isinstance(source, Path) else source.rstrip("/").rpartition("/")[2]


def _next_steps(draft: Json) -> list[str]:
    """Return two or three next steps that the user may want; the file is one of them."""
    kinds = {track.type for track in tracks(draft) if track.items}
    wanted = [key for key, kind in (("music", TrackType.AUDIO), ("title", TrackType.TEXT)) if kind not in kinds]
    size = child(draft, "m")
    upright = (integer(size, "height") or 0) > (integer(size, "width") or 0)
    return [*(wanted or ["length", "square" if upright else "upright"])[:2], "export"]
