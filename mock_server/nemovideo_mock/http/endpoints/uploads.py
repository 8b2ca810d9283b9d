"""The endpoint for uploads: files in a form, or files by URL.

A file is written to disk once, as it arrives. It is checked as early as its name, its first bytes or its size allow. A
refused file ends the request at once. Either all files of a request are stored, or none.
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
from nemovideo_mock.http.responses import refusal, success, warn_of_links
from nemovideo_mock.journal import FilePart
from nemovideo_mock.json_types import Json
from nemovideo_mock.media import START, MediaFacts, UnsupportedMedia, check_start, probe
from nemovideo_mock.runtime.storage import Arrival, Storage
from nemovideo_mock.turn_plan import Media

if TYPE_CHECKING:
    from nemovideo_mock.http.url_fetch import Fetcher

ACCEPTED: Final = ", ".join(ending for endings in FORMATS.values() for ending in endings)
#: Bytes that are collected before a thread writes them, which is the memory of an upload that waits for its caller.
CHUNK: Final = 1 << 17
#: Files that are decoded at a time: a hostile picture takes a quarter of a gigabyte.
MAX_PROBES: Final = 2
#: The most characters of a file name.
MAX_NAME: Final = 255
#: The most characters of a URL (*assumed*); signed URLs have up to 4,000.
MAX_URL: Final = 8192
#: Real seconds in which a refused caller may continue to send before the connection closes.
LINGER_S: Final = 2.0

_probes: RunVar[CapacityLimiter] = RunVar("probes")


async def upload(request: Request) -> Response:
    """Add files to a session: all of them, or none if one is invalid."""
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
    response = success({"files": [info for _, info in arrivals], "session_state_applied": True})
    response.headers.update(warn_of_links(request))
    return response


def intake_of(call: RequestContext, base: str) -> UploadIntake:
    """Return the object that takes the files of this request."""
    return UploadIntake(call.runtime.storage, call.runtime.size_limit(account_of(call)), base)


class BodyStream:
    """The body of a request in pieces; `complete` is true if nothing more of it will come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the pieces as they come; raise 400 if the caller leaves, although no one receives it."""
        while not self.complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.complete = True
                raise ServiceError(Code.BAD_REQUEST, "The caller left before the form was complete.")
            self.complete = not message.get("more_body", False)
            yield message.pop("body", b"")  # do not keep a reference while the next piece is awaited

    async def drain(self) -> None:
        """Read the rest and discard it."""
        with suppress(ServiceError):
            async for _ in self:
                pass


class EarlyRefusal(Response):
    """A refusal in the middle of a body: the response is sent at once, and then the connection ends.

    An immediate close would reset the connection of a caller that still sends, and many callers then never read the
    response. So the rest that arrives within a short time is read and discarded.
    """

    def __init__(self, answer: Response, rest: BodyStream) -> None:
        super().__init__(answer.body, answer.status_code, {**answer.headers, "Connection": "close"})
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, read for a short time, close the connection."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with anyio.move_on_after(LINGER_S):
            await self._rest.drain()
        await send({"type": "http.response.body", "body": b""})


# --- files of one request ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that is complete and valid."""

    filename: str
    arrival: Arrival
    facts: MediaFacts


class IncomingFile:
    """One file that is being received: `add` its bytes, then `end` it. Both raise `ServiceError` if it is invalid."""

    def __init__(self, filename: str, arrival: Arrival | None, limit: int, seen: FilePart | None = None) -> None:
        self._filename = filename
        self._seen = seen
        #: None if the bytes are only counted.
        self._arrival = arrival
        self._limit = limit
        self._size = 0
        self._pending: list[bytes | memoryview] = []
        self._pending_size = 0
        self._start: bytearray | None = bytearray()

    async def add(self, data: bytes | memoryview) -> None:
        """Add the next bytes."""
        self._size += len(data)
        if self._seen is not None:
            self._seen.size = self._size
        if self._size > self._limit:
            raise ServiceError(Code.FILE_TOO_LARGE, f"{self._filename} is larger than {format_size(self._limit)}.")
        if self._arrival is None:
            return
        if self._start is not None:
            self._start += data[: START - len(self._start)]
            if len(self._start) == START:
                self._check_start(self._start)
                self._start = None
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= CHUNK:
            await self._write(self._arrival)

    def _check_start(self, start: bytearray) -> None:
        try:
            check_start(bytes(start), self._filename)
        except UnsupportedMedia as error:
            raise ServiceError(Code.UNSUPPORTED_FILE, str(error)) from None

    async def _write(self, arrival: Arrival) -> None:
        pieces, self._pending, self._pending_size = self._pending, [], 0
        await to_thread.run_sync(arrival.write, pieces)

    async def end(self) -> CheckedFile | None:
        """Check the whole file and return it; None if its bytes were only counted."""
        arrival = self._arrival
        if arrival is None:
            return None
        if self._pending:
            await self._write(arrival)
        await to_thread.run_sync(arrival.close)
        try:
            # In a thread, because it may decode.
            facts = await to_thread.run_sync(
                partial(probe, arrival.path, self._filename, sha256=arrival.sha256), limiter=probes()
            )
        except UnsupportedMedia as error:
            raise ServiceError(Code.UNSUPPORTED_FILE, str(error)) from None
        return CheckedFile(self._filename, arrival, facts)


def probes() -> CapacityLimiter:
    """Return the semaphore of this event loop for decoding."""
    try:
        return _probes.get()
    except LookupError:
        limiter = CapacityLimiter(MAX_PROBES)
        _probes.set(limiter)
        return limiter


class UploadIntake:
    """The files of one request; leaving the block removes those that are not stored."""

    def __init__(self, storage: Storage, limit: int, base: str) -> None:
        self._storage = storage
        self._limit = limit
        self._base = base
        #: The received files, valid or not; sizes are in bytes, as far as they arrived.
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
        """Begin a file; raise 4001 if its name has an unsupported ending."""
        seen = self._see(filename, content_type)
        if file_type_of(filename) is None:
            raise unsupported_format(filename)
        arrival = Arrival(self._storage.incoming())
        self._arrivals.append(arrival)
        return IncomingFile(filename, arrival, self._limit, seen)

    def ignore(self, filename: str, content_type: str = "") -> IncomingFile:
        """Begin a file in a field that is not used: count it and discard it."""
        return IncomingFile(filename or "A file without a name", None, self._limit, self._see(filename, content_type))

    def _see(self, filename: str, content_type: str) -> FilePart:
        self.seen.append(FilePart(filename, content_type, 0))
        return self.seen[-1]

    async def end(self, incoming: IncomingFile) -> None:
        """End a file."""
        checked = await incoming.end()
        if checked is not None:
            self._checked.append(checked)

    async def file(self) -> list[tuple[Media, Json]]:
        """Store all files in their order."""

        def keep() -> None:
            for each in self._checked:
                self._storage.keep(each.arrival.path, each.facts.sha256)
                self._arrivals.remove(each.arrival)

        await to_thread.run_sync(keep)
        return [
            entry(each.filename, f"{self._base}cdn/uploads/{each.facts.sha256}/{quote(each.filename)}", each.facts)
            for each in self._checked
        ]


def storage_error(error: OSError) -> ServiceError:
    """Return error 507, because the caller is not at fault."""
    reason = error.strerror or type(error).__name__
    return ServiceError(Code.BAD_REQUEST, f"The fake could not store the upload: {reason}.", status=507)


# --- by form ----------------------------------------------------------------------------------------------------------


async def by_form(content_type: str, body: BodyStream, intake: UploadIntake) -> list[tuple[Media, Json]]:
    """Take the parts named `files`: check, measure and store them."""
    try:
        with intake:
            await read_form(FormReader(content_type), body, intake)
            return await intake.file()
    except FormError as error:
        raise ServiceError(Code.BAD_REQUEST, str(error)) from None
    except OSError as error:
        raise storage_error(error) from None


async def read_form(reader: FormReader, body: BodyStream, intake: UploadIntake) -> None:
    """Read the files of a form; raise 400 if it has none."""
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
        del piece  # callers may be slow, and there may be many
    reader.finish()
    if not count:
        instead = f", only the field {other}" if other else ""
        raise ServiceError(Code.BAD_REQUEST, f"The form has no file in the field {UPLOAD_FIELD}{instead}.")


# --- by URL -----------------------------------------------------------------------------------------------------------


async def by_url(body: Json, call: RequestContext, base: str) -> list[tuple[Media, Json]]:
    """Take files by URL: describe them by their names, or fetch them if the fake may."""
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
    """Fetch files one after another, each by its URL and its name."""
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
        raise storage_error(error) from None


def fetcher() -> Fetcher:
    """Return the fetcher, which connects only to the public internet."""
    from nemovideo_mock.http.url_fetch import Fetcher

    return Fetcher()


def describe_url(url: object) -> tuple[Media, Json]:
    """Describe a file by URL: its type comes from the ending; everything that needs its bytes is unknown."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ServiceError(Code.BAD_REQUEST, "Each entry of urls must be an http or https URL.")
    address = cast("str", url)
    if len(address) > MAX_URL:
        raise ServiceError(Code.BAD_REQUEST, f"An entry of urls is longer than {MAX_URL} characters.")
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
    """Return an upload in the form for the agent and in the form for the caller."""
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
    """Return the last part of a file name without characters that form a path or break a line; keep its ending."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable())
    stem, dot, ending = shown.rpartition(".")
    if len(shown) <= MAX_NAME or len(ending) >= MAX_NAME // 2:
        return shown[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(dot) - len(ending)]}{dot}{ending}"


def unsupported_format(filename: str) -> ServiceError:
    """Return error 4001 with the list of supported formats."""
    return ServiceError(
        Code.UNSUPPORTED_FILE, f"{filename or 'A file without a name'} is not supported. Accepted: {ACCEPTED}."
    )


def format_size(size: int) -> str:
    """Return a number of bytes as text."""
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size} bytes"
