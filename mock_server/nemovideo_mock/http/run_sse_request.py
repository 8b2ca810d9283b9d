"""Reads the body of `/run_sse` in the manner of the service or of the Agent Development Kit (the kit).

Keys may be in snake_case or camelCase, also mixed; camelCase wins if both exist. Unknown keys are ignored. The error
messages of the service are *assumed*. The messages of the kit, for the profile's `turn_errors=adk`, were measured on
google-adk 2.13.0 and 1.39.1. Of the parts of a message, only `text` is checked as in the kit; other parts are only
known by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast

from nemovideo_contract.json_input import DEEPEST_BODY, JsonInputError, parse
from nemovideo_contract.profiles import Profile
from nemovideo_contract.wire import AGENT, ME, Code
from nemovideo_mock.errors import KitError, ServiceError
from nemovideo_mock.json_types import Json


@dataclass(frozen=True, slots=True)
class Message:
    """A message to the agent in a session; `streaming` asks for the answer token by token.

    `failure` is an error sentence, if the kit accepts the message and then can't run it. The response is then one
    record with this sentence.
    """

    session_id: str
    user_id: str
    text: str
    streaming: bool
    app_name: str
    failure: str | None = None


def read_message(body: Json, profile: Profile) -> Message:
    """Return the message in a body that is a JSON object.

    Raises:
        ServiceError: 400 if a field is missing or has another type, 404 for an unknown agent.
        KitError: with `turn_errors=adk`, 422 with all errors, 400 without an agent, 404 for another agent; with
            `events=adk-1` also 500 instead of the last two.
    """
    if profile.turn_errors == "adk":
        return _read_as_kit(body, older=profile.events == "adk-1")
    return _read_as_service(body)


def unreadable(body: bytes, *, called_json: bool = True) -> KitError:
    """Return the kit's error for a body that is not a JSON object, or that is not `called_json` by its `Content-Type`.

    The kit itself fails on NaN and on half a surrogate pair; here they get the same response as bytes that are not
    UTF-8.
    """
    if not body:
        return KitError(422, [_missing(("body",), None)])
    if not called_json:
        try:
            return KitError(422, [_wrong("model_attributes_type", ("body",), body.decode("utf-8"))])
        except UnicodeDecodeError:
            return _crashed()
    try:
        value = parse(body, deepest=DEEPEST_BODY)
    except JsonInputError as error:
        if error.position is not None:
            return KitError(422, [_invalid(error.position, error.expected)])
        return KitError(400, "There was an error parsing the body")
    return KitError(422, [_wrong("model_attributes_type", ("body",), value)])


# --- as the service reads ---------------------------------------------------------------------------------------------


def _read_as_service(body: Json) -> Message:
    app_name = _text(body, "app_name")
    if app_name != AGENT:
        raise ServiceError(Code.NOT_FOUND, f"There is no agent of that name; use {AGENT}.")
    user_id = _text(body, "user_id", default=ME)
    session_id = _text(body, "session_id")
    # No document mentions this key, so every value is valid.
    streaming = _boolean(body.get("streaming")) is True
    return Message(session_id, user_id, _join_texts(body), streaming, app_name)


def _text(body: Json, name: str, *, default: str | None = None) -> str:
    key = _find_spelling(body, name)
    value = body.get(key, default)
    if value is None:
        raise ServiceError(Code.BAD_REQUEST, f"The field {key} is missing.")
    if not isinstance(value, str):
        raise ServiceError(Code.BAD_REQUEST, f"The field {key} is not a string.")
    return value


def _join_texts(body: Json) -> str:
    """Return the texts of the message's parts, joined by line feeds."""
    key = _find_spelling(body, "new_message")
    message = body.get(key)
    parts = cast("Json", message).get("parts") if isinstance(message, dict) else None
    if not isinstance(parts, list):
        raise ServiceError(Code.BAD_REQUEST, f"The field {key}.parts is missing or not a list.")
    texts: list[str] = []
    for part in cast("list[object]", parts):
        text = cast("Json", part).get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            raise ServiceError(Code.BAD_REQUEST, f"Each entry of {key}.parts needs a text.")
        texts.append(text)
    joined = "\n".join(texts).strip()
    if not joined:
        raise ServiceError(Code.BAD_REQUEST, f"The message is empty: {key}.parts[0].text has no text.")
    return joined


# --- as the kit reads -------------------------------------------------------------------------------------------------

#: The kit's messages for values of a wrong type.
_SENTENCES: Final = {
    "string_type": "Input should be a valid string",
    "bool_type": "Input should be a valid boolean",
    "bool_parsing": "Input should be a valid boolean, unable to interpret input",
    "dict_type": "Input should be a valid dictionary",
    "list_type": "Input should be a valid list",
    "model_attributes_type": "Input should be a valid dictionary or object to extract fields from",
    "extra_forbidden": "Extra inputs are not permitted",
}
#: The fields that a part may have.
_PART_KEYS: Final = (
    "media_resolution", "code_execution_result", "executable_code", "file_data", "function_call", "function_response",
    "inline_data", "text", "thought", "thought_signature", "video_metadata", "tool_call", "tool_response",
    "part_metadata", "audio_transcription", "media_processing", "speech_metadata",
)  # fmt: skip


def _read_as_kit(body: Json, *, older: bool) -> Message:
    """Return the message as 2.x reads it, or as the `older` 1.39 does."""
    check = _Check(body)
    app_name = check.string("app_name", required=older, optional=not older)
    user_id = check.string("user_id", required=True)
    session_id = check.string("session_id", required=True)
    text = check.message()
    streaming = check.boolean("streaming")
    check.mapping("state_delta")
    check.string("function_call_event_id", optional=True)
    check.string("invocation_id", optional=True)
    check.mapping("custom_metadata")
    if check.wrong:
        raise KitError(422, check.wrong)
    if older and app_name != AGENT:
        raise _crashed()
    if not app_name:
        raise KitError(400, "app_name is required when ADK_DEFAULT_APP_NAME is not set")
    if app_name != AGENT:
        # A server with one agent says this; a server with several names the folder that it searched.
        raise KitError(404, f"Agent not found: {app_name!r}. In single agent mode, only '{AGENT}' is accessible.")
    failure = _find_failure(body, session_id, user_id) if older else None
    return Message(session_id, user_id, text, streaming, app_name, failure)


def _find_failure(body: Json, session_id: str, user_id: str) -> str | None:
    """Return the sentence with which 1.39 fails on a message without parts; None if it has parts."""
    message = body.get(_find_spelling(body, "new_message"))
    if not isinstance(message, dict):
        return (
            "Running an agent requires either a new_message or an invocation_id to resume a previous invocation."
            f" Session: {session_id}, User: {user_id}"
        )
    return None if cast("Json", message).get("parts") else "No parts in the new_message."


def _crashed() -> KitError:
    return KitError(500, "Internal Server Error")


class _Check:
    """Reads the fields of a body one after another, and collects all errors in the words of the kit."""

    def __init__(self, body: Json) -> None:
        self._body = body
        self.wrong: list[Json] = []

    def string(self, name: str, *, required: bool = False, optional: bool = False) -> str:
        """Return a string, or an empty one if it is missing, null (if `optional`) or invalid."""
        key = _find_spelling(self._body, name)
        if key not in self._body:
            if required:
                self.wrong.append(_missing(("body", _camel(name)), self._body))
            return ""
        return self._string(self._body[key], ("body", key), optional=optional)

    def boolean(self, name: str) -> bool:
        """Return a boolean, or false if it is missing or invalid."""
        if name not in self._body:
            return False
        value = _boolean(self._body[name])
        if isinstance(value, bool):
            return value
        self._note(value, ("body", name), self._body[name])
        return False

    def mapping(self, name: str) -> None:
        """Check an object that may be null or missing."""
        key = _find_spelling(self._body, name)
        value = self._body.get(key)
        if value is not None and not isinstance(value, dict):
            self._note("dict_type", ("body", key), value)

    def message(self) -> str:
        """Return the texts of the message's parts, joined by line feeds; the kit accepts a message without text."""
        key = _find_spelling(self._body, "new_message")
        value = self._body.get(key)
        if value is None:
            return ""
        here = ("body", key)
        if not isinstance(value, dict):
            self._note("model_attributes_type", here, value)
            return ""
        content = cast("Json", value)
        parts = content.get("parts")
        texts: list[str] = []
        if isinstance(parts, list):
            for index, part in enumerate(cast("list[object]", parts)):
                texts.append(self._part(part, (*here, "parts", index)))
        elif parts is not None:
            self._note("list_type", (*here, "parts"), parts)
        self._string(content.get("role"), (*here, "role"), optional=True)
        self._only(content, ("parts", "role"), here)
        return "\n".join(text for text in texts if text).strip()

    def _part(self, part: object, here: tuple[str | int, ...]) -> str:
        if not isinstance(part, dict):
            self._note("model_attributes_type", here, part)
            return ""
        fields = cast("Json", part)
        text = self._string(fields.get("text"), (*here, "text"), optional=True)
        self._only(fields, _PART_KEYS, here)
        return text

    def _string(self, value: object, here: tuple[str | int, ...], *, optional: bool) -> str:
        if isinstance(value, str):
            return value
        if value is not None or not optional:
            self._note("string_type", here, value)
        return ""

    def _only(self, fields: Json, names: tuple[str, ...], here: tuple[str | int, ...]) -> None:
        known = {*names, *map(_camel, names)}
        for key, value in fields.items():
            if key not in known:
                self._note("extra_forbidden", (*here, key), value)

    def _note(self, kind: str, here: tuple[str | int, ...], value: object) -> None:
        self.wrong.append(_wrong(kind, here, value))


def _wrong(kind: str, here: tuple[str | int, ...], value: object) -> Json:
    return {"type": kind, "loc": list(here), "msg": _SENTENCES[kind], "input": value}


def _missing(here: tuple[str, ...], whole: Json | None) -> Json:
    return {"type": "missing", "loc": list(here), "msg": "Field required", "input": whole}


def _invalid(position: int, reason: str) -> Json:
    return {
        "type": "json_invalid",
        "loc": ["body", position],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": reason},
    }


# --- both -------------------------------------------------------------------------------------------------------------

_TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE: Final = frozenset({"0", "off", "f", "false", "n", "no"})


def _camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def _find_spelling(body: Json, name: str) -> str:
    """Return the key of a field in this body: in camelCase if it is there, otherwise in snake_case."""
    return camel if (camel := _camel(name)) in body else name


def _boolean(value: object) -> bool | str:
    """Return the boolean that the kit reads from a value, or the type of its error."""
    match value:
        case bool():
            return value
        case str():
            lowered = value.lower()
            return True if lowered in _TRUE else False if lowered in _FALSE else "bool_parsing"
        case int() | float():
            if value in (0, 1):
                return bool(value)
            return "bool_parsing" if value == value // 1 and abs(value) < 1 << 63 else "bool_type"
        case _:
            return "bool_type"
