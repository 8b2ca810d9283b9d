"""Files on their way into a session: as parts of a form, or by URL.

A file is written to disk once, as it arrives, and is looked at as early as its name, its first bytes or its size allow.
What is refused ends the request at once: all of its files are filed, or none.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import quote, unquote, urlsplit

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nemovideo_contract.wire import FORMATS, UPLOAD_FIELD, UPLOAD_SOURCE_TYPE, Code, file_type_of
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.http.multipart import MAX_FILES, FormError, FormReader, PartBegin, PartContent
from nemovideo_mock.http.request_context import (
    RequestContext,
    account_of,
    authorize,
    find_session,
    json_object,
    text_field,
)
from nemovideo_mock.http.responses import refusal, success
from nemovideo_mock.journal import FilePart
from nemovideo_mock.json_types import Json
from nemovideo_mock.media import START, MediaFacts, UnsupportedMedia, foresee, probe
from nemovideo_mock.runtime.storage import Arrival, Storage
from nemovideo_mock.turn_plan import Media

if TYPE_CHECKING:
    from nemovideo_mock.http.url_fetch import Fetcher

ACCEPTED: Final = ", ".join(ending for endings in FORMATS.values() for ending in endings)
#: Bytes that are gathered before a thread writes them: what each upload that waits for its caller takes of memory.
CHUNK: Final = 1 << 17
#: Files that are decoded at a time: a hostile picture takes a quarter of a gigabyte while it is.
MAX_PROBES: Final = 2
#: Characters of a file's name.
MAX_NAME: Final = 255
#: Real seconds in which a refused caller may go on sending before the connection closes under it.
LINGER_S: Final = 2.0

_probes: RunVar[CapacityLimiter] = RunVar("probes")


async def upload(request: Request) -> Response:
    """Take files into a session: all of them, or none where one is bad."""
    call = authorize(request, "upload")
    world = call.runtime.world
    world.sessions.check_user(account_of(call), request.path_params["user_id"])
    session = find_session(call, request.path_params["session_id"])
    base = str(request.base_url)
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        body = BodyStream(request.receive)
        intake = intake_of(call, base)
        try:
            arrivals = await by_form(request.headers["content-type"], body, intake)
        except ServiceError as error:
            if body.complete:
                raise
            return EarlyRefusal(refusal(error, call.profile), body)
        finally:
            call.exchange.files = intake.seen
    else:
        arrivals = await by_url(await json_object(request), call, base)
    for media, info in arrivals:
        world.sessions.add_media(session, media, info)
    return success({"files": [info for _, info in arrivals], "session_state_applied": True})


def intake_of(call: RequestContext, base: str) -> UploadIntake:
    """What takes the files of this call."""
    return UploadIntake(call.runtime.storage, call.runtime.size_limit(account_of(call)), base)


class BodyStream:
    """The body of a request in pieces; `complete` says that nothing more of it will come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces as they come; 400 where the caller leaves, for nobody to read."""
        while not self.complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.complete = True
                raise ServiceError(Code.BAD_REQUEST, "The caller left before the form was complete.")
            self.complete = not message.get("more_body", False)
            yield message.pop("body", b"")  # to be held by nobody else while the next is awaited

    async def drain(self) -> None:
        """Read the rest and forget it."""
        with suppress(ServiceError):
            async for _ in self:
                pass


class EarlyRefusal(Response):
    """No, in the middle of a body: the answer at once, and after it the end of the connection.

    Closing right away would reset the connection under a caller that still sends, and many then never read the answer.
    So what comes for a moment after the answer is read and dropped.
    """

    def __init__(self, answer: Response, rest: BodyStream) -> None:
        super().__init__(answer.body, answer.status_code, {**answer.headers, "Connection": "close"})
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, linger, end."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with anyio.move_on_after(LINGER_S):
            await self._rest.drain()
        await send({"type": "http.response.body", "body": b""})


# --- files of one request ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that is complete and good."""

    filename: str
    arrival: Arrival
    facts: MediaFacts


class IncomingFile:
    """One file on its way: `add` its bytes, then `end` it. Raises `ServiceError` as soon as it can't be taken."""

    def __init__(self, filename: str, arrival: Arrival | None, limit: int, seen: FilePart | None = None) -> None:
        self._filename = filename
        self._seen = seen
        #: None where the bytes are only counted.
        self._arrival = arrival
        self._limit = limit
        self._size = 0
        self._pending: list[bytes | memoryview] = []
        self._pending_size = 0
        self._start: bytearray | None = bytearray()

    async def add(self, data: bytes | memoryview) -> None:
        """The next bytes."""
        self._size += len(data)
        if self._seen is not None:
            self._seen.size = self._size
        if self._size > self._limit:
            raise ServiceError(Code.FILE_TOO_LARGE, f"{self._filename} is larger than {amount(self._limit)}.")
        if self._arrival is None:
            return
        if self._start is not None:
            self._start += data[: START - len(self._start)]
            if len(self._start) == START:
                self._foresee(self._start)
                self._start = None
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= CHUNK:
            await self._write(self._arrival)

    def _foresee(self, start: bytearray) -> None:
        try:
            foresee(bytes(start), self._filename)
        except UnsupportedMedia as error:
            raise ServiceError(Code.UNSUPPORTED_FILE, str(error)) from None

    async def _write(self, arrival: Arrival) -> None:
        pieces, self._pending, self._pending_size = self._pending, [], 0
        await to_thread.run_sync(arrival.write, pieces)

    async def end(self) -> CheckedFile | None:
        """The file as a whole, looked at; None where its bytes were only counted."""
        arrival = self._arrival
        if arrival is None:
            return None
        if self._pending:
            await self._write(arrival)
        await to_thread.run_sync(arrival.close)
        try:
            # In a thread, as it may decode.
            facts = await to_thread.run_sync(
                partial(probe, arrival.path, self._filename, sha256=arrival.sha256), limiter=probes()
            )
        except UnsupportedMedia as error:
            raise ServiceError(Code.UNSUPPORTED_FILE, str(error)) from None
        return CheckedFile(self._filename, arrival, facts)


def probes() -> CapacityLimiter:
    """Whose turn it is to decode, in this event loop."""
    try:
        return _probes.get()
    except LookupError:
        limiter = CapacityLimiter(MAX_PROBES)
        _probes.set(limiter)
        return limiter


class UploadIntake:
    """The files of one request; leaving the block removes whatever of them has not been filed."""

    def __init__(self, storage: Storage, limit: int, base: str) -> None:
        self._storage = storage
        self._limit = limit
        self._base = base
        #: What a form brought, whether it could be taken or not; sizes in bytes, as far as they came.
        self.seen: list[FilePart] = []
        self._arrivals: list[Arrival] = []
        self._checked: list[CheckedFile] = []
        self._receiving = ExitStack()

    def __enter__(self) -> Self:
        self._receiving.enter_context(self._storage.receiving())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._receiving.close()
        for arrival in self._arrivals:
            with suppress(OSError):
                arrival.discard()

    def begin(self, filename: str, content_type: str = "") -> IncomingFile:
        """A file comes; 4001 where its name says that it can't be taken."""
        seen = self._see(filename, content_type)
        if file_type_of(filename) is None:
            raise unsupported_format(filename)
        arrival = Arrival(self._storage.incoming())
        self._arrivals.append(arrival)
        return IncomingFile(filename, arrival, self._limit, seen)

    def ignore(self, filename: str, content_type: str = "") -> IncomingFile:
        """A file comes that nobody asked for: counted, and dropped."""
        return IncomingFile(filename or "A file without a name", None, self._limit, self._see(filename, content_type))

    def _see(self, filename: str, content_type: str) -> FilePart:
        self.seen.append(FilePart(filename, content_type, 0))
        return self.seen[-1]

    async def end(self, incoming: IncomingFile) -> None:
        """A file is complete."""
        checked = await incoming.end()
        if checked is not None:
            self._checked.append(checked)

    async def file(self) -> list[tuple[Media, Json]]:
        """File all of them, in their order."""

        def keep() -> None:
            for each in self._checked:
                self._storage.keep(each.arrival.path, each.facts.sha256)
                self._arrivals.remove(each.arrival)

        await to_thread.run_sync(keep)
        return [
            entry(each.filename, f"{self._base}cdn/uploads/{each.facts.sha256}/{quote(each.filename)}", each.facts)
            for each in self._checked
        ]


def disk_trouble(error: OSError) -> ServiceError:
    """507: it is not the caller's fault."""
    reason = error.strerror or type(error).__name__
    return ServiceError(Code.BAD_REQUEST, f"The fake could not store the upload: {reason}.", status=507)


# --- by form ----------------------------------------------------------------------------------------------------------


async def by_form(content_type: str, body: BodyStream, intake: UploadIntake) -> list[tuple[Media, Json]]:
    """The parts named `files`, checked, measured and filed."""
    try:
        with intake:
            await read_form(FormReader(content_type), body, intake)
            return await intake.file()
    except FormError as error:
        raise ServiceError(Code.BAD_REQUEST, str(error)) from None
    except OSError as error:
        raise disk_trouble(error) from None


async def read_form(reader: FormReader, body: BodyStream, intake: UploadIntake) -> None:
    """Drive the files of a form into an intake; 400 where it has none."""
    incoming: IncomingFile | None = None
    count = 0
    other = ""

    async def take(piece: bytes) -> None:
        nonlocal incoming, count, other
        for event in reader.feed(piece):
            if isinstance(event, PartContent):
                if incoming is not None:
                    await incoming.add(event.data)
            elif not isinstance(event, PartBegin):
                if incoming is not None:
                    await intake.end(incoming)
                incoming = None
            elif event.field != UPLOAD_FIELD:
                other = other or safe_name(event.field) or "without a name"
                incoming = (
                    None if event.filename is None else intake.ignore(safe_name(event.filename), event.content_type)
                )
            elif event.filename is None:
                raise ServiceError(
                    Code.BAD_REQUEST,
                    f'The field {UPLOAD_FIELD} has no file name: send it as a file ("files=@cat.jpg").',
                )
            else:
                incoming = intake.begin(safe_name(event.filename), event.content_type)
                count += 1

    async for piece in body:
        await take(piece)
        del piece  # callers may be slow, and many
    reader.finish()
    if not count:
        instead = f", only the field {other}" if other else ""
        raise ServiceError(Code.BAD_REQUEST, f"The form has no file in the field {UPLOAD_FIELD}{instead}.")


# --- by URL -----------------------------------------------------------------------------------------------------------


async def by_url(body: Json, call: RequestContext, base: str) -> list[tuple[Media, Json]]:
    """Files by URL: answered from their names alone, or fetched where the fake may."""
    if text_field(body, "source_type", default=UPLOAD_SOURCE_TYPE) != UPLOAD_SOURCE_TYPE:
        raise ServiceError(Code.BAD_REQUEST, 'The field source_type must be "url".')
    urls = body.get("urls")
    if not isinstance(urls, list) or not urls:
        raise ServiceError(Code.BAD_REQUEST, "The field urls must be a list of at least one URL.")
    named_urls = [(url, describe_url(url)) for url in cast("list[object]", urls)]
    if len(named_urls) > MAX_FILES:
        raise ServiceError(Code.BAD_REQUEST, f"The field urls has more than {MAX_FILES} entries.")
    if call.runtime.settings.allow_fetch:
        wanted = [(cast("str", url), media.filename) for url, (media, _) in named_urls]
        return await fetch_files(wanted, intake_of(call, base))
    return [arrival for _, arrival in named_urls]


async def fetch_files(urls: list[tuple[str, str]], intake: UploadIntake) -> list[tuple[Media, Json]]:
    """Fetch files one after another, each a URL and the name that it goes by."""
    from nemovideo_mock.http.url_fetch import FetchError

    fetch = fetcher()
    try:
        with intake:
            for url, filename in urls:
                async with fetch.open(url) as pieces:
                    incoming = intake.begin(filename)
                    async for piece in pieces:
                        await incoming.add(piece)
                    await intake.end(incoming)
            return await intake.file()
    except FetchError as error:
        raise ServiceError(Code.BAD_REQUEST, str(error)) from None
    except OSError as error:
        raise disk_trouble(error) from None


def fetcher() -> Fetcher:
    """What fetches: it keeps to the public internet."""
    from nemovideo_mock.http.url_fetch import Fetcher

    return Fetcher()


def describe_url(url: object) -> tuple[Media, Json]:
    """One file by URL: its kind from the ending, everything that only its bytes could tell unknown."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ServiceError(Code.BAD_REQUEST, "Each entry of urls must be an http or https URL.")
    address = cast("str", url)
    filename = safe_name(unquote(parts.path))
    file_type = file_type_of(filename)
    if file_type is None:
        raise unsupported_format(filename)
    sha256 = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    return entry(
        filename, address, MediaFacts(file_type, filename.rpartition(".")[2].lower(), 0, sha256, None, None, None, None)
    )


# --- what both have ---------------------------------------------------------------------------------------------------


def entry(filename: str, url: str, facts: MediaFacts) -> tuple[Media, Json]:
    """An upload as the agent and as the caller see it."""
    media = Media(filename, facts.file_type.value, url, facts.sha256, facts.duration, facts.width, facts.height)
    return media, {
        "filename": filename,
        "file_type": facts.file_type.value,
        "cdn_url": url,
        "duration": facts.duration,
        "width": facts.width,
        "height": facts.height,
        "fps": facts.fps,
        "hash": facts.sha256,
    }


def safe_name(name: str) -> str:
    """The last part of a name as sent, without what could mean a path or break a line; a long one keeps its ending."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable())
    stem, dot, ending = shown.rpartition(".")
    if len(shown) <= MAX_NAME or len(ending) >= MAX_NAME // 2:
        return shown[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(dot) - len(ending)]}{dot}{ending}"


def unsupported_format(filename: str) -> ServiceError:
    """4001, with the formats that are accepted."""
    return ServiceError(
        Code.UNSUPPORTED_FILE, f"{filename or 'A file without a name'} is not supported. Accepted: {ACCEPTED}."
    )


def amount(size: int) -> str:
    """A number of bytes in words."""
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size} bytes"
