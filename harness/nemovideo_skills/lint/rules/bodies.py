"""Rules about request bodies: the fields of JSON bodies and of forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from nemovideo_contract.reports import Level
from nemovideo_contract.wire import AGENT, UPLOAD_FIELD, UPLOAD_SOURCE_TYPE, Path
from nemovideo_skills.lint.body_examples import Field
from nemovideo_skills.lint.document import Document, RequestExample
from nemovideo_skills.lint.endpoints import Keys, PathMatch
from nemovideo_skills.lint.rules.rule import Hit, format_source, rule

#: Fields that the kit accepts and the specification does not name.
_ALSO: Final[Mapping[tuple[Path, tuple[str, ...]], frozenset[str]]] = {
    (Path.RUN_SSE, ()): frozenset({"streaming"}),
    (Path.RUN_SSE, ("new_message",)): frozenset({"role"}),
}
#: Fields whose value may have any fields.
_FREE: Final = frozenset({"output"})
#: Fields with only one possible value.
_FIXED: Final[Mapping[tuple[Path, str], str]] = {
    (Path.RUN_SSE, "app_name"): AGENT,
    (Path.UPLOAD, "source_type"): UPLOAD_SOURCE_TYPE,
}
_SOURCES: Final = f"{format_source('turn-send')}; {format_source('render-submit')}; {format_source('upload-url')}"


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _unknown(request: RequestExample) -> Iterator[tuple[Field, str | None, bool]]:
    """Yield unknown fields, the known field that is almost the same, and whether only underscores are missing."""
    endpoint = request.call.endpoint
    assert endpoint is not None
    assert endpoint.body is not None
    for field in request.body.fields:
        keys = _below(endpoint.body, field.path)
        if keys is None or field.name in keys.below or field.name in _ALSO.get((endpoint.path, field.path), ()):
            continue
        meant = next((known for known in keys.below if _plain(known) == _plain(field.name)), None)
        yield field, meant, meant is not None and meant.replace("_", "") == field.name


def _below(keys: Keys | None, path: tuple[str, ...]) -> Keys | None:
    for name in path:
        if keys is None or name in _FREE:
            return None
        # If a mirror lost the underscores of a key, the keys below it are still known.
        same = next((known for known in keys.below if known.replace("_", "") == name.replace("_", "")), None)
        keys = keys.below[same] if same is not None else None
    return keys


@rule(
    "body-field-misspelt",
    Level.ERROR,
    "Body fields have the spelling that the service expects: snake_case, except sessionId of a render.",
    f"{format_source('render-session-key')}; {format_source('turn-send')}",
)
def body_field_misspelt(document: Document) -> Iterator[Hit]:
    """Find fields in another style than the service's."""
    for request, field, meant in _misspelt(document):
        path = request.call.endpoint.path if request.call.endpoint else ""
        message = f'It calls the field "{field.name}", but {path} expects "{meant}".'
        yield Hit(field.offset, message, f'Write "{meant}".')


def _misspelt(document: Document) -> Iterator[tuple[RequestExample, Field, str]]:
    """Yield the fields in another style than the service's, with the correct names."""
    for request in document.requests:
        for field, meant, is_bare in _unknown(request):
            if meant is not None and not is_bare:
                yield request, field, meant


@rule(
    "body-field-unknown",
    Level.WARNING,
    "Bodies have only documented fields.",
    _SOURCES,
    "Leave it out; docs/contract.md and openapi.yaml have the fields.",
)
def body_field_unknown(document: Document) -> Iterator[Hit]:
    """Find fields that are not documented."""
    for request in document.requests:
        for field, meant, _ in _unknown(request):
            if meant is None and field.name not in {"...", "…"}:
                path = request.call.endpoint.path if request.call.endpoint else ""
                yield Hit(field.offset, f'The field "{field.name:.60}" is not documented for the body of {path}.')


@rule(
    "body-field-missing",
    Level.ERROR,
    "Bodies have all fields that the service needs.",
    _SOURCES,
)
def body_field_missing(document: Document) -> Iterator[Hit]:
    """Find commands whose body is complete but lacks a required field."""
    for request in document.requests:
        endpoint = request.call.endpoint
        if not request.is_whole or request.body.is_open or endpoint is None or endpoint.body is None:
            continue
        there = {_plain(name) for name in request.body.names()}
        for name in sorted(endpoint.body.required):
            if _plain(name) not in there:
                message = f'This body lacks "{name}"; without it, the service refuses {endpoint.path}.'
                yield Hit(request.body.offset, message, f'Add "{name}".')


@rule(
    "body-value-wrong",
    Level.ERROR,
    "In bodies, app_name is nemo_agent, and source_type is url.",
    f"{format_source('agent-name')}; {format_source('upload-url')}",
)
def body_value_wrong(document: Document) -> Iterator[Hit]:
    """Find wrong values of fields with only one possible value."""
    for request in document.requests:
        assert request.call.endpoint is not None
        for field in request.body.fields:
            right = _FIXED.get((request.call.endpoint.path, field.name))
            if right is None or field.value is None or field.path or _is_placeholder(field.value):
                continue
            if field.value not in {right, right.replace("_", "")}:
                message = f'"{field.name}" is "{field.value:.60}" here; it must always be "{right}".'
                yield Hit(field.offset, message, f'Write "{right}".')


def _is_placeholder(value: str) -> bool:
    return not value or value[0] in "<$.…"


@rule(
    "draft-string",
    Level.WARNING,
    "The draft of a render is the object from the state, not a string.",
    format_source("render-draft-text"),
    'Write "draft": <draft> without quotes.',
)
def draft_string(document: Document) -> Iterator[Hit]:
    """Find drafts in quotes."""
    for request in document.requests:
        for field in request.body.fields:
            if field.name == "draft" and not field.path and field.is_quoted:
                message = "The draft is in quotes, so an agent would send a string; it must be a JSON object."
                yield Hit(field.offset, message)


#: A file part of a form outside of a command, in prose or in a table.
_FORM_PART: Final = re.compile(r"(?:-F|--form)[ =]?[\"']?(?P<name>[A-Za-z_]\w*)=@")


@rule(
    "upload-field-wrong",
    Level.ERROR,
    "The parts of an upload form are named files.",
    format_source("upload-field"),
    f'Write -F "{UPLOAD_FIELD}=@/path/to/file", once for each file.',
)
def upload_field_wrong(document: Document) -> Iterator[Hit]:
    """Find forms with a wrong part name."""
    for call in document.calls:
        if call.command is None or call.endpoint is None or call.endpoint.path is not Path.UPLOAD:
            continue
        for part in call.command.values("-F"):
            name = part.text.partition("=")[0]
            if name != UPLOAD_FIELD and not name.startswith("$"):
                yield Hit(
                    part.offset, f'This form\'s part is named "{name:.60}"; the service expects "{UPLOAD_FIELD}".'
                )
    inside = [(each.offset, each.end) for each in document.commands]
    for found in _FORM_PART.finditer(document.whole):
        if found["name"] != UPLOAD_FIELD and not any(begin <= found.start() < end for begin, end in inside):
            message = f'The form\'s part is named "{found["name"]:.60}" here; the service expects "{UPLOAD_FIELD}".'
            yield Hit(found.start(), message)


#: Names that have lost their underscores; paths are checked by their calls.
_BARE_WORDS: Final = re.compile(
    r"(?<![\w/.-])(?:nemoagent|taskname|appname|userid|sessionid|newmessage|sourcetype|videoinfos|generatedmedia"
    r"|canvasconfig|taskid)(?![\w-])"
)


@rule(
    "underscores-lost",
    Level.WARNING,
    "Names have their underscores; some mirrors remove them, because they read them as emphasis.",
    "names of openapi.yaml, as in every complete document",
    "Put names into backticks, and copy them from the original.",
)
def underscores_lost(document: Document) -> Iterator[Hit]:
    """Find names without their underscores; one finding for each document."""
    reported = {field.offset for _, field, _ in _misspelt(document)}
    found = [each for each in _BARE_WORDS.finditer(document.whole) if each.start() not in reported]
    names = {each[0].lstrip("/"): each.start() for each in reversed(found)}
    for call in document.calls:
        if call.fit is PathMatch.BARE:
            names.setdefault(call.path, call.offset)
    if names:
        first = min(names.values())
        listed = sorted((name for name in names if "/" not in name), key=lambda name: names[name]) or sorted(names)
        shown = ", ".join(listed[:4]) + (" and others" if listed[4:] else "")
        yield Hit(first, f"These names have lost their underscores, so the service would not recognise them: {shown}.")


RULES = (
    body_field_misspelt,
    body_field_unknown,
    body_field_missing,
    body_value_wrong,
    draft_string,
    upload_field_wrong,
    underscores_lost,
)
