"""The values that the client's calls return; `raw` holds the service's complete answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from enum import StrEnum
from pathlib import Path
from typing import Final

from nemovideo_client.errors import ApiError, InvalidSetting, NemoError
from nemovideo_client.json_reading import Json
from nemovideo_contract import wire


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the client waits, in seconds, and how much it accepts, in bytes.

    `answer_s` limits the silence before and within a response, and `call_s` a call with all its tries. `byte_idle_s`
    limits a stream that sends no byte. It is longer than the longest documented generation (300 s), because a service
    need not send heartbeats. `progress_idle_s` limits a stream that sends only heartbeats. `turn_s` limits a whole turn
    with all its tries, but not the recovery after it, which takes at most five minutes and one more response.

    `answer_bytes` limits a response that is read as a whole, `turn_bytes` the stream of a turn, and `file_bytes` a
    downloaded video. They count bytes after decompression.

    Raises:
        InvalidSetting: A limit is not above 0.
    """

    connect_s: float = 10
    answer_s: float = 60
    call_s: float = 180
    upload_s: float = 300
    byte_idle_s: float = 330
    progress_idle_s: float = wire.PROGRESS_LIMIT_S
    turn_s: float = wire.TURN_LIMIT_S
    poll_interval_s: float = wire.POLL_INTERVAL_S
    polls: int = wire.POLL_LIMIT
    answer_bytes: int = 16 * 1024 * 1024
    turn_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 4 * 1024 * 1024 * 1024

    def __post_init__(self) -> None:
        for each in fields_of(self):
            value: float = getattr(self, each.name)
            # Not `value <= 0`: every comparison with NaN is false.
            if not value > 0:
                raise InvalidSetting(f"The limit {each.name} must be above 0, not {value}.")


#: The documented limits.
DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; its repr does not show its value.

    `user_id`, `expires_at` (as the service writes it) and `credits` are None for a token that the caller gave.
    `renewable` is true if the client got the token itself, so that it can get another one with the same client id. At
    `renew_at` (s since the epoch) the client renews it; None means that the end is unknown.
    """

    value: str = field(repr=False)
    user_id: str | None = None
    expires_at: str | None = None
    credits: int | None = None
    renewable: bool = False
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session and its task; a registration link contains `user_id`."""

    session_id: str
    task_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An uploaded file as the service describes it: `duration` in seconds, sizes in pixels, None if it does not say."""

    filename: str
    file_type: str | None
    url: str | None
    duration: float | None
    width: int | None
    height: int | None
    fps: float | None
    hash: str | None
    raw: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """The bytes of the files that were sent so far, and their total."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The bytes of the video on disk so far, and their total; `total` is None if it is unknown."""

    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance; `frozen` credits are reserved for work in progress."""

    available: int
    frozen: int
    total: int


@dataclass(frozen=True, slots=True)
class State:
    """A session's state; `draft` is None before anything is created, and `raw` is the whole response."""

    draft: Json | None
    video_infos: list[object]
    canvas_config: Json
    generated_media: object
    video_analyses: object
    raw: Json = field(repr=False)

    def same_as(self, other: State) -> bool:
        """Return whether everything that a turn can change is equal."""
        return (self.draft, self.video_infos, self.canvas_config, self.generated_media) == (
            other.draft, other.video_infos, other.canvas_config, other.generated_media,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """The progress of a render; `percent` is None if the service does not say it."""

    render_id: str
    status: str
    percent: int | None = None


#: The status of a cancelled render; assumed, because no document names it.
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Render:
    """A render as submit and poll describe it, in either of the documented shapes; `duration` in s, `size` in bytes.

    `status` is the documented word, even if the service uses another: `completed` for `succeeded`.
    """

    render_id: str
    status: str
    percent: int | None
    url: str | None
    duration: float | None
    size: int | None
    error: str | None

    @property
    def progress(self) -> RenderProgress:
        """The part that a progress callback gets."""
        return RenderProgress(self.render_id, self.status, self.percent)

    @property
    def over(self) -> bool:
        """Whether the status is final."""
        return self.status in (wire.RenderStatus.COMPLETED, wire.RenderStatus.FAILED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Exported:
    """The file of an export: its path, its `size` in bytes, and its `duration` in seconds if known."""

    path: Path
    render_id: str
    url: str | None
    size: int
    duration: float | None


class TurnOutcome(StrEnum):
    """How a turn ended.

    - ANSWERED: the stream ended with text.
    - SILENT: the stream closed properly, without text about the work; so do about a third of edits.
    - TRUNCATED: the stream broke, reported a failure, or closed before an announced part. Or the response was not a
      stream, and it is unknown whether work began.
    - STALLED: no progress for too long, with or without heartbeats.
    - TIMED_OUT: the whole turn took longer than its limit.
    - REFUSED: no work was begun, see `flows.resend_policy`.

    Four things announce a further part: an incomplete record; a tool call without its result; last words that announce
    work; and, in the dialect of Google's agent server, a delta without its aggregate or a `finishReason` other than a
    stop. The documented dialect has no record that ends a turn. So a stream that was cut exactly between two records,
    after other words and with no open tool call, counts as ANSWERED: the client cannot distinguish it from a complete
    one.
    """

    ANSWERED = "answered"
    SILENT = "silent"
    TRUNCATED = "truncated"
    STALLED = "stalled"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended, and its known effect.

    `changes` says in words what the turn changed in the draft. It is empty if nothing changed, and None if the state
    was not read (after an answered turn) or could not be read. `state` is that last state. `error` is what went wrong,
    if anything. `seconds` is the time since the message, with recovery. `str` returns a sentence for people.
    """

    kind: TurnOutcome
    error: NemoError | None = None
    changes: tuple[str, ...] | None = None
    state: State | None = field(default=None, repr=False)
    seconds: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        if self.kind is TurnOutcome.REFUSED:
            return str(self.error)
        how = f"The agent broke off. {self.error}" if isinstance(self.error, ApiError) else _HOW[self.kind]
        if self.changes:
            return f"{how} {'; '.join(self.changes)}."
        if self.kind is TurnOutcome.ANSWERED:
            return _HOW[self.kind]
        known = "Nothing has changed so far." if self.changes is not None else "What it changed is not known."
        return f"{how} {known}"


def format_size(size: int) -> str:
    """Return a number of bytes as text for people: `1.2 MB`, `38 kB` or `112 bytes`."""
    if size >= 1_000_000:
        return f"{size / 1e6:.1f} MB"
    return f"{size / 1e3:.0f} kB" if size >= 1_000 else f"{size} bytes"


_HOW: Final = {
    TurnOutcome.ANSWERED: "The agent answered.",
    TurnOutcome.SILENT: "The agent finished without a message.",
    TurnOutcome.TRUNCATED: "The connection to the agent was lost; its work may go on.",
    TurnOutcome.STALLED: "The agent made no progress for too long; its work may go on.",
    TurnOutcome.TIMED_OUT: "The agent took longer than the limit; its work may go on.",
}
