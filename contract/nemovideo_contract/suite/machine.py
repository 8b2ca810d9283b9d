"""A caller that does anything in any order, and a model of what that may change.

The model knows little, and that little for sure: credits are conserved and never come from nothing; a draft changes by
messages alone, uploads by uploads alone; an export only goes forward; ids live on; what is one account's is nobody
else's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from nemovideo_contract.openapi import Json
from nemovideo_contract.suite.bench import REEL, Bench, Caller, draft_of, new_render_id, render_of
from nemovideo_contract.suite.exchange import File
from nemovideo_contract.suite.samples import png

ORDER = ("pending", "processing", "completed", "failed")


@dataclass(slots=True)
class Known:
    """What the model knows of a session: how many uploads it has, and the draft that was read last."""

    uploads: int = 0
    draft: Json = None
    exports: dict[str, int] = field(default_factory=dict[str, int])


class Conversation(RuleBasedStateMachine):
    """One account's calls; `bench` is set by whoever runs it."""

    bench: Bench
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.bench.trail.clear()
        self.caller: Caller = self.bench.caller
        self.known: dict[str, Known] = {}
        self.total = self.caller.balance()
        self.first = self.caller.me()

    @initialize(target=sessions)
    def begin(self) -> str:
        """There is a session with a picture that was worked on."""
        session_id = self._new()
        self.upload(session_id, 0)
        self.work(session_id, REEL)
        self.export(session_id)
        self.poll(session_id)
        return session_id

    @rule(target=sessions)
    def open(self) -> str:
        """Make a session, which is none that was made before."""
        return self._new()

    def _new(self) -> str:
        session_id = self.caller.new_session()
        self.bench.must("session-new", session_id not in self.known, "another session", session_id)
        self.known[session_id] = Known(draft=draft_of(self.caller.state(session_id)))
        return session_id

    @rule(session_id=sessions, red=st.integers(0, 255))
    def upload(self, session_id: str, red: int) -> None:
        """Upload a picture: one more upload, the same draft."""
        self.caller.upload(session_id, File("photo.png", png((red, 0, 0))))
        self.known[session_id].uploads += 1
        self.look(session_id)

    @rule(session_id=sessions)
    def look(self, session_id: str) -> None:
        """Read the state, which is as the model has it."""
        known, state = self.known[session_id], self.caller.state(session_id)
        uploads = len(state.list("data", "state", "video_infos"))
        self.bench.equal("state-still", uploads, known.uploads, "the number of uploads")
        self.bench.equal("state-still", draft_of(state), known.draft, "the draft")

    @rule(session_id=sessions, words=st.sampled_from(("Hello!", "What can you do?", "How long is it?")))
    def talk(self, session_id: str, words: str) -> None:
        """Talk, which changes nothing and costs nothing."""
        self.caller.say(session_id, words)
        self.bench.equal("credits-talk", self.caller.balance(), self.total, "the balance after talk")
        self.look(session_id)

    @rule(session_id=sessions, words=st.sampled_from((REEL, "Remove the music", "Change the title to 'Gion'")))
    def work(self, session_id: str, words: str) -> None:
        """Ask for work on uploads, which may change the draft and cost something."""
        if not self.known[session_id].uploads:
            return
        self.caller.say(session_id, words)
        state = self.caller.settled(session_id)
        self.known[session_id].draft = draft_of(state)
        left = self.caller.balance()
        self.bench.must("credits-sum", left <= self.total, f"at most {self.total} credits", left)
        self.total = left

    @rule(session_id=sessions)
    def export(self, session_id: str) -> None:
        """Export the draft where there is one; it costs nothing."""
        known = self.known[session_id]
        if not known.draft:
            return
        render_id = new_render_id()
        answer = self.caller.submit(session_id, known.draft, id=render_id)
        known.exports[render_id] = ORDER.index(render_of(answer)[0])
        self.bench.equal("credits-export", self.caller.balance(), self.total, "the balance after an export")

    @rule(session_id=sessions)
    def poll(self, session_id: str) -> None:
        """Ask about the exports of a session, which have gone forward."""
        exports = self.known[session_id].exports
        for render_id, rank in exports.items():
            now = ORDER.index(render_of(self.caller.poll(render_id))[0])
            self.bench.must("render-status", now >= rank and (rank < 2 or now == rank), "no step back", (rank, now))
            exports[render_id] = now

    @rule(session_id=sessions)
    def spy(self, session_id: str) -> None:
        """Another account asks for a session, and learns nothing."""
        other = self.bench.another()
        if other is not None:
            code = other.vainly().state(session_id).code
            self.bench.equal("session-isolated", code, 1002, "the code of another account's session")

    @invariant()
    def the_balance_adds_up(self) -> None:
        """What is available and what is frozen are the whole, and it is what the model says."""
        answer = self.caller.credits()
        available, frozen, total = (answer.number("data", each) for each in ("available", "frozen", "total"))
        self.bench.must("credits-sum", total == available + frozen, "total as the sum of both", answer)
        self.bench.must("credits-sum", total == self.total, f"{self.total} credits in all", answer)
