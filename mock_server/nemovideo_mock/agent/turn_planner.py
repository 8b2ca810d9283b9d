"""Plan a turn of the agent: what it understands, does and says, and when. This is a pure function of its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, cast

from nemovideo_contract import wire
from nemovideo_contract.draft import SIZES, is_ready
from nemovideo_mock.agent import draft_builder, editing, intent, lengths, second_stage
from nemovideo_mock.agent.edit_requests import Again, Claim, Clash, Decline, EditRequest, Talk
from nemovideo_mock.agent.edit_state import Note, load_edit_state, visual_indices
from nemovideo_mock.agent.language import reply_language
from nemovideo_mock.agent.replies import Voice
from nemovideo_mock.agent.settings import DOCUMENTED, AgentSettings
from nemovideo_mock.agent.text_chunks import split_into_chunks
from nemovideo_mock.json_types import Json
from nemovideo_mock.turn_plan import Change, Plan, PlannedStep, Text, ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nemovideo_contract.draft import Draft
    from nemovideo_mock.agent.edit_state import EditOutcome, EditState
    from nemovideo_mock.agent.settings import Span
    from nemovideo_mock.seeded_random import Chance
    from nemovideo_mock.turn_plan import SessionView

__all__ = ["APOLOGY", "AgentSettings", "plan_turn"]

#: The text after some good answers; it is quoted from the documents and always in English.
APOLOGY: Final = "I encountered a temporary issue"
#: Seconds from the apology to the end of the stream.
_CLOSING: Final = 0.5
#: The maximum number of declined parts that are named one by one.
_TOLD: Final = 3
#: Reasons that are reported even if the rest of the message becomes the prompt of a video.
_FIRM: Final = frozenset({"publish", "format", "aspect", "negated", "too_long", "url", "place", "speed", "style"})


def plan_turn(message: str, view: SessionView, chance: Chance, agent_settings: AgentSettings = DOCUMENTED) -> Plan:
    """Return the plan of the turn that answers this message. Never raises, for any message."""
    request = intent.read(message, [item.filename for item in view.media])
    saved = load_edit_state(view.edit_state)
    draws = chance.of(view.session_id, view.number)
    voice = Voice(reply_language(message, request.language, view.language), gui=agent_settings.gui_talk)
    turn = _Turn(request, view, saved, draws, agent_settings, voice)
    prompt = _prompt(request, view, saved)
    if prompt:
        plan = turn.generate(prompt)
    elif _works(request, view, saved):
        plan = turn.assemble()
    else:
        plan = turn.talk()
    return _add_apology(plan, draws, agent_settings)


def _add_apology(plan: Plan, chance: Chance, agent_settings: AgentSettings) -> Plan:
    """Return the plan with an apology after its answer, for a random part of the plans with an answer."""
    last = plan.steps[-1]
    if not isinstance(last.record, Text) or not chance.happens(agent_settings.noise, "noise"):
        return plan
    at = round(last.at + chance.between(*agent_settings.noise_after, "noise", "after"), 3)
    answer = replace(last, record=Text(f"{last.record.content}\n"))
    end = max(plan.duration, round(at + _CLOSING, 3))
    return replace(plan, steps=(*plan.steps[:-1], answer, PlannedStep(at, Text(APOLOGY))), duration=end)


def _asks_work(request: EditRequest) -> bool:
    return any(not isinstance(ask, Talk | Claim) for ask in request.asks)


def _prompt(request: EditRequest, view: SessionView, saved: EditState) -> str:
    """Return the prompt of a scene to generate; empty if the message has no such wish."""
    scenes = [shot["prompt"] for shot in saved["shots"] if shot["media"] < 0]
    if scenes and any(isinstance(ask, Again) for ask in request.asks) and not _creation(request):
        return scenes[-1]
    if visual_indices(view.media) and not (saved["shots"] and scenes):
        return ""
    if not request.creates or not _creation(request) or (request.about_photos and not saved["shots"]):
        return ""
    if saved["shots"] and not request.makes_scene:
        return ""
    return request.prompt


def _creation(request: EditRequest) -> bool:
    return bool(re.search(r"\w{2,}|[\u3400-\u9fff]", request.prompt))


def _works(request: EditRequest, view: SessionView, saved: EditState) -> bool:
    """Return whether the message asks for something that can be done with the session's media and video."""
    if saved["shots"]:
        return _asks_work(request) or (
            request.creates and request.about_photos and not request.declines and not request.asks
        )
    if not visual_indices(view.media):
        return False
    return _asks_work(request) or request.makes_scene or (request.creates and not request.declines)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message and everything needed to answer it."""

    request: EditRequest
    view: SessionView
    saved: EditState
    draws: Chance
    agent_settings: AgentSettings
    voice: Voice

    # --- the three kinds of turn --------------------------------------------------------------------------------------

    def talk(self) -> Plan:
        """Return a plan that only talks and changes nothing."""
        request, voice = self.request, self.voice
        visible = len(visual_indices(self.view.media))
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
        return self._talked(pieces)

    def generate(self, prompt: str) -> Plan:
        """Return a plan that generates a scene from words and adds the second stage."""
        agent_settings, voice, media = self.agent_settings, self.voice, self.view.media
        raw = editing.apply(self.saved, self.request, media, prompt=prompt)
        firm = tuple(decline for decline in self.request.declines if decline.reason in _FIRM)
        more = [*self._remarks(raw, firm), *self._answers()]
        silent = self._silent("generate", needed=bool(more or self.request.clashes))
        steps = (
            second_stage.plan_steps(raw.edit_state, self.saved, self.request, media, self.draws.of("finish"))
            if agent_settings.two_stage
            else []
        )
        opening = [] if silent else [voice.say("start_generate")]
        summary = voice.summary(raw.edit_state, media, "raw" if steps else "done")
        closing = [] if silent else [summary, *more, *([] if steps else self._gui())]
        duration = self._duration(agent_settings.generate)
        planned = self._stage(0, duration, opening, [self._generation(raw)], closing, more=bool(steps))
        if steps:
            added = [note for step in steps for note in step.outcome.changes]
            finished = [] if silent else [voice.changes(added, "finished"), *self._gui()]
            calls = [self._finishing(step) for step in steps]
            seconds = self.draws.between(*agent_settings.finish, "finish", "duration")
            planned += self._stage(duration, seconds, [], calls, finished, called=1)
            duration = round(duration + seconds, 3)
        return Plan("generate", tuple(planned), duration)

    def assemble(self) -> Plan:
        """Return a plan that puts uploads together, or edits the existing video."""
        request = self.request
        outcome = editing.apply(self.saved, request, self.view.media)
        if not outcome.edit_state["shots"]:
            return self.talk()
        first = not self.saved["shots"]
        same = draft_builder.build(outcome.edit_state, self.view.media) == self.view.draft
        if not first and (not outcome.changes or (same and not any(isinstance(ask, Again) for ask in request.asks))):
            return self._refused(outcome)
        remarks = self._remarks(outcome, request.declines)
        answers = self._answers()
        said = self.voice.summary(outcome.edit_state, self.view.media) if first else self.voice.changes(outcome.changes)
        extra = self._first_notes(outcome) if first else []
        needed = bool(remarks or answers or request.clashes)
        silent = self._silent("assemble" if first else "edit", needed=needed)
        items = self.voice.items(outcome.edit_state, self.view.media)
        opening = [] if silent else [self.voice.say("start_assemble" if first else "start_edit", items=items)]
        closing = [] if silent else [said, *extra, *remarks, *answers, *self._gui()]
        duration = self._duration(self.agent_settings.assembling() if first else self.agent_settings.edit)
        planned = self._stage(0, duration, opening, self._edits(outcome, first=first), closing)
        return Plan("assemble", tuple(planned), duration)

    def _refused(self, outcome: EditOutcome) -> Plan:
        pieces = [*self._remarks(outcome, self.request.declines), *self._answers()]
        if outcome.changes:
            pieces = [self.voice.changes(outcome.changes), *pieces, self.voice.say("unchanged")]
        else:
            pieces.append(self.voice.say("nothing") if pieces else self.voice.say("unchanged"))
        return self._talked(pieces)

    def _talked(self, pieces: Sequence[str]) -> Plan:
        duration = self._duration(self.agent_settings.talk)
        return Plan("talk", tuple(self._spoken(pieces, duration * 0.3, duration)), duration)

    # --- sentences ----------------------------------------------------------------------------------------------------

    def _declined(self, declines: Sequence[Decline]) -> list[str]:
        told = list(dict.fromkeys(map(self.voice.decline, declines)))
        rest = len(told) - _TOLD
        return [*told[:_TOLD], self.voice.say("more_declined", count=rest)] if rest > 0 else told

    def _clashed(self, clashes: Sequence[Clash]) -> list[str]:
        return list(dict.fromkeys(map(self.voice.clash, clashes)))

    def _remarks(self, outcome: EditOutcome, declines: Sequence[Decline]) -> list[str]:
        """Return sentences about everything that was not done as asked."""
        told = [self.voice.refusal(note) for note in outcome.refusals]
        if lengths.has_frozen_clip(outcome.edit_state, self.view.media):
            told.append(self.voice.refusal(Note("stands_still")))
        return [*dict.fromkeys(told), *self._clashed(self.request.clashes), *self._declined(declines)]

    def _first_notes(self, outcome: EditOutcome) -> list[str]:
        """Return the notes on a first assembly that its summary does not mention."""
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
        return self.voice.gui_talk(self.draws.fraction("gui"))

    def _silent(self, kind: Literal["edit", "generate", "assemble"], *, needed: bool) -> bool:
        return self.agent_settings.closes_silently(kind, needed=needed, draw=self.draws.fraction("silent"))

    # --- tool calls ---------------------------------------------------------------------------------------------------

    def _generation(self, outcome: EditOutcome) -> _Call:
        """Return the tool call that generates a scene."""
        edit_state, draft = outcome.edit_state, self._draft(outcome)
        prompt = edit_state["shots"][-1]["prompt"]
        seconds = lengths.shot_lengths(edit_state, self.view.media)[-1] / 1000
        width, height = SIZES[edit_state["aspect"]]
        made: Json = {
            "id": f"gen_{self.draws.hex(16, 'generated')}",
            "type": "video",
            "prompt": prompt,
            "duration": seconds,
            "width": width,
            "height": height,
        }
        args: Json = {"prompt": prompt, "duration": seconds, "aspect_ratio": edit_state["aspect"]}
        result: Json = {"status": "success", "media": made, **_facts(draft)}
        return _Call(wire.TOOL_GENERATE, args, result, Change(cast("Json", edit_state), draft, (made,)))

    def _finishing(self, step: second_stage.FinishingStep) -> _Call:
        """Return the tool call that adds one thing to a raw clip."""
        draft = self._draft(step.outcome)
        args: Json = {"action": step.action, "edits": _actions(step.outcome)}
        return _Call(wire.TOOL_EDIT, args, _success_result(draft), Change(cast("Json", step.outcome.edit_state), draft))

    def _edits(self, outcome: EditOutcome, *, first: bool) -> list[_Call]:
        """Return the tool calls of an assembly: one to put it together, one for each kind of change."""
        draft = self._draft(outcome)
        changes = _actions(outcome)
        if first:
            args: Json = {
                "action": "assemble",
                "clips": len(outcome.edit_state["shots"]),
                "aspect_ratio": outcome.edit_state["aspect"],
            }
            changes = [{**args, "edits": changes}]
        *before, last = changes
        answer = _success_result(draft)
        change = Change(cast("Json", outcome.edit_state), draft)
        return [
            *(_Call(wire.TOOL_EDIT, args, answer) for args in before),
            _Call(wire.TOOL_EDIT, last, answer, change),
        ]

    def _draft(self, outcome: EditOutcome) -> Draft:
        draft = draft_builder.build(outcome.edit_state, self.view.media)
        assert draft is not None
        assert is_ready(draft)
        return draft

    # --- timing -------------------------------------------------------------------------------------------------------

    def _duration(self, span: Span) -> float:
        return self.draws.between(*span, "duration")

    def _stage(
        self,
        start: float,
        seconds: float,
        opening: Sequence[str],
        calls: Sequence[_Call],
        closing: Sequence[str],
        *,
        called: int = 0,
        more: bool = False,
    ) -> list[PlannedStep]:
        """Return the steps of a stage: opening sentences, calls with their results, closing sentences.

        The stage lasts `seconds` from `start`. `called` counts the turn's earlier calls; `more` means that the turn
        continues to speak afterwards.
        """
        planned = [
            PlannedStep(round(start + seconds * 0.03, 3), Text(piece))
            for piece in split_into_chunks(opening, more=True)
        ]
        step = seconds * 0.72 / len(calls)
        for number, call in enumerate(calls):
            call_id = f"call_{self.draws.hex(12, 'call', called + number)}"
            begun = start + seconds * 0.08 + step * number
            planned += (
                PlannedStep(round(begun, 3), ToolCall(call_id, call.name, call.args)),
                PlannedStep(round(begun + step * 0.9, 3), ToolResult(call_id, call.name, call.result), call.change),
            )
        return planned + self._spoken(closing, start + seconds * 0.82, start + seconds, more=more)

    def _spoken(self, sentences: Sequence[str], start: float, end: float, *, more: bool = False) -> list[PlannedStep]:
        """Return the sentences, spoken in chunks between two times; `more` means that the turn continues to speak."""
        pieces = split_into_chunks(sentences, more=more)
        step = (end - start) / (len(pieces) + 1)
        return [
            PlannedStep(round(start + step * number, 3), Text(piece)) for number, piece in enumerate(pieces, start=1)
        ]


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call, its result, and its effect on the session."""

    name: str
    args: Json
    result: Json
    change: Change | None = None


def _success_result(draft: Draft) -> Json:
    return {"status": "success", **_facts(draft)}


def _facts(draft: Draft) -> Json:
    return {"tracks": len(draft["t"]), "duration_ms": draft["d"]}


def _actions(outcome: EditOutcome) -> list[Json]:
    """Return the changes in the form of the tool: one action for each kind."""
    return [
        {
            "action": key,
            **{name: value for note in outcome.changes if note.key == key for name, value in note.values.items()},
        }
        for key in dict.fromkeys(note.key for note in outcome.changes)
    ]
