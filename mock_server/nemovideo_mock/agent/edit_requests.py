"""The requests that a message can make: one small type for each kind of request.

An ask is one of these values. It says what is wanted, but not how it is done; `editing.apply` does it. A photo is given
by its place (from 1 at the front or from -1 at the back) or by its file name. Lengths are in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nemovideo_contract.draft import Motion, TextPosition, TransitionKind

#: One photo or clip: its place in the video, or its file name.
Place = int | str
Ref = tuple[Place, ...]
Moment = Literal["start", "end", "throughout"]
Topic = Literal["music", "title", "captions", "transition", "motion", "opening", "closing", "fades"]
TalkTopic = Literal["hello", "help", "thanks", "export", "credits", "status", "question"]
PaceName = Literal["fast", "rhythmic", "medium", "calm", "slow", "cinematic"]
ReplyLanguage = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Claim:
    """The message assumes that there are `count` photos."""

    count: int


@dataclass(frozen=True, slots=True)
class Select:
    """Keep only some photos (`only`), leave them out (`drop`) or put them back (`add`)."""

    mode: Literal["only", "drop", "add"]
    ref: Ref


@dataclass(frozen=True, slots=True)
class UseAll:
    """Use every upload; `new_only` means only the uploads that are not yet in the video."""

    new_only: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Move photos to a place, or next to another photo."""

    ref: Ref
    to: Place
    side: Literal["at", "before", "after"] = "at"


@dataclass(frozen=True, slots=True)
class Swap:
    """Exchange the places of two photos."""

    one: Place
    other: Place


@dataclass(frozen=True, slots=True)
class Arrange:
    """Change the whole order: to a given order, the reverse, that of the uploads, or one kind before the other."""

    how: Literal["given", "reversed", "uploaded", "clips_first", "photos_first"]
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Total:
    """Make the whole video last `ms`."""

    ms: int


@dataclass(frozen=True, slots=True)
class Longer:
    """Make the whole video longer by `ms`, or shorter if `ms` is negative."""

    ms: int


@dataclass(frozen=True, slots=True)
class Each:
    """Show every photo for `ms`."""

    ms: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Show some photos for `ms`, or for `factor` times as long as before."""

    ref: Ref
    ms: int | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Trim:
    """Use a clip from `start` to `end`; None is its own start or end, a negative start counts from its end."""

    start: int | None
    end: int | None
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """Set the aspect ratio, a key of `draft.SIZES`; `implied` means that only a platform was named."""

    aspect: str
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Moving:
    """Set the motion of all photos, or of those in `ref`."""

    motion: Motion
    ref: Ref = ()
    hurried: bool = False


@dataclass(frozen=True, slots=True)
class Joining:
    """Set the kind or length of transitions; `ref` are the photos that the transitions lead to."""

    kind: TransitionKind | Literal["cut"] | None = None
    ms: int | None = None
    factor: float = 1.0
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Fading:
    """Fade from black at the start or to black at the end; if `ms` is None, the pace decides the length."""

    edge: Literal["opening", "closing"]
    ms: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Set the pace, which decides everything that is not given exactly."""

    name: PaceName


@dataclass(frozen=True, slots=True)
class Tempo:
    """Make everything last `factor` times as long: above 1 is slower."""

    factor: float


@dataclass(frozen=True, slots=True)
class Titling:
    """Show a text on the screen; `slot` distinguishes the title from further texts."""

    text: str
    slot: Literal["title", "text"] = "title"
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Styling:
    """Set the look and time of the title or the captions; None leaves a property unchanged."""

    target: Literal["title", "captions"]
    color: str | None = None
    factor: float = 1.0
    position: TextPosition | None = None
    at: Moment | None = None
    start: int | None = None
    ms: int | None = None
    on: Place | None = None


@dataclass(frozen=True, slots=True)
class Captioning:
    """Set captions: one for each photo in `ref`, or spread over the whole video."""

    texts: tuple[str, ...]
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Scripting:
    """Set a voiceover script, which becomes timed captions."""

    text: str


@dataclass(frozen=True, slots=True)
class Scoring:
    """Set background music; `mood` and `name` are empty if the message asks for any music."""

    mood: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Loudness:
    """Set the music's volume: a `level` from 0 to 1, or a `factor` of the current volume."""

    level: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Off:
    """Remove or refuse something."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo the last change."""


@dataclass(frozen=True, slots=True)
class Again:
    """Make the same video again."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Add a generated scene at the end."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Something to answer, not to do; `phrase` is the user's text."""

    topic: TalkTopic
    phrase: str = ""


Ask = (
    Claim
    | Select
    | UseAll
    | Move
    | Swap
    | Arrange
    | Total
    | Longer
    | Each
    | Hold
    | Trim
    | Frame
    | Moving
    | Joining
    | Fading
    | Pace
    | Tempo
    | Titling
    | Styling
    | Captioning
    | Scripting
    | Scoring
    | Loudness
    | Off
    | Undo
    | Again
    | Extra
    | Talk
)


@dataclass(frozen=True, slots=True)
class Decline:
    """A part of the message that is not done: the user's `phrase`, and the `reason`, a key of the replies."""

    phrase: str
    reason: str = "unknown"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two parts of one message that contradict each other; the later one counts."""

    dropped: str
    kept: str


@dataclass(frozen=True, slots=True)
class EditRequest:
    """An understood message: its asks in the order of the message, the declined parts, and the contradictions.

    `prompt` is the description in a wish to make a video from words; it is empty if the message has no such wish.
    `creates` means that the message asks to make something, `makes_scene` that this is a video or a scene, and
    `about_photos` that the message mentions uploads.
    """

    asks: tuple[Ask, ...] = ()
    declines: tuple[Decline, ...] = ()
    clashes: tuple[Clash, ...] = ()
    prompt: str = ""
    creates: bool = False
    about_photos: bool = False
    makes_scene: bool = False
    language: ReplyLanguage | None = None
