"""The flow of a download: it produces a complete file even if the connection breaks several times.

The flow keeps the bytes that have arrived and asks only for the rest (RFC 9110, section 14). It does so only if the
rest surely belongs to the same file: the entity tag is the same, or the size equals the one that the render names.
Otherwise, and if the service sends the whole file, the file begins again. The flow first tries `output.url`, then the
documented download call.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final

from nemovideo_client.errors import (
    ConnectionLost,
    DownloadFailed,
    NemoError,
    TimedOut,
    TokenInvalid,
    UnexpectedAnswer,
    UnwritableDestination,
)
from nemovideo_client.flows.calls import Service, error_of, origin_of, resolve, retry_until_deadline, unwrap
from nemovideo_client.flows.effects import (
    MAX_ERROR_BODY,
    Close,
    Emit,
    Flow,
    Request,
    Response,
    Restart,
    Write,
    now,
    open_stream,
    read,
    resume,
)
from nemovideo_client.flows.mp4_check import Mp4Check
from nemovideo_client.json_reading import decode, without
from nemovideo_client.models import DownloadProgress, Render, Token
from nemovideo_client.sse import BOM
from nemovideo_contract import wire

#: Seconds before each further try of a download that broke off.
PAUSES_S: Final = (1.0, 2.0, 4.0, 4.0, 4.0)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS: Final = 5
#: A Content-Type that is not a video.
_NO_VIDEO: Final = re.compile(r"json|xml|text/")
_CONTENT_RANGE: Final = re.compile(r"bytes (?P<first>\d{1,18})-(?P<last>\d{1,18})/(?P<total>\d{1,18}|\*)")
_PARTIAL: Final = 206
_UNSATISFIABLE: Final = 416


@dataclass(slots=True)
class _Part:
    """The part of the file that has arrived: `received` of `size` bytes (None if unknown), and its entity tag."""

    received: int
    etag: str | None
    size: int | None

    @property
    def sure(self) -> bool:
        """Whether a response can be identified as the rest of the same file."""
        return self.received > 0 and (self.etag is not None or self.size is not None)


def download(service: Service, render: Render) -> Flow[int]:
    """Fetch a render's file into the file that the caller created; return its size in bytes. Emits `DownloadProgress`.

    Raises:
        DownloadFailed: Neither address gave the whole file; the partial file is kept for a later attempt.
        UnwritableDestination: The file could not be written, for example because the disk is full.
    """
    addresses = [service.url(wire.Path.RENDER_DOWNLOAD, render_id=render.render_id)]
    if render.url is not None:
        addresses.insert(0, resolve(service.base_url + "/", render.url))
    failures: list[NemoError] = []
    for address in addresses:
        try:
            return (yield from _fetch(service, address, render))
        except UnwritableDestination:
            raise
        except NemoError as error:
            failures.append(error)
    raise DownloadFailed(
        f"The video is rendered ({render.render_id}) but could not be downloaded: {failures[0]}",
        render_id=render.render_id,
    ) from failures[-1]


def _fetch(service: Service, address: str, render: Render) -> Flow[int]:
    left = yield from resume(_key(address, render))
    part = _Part(left.size, left.etag, render.size)

    def attempt(token: Token) -> Flow[int]:
        return _rest(service, address, part, token)

    received = yield from retry_until_deadline(service, attempt, pauses=PAUSES_S)
    if render.size is not None and received != render.size:
        yield Restart()  # no later download may resume this file
        raise UnexpectedAnswer(f"{received} of {render.size} bytes arrived.")
    if not received:
        raise UnexpectedAnswer("The file is empty.")
    return received


def _key(address: str, render: Render) -> str:
    # Without the query, whose signature changes with each poll; the render's id distinguishes files.
    plain = address.partition("?")[0]
    return hashlib.sha256(f"{render.render_id} {plain} {render.size}".encode()).hexdigest()[:16]


def _rest(service: Service, address: str, part: _Part, token: Token) -> Flow[int]:
    if part.received and part.received == part.size:
        return part.received
    if (part.size or 0) > service.limits.file_bytes:
        raise UnexpectedAnswer(_too_large(service))
    head = yield from _open(service, address, part, token)
    if head.status in (_PARTIAL, _UNSATISFIABLE) and not _goes_on(head, part):
        yield Close()
        part.received = 0
        head = yield from _open(service, address, part, token)
    kind = head.headers.get("content-type", "").lower()
    if head.status not in (200, _PARTIAL if part.received else 200) or _NO_VIDEO.search(kind):
        yield from _handle_refusal(service, head, token, at_home=_at_home(service, address))
    if not _is_plain(head):
        yield Close()
        raise UnexpectedAnswer("The server of the file compressed it, although the client asked for the plain file.")
    if head.status == 200:
        part.etag = _strong(head.headers.get("etag"))
        keep = part.etag is not None or part.size is not None
        part.received, part.size = 0, _content_length(head) if part.size is None else part.size
        yield Restart(part.etag, keep=keep)
    return (yield from _body(service, part, _content_length(head)))


def _too_large(service: Service) -> str:
    return f"The file is larger than the client's limit file_bytes, {service.limits.file_bytes} bytes."


def _body(service: Service, part: _Part, length: int | None) -> Flow[int]:
    before = part.received
    most = service.limits.file_bytes if part.size is None else min(part.size, service.limits.file_bytes)
    boxes = Mp4Check() if not before and length is None and part.size is None else None
    while chunk := (yield from read()):
        if not part.received and _is_page(chunk):
            yield Close()
            raise UnexpectedAnswer(
                "The response is a page, not a video file.", body=chunk[:200].decode("utf-8", "replace")
            )
        if part.received + len(chunk) > most:
            yield Close()
            yield Restart()  # no later download may resume this file
            part.received = 0
            is_longer = part.size is not None and part.size <= most
            more = f"More than the announced {part.size} bytes arrived." if is_longer else _too_large(service)
            raise UnexpectedAnswer(more)
        if boxes is not None:
            boxes.feed(chunk)
        yield Write(chunk)
        part.received += len(chunk)
        yield Emit(DownloadProgress(part.received, part.size))
    yield Close()
    if length is not None and part.received - before < length:
        raise ConnectionLost(f"The download broke off: {part.received - before} of {length} bytes arrived.")
    if boxes is not None and boxes.broken_off:
        raise ConnectionLost(f"The download broke off inside the video, after {part.received} bytes.")
    return part.received


def _is_page(chunk: bytes) -> bool:
    """Return whether the data begins like HTML, XML or JSON, not like a video."""
    return chunk.removeprefix(BOM).lstrip()[:1] in (b"<", b"{", b"[")


def _goes_on(head: Response, part: _Part) -> bool:
    """Return whether the response continues the part: it begins at its end and belongs to the same file."""
    found = _CONTENT_RANGE.fullmatch(head.headers.get("content-range", ""))
    if head.status != _PARTIAL or found is None or int(found["first"]) != part.received:
        return False
    if part.size is not None and found["total"] not in ("*", str(part.size)):
        return False
    etag = _strong(head.headers.get("etag"))
    return etag == part.etag if part.etag is not None else found["total"] == str(part.size)


def _strong(etag: str | None) -> str | None:
    return etag if etag is not None and etag.startswith('"') else None


def _at_home(service: Service, address: str) -> bool:
    return origin_of(address) == origin_of(service.base_url)


def _open(service: Service, address: str, part: _Part, token: Token) -> Flow[Response]:
    head = yield from open_stream(_request(service, address, part, token))
    for _ in range(_MAX_HOPS):
        if head.status not in _REDIRECTS or "location" not in head.headers:
            break
        yield Close()
        address = resolve(address, head.headers["location"])
        # The response chooses the target of a redirect, so the bearer token is never sent there.
        head = yield from open_stream(_request(service, address, part, None))
    return head


def _request(service: Service, address: str, part: _Part, token: Token | None) -> Request:
    if origin_of(address) is None:
        raise UnexpectedAnswer("The service names no http or https address for the file.")
    # Compression does not make a video smaller, and it would hide the size.
    extra = [("Accept-Encoding", "identity")]
    if part.sure:
        extra.append(("Range", f"bytes={part.received}-"))
        if part.etag is not None:
            extra.append(("If-Range", part.etag))
    if token is not None and _at_home(service, address):
        request = service.request("GET", address, token, accept="*/*")
        return replace(request, headers=(*request.headers, *extra))
    return Request("GET", address, headers=(("Accept", "*/*"), *extra), patience_s=service.limits.answer_s)


def _handle_refusal(service: Service, head: Response, token: Token, *, at_home: bool) -> Flow[None]:
    received = bytearray()
    until = (yield from now()) + service.limits.answer_s
    try:
        while len(received) < MAX_ERROR_BODY and (chunk := (yield from read(until))):
            received += chunk
    except TimedOut:
        pass  # the status says enough
    yield Close()
    body = bytes(received)
    answer = replace(head, body=body)
    try:
        if head.status == 200:
            unwrap(answer, token.value)
            found = without(decode(body), token.value)
            raise UnexpectedAnswer("The service answered with JSON instead of the file.", body=found)
        raise error_of(answer, token.value)
    except TokenInvalid as error:
        if at_home:
            raise
        # Another server does not know the token, so a new token would not help.
        raise UnexpectedAnswer(
            f"The server of the file refuses the download: {error.message}", body=error.body
        ) from error


def _is_plain(head: Response) -> bool:
    return head.headers.get("content-encoding", "").strip().lower() in ("", "identity")


def _content_length(head: Response) -> int | None:
    length = head.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None
