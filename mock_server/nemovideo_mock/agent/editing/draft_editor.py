"""A brief while a request is applied to it, and what every kind of change needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nemovideo_mock.agent import reading, timing
from nemovideo_mock.agent.edit_state import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_requests import Place, Ref
    from nemovideo_mock.agent.edit_state import EditState, Line, Score, Shot
    from nemovideo_mock.turn_plan import Media


@dataclass(slots=True)
class DraftEditor:
    """A brief while a request is applied to it.

    `first` says that the brief had no pictures before. `changes` and `refusals` are what there is to tell. `new_line`
    is the text that this request wrote, `length_set` what it said of lengths so far.
    """

    brief: EditState
    media: Sequence[Media]
    first: bool
    changes: list[Note] = field(default_factory=list[Note])
    refusals: list[Note] = field(default_factory=list[Note])
    new_line: Line | None = None
    length_set: Literal["", "total", "each"] = ""

    def changed(self, key: str, **values: object) -> None:
        """Note a change."""
        self.changes.append(Note(key, values))

    def refused(self, key: str, **values: object) -> None:
        """Note what could not be done, or needs saying."""
        self.refusals.append(Note(key, values))

    def new_id(self) -> str:
        """An id that no segment of this session has had."""
        self.brief["ids"] += 1
        return f"sg_{self.brief['ids']}"

    def new_shot(self, media: int, prompt: str = "") -> Shot:
        """An upload, or a scene made from a prompt, with nothing special about it."""
        return {
            "id": self.new_id(),
            "media": media,
            "prompt": prompt,
            "motion": None,
            "ms": None,
            "join": None,
            "join_ms": None,
            "start": 0,
            "end": None,
            "caption": "",
            "caption_id": "",
        }

    def newest_sound(self) -> Score | None:
        """The last uploaded audio as music; None where there is none."""
        index = next(
            (index for index in reversed(range(len(self.media))) if self.media[index].file_type == "audio"), None
        )
        return (
            None
            if index is None
            else {"id": self.new_id(), "mood": "", "name": self.media[index].filename, "media": index}
        )

    def names(self) -> list[str]:
        """The file names of the shots in order."""
        return [
            self.media[shot["media"]].filename if shot["media"] >= 0 else shot["prompt"] for shot in self.brief["shots"]
        ]

    def found(self, ref: Ref) -> list[Shot]:
        """The shots that are meant; what is meant in vain is refused by name."""
        indices, missing = reading.places(ref, self.names())
        for place in missing:
            self.missing(place)
        return [self.brief["shots"][index] for index in indices]

    def missing(self, place: Place) -> None:
        """Note that a photo doesn't exist."""
        self.refused(
            "no_such_file" if isinstance(place, str) else "no_such_photo", place=place, count=len(self.brief["shots"])
        )

    def bounded(self, ms: int) -> bool:
        """Whether a video can last so many ms; where not, say so."""
        if timing.SHORTEST_MS <= ms <= timing.LONGEST_MS:
            return True
        self.refused("length_bounds", seconds=ms / 1000)
        return False

    def name_of(self, shot: Shot) -> str:
        """The file name or prompt of a shot."""
        return self.names()[self.brief["shots"].index(shot)]

    def quietly(self, ref: Ref) -> list[Shot]:
        """The shots that are meant, without a word on those that don't exist."""
        indices, _ = reading.places(ref, self.names())
        return [self.brief["shots"][index] for index in indices]
