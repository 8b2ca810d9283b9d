"""The flow of an upload: it checks all files before it sends the first byte, and keeps the given order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nemovideo_client.errors import FORMATS_IN_WORDS, MisuseError, UnexpectedAnswer, UnusableFile
from nemovideo_client.files import FileCheck
from nemovideo_client.flows.calls import Service, data_of, retry_until_deadline, unwrap
from nemovideo_client.flows.effects import Flow, examine, send
from nemovideo_client.json_reading import Json, integer, mapping, number, sequence, text
from nemovideo_client.models import Token, UploadedFile
from nemovideo_contract import wire


def upload(service: Service, session_id: str, sources: Sequence[Path | str]) -> Flow[list[UploadedFile]]:
    """Upload files (`Path`) and addresses (`str`); neighbours of one kind share a request.

    Raises:
        UnusableFile: A file is missing, unreadable, empty, too large, or of a format that the service does not accept.
    """
    if not sources:
        raise MisuseError("There is nothing to upload: name at least one file or URL.")
    for source in sources:
        if isinstance(source, Path):
            check((yield from examine(source)))
    uploaded: list[UploadedFile] = []
    for _, group in groupby(sources, key=type):
        batch = list(group)
        found = yield from _send(service, session_id, batch)
        if len(found) < len(batch):
            raise UnexpectedAnswer(
                f"{len(batch)} files or URLs were sent, but the response names {len(found)}.", body=found
            )
        uploaded += found
    return uploaded


def check(file: FileCheck) -> None:
    """Raise `UnusableFile` if the service cannot accept the file."""
    path = file.path
    match file.problem:
        case "missing":
            raise UnusableFile(f"{path} does not exist.", path=path, reason="missing")
        case "folder":
            raise UnusableFile(f"{path} is a folder, not a file.", path=path, reason="folder")
        case "unreadable":
            raise UnusableFile(f"{path} can't be read.", path=path, reason="unreadable")
        case None:
            pass
    if wire.file_type_of(path.name) is None:
        raise UnusableFile(
            f"{path} has a format that the service does not accept. It accepts {FORMATS_IN_WORDS}.",
            path=path,
            reason="format",
        )
    if file.size == 0:
        raise UnusableFile(f"{path} is empty.", path=path, reason="empty")
    if file.size > wire.UPLOAD_SIZE_LIMIT:
        raise UnusableFile(
            f"{path} has {file.size / 1e6:.0f} MB, more than the limit of {wire.UPLOAD_SIZE_LIMIT / 1e6:.0f} MB: "
            "compress or trim it.",
            path=path,
            reason="size",
        )


def _send(service: Service, session_id: str, batch: Sequence[Path | str]) -> Flow[list[UploadedFile]]:
    url = service.url(wire.Path.UPLOAD, user_id=wire.ME, session_id=session_id)
    files = tuple(source for source in batch if isinstance(source, Path))
    urls: list[object] = [source for source in batch if isinstance(source, str)]
    body: Json | None = {"urls": urls, "source_type": wire.UPLOAD_SOURCE_TYPE} if urls else None

    def attempt(token: Token) -> Flow[list[UploadedFile]]:
        request = service.request("POST", url, token, body=body)
        request = replace(request, files=files, patience_s=service.limits.upload_s)
        return _parse_uploads(data_of(unwrap((yield from send(request)), token.value)))

    return retry_until_deadline(service, attempt)


def _parse_uploads(data: Json) -> list[UploadedFile]:
    """Return the files from an upload response."""
    # One document calls the list `uploaded_files` and the address `url`.
    return [_parse_upload(mapping(entry) or {}) for entry in sequence(data.get("files", data.get("uploaded_files")))]


def _parse_upload(entry: Json) -> UploadedFile:
    url = text(entry, "cdn_url", "url")
    return UploadedFile(
        filename=text(entry, "filename", "name") or _file_name(url or ""),
        file_type=text(entry, "file_type"),
        url=url,
        duration=number(entry, "duration"),
        width=integer(entry, "width"),
        height=integer(entry, "height"),
        fps=number(entry, "fps"),
        hash=text(entry, "hash"),
        raw=entry,
    )


def _file_name(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""
