"""Converts HTTP requests of any program to calls that a recording can keep."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from typing import Final, cast

from nemovideo_contract.http.exchange import Call, File
from nemovideo_contract.json_input import JsonInputError, parse
from nemovideo_contract.openapi import Json, possible_operations
from nemovideo_contract.wire import ATTRIBUTION_HEADERS, CLIENT_ID_HEADER

#: The request headers that a recording keeps, by their names in lower case. It keeps the bearer token separately.
KEPT_OF_REQUESTS: Final = {
    each.lower(): each for each in (*ATTRIBUTION_HEADERS, CLIENT_ID_HEADER, "Accept", "Last-Event-ID", "Range")
}
_BEARER: Final = "bearer "


def to_call(method: str, path: str, headers: Mapping[str, str], content: bytes) -> Call:
    """Return the call that a request is; `path` is below the base URL, with its query."""
    given = {name.lower(): value for name, value in headers.items()}
    kept = {spelled: given[name] for name, spelled in KEPT_OF_REQUESTS.items() if name in given}
    said = given.get("authorization", "")
    token = said[len(_BEARER) :].strip() if said.lower().startswith(_BEARER) else None
    media = given.get("content-type", "")
    body = _body(media, content)
    if isinstance(body, bytes) and media:
        kept["Content-Type"] = media
    return Call(operation_of(method, path), method, path, kept, token, body)


def operation_of(method: str, path: str) -> str:
    """Return the id of the operation that a request is; empty if it is none.

    A server reads `/run%5Fsse` as `/run_sse`, and so does this function.
    """
    return min(possible_operations(method, path), default="")


def _body(media: str, content: bytes) -> Json | bytes | tuple[File, ...]:
    kind = media.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _files(media, content)
    if not content:
        return None
    try:
        # Try JSON with any content type: by default, curl calls every body a form.
        value = cast("Json", parse(content, half_pairs=True))
    except JsonInputError:
        return content
    return value if isinstance(value, dict | list) else content


def _files(media: str, content: bytes) -> tuple[File, ...]:
    whole = b"Content-Type: " + media.encode() + b"\r\n\r\n" + content
    message = email.message_from_bytes(whole, policy=email.policy.HTTP)
    found: list[File] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        held = part.get_payload(decode=True)
        name = part.get_param("name", "files", "content-disposition")
        found.append(File(part.get_filename() or "", held if isinstance(held, bytes) else b"", str(name)))
    return tuple(found)
