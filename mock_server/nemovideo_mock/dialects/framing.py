"""Records of an event stream as bytes: a `data:` line and a blank one, and the signs of life between them."""

from __future__ import annotations

from typing import Final, Literal

from nemovideo_contract.wire import EventType

#: The forms of a sign of life, as the profile key `heartbeat` names them.
HeartbeatForm = Literal["typed", "empty", "event", "comment", "mixed", "none"]

_TYPED: Final = b'data: {"type":"%s"}\n\n' % EventType.HEARTBEAT.value.encode()
_EMPTY: Final = b"data:\n\n"
_FORMS: Final[dict[HeartbeatForm, tuple[bytes, ...]]] = {
    "typed": (_TYPED,),
    "empty": (_EMPTY,),
    # Without data a reader that keeps to the standard would not dispatch the event.
    "event": (b"event: heartbeat\ndata: {}\n\n",),
    "comment": (b": heartbeat\n\n",),
    "mixed": (_TYPED, _EMPTY),
    "none": (b"",),
}


def encodable(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")


def data_record(json_text: str) -> bytes:
    """The record that carries this one line of JSON."""
    return b"data: " + json_text.encode("utf-8", "replace") + b"\n\n"


class Heartbeats:
    """The signs of life of one stream; `mixed` takes turns between a typed record and an empty `data:` line."""

    def __init__(self, form: HeartbeatForm) -> None:
        self._forms = _FORMS[form]
        self._given = 0

    def beat(self) -> bytes:
        """The next sign of life, or nothing (`b""`)."""
        form = self._forms[self._given % len(self._forms)]
        self._given += 1
        return form
