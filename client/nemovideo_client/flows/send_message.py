"""Sends the message of a turn, and reads a response that is not a stream."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from nemovideo_client.errors import ApiError, InvalidSetting, NemoError, UnexpectedAnswer, redact
from nemovideo_client.flows.calls import Service, retry_until_deadline, unwrap
from nemovideo_client.flows.effects import MAX_ERROR_BODY, Close, Flow, Response, open_stream, read
from nemovideo_client.flows.resend_policy import is_turned_away
from nemovideo_client.json_reading import Json, decode, mapping
from nemovideo_client.models import Session, Token
from nemovideo_client.progress import ProgressTimer
from nemovideo_client.sse import BOM
from nemovideo_contract import wire

#: In these first bytes, a response must show whether it is JSON; more white space than this is a stream.
_LOOKED_AT: Final = 1024
#: A Content-Type that is not a stream; for any other, the first byte decides.
_NO_STREAM: Final = re.compile(r"json|html|xml")


def turn_body(session_id: str, message: str) -> Json:
    """Return the documented request body, in snake_case and without a role."""
    return {
        "app_name": wire.AGENT,
        "user_id": wire.ME,
        "session_id": session_id,
        "new_message": {"parts": [{"text": message}]},
    }


def check_message(message: str) -> str:
    """Return the message if it is not blank; the service would charge for a blank one too.

    Raises:
        InvalidSetting: It is blank.
    """
    if not message.strip():
        raise InvalidSetting("The message is empty: describe the video.")
    return message


@dataclass(slots=True)
class SentMessage:
    """A message under way: whether the service may have accepted it, and the token that it was sent with."""

    underway: bool = False
    token: str = ""
    #: The response so far, while it may be JSON and not a stream.
    _json: bytearray = field(default_factory=bytearray)
    _is_stream: bool = False

    def note(self, chunk: bytes) -> None:
        """Add the next chunk of a response that claims to be a stream, or has no Content-Type."""
        if self._is_stream:
            return
        self._json += chunk
        first = bytes(self._json[:_LOOKED_AT]).removeprefix(BOM).lstrip()[:1]
        is_json = first == b"{" if first else len(self._json) < _LOOKED_AT
        self._is_stream = not is_json or len(self._json) > MAX_ERROR_BODY

    @property
    def refusal(self) -> ApiError | None:
        """The error in the whole response if it is JSON and not a stream, else None."""
        body = bytes(self._json)
        if self._is_stream or mapping(decode(body)) is None:
            return None
        error = _error_of_answer(Response(200, {}, body), self.token)
        return error if isinstance(error, ApiError) else None


def begin(
    service: Service, session: Session, message: str, until: float, progress_timer: ProgressTimer, post: SentMessage
) -> Flow[None]:
    """Send the message and read the head of the stream; `post` records whether the service may have accepted it."""

    def attempt(token: Token) -> Flow[None]:
        body = turn_body(session.session_id, message)
        request = service.request("POST", service.url(wire.Path.RUN_SSE), token, body=body, accept=wire.EVENT_STREAM)
        request = replace(request, patience_s=service.limits.byte_idle_s, until=until)
        post.token, post.underway = token.value, True
        try:
            head = yield from open_stream(request, progress_timer)
            if head.status == 200 and not _NO_STREAM.search(head.headers.get("content-type", "").lower()):
                return
            raise _error_of_answer(replace(head, body=(yield from _refusal(until))), token.value)
        except NemoError as error:
            post.underway = not is_turned_away(error)
            raise

    return retry_until_deadline(service, attempt, until=until, user_id=session.user_id)


def _error_of_answer(answer: Response, token: str) -> NemoError:
    """Return the error in a response that is not a stream."""
    try:
        unwrap(answer, token)
    except NemoError as error:
        return error
    words = redact(answer.body[:200].decode("utf-8", "replace"), token)
    return UnexpectedAnswer("The service answered the message with something other than a stream.", body=words)


def _refusal(until: float) -> Flow[bytes]:
    """Read the body of a response that is not a stream."""
    body = bytearray()
    while len(body) < MAX_ERROR_BODY and (chunk := (yield from read(until))):
        body += chunk
    yield Close()
    return bytes(body)
