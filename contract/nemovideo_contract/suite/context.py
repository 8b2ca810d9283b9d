"""The bench: a target, the accounts on it, and what has been made there once for all checks to look at.

What is dear is made once: `Caller.made` is a session whose photo has become a draft, `Caller.exported` an export of it
that is finished. Both are lazy, so that a run spends nothing that no check needs.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from nemovideo_contract import machine
from nemovideo_contract.events import grammar
from nemovideo_contract.http.conformity import ConformityChecker
from nemovideo_contract.http.driver import FORM, Driver, OpenAnswer, form_of
from nemovideo_contract.http.errors import InDoubt, RequirementFailure
from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.http.spending_limits import SpendingLimits
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import REQUIREMENTS, Cost, Requirement
from nemovideo_contract.suite.cleanup import Leftovers
from nemovideo_contract.suite.marks import Check, CheckMarks, find_marks
from nemovideo_contract.targets import SCENARIOS, Approach, Target, approach
from nemovideo_contract.wire import (
    AGENT,
    CLIENT_ID_HEADER,
    CLIENT_ID_MAX_LENGTH,
    DEFAULT_OUTPUT,
    EVENT_STREAM,
    ME,
    POLL_INTERVAL_S,
    POLL_LIMIT,
    RENDER_ID_PREFIX,
    SKILL_PLATFORM_HEADER,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
    Path,
    RenderStatus,
)

T = TypeVar("T")

ATTRIBUTION: Final[Mapping[str, str]] = {
    SKILL_SOURCE_HEADER: "nemovideo-contract",
    SKILL_VERSION_HEADER: "1.0.0",
    SKILL_PLATFORM_HEADER: "unknown",
}
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
QUESTION: Final = "How do I export this?"
#: A well-formed session id that no account has.
NO_SESSION: Final = "1000000000000000001"
#: Seconds that are waited altogether on this machine before a thing is given up; asking costs nothing there.
NEAR_PATIENCE_S: Final = 90.0
#: Seconds between two signs of life of a turn, where they come as the fake sends them.
SIGN_S: Final = 15.0
#: Seconds within which a server answers that is not at work on what it is asked for, and whose time has jumped; a fake
#: holds a question about an export that is due for longer than that while its encode is late.
PROMPT_S: Final = 5.0
#: An export that costs a fake little; what it looks like is of no interest here.
SMALL_OUTPUT: Final = {**DEFAULT_OUTPUT, "resolution": "480p"}
#: An account whose turn sends signs of life and nothing else.
STUCK: Final = "turn_stuck"
#: What a server that works faster than the documents say can't show.
TIMES: Final = frozenset({"turn-time-seed", "turn-time-vendor", "render-time-seed", "render-time-vendor"})
#: Seconds between two bytes of an upload that is kept under way.
DRIP_S: Final = 0.2
#: The name of whoever calls with a token that opens nothing.
STRANGER: Final = "stranger"
#: Calls of one check that are shown when it fails.
SHOWN_CALLS: Final = 8


@dataclass(slots=True)
class DraftSession:
    """A session whose photo has become a draft, with everything that was seen on the way."""

    session_id: str
    task_id: str
    created: Answer
    uploaded: Answer
    empty: Answer
    turn: Answer
    state: Answer
    credits_before: int
    credits_after: int

    @property
    def draft(self) -> JsonObject:
        """The draft."""
        return self.state.mapping("data", "state", "draft")


@dataclass(slots=True)
class ClipSession:
    """A session with a clip that was made from words."""

    session_id: str
    turn: Answer
    state: Answer
    credits_before: int
    credits_after: int


@dataclass(slots=True)
class FinishedExport:
    """An export that is finished: the submit's answer, then every poll's."""

    render_id: str
    session_id: str
    answers: list[Answer]
    state_before: Json
    state_after: Json
    credits_before: int
    credits_after: int

    @property
    def last(self) -> Answer:
        """The answer that said that it is finished."""
        return self.answers[-1]


@dataclass(slots=True)
class Caller:
    """One account's calls. `profile` is what this account meets."""

    context: Context
    name: str
    token: str | None
    profile: Profile
    user_id: str | None = None
    expect_refusal: bool = False
    _made: DraftSession | None = None
    _unseen: bool = False
    _shared: str | None = None
    _exported: FinishedExport | None = None
    _clip: ClipSession | None = None

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        body: Json | bytes | tuple[File, ...] = None,
        *,
        headers: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
        form: bool = True,
    ) -> Answer:
        """Make a call with this account's token and the attribution, less what is left out.

        `form` holds the answer against the specification, as it should be wherever the call is meant seriously.
        """
        return self.context.send(
            self.prepared(operation, method, path, body, headers, without), self.profile, form=form
        )

    def prepared(
        self,
        operation: str,
        method: str,
        path: str,
        body: Json | bytes | tuple[File, ...] = None,
        headers: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
    ) -> Call:
        """A call that is not sent yet."""
        sent = {name: value for name, value in ATTRIBUTION.items() if name not in without}
        made_up = self.name == STRANGER
        return Call(
            operation,
            method,
            path,
            {**sent, **(headers or {})},
            self.token,
            body,
            expect_refusal=self.expect_refusal,
            made_up=made_up,
        )

    def vainly(self) -> Caller:
        """The same account, for calls that can only be refused and so spend nothing."""
        return Caller(self.context, self.name, self.token, self.profile, self.user_id, expect_refusal=True)

    def credits(self, *, headers: Mapping[str, str] | None = None, form: bool = True) -> Answer:
        """The balance."""
        return self.call("credits", "GET", Path.CREDITS, headers=headers, form=form)

    def balance(self) -> int:
        """What is left and reserved, in credits."""
        return self.credits().number("data", "total")

    def session(self, body: Json = None, *, user: str = ME, form: bool = True) -> Answer:
        """A new session."""
        asked: Json = {"task_name": "project"} if body is None else body
        return self.call("create_session", "POST", Path.SESSION.format(user_id=user), asked, form=form)

    def new_session(self, *, blank: bool = False) -> str:
        """The id of a session to work in: a new one, or where somebody pays the run's shared one.

        There nobody can delete one again, so another is made only for checks that need a `blank` one.
        """
        if blank or not self.context.spending.charged:
            return self.session().text("data", "session_id")
        if self._shared is None:
            self._shared = self.session().text("data", "session_id")
        return self._shared

    def upload(self, session_id: str, *files: File, user: str = ME, form: bool = True) -> Answer:
        """Upload files as a form."""
        path = Path.UPLOAD.format(user_id=user, session_id=session_id)
        return self.call("upload", "POST", path, files or (File("photo.png", png()),), form=form)

    def upload_json(self, session_id: str, body: Json) -> Answer:
        """Upload by URL."""
        return self.call("upload", "POST", Path.UPLOAD.format(user_id=ME, session_id=session_id), body)

    def state(self, session_id: str, *, user: str = ME, form: bool = True) -> Answer:
        """What a session holds."""
        return self.call("state", "GET", Path.STATE.format(user_id=user, session_id=session_id), form=form)

    def message(self, session_id: str, text: str, /, **fields: Json) -> JsonObject:
        """The body of a message; a field that is None is left out."""
        body: JsonObject = {
            "app_name": AGENT,
            "user_id": ME,
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
            **fields,
        }
        return {name: value for name, value in body.items() if value is not None}

    def say(
        self,
        session_id: str,
        text: str,
        /,
        *,
        enough: Callable[[Answer], bool] | None = None,
        headers: Mapping[str, str] | None = None,
        form: bool = True,
        **fields: Json,
    ) -> Answer:
        """Send a message and listen, to the end or until there is enough; then the connection is closed."""
        with self.listening(session_id, text, headers=headers, **fields) as listening:
            answer = listening.read(enough) if enough else listening.read()
        self.context.in_time(answer)
        return self.context.seen(answer, self.profile) if form and not self.context.loose else answer

    @contextmanager
    def listening(
        self, session_id: str, text: str, /, *, headers: Mapping[str, str] | None = None, **fields: Json
    ) -> Generator[OpenAnswer]:
        """Send a message and listen bit by bit; what was read is held against the specification by the caller."""
        body = self.message(session_id, text, **fields)
        call = self.prepared("run_sse", "POST", Path.RUN_SSE, body, {"Accept": EVENT_STREAM, **(headers or {})})
        with self.context.listen(call) as listening:
            yield listening

    def submit(self, session_id: str, draft: Json, /, *, without: Sequence[str] = (), **fields: Json) -> Answer:
        """Ask for an export; a field that is None is left out."""
        output: Json = {**(SMALL_OUTPUT if self.context.target.scenarios else DEFAULT_OUTPUT)}
        body: JsonObject = {"id": new_render_id(), "sessionId": session_id, "draft": draft, "output": output, **fields}
        given: JsonObject = {name: value for name, value in body.items() if value is not None}
        return self.call("submit_render", "POST", Path.RENDER, given, without=without)

    def poll(self, render_id: str) -> Answer:
        """How an export stands."""
        return self.call("render_status", "GET", Path.RENDER_STATUS.format(render_id=render_id))

    def cancel(self, render_id: str) -> Answer:
        """Give up an export."""
        return self.call("cancel_render", "POST", Path.RENDER_CANCEL.format(render_id=render_id))

    def download(self, render_id: str) -> Answer:
        """The file, with the bearer."""
        return self.call("download_render", "GET", Path.RENDER_DOWNLOAD.format(render_id=render_id))

    # --- what several calls bring about -------------------------------------------------------------------------------

    def settled(self, session_id: str, changed: Callable[[Answer], bool] | None = None) -> Answer:
        """The state once nothing is at work any more: no credits are frozen, and it says what was waited for."""
        last: list[Answer] = []
        free = False

        def over() -> bool:
            nonlocal free
            last[:] = [self.state(session_id)]
            free = self.credits().number("data", "frozen") == 0
            return free and (changed is None or changed(last[0]))

        # Where nothing is frozen the work is over, and what it should have brought about won't come any more.
        self.context.wait(over, POLL_INTERVAL_S, POLL_LIMIT, "the end of a turn's work", lambda: free)
        return last[0]

    def finished(self, render_id: str) -> list[Answer]:
        """Every poll of an export up to its end, or up to the documents' limit.

        Raises:
            InDoubt: it is under way, and nothing tells that the documents' limit has passed.
        """
        polls: list[Answer] = []

        def over() -> bool:
            polls.append(self.poll(render_id))
            return render_of(polls[-1])[0] in {RenderStatus.COMPLETED, RenderStatus.FAILED}

        self.context.wait(over, POLL_INTERVAL_S, POLL_LIMIT, "the end of an export")
        return polls

    def me(self) -> str:
        """The account's own user id, as a new session says it."""
        if self.user_id is None:
            self.user_id = (
                self.made.created.text("data", "user_id") if self._made else self.session().text("data", "user_id")
            )
        return self.user_id

    def reel(self, text: str = REEL) -> DraftSession:
        """A new session whose photo becomes a draft."""
        before = self.balance()
        created = self.session()
        session_id = created.text("data", "session_id")
        uploaded = self.upload(session_id)
        empty = self.state(session_id)
        turn = self.say(session_id, text)
        state = self.settled(session_id, lambda answer: bool(draft_of(answer)))
        if not draft_of(state):
            raise state.differs("a draft of the photo, after a message that asks for a video of it", "turn-assemble")
        task_id = created.text("data", "task_id")
        return DraftSession(session_id, task_id, created, uploaded, empty, turn, state, before, self.balance())

    @property
    def made(self) -> DraftSession:
        """The shared session with a draft; made on first use, and anew where it was idle for too long."""
        if self._made is not None and self.profile.session_idle and self.state(self._made.session_id).code == 1002:
            self._made = self._exported = None
        if self._made is None:
            self._made = self.reel()
            self._unseen = self.context.loose
        if self._unseen and not self.context.loose:
            self._unseen = False
            for answer in (
                self._made.created,
                self._made.uploaded,
                self._made.empty,
                self._made.turn,
                self._made.state,
            ):
                self.context.seen(answer, self.profile)
        return self._made

    @property
    def clip(self) -> ClipSession:
        """The shared clip that is made from words; made on first use."""
        if self._clip is None:
            session_id, before = self.new_session(blank=True), self.balance()
            turn = self.say(session_id, SCENE)
            state = self.settled(session_id, lambda answer: bool(draft_of(answer)))
            self._clip = ClipSession(session_id, turn, state, before, self.balance())
        return self._clip

    @contextmanager
    def uploading(self, session_id: str) -> Generator[Callable[[], None]]:
        """An upload that is under way until what this gives is called, or the block ends; nothing is over before it."""
        go_on, begun = threading.Event(), threading.Event()
        *pieces, ending = form_of(File("slow.png", png((1, 2, 3))))

        def body() -> Iterator[bytes]:
            yield from pieces
            begun.set()
            # A server may take an upload that stops for one that was given up: this one drips.
            for _ in range(int(NEAR_PATIENCE_S / DRIP_S)):
                if go_on.wait(DRIP_S):
                    break
                yield b"\0"
            yield ending

        path = Path.UPLOAD.format(user_id=ME, session_id=session_id)
        call = self.prepared("upload", "POST", path, headers=FORM)
        self.context.spending.permit(call, self.context.available)
        self.context.trail.append(call)

        def send() -> None:
            try:
                self.context.driver.send_slowly(call, body())
            finally:
                begun.set()  # also where nobody takes it

        uploading = threading.Thread(target=send, daemon=True)
        uploading.start()
        begun.wait(NEAR_PATIENCE_S)
        try:
            yield go_on.set
        finally:
            go_on.set()
            uploading.join(NEAR_PATIENCE_S)

    @property
    def exported(self) -> FinishedExport:
        """The shared export that is finished; made on first use."""
        if self._exported is None:
            made, render_id = self.made, new_render_id()
            before, state = self.balance(), self.state(made.session_id).at("data", "state")
            first = self.submit(made.session_id, draft_of(self.state(made.session_id)), id=render_id)
            answers = [first, *self.finished(render_id)]
            after = self.state(made.session_id).at("data", "state")
            self._exported = FinishedExport(render_id, made.session_id, answers, state, after, before, self.balance())
        return self._exported


@dataclass(slots=True)
class Context:
    """A target under test.

    `profile` is what it speaks, `spending` what the run may spend. `doubts` are assumed facts that a server which
    charges contradicts, and what it gave no way to know: they warn. `checked` has the ids of the requirements that
    were held against an answer; `latest` is the last difference that was found, `led` the answers that led to it;
    `came` has those since `forget`.
    """

    target: Target
    driver: Driver
    spending: SpendingLimits
    profile: Profile
    examples: int = 10
    #: Messages take real time; many are sent all the same; what the service says to take time takes less here.
    unhurried: bool = False
    thorough: bool = False
    hurried: bool = False
    #: Answers are not held against the specification, as the profile isn't known yet.
    loose: bool = False
    leftovers: Leftovers = field(default_factory=Leftovers)
    doubts: list[RequirementFailure] = field(default_factory=list[RequirementFailure])
    checked: set[str] = field(default_factory=set[str])
    trail: list[Call] = field(default_factory=list[Call])
    came: list[Answer] = field(default_factory=list[Answer])
    caller: Caller = field(init=False)
    latest: RequirementFailure | None = None
    led: tuple[Answer, ...] = ()
    _marked: CheckMarks | None = None
    _kept: tuple[int, int] = 0, 0
    _callers: dict[str, Caller] = field(default_factory=dict[str, Caller])
    _minted: dict[str, Answer] = field(default_factory=dict[str, Answer])
    _conformity: dict[Profile, ConformityChecker] = field(default_factory=dict[Profile, ConformityChecker])

    def __post_init__(self) -> None:
        self.spending.token = self.target.token
        self.caller = self.stranger(None)

    # --- running a check ----------------------------------------------------------------------------------------------

    def ways(self, check: CheckMarks) -> list[Approach] | str:
        """How a check is run, once for each account that shows more of it; or a sentence that says why it can't be."""
        if check.slow and self.spending.charged:
            return "It sends many messages, which is nothing for a server that charges."
        if check.slow and self.unhurried and not self.thorough:
            return "It sends many messages, and each takes its time here; --thorough sends them."
        if not self.target.lets(worst_of(check)):
            return f"It may spend {worst_of(check)}; {self.target.name} may be made to spend {self.target.spends}."
        found: list[Approach] = []
        reasons: list[str] = []
        for rule in check.requirements:
            way = approach(rule, self.target, self.profile)
            if isinstance(way, str):
                reasons.append(way)
            elif not any(rule.holds(each.profile) and rule.needs in {None, each.scenario} for each in found):
                found.append(way)
        return found or reasons[0]

    def run(self, check: Check) -> str | None:
        """Run a check; a sentence says why it can't be run on this target.

        Raises:
            Difference: the target behaves otherwise.
        """
        named = find_marks(check)
        assert named is not None, f"{check.__name__} names no requirement"
        ways = self.ways(named)
        if isinstance(ways, str):
            return ways
        for way in ways:
            self.begin(named, way)
            try:
                check(self)
            except RequirementFailure as difference:
                if not (self.spending.charged and difference.requirement.standing.word == "assumed"):
                    raise
                self.doubts.append(difference)
        return None

    def begin(self, named: CheckMarks, way: Approach) -> None:
        """Get ready for a check."""
        self._marked, self.spending.worst = named, worst_of(named)
        self._kept = 0, 0
        self.forget()
        self.caller = self.someone(way.scenario) if way.scenario else self.owner()

    def forget(self) -> None:
        """Forget the calls since `keep`: what follows stands for itself."""
        del self.trail[self._kept[0] :], self.came[self._kept[1] :]

    def keep(self) -> None:
        """Take the calls so far as the beginning of whatever follows, and look for a finding anew."""
        self._kept = len(self.trail), len(self.came)
        self.latest = None

    def forget_scenarios(self) -> None:
        """Do without the test tokens, which the target doesn't know."""
        self.target = replace(self.target, scenarios={})
        self._callers.clear()

    def speaks(self, profile: Profile) -> None:
        """Take the profile that was found out; what was made so far is shared by the checks."""
        self.profile, self.loose = profile, False
        for name, caller in self._callers.items():
            caller.profile = profile.replace(SCENARIOS.get(name, {}))

    # --- accounts -----------------------------------------------------------------------------------------------------

    def owner(self) -> Caller:
        """The account that everything is done with where a check needs no other."""
        if self.target.token is None and "funded" in self.target.scenarios:
            return self.someone("funded")
        if "owner" not in self._callers:
            token = self.target.token or self.mint("owner").text("data", "token")
            self._callers["owner"] = Caller(self, "owner", token, self.profile)
        return self._callers["owner"]

    def someone(self, scenario: str) -> Caller:
        """The account of a scenario that the target offers."""
        if scenario not in self._callers:
            profile = self.profile.replace(SCENARIOS[scenario])
            self._callers[scenario] = Caller(self, scenario, self.target.scenarios[scenario], profile)
        return self._callers[scenario]

    def stranger(self, token: str | None) -> Caller:
        """Somebody with a token that opens nothing, or with none."""
        return Caller(self, STRANGER, token, self.profile, expect_refusal=True)

    def another(self) -> Caller | None:
        """An account beside the caller's, where the target offers one."""
        name = "fresh" if self.caller.name != "fresh" else "funded"
        return self.someone(name) if name in self.target.scenarios else None

    def ask_token(self, client_id: str | None, *, form: bool = True) -> Answer:
        """Ask for an anonymous token."""
        headers = {} if client_id is None else {CLIENT_ID_HEADER: client_id}
        expect_refusal = client_id is not None and not 0 < len(client_id) <= CLIENT_ID_MAX_LENGTH
        expect_refusal = expect_refusal or (client_id is None and self.profile.client_id == "required")
        return self.send(
            Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, headers, expect_refusal=expect_refusal),
            self.profile,
            form=form,
        )

    def mint(self, name: str, client_id: str | None = None, *, nameless: bool = False) -> Answer:
        """The answer to asking for an anonymous token, once for each name."""
        if name not in self._minted:
            chosen = self.target.client_id if name == "owner" else None
            self._minted[name] = self.ask_token(None if nameless else client_id or chosen or machine.new_id())
        return self._minted[name]

    def anonymous(self, name: str) -> Caller:
        """An account of its own with its first credits."""
        key = f"anonymous {name}"
        if key not in self._callers:
            answer = self.mint(name)
            user_id = answer.text("data", "user_id")
            self._callers[key] = Caller(self, key, answer.text("data", "token"), self.profile, user_id)
        return self._callers[key]

    # --- calls --------------------------------------------------------------------------------------------------------

    def send(self, call: Call, profile: Profile, *, form: bool = True) -> Answer:
        """The answer to a call, held against the specification unless told otherwise."""
        with self.listen(call) as listening:
            answer = listening.read()
        return self.seen(answer, profile) if form and not self.loose else self.unbroken(answer)

    @contextmanager
    def listen(self, call: Call) -> Generator[OpenAnswer]:
        """The answer to a call, to be read bit by bit."""
        self.spending.permit(call, self.available)
        self.trail.append(call)
        with self.driver.listen(call) as listening:
            try:
                yield listening
            finally:
                self.came.append(listening.answer)
                self.spending.heard(listening.answer)
                self.leftovers.take(listening.answer)

    def available(self) -> int:
        """What is available on the account that is charged: neither gone nor reserved."""
        call = Call("credits", "GET", Path.CREDITS, ATTRIBUTION, self.owner().token)
        self.spending.count(call)
        answer = self.driver.send(call)
        self.spending.heard(answer)
        return answer.number("data", "available")

    def tidy(self) -> None:
        """Give up the exports that are under way; one that can't be has ended meanwhile, which asking shows."""
        for render_id, token in list(self.leftovers.under_way.items()):
            caller = Caller(self, "tidy", token, self.profile)
            caller.call("cancel_render", "POST", Path.RENDER_CANCEL.format(render_id=render_id), form=False)
            if render_id in self.leftovers.under_way:
                caller.call("render_status", "GET", Path.RENDER_STATUS.format(render_id=render_id), form=False)

    def in_time(self, answer: Answer) -> Answer:
        """The answer, for which the suite's patience was long enough.

        Raises:
            InDoubt: it wasn't.
        """
        if answer.late:
            call = answer.call
            came = answer.describe().removesuffix(f"; it broke off: {answer.broken}")
            seen = "" if answer.status == 0 else f"; last seen: {came}"
            raise self.doubt(f"{call.method} {call.path} took too long: {answer.broken}{seen}")
        return answer

    def doubt(self, words: str, rules: Sequence[str] = ()) -> InDoubt:
        """That something took too long to be judged, in one sentence."""
        return InDoubt(words, rules, tokens=self.tokens)

    def raced(self, rule: str, fact: object, what: str) -> None:
        """Be in doubt where a fact that is seen only while work is under way was not, and the work may have been over.

        That can be on a server that works faster than the documents say.

        Raises:
            InDoubt: it was not seen on such a server.
        """
        if not fact and self.hurried and self.holds(rule):
            raise self.doubt(f"{what}, as the target works faster than the documents say", (rule,))

    def unbroken(self, answer: Answer) -> Answer:
        """The answer, which came whole.

        Raises:
            Difference: it broke off.
            InDoubt: it took longer than the suite waits.
        """
        self.in_time(answer)
        if answer.broken:
            raise self.finding(answer.call.requirement, "a whole answer", answer.describe())
        return answer

    def seen(self, answer: Answer, profile: Profile) -> Answer:
        """The answer, which came whole and is as the specification says.

        Raises:
            Difference: it isn't.
        """
        answer.tell = self._note
        self.unbroken(answer)
        if profile not in self._conformity:
            self._conformity[profile] = ConformityChecker(profile, closed=not self.spending.charged)
        problems = self._conformity[profile].problems(answer)
        if problems:
            rule = answer.call.requirement
            if answer.is_stream and answer.call.operation == "run_sse":
                rule = REQUIREMENTS["stream-typed" if profile.events == "typed" else f"stream-{profile.events}"]
            expected = f"an answer as openapi.yaml has it: {'; '.join(problems[:3])}"
            self._differ(self.finding(rule, expected, answer.describe(), of_form=True))
        if answer.is_stream:
            for violation in grammar.check(answer.values, profile.events, closed=answer.whole)[:1]:
                rule = REQUIREMENTS[violation.requirement]
                self._differ(
                    self.finding(rule, f"record {violation.index} in order: {violation.message}", answer.describe())
                )
        return answer

    def wait(
        self,
        over: Callable[[], bool],
        pause: float,
        times: int,
        what: str,
        is_decided: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Ask until it is over: at the documents' pace where somebody pays, else as often as need be.

        False says that it is not over although the documents' time for it, `times` pauses of so many seconds, has
        passed: here where somebody pays, else by what the server's own clock shows; or that it `is_decided` that it
        will never be. `what` is waited for, in words.

        Raises:
            InDoubt: it is not over, the patience of a run is, and nothing tells that the documents' time has passed.
        """
        if self.spending.charged:
            for number in range(times):
                if number:
                    self.spending.sleep(pause)
                if over():
                    return True
            return False
        waited = self._wait_near(over, times)
        if waited is None:
            return True
        if is_decided():
            return False
        if self.jumps(pause * times):
            if over():
                return True
            if self.came[-1].seconds < PROMPT_S:
                return False
        last = f"; last seen: {self.came[-1].describe()}" if self.came else ""
        raise self.doubt(f"{what} was waited for in vain for {waited:.0f} s{last}")

    def _wait_near(self, over: Callable[[], bool], at_once: int) -> float | None:
        """Ask until it is over, first so many times at once; the seconds that were waited where it isn't, else None."""
        waited, step = 0.0, 0.0
        for number in itertools.count():
            if number >= at_once:
                step = min(0.5, step * 1.5 + 0.05)
                self.spending.sleep(step)
                waited += step
            seen = len(self.came)
            if over():
                return None
            waited += sum(answer.seconds for answer in self.came[seen:])
            if waited >= NEAR_PATIENCE_S:
                break
        return waited

    def jumps(self, seconds: float) -> bool:
        """Let so much of the server's own time pass where that takes next to none here; False where it doesn't.

        The signs of life of a turn that is stuck tell of it, unless the server works faster than its time goes by.
        """
        if self.keeps_time or STUCK not in self.target.scenarios or self.profile.heartbeat == "none":
            return False

        def told(answer: Answer) -> bool:
            return len(answer.signs) * SIGN_S > seconds

        stuck = self.someone(STUCK)
        body = stuck.message(stuck.new_session(), SCENE)
        call = stuck.prepared("run_sse", "POST", Path.RUN_SSE, body, {"Accept": EVENT_STREAM})
        with self.listen(call) as listening:
            return told(listening.read(lambda answer: told(answer) or answer.seconds > SIGN_S))

    @property
    def keeps_time(self) -> bool:
        """Whether the server's time goes by as it does here, whatever it does in it."""
        return self.unhurried or self.hurried

    # --- verdicts -----------------------------------------------------------------------------------------------------

    def holds(self, rule: str) -> bool:
        """Whether a requirement holds for the account of the running check."""
        if rule in self.target.without or (self.hurried and rule in TIMES):
            return False
        return REQUIREMENTS[rule].holds(self.caller.profile)

    def must(self, rule: str, fact: object, expected: str, came: object = None) -> None:
        """Note that a requirement was looked at; it differs where the fact is not so.

        A requirement that doesn't hold in the account's profile is passed over. `came` is what came, in words; without
        it the last answer's call speaks for itself.

        Raises:
            Difference: the fact is not so. On a server that charges, an assumed fact is noted as a doubt instead.
        """
        assert self._marked is None or rule in self._marked.ids, f"the check does not name {rule}"
        if not self.holds(rule):
            return
        self.checked.add(rule)
        if not fact:
            told = came.describe() if isinstance(came, Answer) else "otherwise" if came is None else str(came)
            self._differ(self.finding(REQUIREMENTS[rule], expected, told))

    def equal(self, rule: str, came: object, expected: object, what: str) -> None:
        """`must`, of two values that have to be the same."""
        self.must(rule, came == expected, f"{what} is {expected!r}", f"{what} is {came!r}")

    def note_doubt(self, rule: str, expected: str, came: str) -> None:
        """Note that a requirement was looked at, and that what came gives no way to know whether it is kept.

        A requirement that doesn't hold in the account's profile is passed over. `expected` is what would have shown it.
        """
        assert self._marked is None or rule in self._marked.ids, f"the check does not name {rule}"
        if self.holds(rule):
            self.doubts.append(self.finding(REQUIREMENTS[rule], expected, came))

    @property
    def tokens(self) -> list[str]:
        """The tokens of the accounts here, which are said to nobody."""
        every = [self.target.token, *(each.token for each in self._callers.values())]
        return [each for each in every if each is not None]

    def finding(self, rule: Requirement, expected: str, came: str, *, of_form: bool = False) -> RequirementFailure:
        """A difference, with the calls of the running check."""
        calls = [call.curl() for call in self.trail[-SHOWN_CALLS:]]
        found = RequirementFailure(
            rule, expected, came, calls, where=self.driver.base_url, tokens=self.tokens, of_form=of_form
        )
        self._note(found)
        return found

    def _note(self, found: RequirementFailure) -> None:
        self.latest, self.led = found, tuple(self.came)

    def _differ(self, finding: RequirementFailure) -> None:
        if self.spending.charged and finding.requirement.standing.word == "assumed":
            self.doubts.append(finding)
            return
        raise finding


def worst_of(check: CheckMarks) -> Cost:
    """What a check spends at worst: everything that its requirements spend, the dearest of them once."""
    spends = frozenset(each for rule in check.requirements for each in rule.cost.spends)
    return Cost(spends, max(rule.cost.credits for rule in check.requirements))


def new_render_id() -> str:
    """An id for an export that nobody has."""
    return RENDER_ID_PREFIX + machine.new_id()


def draft_of(state: Answer) -> JsonObject:
    """The draft of a state, empty where there is none."""
    found = state.mapping("data", "state").get("draft")
    return found if isinstance(found, dict) else {}


def render_of(answer: Answer) -> tuple[str, str | None]:
    """The status of an export and the address of its file, in either form."""
    body = answer.json
    node = body.get("data") if isinstance(body.get("data"), dict) else body
    assert isinstance(node, dict)
    output = node.get("output")
    url = output.get("url") if isinstance(output, dict) else node.get("outputUrl")
    status = node.get("status")
    if not isinstance(status, str):
        raise answer.differs("an export with a status")
    return status, url if isinstance(url, str) else None


def tracks(draft: JsonObject, kind: int) -> list[JsonObject]:
    """The segments of all tracks of a type."""
    listed = draft.get("t")
    found: list[JsonObject] = []
    for track in listed if isinstance(listed, list) else []:
        if isinstance(track, dict) and track.get("tt") == kind and isinstance(segments := track.get("sg"), list):
            found += [each for each in segments if isinstance(each, dict)]
    return found


def details(draft: JsonObject, kind: int, key: str) -> list[Json]:
    """What the segments of a type have under a key of their `m`; None for those without."""
    return [meta.get(key) if isinstance(meta := each.get("m"), dict) else None for each in tracks(draft, kind)]
