"""A caller that does anything in any order, and a model of what that may change.

The model knows few facts, but all are certain. Available and frozen credits add up to the total, and only turns reduce
it. Only messages change a draft, and only uploads add uploads. An export only goes forward, and a finished one never
changes. Ids stay valid. No account sees or changes what another account has. A rule is chosen only if the run may still
spend its highest cost.
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
from nemovideo_contract.suite.messages import REEL, draft_of, new_render_id, render_of, small_draft
from nemovideo_contract.wire import RenderStatus

#: The requirements that the model of one account checks.
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
#: The requirements that need a second account.
ISOLATED: Final = ("session-isolated", "render-isolated", "credits-isolated")
#: The most that each action spends.
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


def plan_cost(*actions: str) -> Cost:
    """Return the most that these actions spend together."""
    return sum((PLAN[each] for each in actions), Cost())


@dataclass(slots=True)
class KnownSession:
    """What the model knows of a session: its name, its uploads in order, the last draft, and its exports."""

    name: str
    uploads: list[str] = field(default_factory=list[str])
    draft: Json = None
    paid: bool = False
    exports: dict[str, str] = field(default_factory=dict[str, str])


class CallerMachine(RuleBasedStateMachine):
    """One account's calls. A subclass sets `context`."""

    context: Context
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.context.server.forget_calls()
        self.caller: Account = self.context.caller
        self.known: dict[str, KnownSession] = {}
        self.total = self.caller.balance()

    def may_spend(self, *actions: str) -> bool:
        """Return whether the run may still spend all of this."""
        spending = self.context.spending
        left = (
            None if spending.spends is None else Cost(spending.spends.spends, spending.spends.credits - spending.spent)
        )
        return left is None or plan_cost(*actions).within(left)

    def _announce(self, *actions: str) -> None:
        """Announce the next action to the spending limits."""
        self.context.spending.worst = plan_cost(*actions)

    # --- sessions and states ------------------------------------------------------------------------------------------

    @initialize(target=sessions)
    def begin(self) -> str:
        """Create a session; if the run may spend that, with a picture, a draft and an export."""
        session_id = self._new("project", "en")
        if self.may_spend("upload", "work", "export"):
            self._upload(session_id, File("photo.png", png()))
            self._work(session_id, REEL)
            self._export(session_id)
        return session_id

    @precondition(lambda self: self.may_spend("session"))
    @rule(target=sessions, name=strategies.task_names, language=strategies.languages)
    def open(self, name: str, language: str) -> str:
        """Create a session, whose id must be new."""
        return self._new(name, language)

    def _new(self, name: str, language: str) -> str:
        self._announce("session")
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
        """Read the state, which must agree with the model."""
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

    @precondition(lambda self: self.may_spend("upload"))
    @rule(session_id=sessions, file=strategies.uploads)
    def upload(self, session_id: str, file: File) -> None:
        """Upload a file: one more upload, the same draft, the same credits."""
        self._upload(session_id, file)

    def _upload(self, session_id: str, file: File) -> None:
        self._announce("upload")
        self.caller.upload(session_id, file)
        self.known[session_id].uploads.append(file.name)
        self.look(session_id)

    @precondition(lambda self: self.may_spend("upload"))
    @rule(session_id=sessions, name=strategies.unknown_names)
    def upload_unknown_kind(self, session_id: str, name: str) -> None:
        """Upload a file that the server refuses, which changes nothing."""
        self._announce("upload")
        refused = self.caller.expecting_refusal().upload(session_id, File(name, b"something"))
        self.context.must("code-4001", refused.code == 4001, f"4001 for {name}", refused)
        self.look(session_id)

    # --- turns --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.may_spend("talk"))
    @rule(session_id=sessions, words=strategies.greetings)
    def talk(self, session_id: str, words: str) -> None:
        """Talk, which changes nothing and costs nothing."""
        self._announce("talk")
        self.caller.say(session_id, words)
        self.context.equal("credits-talk", self.caller.balance(), self.total, "the balance after talk")
        self.look(session_id)

    @precondition(lambda self: self.may_spend("work"))
    @rule(session_id=sessions, words=st.one_of(st.just(REEL), strategies.edits))
    def work(self, session_id: str, words: str) -> None:
        """Ask for work on uploads, which may change the draft and cost credits."""
        if self.known[session_id].uploads:
            self._work(session_id, words)

    def _work(self, session_id: str, words: str) -> None:
        known = self.known[session_id]
        self._announce("work")
        self.caller.say(session_id, words)
        known.draft = draft_of(self.caller.wait_for_work(session_id))
        left = self.caller.balance()
        price, self.total = self.total - left, left
        self.context.must("credits-sum", price >= 0, f"at most {left + price} credits", left)
        once = price in ({0} if known.paid else {0, 50})
        self.context.must("credits-editing", once, "a price of 50 once in a session", price)
        known.paid = known.paid or price > 0

    # --- exports ------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.may_spend("export"))
    @rule(session_id=sessions)
    def export(self, session_id: str) -> None:
        """Export the draft, if there is one; it costs nothing."""
        self._export(session_id)

    def _export(self, session_id: str) -> None:
        known = self.known[session_id]
        if not known.draft:
            return
        render_id = new_render_id()
        self._announce("export")
        draft = small_draft(known.draft) if self.context.target.scenarios else known.draft
        answer = self.caller.submit(session_id, draft, id=render_id)
        self.context.must("render-id", render_id in answer.content.decode(), "the caller's id in the answer", answer)
        known.exports[render_id] = "pending"
        self._moves(known, render_id, answer)
        self.context.equal("credits-export", self.caller.balance(), self.total, "the balance after an export")

    @rule(session_id=sessions)
    def poll(self, session_id: str) -> None:
        """Poll the exports of a session, which go forward or stay the same."""
        known = self.known[session_id]
        for render_id in known.exports:
            self._moves(known, render_id, self.caller.poll(render_id))

    @rule(session_id=sessions)
    def give_up(self, session_id: str) -> None:
        """Cancel the last export, which then has failed; a finished one stays as it is."""
        known = self.known[session_id]
        if not known.exports:
            return
        render_id, was = list(known.exports.items())[-1]
        answer = self.caller.cancel(render_id)
        if was in {RenderStatus.COMPLETED, RenderStatus.FAILED}:
            self.context.must("render-cancel-finished", answer.status == 400, f"400 for what is {was}", answer)
        elif answer.status == 200:  # it may have ended since the last poll
            self.context.equal("render-cancel", render_of(answer)[0], "failed", "the status after it")
        self._moves(known, render_id, self.caller.poll(render_id))

    def _moves(self, known: KnownSession, render_id: str, answer: Answer) -> None:
        was, now = known.exports[render_id], render_of(answer)[0]
        self.context.must("render-status", now in _MOVES[was], f"a status that follows {was}", answer)
        known.exports[render_id] = now

    # --- invariants ------------------------------------------------------------------------------------------

    @invariant()
    def the_balance_adds_up(self) -> None:
        """Check that the total is available plus frozen credits, and what the model says."""
        answer = self.caller.credits()
        available, frozen, total = (answer.number("data", each) for each in ("available", "frozen", "total"))
        self.context.must("credits-sum", total == available + frozen, "total as the sum of both", answer)
        self.context.must("credits-sum", total == self.total, f"{self.total} credits in all", answer)


class ObservedCallerMachine(CallerMachine):
    """The same with a second account, which asks for what belongs to the first, and never sees or pays anything."""

    def __init__(self) -> None:
        super().__init__()
        other = self.context.another()
        self.other = self.context.anonymous("other") if other is None else other
        self.others = self.other.credits().json

    @rule(session_id=CallerMachine.sessions)
    def spy(self, session_id: str) -> None:
        """Ask for a session and its exports from the other account."""
        stranger = self.other.expecting_refusal()
        asked = stranger.state(session_id)
        self.context.must("session-isolated", asked.code == 1002, "1002 to another account", asked)
        for render_id in self.known[session_id].exports:
            answer = stranger.poll(render_id)
            self.context.must("render-isolated", answer.status == 404, "404 to another account", answer)
        self.look(session_id)

    @invariant()
    def other_account_pays_nothing(self) -> None:
        """Check that the other account's balance has not changed."""
        self.context.equal("credits-isolated", self.other.credits().json, self.others, "the other account's balance")
