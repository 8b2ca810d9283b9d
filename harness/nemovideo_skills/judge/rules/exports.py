"""Rules about exports: what a caller submits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.requirements.requirement import parse_sources
from nemovideo_skills.judge.exchanges import Exchange
from nemovideo_skills.judge.history import History
from nemovideo_skills.judge.operations import Operation
from nemovideo_skills.judge.rules.rule import Broken, Kept, Observation, Rule, Unsure
from nemovideo_skills.judge.text_format import short


def fresh_render_id(history: History) -> Iterator[Observation]:
    """Check each submission that has an id."""
    used: dict[str, Exchange] = {}
    for each in history.of(Operation.SUBMIT):
        if each.submitted is None:
            continue
        first = used.get(each.submitted)
        if first is not None:
            yield Broken(each, f"The render id {short(each.submitted)} was used a second time.", (first, each))
        elif not _is_refused(each):
            used[each.submitted] = each
            yield Kept(each)


def _is_refused(submission: Exchange) -> bool:
    """Return whether a submission was refused, so that the caller may repeat it unchanged."""
    return submission.refusal is not None and not 500 <= submission.refusal < 600


@dataclass(slots=True)
class _Timeline:
    """A caller's knowledge of a session: the last state that it read, and the changes since then."""

    read: Exchange | None = None
    change: Exchange | None = None
    digests: set[str] = field(default_factory=set[str])

    def add(self, each: Exchange) -> None:
        """Process the next exchange of the session."""
        if each.call is Operation.STATE and each.succeeded:
            self.read = each
            if each.draft is not None:
                self.digests.add(each.draft.digest)
        elif each.call in {Operation.MESSAGE, Operation.UPLOAD} and each.refusal is None:
            self.change = each

    @property
    def fresh(self) -> bool:
        """Return whether the session is unchanged since the state was read."""
        if self.read is None or self.change is None:
            return self.read is not None
        # When a caller leaves a stream, a service may notice it late.
        over = self.change.first if self.change.end == "caller_left" else self.change.last
        return self.read.first > over


def _submissions(history: History) -> Iterator[tuple[Exchange, _Timeline]]:
    """Return each submission of a known session, with the caller's knowledge at that time."""
    timelines: dict[str, _Timeline] = {}
    for each in history.exchanges:
        if each.session is None:
            continue
        timeline = timelines.setdefault(each.session, _Timeline())
        if each.call is Operation.SUBMIT:
            yield each, timeline
        else:
            timeline.add(each)


def state_before_export(history: History) -> Iterator[Observation]:
    """Check each submission."""
    for each, known in _submissions(history):
        read = known.read
        if read is None:
            what = "An export was submitted before the caller read the session's state."
            yield Broken(each, what, (each,), since=0, until=each.first)
        elif known.change is not None and not known.fresh:
            what = f"An export was submitted, but the state was not read after the last {known.change.call}."
            proof = (read, known.change, each)
            yield Broken(each, what, proof, since=known.change.first, until=each.first)
        elif read.draft is None:
            yield Unsure(each, "The journal does not have the complete state of the last read.")
        elif not read.draft.ready:
            what = "An export was submitted, but the last state that was read had no track with segments."
            yield Broken(each, what, (read, each), since=read.last, until=each.first)
        else:
            yield Kept(each)


def export_that_draft(history: History) -> Iterator[Observation]:
    """Check each submission with a draft, if the caller read the state before."""
    for each, known in _submissions(history):
        read = known.read
        if read is None:
            continue
        if each.request_cut or read.draft is None:
            yield Unsure(each, "The journal does not have the complete draft.")
        elif each.draft is None:
            continue
        elif each.draft.digest == read.draft.digest:
            yield Kept(each)
        else:
            older = each.draft.digest in known.digests
            what = f"The submitted draft is {'older than' if older else 'not'} the last one that was read."
            yield Broken(each, what, (read, each), since=read.last, until=each.first)


RULES: Final = (
    Rule(
        "state-before-export",
        "Before an export and after the last message or upload, a caller reads the state and checks that the draft"
        " has segments.",
        "error",
        "provable",
        parse_sources("F1 state, when a draft is ready", "F2 1.9 §3.5 a", "F3 §3.5"),
        "The export is refused, or shows the video before the last edit.",
        "Begin the export with GET state, check that draft.t has a track with a non-empty sg, and submit that draft.",
        state_before_export,
    ),
    Rule(
        "export-that-draft",
        "A caller submits the draft from the state, unchanged.",
        "warning",
        "provable",
        parse_sources("F0 step 5.1", "F1 render", "F2 1.9 §3.5"),
        "The video differs from what the user was shown.",
        "Put .data.state.draft unchanged (jq -c) into the body as JSON.",
        export_that_draft,
    ),
    Rule(
        "fresh-render-id",
        "Each submission has a new render ID.",
        "error",
        "provable",
        parse_sources("F1 render", "F2 1.9 §3.5"),
        "The submission is refused, or returns the old video.",
        "Create a new ID for each submission: render_$(date +%s), or a UUID.",
        fresh_render_id,
    ),
)
