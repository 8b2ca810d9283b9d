"""What a message can ask for, one small value a wish.

An ask says what is wanted and nothing about how it is done; `brief.apply` does it. Photos are meant by place, from 1 at
the front or from -1 at the back, or by file name. Lengths are milliseconds.
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
    """The message takes for granted that there are `count` photos."""

    count: int


@dataclass(frozen=True, slots=True)
class Select:
    """Some photos are kept (`only`), left out (`drop`) or put back (`add`)."""

    mode: Literal["only", "drop", "add"]
    ref: Ref


@dataclass(frozen=True, slots=True)
class UseAll:
    """Every upload is used; `new_only` means those that are not yet in the video."""

    new_only: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Photos go to a place, or next to another photo."""

    ref: Ref
    to: Place
    side: Literal["at", "before", "after"] = "at"


@dataclass(frozen=True, slots=True)
class Swap:
    """Two photos change places."""

    one: Place
    other: Place


@dataclass(frozen=True, slots=True)
class Arrange:
    """The order as a whole: given, turned round, that of the uploads, or one kind before the other."""

    how: Literal["given", "reversed", "uploaded", "clips_first", "photos_first"]
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Total:
    """The whole video lasts `ms`."""

    ms: int


@dataclass(frozen=True, slots=True)
class Longer:
    """The whole video becomes longer by `ms`, or shorter where that is negative."""

    ms: int


@dataclass(frozen=True, slots=True)
class Each:
    """Every photo stays for `ms`."""

    ms: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Some photos stay for `ms`, or `factor` times as long as before."""

    ref: Ref
    ms: int | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Trim:
    """A clip is used from `start` to `end`; None is its own beginning or end, a negative start counts from its end."""

    start: int | None
    end: int | None
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """The aspect ratio, a key of `draft.SIZES`; `implied` where only a platform was named."""

    aspect: str
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Moving:
    """How photos move: all of them, or those of `ref`."""

    motion: Motion
    ref: Ref = ()
    hurried: bool = False


@dataclass(frozen=True, slots=True)
class Joining:
    """How photos follow each other: kind, length, or both; `ref` are the photos that are brought in so."""

    kind: TransitionKind | Literal["cut"] | None = None
    ms: int | None = None
    factor: float = 1.0
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Fading:
    """A fade from black at the start or to black at the end; `ms` None leaves its length to the pace."""

    edge: Literal["opening", "closing"]
    ms: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """The feeling of time, which decides whatever is not said exactly."""

    name: PaceName


@dataclass(frozen=True, slots=True)
class Tempo:
    """Everything takes `factor` times as long: above 1 is slower."""

    factor: float


@dataclass(frozen=True, slots=True)
class Titling:
    """Words on the screen; `slot` tells the title from further texts."""

    text: str
    slot: Literal["title", "text"] = "title"
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Styling:
    """How the title or the captions look and when they are there; None leaves a property as it is."""

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
    """Captions: one for each photo of `ref`, or spread over the whole video."""

    texts: tuple[str, ...]
    ref: Ref = ()


@dataclass(frozen=True, slots=True)
class Scripting:
    """A voiceover script, which becomes timed captions."""

    text: str


@dataclass(frozen=True, slots=True)
class Scoring:
    """Background music; `mood` and `name` are empty where only music is asked for."""

    mood: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Loudness:
    """The music's volume: a `level` from 0 to 1, or a `factor` of what it is."""

    level: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Off:
    """Something is not wanted."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Undo:
    """The last change is taken back."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same is made once more."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A generated scene is added behind what is there."""


@dataclass(frozen=True, slots=True)
class Talk:
    """Something to answer, not to do; `phrase` is what was said."""

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
    """A part of the message that is not done: the `phrase` as it was said and the `reason`, a key of the replies."""

    phrase: str
    reason: str = "unknown"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two parts of one message that contradict each other; the later one counts."""

    dropped: str
    kept: str


@dataclass(frozen=True, slots=True)
class EditRequest:
    """A message understood: asks in the order of the message, what is declined, and what contradicted itself.

    `prompt` is what is left of a wish to make a video out of words, empty where the message is no such wish;
    `creates` says that the message asks for something to be made, `makes_scene` that this is a video or scene, and
    `about_photos` that it speaks of uploads.
    """

    asks: tuple[Ask, ...] = ()
    declines: tuple[Decline, ...] = ()
    clashes: tuple[Clash, ...] = ()
    prompt: str = ""
    creates: bool = False
    about_photos: bool = False
    makes_scene: bool = False
    language: ReplyLanguage | None = None
