"""The bytes of event-stream records: a `data:` line and a blank line, and the forms of heartbeats."""

from __future__ import annotations

from typing import Final, Literal

from nemovideo_contract.wire import EventType

#: The forms of a heartbeat, as the profile key `heartbeat` names them.
HeartbeatForm = Literal["typed", "empty", "event", "comment", "mixed", "none"]

_TYPED: Final = b'data: {"type":"%s"}\n\n' % EventType.HEARTBEAT.value.encode()
_EMPTY: Final = b"data:\n\n"
_FORMS: Final[dict[HeartbeatForm, tuple[bytes, ...]]] = {
    "typed": (_TYPED,),
    "empty": (_EMPTY,),
    # With data: a reader that follows the standard does not dispatch an event without data.
    "event": (b"event: heartbeat\ndata: {}\n\n",),
    "comment": (b": heartbeat\n\n",),
    "mixed": (_TYPED, _EMPTY),
    "none": (b"",),
}


def replace_surrogates(text: str) -> str:
    """Return the text with a question mark for each lone surrogate, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def data_record(json_text: str) -> bytes:
    """Return the record that carries this line of JSON."""
    return b"data: " + json_text.encode("utf-8", "replace") + b"\n\n"


class Heartbeats:
    """The heartbeats of one stream; the form `mixed` alternates between a typed record and an empty `data:` line."""

    def __init__(self, form: HeartbeatForm) -> None:
        self._forms = _FORMS[form]
        self._count = 0

    def beat(self) -> bytes:
        """Return the next heartbeat, or `b""` if the form is `none`."""
        form = self._forms[self._count % len(self._forms)]
        self._count += 1
        return form
