"""Callers made by Hypothesis: any calls in any order, right or wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.skills.judge.scripted import CALL, CLIENT_ID, HEARTBEAT, NOISE, RESULT, SESSION, SKILL, TEXT, Scripted

OTHER_SESSION = "6629798706024415232"
Step = Callable[[Scripted], None]

_RECORDS: st.SearchStrategy[Sequence[dict[str, Any]]] = st.sampled_from(
    [
        (CALL, RESULT, TEXT),
        (CALL, RESULT),
        (CALL, HEARTBEAT, HEARTBEAT),
        (),
        (TEXT, NOISE),
        ({"type": "error", "code": 500},),
    ]
)
_AFTER = st.sampled_from([0.0, 1.0, 30.0, 60.0, 700.0])
_ENDS = st.sampled_from(["complete", "complete", "cut", "reset", "caller_left", "stopped"])
_WORDS = st.sampled_from(["Make a clip", "Add music", "export", "click the export button"])
_DRAFTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"t": [{"tt": 0, "sg": [{"id": "sg_1"}]}], "d": 5000}, {"t": [], "d": 1}]
)
_CODES = st.sampled_from([0, 0, 0, 1001, 1002, 2001, 402, 429, 503])
_SESSIONS = st.sampled_from([SESSION, OTHER_SESSION])


def _say(words: str, records: Sequence[dict[str, Any]], end: str, after: float, code: int, session: str) -> Step:
    return lambda script: script.say(
        words, records, end="complete" if code else end, after=after, code=code, session=session
    )


def _overlap(words: str, session: str) -> Step:
    def step(script: Scripted) -> None:
        number = script.begin_message(words, session=session)
        script.answer(number, 200, None, stream=True)
        script.say("Add music", after=5, session=session)
        script.record(number, 1, TEXT)
        script.end(number)

    return step


def _without(header: str) -> Step:
    def step(script: Scripted) -> None:
        script.attribution = {name: value for name, value in script.attribution.items() if name != header}

    return step


def _read_state(draft: object, after: float, code: int) -> Step:
    return lambda script: script.read_state(draft, after=after, code=code)


def _get_session(after: float, code: int, session: str) -> Step:
    def step(script: Scripted) -> None:
        script.get_session(session, after=after, code=code)

    return step


def _get_token(after: float, code: int) -> Step:
    return lambda script: script.get_token(_client(script), after=after, code=code, token=script.token or "")


def _upload(after: float, code: int) -> Step:
    return lambda script: script.upload(after=after, code=code)


def _submit(number: int, draft: object, after: float, code: int) -> Step:
    return lambda script: script.submit(f"render_{number}", draft, after=after, code=code)


def _poll(number: int, status: str, after: float) -> Step:
    return lambda script: script.poll(f"render_{number}", status, after=after)


def _download(after: float) -> Step:
    return lambda script: script.download(after=after)


def _read_credits(after: float, code: int) -> Step:
    return lambda script: script.read_credits(after=after, code=code)


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(_say, _WORDS, _RECORDS, _ENDS, _AFTER, _CODES, _SESSIONS),
    st.builds(_overlap, _WORDS, _SESSIONS),
    st.builds(_without, st.sampled_from(sorted(SKILL))),
    st.builds(_read_state, _DRAFTS, _AFTER, _CODES),
    st.builds(_get_session, _AFTER, _CODES, _SESSIONS),
    st.builds(_get_token, _AFTER, _CODES),
    st.builds(_upload, _AFTER, _CODES),
    st.builds(_submit, st.integers(1, 3), _DRAFTS, _AFTER, _CODES),
    st.builds(_poll, st.integers(1, 3), st.sampled_from(["processing", "completed", "failed"]), _AFTER),
    st.builds(_download, _AFTER),
    st.builds(_read_credits, _AFTER, _CODES),
)


def _client(script: Scripted) -> str:
    return CLIENT_ID if script.account == "anon_0123456789abcdef" else f"{CLIENT_ID[:-1]}8"


def at_work(steps: Sequence[Step], *, second: bool = False) -> list[Any]:
    """Return the journal of a caller that made these calls after its set-up; the `second` one is another caller."""
    script = Scripted(account="anon_fedcba9876543210") if second else Scripted()
    if second:
        script.token = "nmv_usr_*99999999"
        script.attribution = dict(SKILL, **{"x-skill-source": "slide-shows"})
    script.get_token(_client(script), token=script.token or "")
    script.get_session()
    for step in steps:
        step(script)
    return script.entries


CALLERS = st.lists(STEPS, max_size=14)
