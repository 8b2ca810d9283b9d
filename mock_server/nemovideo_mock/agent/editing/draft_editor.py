"""The editor of an edit state: the state while a request is applied to it, and what all kinds of change need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nemovideo_mock.agent import lengths, prepared_page
from nemovideo_mock.agent.edit_state import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.edit_requests import Place, Ref
    from nemovideo_mock.agent.edit_state import EditState, Line, Score, Shot
    from nemovideo_mock.turn_plan import Media


@dataclass(slots=True)
class DraftEditor:
    """An edit state while a request is applied to it.

    `first` means that the edit state had no pictures before. `changes` and `refusals` are the notes for the user.
    `new_line` is the text that this request wrote, `length_set` the kind of length that it has set so far.
    """

    edit_state: EditState
    media: Sequence[Media]
    first: bool
    changes: list[Note] = field(default_factory=list[Note])
    refusals: list[Note] = field(default_factory=list[Note])
    new_line: Line | None = None
    length_set: Literal["", "total", "each"] = ""

    def note_change(self, key: str, **values: object) -> None:
        """Note a change."""
        self.changes.append(Note(key, values))

    def note_refusal(self, key: str, **values: object) -> None:
        """Note something that could not be done or needs an explanation."""
        self.refusals.append(Note(key, values))

    def new_id(self) -> str:
        """Return an id that no segment of this session has had."""
        self.edit_state["ids"] += 1
        return f"sg_{self.edit_state['ids']}"

    def new_shot(self, media: int, prompt: str = "") -> Shot:
        """Return a shot of an upload, or of a scene made from a prompt, with default settings."""
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
        """Return the last uploaded sound as music, or None if there is none."""
        index = next(
            (index for index in reversed(range(len(self.media))) if self.media[index].file_type == "audio"), None
        )
        return (
            None
            if index is None
            else {"id": self.new_id(), "mood": "", "name": self.media[index].filename, "media": index}
        )

    def names(self) -> list[str]:
        """Return the file names of the shots in order."""
        return [
            self.media[shot["media"]].filename if shot["media"] >= 0 else shot["prompt"]
            for shot in self.edit_state["shots"]
        ]

    def find_shots(self, ref: Ref) -> list[Shot]:
        """Return the shots of a reference; refuse each of its photos that does not exist by name."""
        indices, missing = prepared_page.find_places(ref, self.names())
        for place in missing:
            self.note_missing(place)
        return [self.edit_state["shots"][index] for index in indices]

    def note_missing(self, place: Place) -> None:
        """Note that a photo does not exist."""
        self.note_refusal(
            "no_such_file" if isinstance(place, str) else "no_such_photo",
            place=place,
            count=len(self.edit_state["shots"]),
        )

    def check_length(self, ms: int) -> bool:
        """Return whether a video can last `ms`; if not, note it."""
        if lengths.SHORTEST_MS <= ms <= lengths.LONGEST_MS:
            return True
        self.note_refusal("length_bounds", seconds=ms / 1000)
        return False

    def name_of(self, shot: Shot) -> str:
        """Return the file name or prompt of a shot."""
        return self.names()[self.edit_state["shots"].index(shot)]

    def find_existing_shots(self, ref: Ref) -> list[Shot]:
        """Return the shots of a reference; ignore photos that do not exist."""
        indices, _ = prepared_page.find_places(ref, self.names())
        return [self.edit_state["shots"][index] for index in indices]
