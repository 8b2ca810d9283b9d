"""A caller that does anything in any order, and a model of what that may change.

The model knows little, and that little for sure: credits are conserved and only turns take any; a draft changes by
messages alone, uploads by uploads alone; an export only goes forward, and what is finished stays so; ids live on; what
is one account's is nobody else's. What a rule may spend is planned before it is chosen: on a server that charges, those
that would go beyond the ceiling are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from nemovideo_contract.http.exchange import Answer, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import Json
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite import strategies
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.messages import REEL, draft_of, new_render_id, render_of
from nemovideo_contract.wire import RenderStatus

#: The requirements that the model of one account knows of.
KNOWN: Final = (
    "credits-sum",
    "credits-talk",
    "credits-export",
    "credits-free",
    "credits-editing",
    "session-new",
    "session-name",
    "session-lives",
    "upload-state",
    "code-4001",
    "state-still",
    "render-id",
    "render-status",
    "render-cancel",
    "render-cancel-finished",
)
#: Those that it takes a second account for.
ISOLATED: Final = ("session-isolated", "render-isolated", "credits-isolated")
#: What each rule may spend by itself.
PLAN: Final = {
    "session": Cost(frozenset({Expense.SESSION})),
    "upload": Cost(frozenset({Expense.UPLOAD})),
    "talk": Cost(frozenset({Expense.CREDITS}), 5),
    "work": Cost(frozenset({Expense.CREDITS}), 50),
    "export": Cost(frozenset({Expense.RENDER})),
}
_MOVES: Final = {
    "pending": {"pending", "processing", "completed", "failed"},
    "processing": {"processing", "completed", "failed"},
    "completed": {"completed"},
    "failed": {"failed"},
}


def plan_cost(*deeds: str) -> Cost:
    """What these deeds may spend together."""
    return sum((PLAN[each] for each in deeds), Cost())


@dataclass(slots=True)
class KnownSession:
    """What the model knows of a session: its name, its uploads in order, the draft that was read last, its exports."""

    name: str
    uploads: list[str] = field(default_factory=list[str])
    draft: Json = None
    paid: bool = False
    exports: dict[str, str] = field(default_factory=dict[str, str])


class CallerMachine(RuleBasedStateMachine):
    """One account's calls; `context` is set by whoever runs it."""

    context: Context
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.context.server.forget_calls()
        self.caller: Account = self.context.caller
        self.known: dict[str, KnownSession] = {}
        self.total = self.caller.balance()

    def lets(self, *deeds: str) -> bool:
        """Whether all of this may be spent yet."""
        spending = self.context.spending
        left = (
            None if spending.spends is None else Cost(spending.spends.spends, spending.spends.credits - spending.spent)
        )
        return left is None or plan_cost(*deeds).within(left)

    def _plans(self, *deeds: str) -> None:
        """Tell the rails what comes, so that they hold the run to it."""
        self.context.spending.worst = plan_cost(*deeds)

    # --- sessions and states ------------------------------------------------------------------------------------------

    @initialize(target=sessions)
    def begin(self) -> str:
        """There is a session, with a picture that was worked on where that may be spent."""
        session_id = self._new("project", "en")
        if self.lets("upload", "work", "export"):
            self._upload(session_id, File("photo.png", png()))
            self._work(session_id, REEL)
            self._export(session_id)
        return session_id

    @precondition(lambda self: self.lets("session"))
    @rule(target=sessions, name=strategies.task_names, language=strategies.languages)
    def open(self, name: str, language: str) -> str:
        """Make a session, which is none that was made before."""
        return self._new(name, language)

    def _new(self, name: str, language: str) -> str:
        self._plans("session")
        created = self.caller.session({"task_name": name, "language": language})
        session_id = created.text("data", "session_id")
        self.context.must("session-new", session_id not in self.known, "another session", session_id)
        state = self.caller.state(session_id)
        self.context.must("credits-free", self.caller.balance() == self.total, "the balance as it was", created)
        self.known[session_id] = KnownSession(name, draft=draft_of(state))
        self._agrees(session_id, state)
        return session_id

    @rule(session_id=sessions)
    def look(self, session_id: str) -> None:
        """Read the state, which is as the model has it."""
        self._agrees(session_id, self.caller.state(session_id))

    def _agrees(self, session_id: str, state: Answer) -> None:
        known = self.known[session_id]
        self.context.equal("session-lives", state.code, 0, "the code of a session that was made")
        self.context.equal("session-name", state.text("data", "task_name"), known.name, "task_name")
        infos = state.list("data", "state", "video_infos")
        names = [each.get("filename") for each in infos if isinstance(each, dict)]
        self.context.equal("upload-state", names, known.uploads, "the list of uploads")
        self.context.equal("state-still", draft_of(state), known.draft, "the draft")

    # --- uploads ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.lets("upload"))
    @rule(session_id=sessions, file=strategies.uploads)
    def upload(self, session_id: str, file: File) -> None:
        """Upload a file: one more upload, the same draft, the same credits."""
        self._upload(session_id, file)

    def _upload(self, session_id: str, file: File) -> None:
        self._plans("upload")
        self.caller.upload(session_id, file)
        self.known[session_id].uploads.append(file.name)
        self.look(session_id)

    @precondition(lambda self: self.lets("upload"))
    @rule(session_id=sessions, name=strategies.unknown_names)
    def upload_in_vain(self, session_id: str, name: str) -> None:
        """Upload what is refused, which changes nothing."""
        self._plans("upload")
        refused = self.caller.expecting_refusal().upload(session_id, File(name, b"something"))
        self.context.must("code-4001", refused.code == 4001, f"4001 for {name}", refused)
        self.look(session_id)

    # --- turns --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.lets("talk"))
    @rule(session_id=sessions, words=strategies.greetings)
    def talk(self, session_id: str, words: str) -> None:
        """Talk, which changes nothing and costs nothing."""
        self._plans("talk")
        self.caller.say(session_id, words)
        self.context.equal("credits-talk", self.caller.balance(), self.total, "the balance after talk")
        self.look(session_id)

    @precondition(lambda self: self.lets("work"))
    @rule(session_id=sessions, words=st.one_of(st.just(REEL), strategies.edits))
    def work(self, session_id: str, words: str) -> None:
        """Ask for work on uploads, which may change the draft and cost something."""
        if self.known[session_id].uploads:
            self._work(session_id, words)

    def _work(self, session_id: str, words: str) -> None:
        known = self.known[session_id]
        self._plans("work")
        self.caller.say(session_id, words)
        known.draft = draft_of(self.caller.wait_for_work(session_id))
        left = self.caller.balance()
        price, self.total = self.total - left, left
        self.context.must("credits-sum", price >= 0, f"at most {left + price} credits", left)
        once = price in ({0} if known.paid else {0, 50})
        self.context.must("credits-editing", once, "a price of 50 once in a session", price)
        known.paid = known.paid or price > 0

    # --- exports ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.lets("export"))
    @rule(session_id=sessions)
    def export(self, session_id: str) -> None:
        """Export the draft where there is one; it costs nothing."""
        self._export(session_id)

    def _export(self, session_id: str) -> None:
        known = self.known[session_id]
        if not known.draft:
            return
        render_id = new_render_id()
        self._plans("export")
        answer = self.caller.submit(session_id, known.draft, id=render_id)
        self.context.must("render-id", render_id in answer.content.decode(), "the caller's id in the answer", answer)
        known.exports[render_id] = "pending"
        self._moves(known, render_id, answer)
        self.context.equal("credits-export", self.caller.balance(), self.total, "the balance after an export")

    @rule(session_id=sessions)
    def poll(self, session_id: str) -> None:
        """Ask about the exports of a session, which have gone forward or are as they were."""
        known = self.known[session_id]
        for render_id in known.exports:
            self._moves(known, render_id, self.caller.poll(render_id))

    @rule(session_id=sessions)
    def give_up(self, session_id: str) -> None:
        """Give up the last export, which then has failed; what is finished stays as it is."""
        known = self.known[session_id]
        if not known.exports:
            return
        render_id, was = list(known.exports.items())[-1]
        answer = self.caller.cancel(render_id)
        if was in {RenderStatus.COMPLETED, RenderStatus.FAILED}:
            self.context.must("render-cancel-finished", answer.status == 400, f"400 for what is {was}", answer)
        elif answer.status == 200:  # it may have come to its end since it was last looked at
            self.context.equal("render-cancel", render_of(answer)[0], "failed", "the status after it")
        self._moves(known, render_id, self.caller.poll(render_id))

    def _moves(self, known: KnownSession, render_id: str, answer: Answer) -> None:
        was, now = known.exports[render_id], render_of(answer)[0]
        self.context.must("render-status", now in _MOVES[was], f"a status that follows {was}", answer)
        known.exports[render_id] = now

    # --- what is always true ------------------------------------------------------------------------------------------

    @invariant()
    def the_balance_adds_up(self) -> None:
        """What is available and what is frozen are the whole, and it is what the model says."""
        answer = self.caller.credits()
        available, frozen, total = (answer.number("data", each) for each in ("available", "frozen", "total"))
        self.context.must("credits-sum", total == available + frozen, "total as the sum of both", answer)
        self.context.must("credits-sum", total == self.total, f"{self.total} credits in all", answer)


class ObservedCallerMachine(CallerMachine):
    """The same beside another account, which asks for what is not its own and never learns or pays anything."""

    def __init__(self) -> None:
        super().__init__()
        other = self.context.another()
        self.other = self.context.anonymous("other") if other is None else other
        self.others = self.other.credits().json

    @rule(session_id=CallerMachine.sessions)
    def spy(self, session_id: str) -> None:
        """The other account asks for a session and its exports."""
        stranger = self.other.expecting_refusal()
        asked = stranger.state(session_id)
        self.context.must("session-isolated", asked.code == 1002, "1002 to another account", asked)
        for render_id in self.known[session_id].exports:
            answer = stranger.poll(render_id)
            self.context.must("render-isolated", answer.status == 404, "404 to another account", answer)
        self.look(session_id)

    @invariant()
    def nobody_else_has_paid(self) -> None:
        """The other account's balance is what it was."""
        self.context.equal("credits-isolated", self.other.credits().json, self.others, "the other account's balance")
