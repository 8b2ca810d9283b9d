"""What every dialect can say, and which one a profile speaks.

A dialect is a pure function of what it is told and when: it reads no clock, draws its ids by name, and remembers only
what one stream needs.
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
    """One stream's voice: each `bytes` that it gives is one complete record of the event stream, as it is sent.

    `now` is always the instant of sending, in seconds since 1970.
    """

    @property
    def headers(self) -> Mapping[str, str]:
        """What the response carries beyond `Content-Type: text/event-stream; charset=utf-8`."""
        ...

    def record(self, record: Record, now: float, *, last: bool = False) -> list[bytes]:
        """What the agent just said or did; `last` tells that the turn has nothing more to say."""
        ...

    def heartbeat(self) -> bytes:
        """A sign of life, or nothing (`b""`) where the profile has none."""
        ...

    def failure(self, code: int | str, message: str, now: float) -> list[bytes]:
        """An error inside the stream: a code of the API or the name of an exception, and a sentence."""
        ...

    def end(self, now: float) -> list[bytes]:
        """What is said before the stream closes, after everything else; in most turns nothing."""
        ...


def dialect_for(profile: Profile, draws: Chance, *, streaming: bool, user_text: str = "") -> Dialect:
    """The dialect of one new stream.

    `draws` belongs to this stream alone; `streaming` is what the caller asked for (token by token, in the dialects that
    know it); `user_text` is the message that is answered, whose length the kit's dialects count.
    """
    heartbeats = Heartbeats(profile.heartbeat)
    match profile.events:
        case "typed":
            return Typed(heartbeats, profile.text_key)
        case "adk-2":
            return Adk(ADK_2, heartbeats, draws, streaming=streaming, user_text=user_text)
        case "adk-1":
            return Adk(ADK_1, heartbeats, draws, streaming=streaming, user_text=user_text)
