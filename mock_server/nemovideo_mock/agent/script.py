"""A turn of the agent as a plan: what it understands, does and says, and when. A pure function of what it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from nemovideo_contract import wire
from nemovideo_contract.draft import SIZES, is_ready
from nemovideo_mock.agent import brief as briefs
from nemovideo_mock.agent import editing, intent, timeline, timing
from nemovideo_mock.agent.asks import Again, Claim, Clash, Decline, Request, Talk
from nemovideo_mock.agent.plan import Beat, Change, Json, Plan, Text, ToolCall, ToolResult
from nemovideo_mock.agent.replies import Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_mock.agent.brief import Brief, Outcome
    from nemovideo_mock.agent.plan import SessionView, Work
    from nemovideo_mock.ids import Chance


@dataclass(frozen=True, slots=True)
class Manner:
    """How the service behaves: seconds of service time that each kind of turn takes, and its habits.

    `silent` is how likely an edit of an existing draft closes without a word; `gui_talk` speaks of buttons and panels.
    """

    talk: tuple[float, float] = (5, 15)
    edit: tuple[float, float] = (10, 30)
    generate: tuple[float, float] = (20, 40)
    silent: float = 0.30
    gui_talk: bool = True


#: Declined parts that are named one by one.
_TOLD: Final = 3
#: Reasons for declining that stand for themselves even where the rest of the message makes a video from words.
_FIRM: Final = frozenset({"publish", "format", "aspect", "negated", "too_long", "url", "place", "speed", "style"})


def respond(message: str, view: SessionView, chance: Chance, manner: Manner = Manner()) -> Plan:
    """The plan of the turn that answers this message. Never raises, whatever the message."""
    request = intent.read(message, [item.filename for item in view.media])
    saved = briefs.load(view.brief)
    draws = chance.of(view.session_id, view.number)
    voice = Voice(request.language or ("zh" if view.language.lower().startswith("zh") else "en"))
    turn = _Turn(request, view, saved, draws, manner, voice)
    prompt = _prompt(request, view, saved)
    if prompt:
        return turn.generate(prompt)
    if _works(request, view, saved):
        return turn.assemble()
    return turn.talk()


def _asks_work(request: Request) -> bool:
    return any(not isinstance(ask, Talk | Claim) for ask in request.asks)


def _prompt(request: Request, view: SessionView, saved: Brief) -> str:
    """The words from which a scene is to be generated; empty where the message is no such wish."""
    scenes = [shot["prompt"] for shot in saved["shots"] if shot["media"] < 0]
    if scenes and any(isinstance(ask, Again) for ask in request.asks) and not _creation(request):
        return scenes[-1]
    if briefs.visuals(view.media) and not (saved["shots"] and scenes):
        return ""
    if not request.creates or not _creation(request) or (request.about_photos and not saved["shots"]):
        return ""
    if saved["shots"] and not request.makes_scene:
        return ""
    return request.prompt


def _creation(request: Request) -> bool:
    return bool(re.search(r"\w{2,}|[\u3400-\u9fff]", request.prompt))


def _works(request: Request, view: SessionView, saved: Brief) -> bool:
    """Whether the message asks for something that can be done with what is there."""
    if saved["shots"]:
        return _asks_work(request) or (
            request.creates and request.about_photos and not request.declines and not request.asks
        )
    if not briefs.visuals(view.media):
        return False
    return _asks_work(request) or request.makes_scene or (request.creates and not request.declines)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message being answered."""

    request: Request
    view: SessionView
    saved: Brief
    draws: Chance
    manner: Manner
    voice: Voice

    # --- the three kinds of turn --------------------------------------------------------------------------------------

    def talk(self) -> Plan:
        """Only words; nothing changes."""
        request, voice = self.request, self.voice
        visible = len(briefs.visuals(self.view.media))
        pieces: list[str] = []
        if _asks_work(request) and not self.saved["shots"]:
            pieces.append(voice.say("no_media"))
        elif request.creates and not self.saved["shots"] and not visible:
            pieces.append(voice.say("no_media" if request.about_photos else "no_subject"))
        pieces += self._declined(request.declines)
        pieces += self._answers()
        if not pieces:
            pieces.append(
                voice.say("no_draft", count=visible) if visible and not self.saved["shots"] else voice.say("nothing")
            )
        elif request.declines and pieces == self._declined(request.declines):
            pieces.append(voice.say("nothing"))
        duration = self._duration(self.manner.talk)
        return Plan("talk", self._spoken(pieces, duration * 0.3, duration), duration)

    def generate(self, prompt: str) -> Plan:
        """A scene made from words."""
        outcome = editing.apply(self.saved, self.request, self.view.media, prompt=prompt)
        shot = outcome.brief["shots"][-1]
        shown = timing.lengths(outcome.brief, self.view.media)[-1]
        width, height = SIZES[outcome.brief["aspect"]]
        made: Json = {
            "id": f"gen_{self.draws.hex(16, 'generated')}",
            "type": "video",
            "prompt": shot["prompt"],
            "duration": shown / 1000,
            "width": width,
            "height": height,
        }
        args: Json = {"prompt": shot["prompt"], "duration": shown / 1000, "aspect_ratio": outcome.brief["aspect"]}
        firm = tuple(decline for decline in self.request.declines if decline.reason in _FIRM)
        closing = [
            self.voice.summary(outcome.brief, self.view.media),
            *self._remarks(outcome, firm),
            *self._answers(),
            *self._gui(),
        ]
        result: Json = {"status": "success", "media": made}
        calls = [(wire.TOOL_GENERATE, args, result)]
        return self._worked("generate", "start_generate", calls, outcome, closing, (made,))

    def assemble(self) -> Plan:
        """Uploads put together, or what is there edited."""
        request = self.request
        outcome = editing.apply(self.saved, request, self.view.media)
        if not outcome.brief["shots"]:
            return self.talk()
        first = not self.saved["shots"]
        same = timeline.build(outcome.brief, self.view.media) == self.view.draft
        if not first and (not outcome.changes or (same and not any(isinstance(ask, Again) for ask in request.asks))):
            return self._refused(outcome)
        remarks = self._remarks(outcome, request.declines)
        said = self.voice.summary(outcome.brief, self.view.media) if first else self.voice.changes(outcome.changes)
        extra = self._first_notes(outcome) if first else []
        closing = [said, *extra, *remarks, *self._answers(), *self._gui()]
        silent = not (first or remarks or self._answers() or request.clashes) and self.draws.happens(
            self.manner.silent, "silent"
        )
        calls = self._edits(outcome, first=first)
        return self._worked(
            "assemble", "start_assemble" if first else "start_edit", calls, outcome, closing, silent=silent
        )

    def _refused(self, outcome: Outcome) -> Plan:
        pieces = [*self._remarks(outcome, self.request.declines), *self._answers()]
        if outcome.changes:
            pieces = [self.voice.changes(outcome.changes), *pieces, self.voice.say("unchanged")]
        else:
            pieces.append(self.voice.say("nothing") if pieces else self.voice.say("unchanged"))
        duration = self._duration(self.manner.talk)
        return Plan("talk", self._spoken(pieces, duration * 0.3, duration), duration)

    # --- what is said -------------------------------------------------------------------------------------------------

    def _declined(self, declines: Sequence[Decline]) -> list[str]:
        told = list(dict.fromkeys(map(self.voice.decline, declines)))
        rest = len(told) - _TOLD
        return [*told[:_TOLD], self.voice.say("more_declined", count=rest)] if rest > 0 else told

    def _clashed(self, clashes: Sequence[Clash]) -> list[str]:
        return list(dict.fromkeys(map(self.voice.clash, clashes)))

    def _remarks(self, outcome: Outcome, declines: Sequence[Decline]) -> list[str]:
        """Everything that was not done as said."""
        told = [self.voice.refusal(note) for note in outcome.refusals]
        if timing.stands_still(outcome.brief, self.view.media):
            told.append(self.voice.refusal(briefs.Note("stands_still")))
        return [*dict.fromkeys(told), *self._clashed(self.request.clashes), *self._declined(declines)]

    def _first_notes(self, outcome: Outcome) -> list[str]:
        """What of a first assembly its summary doesn't tell."""
        told = {"total", "aspect", "motion", "join", "title", "music", "volume", "count", "no_music", "captions"}
        rest = [note for note in outcome.changes if note.key not in told]
        return [self.voice.changes(rest)] if rest else []

    def _answers(self) -> list[str]:
        talks = [ask for ask in self.request.asks if isinstance(ask, Talk)]
        worked = _asks_work(self.request)
        if worked:
            talks = [talk for talk in talks if talk.topic not in {"hello", "thanks", "help"}]
        return list(dict.fromkeys(self.voice.talk(talk, self.saved, self.view.media) for talk in talks))

    def _gui(self) -> list[str]:
        return [self.voice.say("gui")] if self.manner.gui_talk else []

    # --- when ---------------------------------------------------------------------------------------------------------

    def _duration(self, span: tuple[float, float]) -> float:
        return self.draws.between(*span, "duration")

    def _spoken(self, pieces: Sequence[str], start: float, end: float) -> tuple[Beat, ...]:
        """The pieces spoken one after another between two times."""
        step = (end - start) / (len(pieces) + 1)
        return tuple(Beat(round(start + step * number, 3), Text(piece)) for number, piece in enumerate(pieces, start=1))

    def _edits(self, outcome: Outcome, *, first: bool) -> list[tuple[str, Json, Json]]:
        """The tool calls of an assembly: one for putting together, one for each kind of change."""
        keys = list(dict.fromkeys(note.key for note in outcome.changes))
        changes: list[Json] = [
            {
                "action": key,
                **{name: value for note in outcome.changes if note.key == key for name, value in note.values.items()},
            }
            for key in keys
        ]
        if first:
            args: Json = {
                "action": "assemble",
                "clips": len(outcome.brief["shots"]),
                "aspect_ratio": outcome.brief["aspect"],
            }
            return [(wire.TOOL_EDIT, {**args, "edits": changes}, {})]
        return [(wire.TOOL_EDIT, change, {}) for change in changes]

    def _worked(
        self,
        work: Work,
        opening: str,
        calls: list[tuple[str, Json, Json]],
        outcome: Outcome,
        closing: list[str],
        generated: tuple[Json, ...] = (),
        *,
        silent: bool = False,
    ) -> Plan:
        """A turn with tools: opening words, calls with their results, closing words."""
        duration = self._duration(
            self.manner.generate if work == "generate" or opening == "start_assemble" else self.manner.edit
        )
        draft = timeline.build(outcome.brief, self.view.media)
        assert draft is not None
        assert is_ready(draft)
        change = Change(cast("Json", outcome.brief), draft, generated)
        beats: list[Beat] = []
        if not silent:
            items = self.voice.items(outcome.brief, self.view.media)
            beats.append(Beat(round(duration * 0.03, 3), Text(self.voice.say(opening, items=items))))
        step = duration * 0.72 / len(calls)
        for number, (name, args, result) in enumerate(calls):
            call_id = f"call_{self.draws.hex(12, 'call', number)}"
            begun = duration * 0.08 + step * number
            last = number == len(calls) - 1
            answer: Json = {**result, "status": "success", "tracks": len(draft["t"]), "duration_ms": draft["d"]}
            beats.append(Beat(round(begun, 3), ToolCall(call_id, name, args)))
            beats.append(
                Beat(round(begun + step * 0.9, 3), ToolResult(call_id, name, answer), change if last else None)
            )
        if not silent:
            beats += self._spoken(closing, duration * 0.82, duration)
        return Plan(work, tuple(beats), duration)
