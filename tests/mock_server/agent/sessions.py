"""A session played turn by turn against the scripted agent, without a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nemovideo_mock.agent.turn_planner import AgentSettings, plan_turn
from nemovideo_mock.seeded_random import Chance
from nemovideo_mock.turn_plan import Change, Media, Plan, SessionView, Text, ToolCall, ToolResult

if TYPE_CHECKING:
    from typing import Literal

    from nemovideo_contract.draft import AudioSegment, Draft, TextSegment, VisualSegment
    from nemovideo_mock.json_types import Json

NAMES = ("astronaut.jpg", "cat.jpg", "coffee.jpg", "rocket.jpg")


def media(name: str, kind: Literal["image", "video", "audio"] = "image", duration: float | None = None) -> Media:
    return Media(name, kind, f"http://files/{name}", name.encode().hex().ljust(64, "0")[:64], duration)


PHOTOS = tuple(map(media, NAMES))


@dataclass
class Session:
    """The state of a session; `say` plays one turn and returns its plan."""

    uploads: tuple[Media, ...] = PHOTOS
    language: str = "en"
    silent: float = 0.0
    agent_settings: AgentSettings | None = None
    edit_state: Json = field(default_factory=dict)
    current: Draft | None = None
    number: int = 0

    def say(self, message: str) -> Plan:
        self.number += 1
        view = SessionView(
            "1234567890123456789", self.language, self.uploads, self.edit_state, self.current, self.number
        )
        plan = plan_turn(message, view, Chance("7"), self.agent_settings or AgentSettings(silent=self.silent))
        for change in changes(plan):
            self.edit_state, self.current = change.edit_state, change.draft
        return plan

    @property
    def draft(self) -> Draft:
        assert self.current is not None
        return self.current

    @property
    def shots(self) -> list[VisualSegment]:
        return [segment for track in self.draft["t"] if track["tt"] == 0 for segment in track["sg"]]

    @property
    def names(self) -> list[str]:
        return [shot["m"].get("name", "") for shot in self.shots]

    @property
    def times(self) -> list[int]:
        return [shot["d"] for shot in self.shots]

    @property
    def sounds(self) -> list[AudioSegment]:
        return [segment for track in self.draft["t"] if track["tt"] == 1 for segment in track["sg"]]

    @property
    def words(self) -> list[TextSegment]:
        return [segment for track in self.draft["t"] if track["tt"] == 7 for segment in track["sg"]]

    @property
    def size(self) -> tuple[int | None, int | None]:
        return self.draft["m"].get("width"), self.draft["m"].get("height")


def changes(plan: Plan) -> list[Change]:
    return [step.change for step in plan.steps if step.change is not None]


def spoken_text(plan: Plan) -> str:
    return "".join(texts(plan))


def texts(plan: Plan) -> list[str]:
    return [step.record.content for step in plan.steps if isinstance(step.record, Text)]


def calls(plan: Plan) -> list[ToolCall]:
    return [step.record for step in plan.steps if isinstance(step.record, ToolCall)]


def results(plan: Plan) -> list[ToolResult]:
    return [step.record for step in plan.steps if isinstance(step.record, ToolResult)]
