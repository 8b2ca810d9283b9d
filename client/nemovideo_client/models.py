"""What the calls give back: typed values that keep, in `raw`, whatever else the service said."""

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
    """How long the client waits, in seconds.

    `answer_s` bounds the silence before and within an answer, `call_s` a call with all its tries. `byte_idle_s` bounds
    a stream without a single byte: above the longest documented generation (300 s), as a service need not send
    heartbeats. `progress_idle_s` bounds a stream of heartbeats alone, `turn_s` a whole turn with all its tries, but not
    the recovery after it, which takes five minutes and one answer more at most.

    Raises:
        InvalidSetting: One of them is not above 0.
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

    def __post_init__(self) -> None:
        for each in fields_of(self):
            value: float = getattr(self, each.name)
            # A comparison with NaN is false.
            if not value > 0:
                raise InvalidSetting(f"The limit {each.name} must be above 0, not {value}.")


#: The documented limits.
DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; its value shows in no repr.

    `user_id`, `expires_at` (as the service writes it) and `credits` are None for a token that the caller gave.
    `renewable` says that the client got it itself and may get another for the same client id; `renew_at` (s since the
    epoch) is when it does so unasked, None where the end is unknown.
    """

    value: str = field(repr=False)
    user_id: str | None = None
    expires_at: str | None = None
    credits: int | None = None
    renewable: bool = False
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session and its task; `user_id` is what a registration link binds."""

    session_id: str
    task_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """An uploaded file as the service sees it; `duration` in seconds, sizes in pixels, None where it doesn't say."""

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
    """Bytes of the files sent so far, and in all."""

    sent: int
    total: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Bytes of the video on disk so far, and in all; `total` is None where nobody says."""

    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Credits:
    """The balance; `frozen` is reserved for work in progress."""

    available: int
    frozen: int
    total: int


@dataclass(frozen=True, slots=True)
class State:
    """A session's state; `draft` is None before anything is made, `raw` the whole answer."""

    draft: Json | None
    video_infos: list[object]
    canvas_config: Json
    generated_media: object
    video_analyses: object
    raw: Json = field(repr=False)

    def same_as(self, other: State) -> bool:
        """Whether nothing that a turn could have changed is different."""
        return (self.draft, self.video_infos, self.canvas_config, self.generated_media) == (
            other.draft, other.video_infos, other.canvas_config, other.generated_media,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """Where a render stands; `percent` is None where the service doesn't say."""

    render_id: str
    status: str
    percent: int | None = None


#: The status of a cancelled render; no document says what the service calls it.
CANCELLED: Final = "cancelled"


@dataclass(frozen=True, slots=True)
class Render:
    """A render as submit and poll describe it, in either of the documented shapes; `duration` in s, `size` in bytes.

    `status` is the documents' word where the service has another for the same: `completed` for `succeeded`.
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
        """The part that a caller watches."""
        return RenderProgress(self.render_id, self.status, self.percent)

    @property
    def over(self) -> bool:
        """Whether the status is final."""
        return self.status in (wire.RenderStatus.COMPLETED, wire.RenderStatus.FAILED, CANCELLED)


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that an export made: where it lies, its `size` in bytes, its `duration` in seconds where known."""

    path: Path
    render_id: str
    url: str | None
    size: int
    duration: float | None


class TurnOutcome(StrEnum):
    """How a turn ended.

    ANSWERED with text; SILENT: closed properly without any on what was done (about a third of edits); TRUNCATED: the
    stream broke or reported a failure, closed before what it had promised, or was none from which anybody could know;
    STALLED: alive or not, but without progress for too long; TIMED_OUT: over the limit of the whole; REFUSED: nothing
    was begun, see `flows.verdicts`.

    What promises something is a record cut in two, a tool at work, last words that announce work, and in the dialect of
    Google's agent server a delta without its aggregate and a `finishReason` that is no stop. The documented dialect has
    no record that says that a turn is over, so a stream that is cut *cleanly* between two records, after other words
    and with no tool at work, is ANSWERED: nobody can tell it from a whole one.
    """

    ANSWERED = "answered"
    SILENT = "silent"
    TRUNCATED = "truncated"
    STALLED = "stalled"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended and what is known of its effect.

    `changes` says in words what the turn changed in the draft: empty where nothing did, None where the state was not
    read (an answered turn) or could not be. `state` is that last state. `error` is what went wrong, if anything.
    `seconds` have passed since the message, recovery included. `str` gives a sentence for people.
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


_HOW: Final = {
    TurnOutcome.ANSWERED: "The agent answered.",
    TurnOutcome.SILENT: "The agent is done, without a word.",
    TurnOutcome.TRUNCATED: "The connection to the agent was lost; its work may go on.",
    TurnOutcome.STALLED: "The agent made no progress for too long; its work may go on.",
    TurnOutcome.TIMED_OUT: "The agent takes longer than anybody should wait; its work may go on.",
}
