"""The interface of a dialect, and the choice of a profile's dialect.

A dialect is a pure function of the records and the time that it gets. It reads no clock, draws its ids by name, and
keeps only the state of one stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nemovideo_contract.profiles import Profile
from nemovideo_mock.dialects.adk import ADK_1, ADK_2, Adk
from nemovideo_mock.dialects.framing import Heartbeats
from nemovideo_mock.dialects.typed import Typed
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Record


class Dialect(Protocol):
    """Writes one event stream; each `bytes` that a method returns is one complete record, ready to be sent.

    `now` is always the time of sending, in seconds since 1970.
    """

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers in addition to `Content-Type: text/event-stream; charset=utf-8`."""
        ...

    def record(self, record: Record, now: float, *, last: bool = False) -> list[bytes]:
        """Return the wire records for one record of the agent; `last` means that the turn has no further record."""
        ...

    def heartbeat(self) -> bytes:
        """Return a heartbeat record, or `b""` if the profile has none."""
        ...

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:
        """Return the records of an error in the stream: a code of the API or an exception's name, and a sentence."""
        ...

    def end(self, now: float) -> list[bytes]:
        """Return the records that come last before the stream closes; most turns have none."""
        ...


def dialect_for(profile: Profile, draws: Chance, *, streaming: bool, user_text: str = "") -> Dialect:
    """Return the dialect for one new stream.

    `draws` must be used for this stream only. `streaming` is the caller's request for token-by-token output, which some
    dialects support. `user_text` is the message of the turn; ADK dialects count its tokens.
    """
    heartbeats = Heartbeats(profile.heartbeat)
    match profile.events:
        case "typed":
            return Typed(heartbeats, profile.text_key)
        case "adk-2":
            return Adk(ADK_2, heartbeats, draws, streaming=streaming, user_text=user_text)
        case "adk-1":
            return Adk(ADK_1, heartbeats, draws, streaming=streaming, user_text=user_text)
