"""Files on their way into a session: as multipart parts, or by URL."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import quote, unquote, urlsplit

from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from nemovideo_contract.wire import FORMATS, UPLOAD_FIELD, UPLOAD_SOURCE_TYPE, Code, file_type_of
from nemovideo_mock.agent.plan import Json, Media
from nemovideo_mock.api.http import account_of, json_object, service_of, success, text_field
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.media import Facts, UnsupportedMedia, probe
from nemovideo_mock.service import Service

ACCEPTED = ", ".join(ending for endings in FORMATS.values() for ending in endings)
CHUNK = 1024 * 1024
#: Files in one request; no document limits them, a server must.
MAX_FILES = 1000


async def upload(request: Request) -> JSONResponse:
    """Take files into a session: all of them, or none where one is bad."""
    account = account_of(request)
    service = service_of(request)
    service.world.check_user(account, request.path_params["user_id"])
    session = service.world.session(account, request.path_params["session_id"])
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        arrivals = await multipart(request, service)
    else:
        arrivals = by_url(await json_object(request))
    for media, info in arrivals:
        service.world.add_media(session, media, info)
    return success({"files": [info for _, info in arrivals], "session_state_applied": True})


async def multipart(request: Request, service: Service) -> list[tuple[Media, Json]]:
    """The parts named `files`, checked, measured and filed."""
    try:
        async with request.form(max_files=MAX_FILES) as form:
            parts = [part for part in form.getlist(UPLOAD_FIELD) if isinstance(part, UploadFile)]
            if not parts:
                raise ServiceError(Code.BAD_REQUEST, f"The form has no file in the field {UPLOAD_FIELD}.")
            base = str(request.base_url)
            return [await to_thread.run_sync(partial(take, part, service, base)) for part in parts]
    except MultiPartException as error:
        raise ServiceError(Code.BAD_REQUEST, f"The form can't be read: {error.message}") from None
    except ClientDisconnect:
        raise ServiceError(Code.BAD_REQUEST, "The caller left before the form was complete.") from None


def take(part: UploadFile, service: Service, base: str) -> tuple[Media, Json]:
    """File one upload; runs in a thread, as it reads, hashes and may decode."""
    filename = safe_name(part.filename or "")
    if file_type_of(filename) is None:
        raise unsupported(filename)
    incoming = service.storage.incoming()
    try:
        size = 0
        with incoming.open("wb") as file:
            while chunk := part.file.read(CHUNK):
                size += len(chunk)
                if size > service.settings.size_limit:
                    megabytes = service.settings.size_limit // 1_000_000
                    raise ServiceError(Code.FILE_TOO_LARGE, f"{filename} is larger than {megabytes} MB.")
                file.write(chunk)
        try:
            facts = probe(incoming, filename)
        except UnsupportedMedia as error:
            raise ServiceError(Code.UNSUPPORTED_FILE, str(error)) from None
        service.storage.keep(incoming, facts.sha256)
    finally:
        incoming.unlink(missing_ok=True)
    url = f"{base}cdn/uploads/{facts.sha256}/{quote(filename)}"
    return entry(filename, url, facts)


def entry(filename: str, url: str, facts: Facts) -> tuple[Media, Json]:
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


def by_url(body: Json) -> list[tuple[Media, Json]]:
    """Files named by URL, answered from their names alone: nothing is fetched."""
    if text_field(body, "source_type", default=UPLOAD_SOURCE_TYPE) != UPLOAD_SOURCE_TYPE:
        raise ServiceError(Code.BAD_REQUEST, 'The field source_type must be "url".')
    urls = body.get("urls")
    if not isinstance(urls, list) or not urls:
        raise ServiceError(Code.BAD_REQUEST, "The field urls must be a list of at least one URL.")
    return [named(url) for url in cast("list[object]", urls)]


def named(url: object) -> tuple[Media, Json]:
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
        raise unsupported(filename)
    sha256 = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
    return entry(
        filename, address, Facts(file_type, filename.rpartition(".")[2].lower(), 0, sha256, None, None, None, None)
    )


def safe_name(name: str) -> str:
    """The last part of a name as sent, without what could mean a path or break a line."""
    last = Path(name.replace("\\", "/").rstrip("/")).name
    return "".join(character for character in last if character.isprintable())[:255]


def unsupported(filename: str) -> ServiceError:
    """4001, with the formats that are accepted."""
    return ServiceError(
        Code.UNSUPPORTED_FILE, f"{filename or 'A file without a name'} is not supported. Accepted: {ACCEPTED}."
    )
