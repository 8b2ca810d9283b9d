"""How long each operation of the contract takes on a target; nothing is asserted of the time.

The names are what saved runs are compared by, so each is the operation's and stays.
"""

from __future__ import annotations

import pytest

from nemovideo_contract import machine
from nemovideo_contract.http.exchange import Answer, Call, File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.requirements import Cost, Expense
from nemovideo_contract.suite.account import Account
from nemovideo_contract.suite.messages import ATTRIBUTION, QUESTION, new_render_id, render_of
from nemovideo_contract.wire import CLIENT_ID_HEADER, DEFAULT_OUTPUT, EVENT_STREAM, ME, Path
from tests.benchmarks.meter import UNHURRIED, Meter

# Messages and exports may take minutes each where time is real.
pytestmark = [pytest.mark.timeout(3600), pytest.mark.benchmark(group="contract")]

FREE = Cost()
TOKEN = Cost(frozenset({Expense.TOKEN}))
SESSION = Cost(frozenset({Expense.SESSION}))
UPLOAD = Cost(frozenset({Expense.SESSION, Expense.UPLOAD}))
TALK = Cost(frozenset({Expense.SESSION, Expense.CREDITS}), 5)
#: A draft of a photo, and exports of it.
EXPORT = Cost(frozenset({Expense.SESSION, Expense.UPLOAD, Expense.CREDITS, Expense.RENDER}), 50)
#: Fewer than the ten tokens that one address is given in seven days, less what finding out the profile takes.
TOKENS = 5


def test_token(meter: Meter) -> None:
    meter.caller(TOKEN)

    def ask() -> Call:
        return Call("anonymous_token", "POST", Path.ANONYMOUS_TOKEN, {CLIENT_ID_HEADER: machine.new_id()})

    meter.measure(ask, works=True, most=TOKENS)


def test_session(meter: Meter) -> None:
    caller = meter.caller(SESSION)
    path = Path.SESSION.format(user_id=ME)
    meter.measure(lambda: caller.prepare("create_session", "POST", path, {"task_name": "project"}), works=True)


def test_credits(meter: Meter) -> None:
    caller = meter.caller(FREE)
    meter.measure(lambda: caller.prepare("credits", "GET", Path.CREDITS))


def test_state_empty(meter: Meter) -> None:
    caller = meter.caller(SESSION)
    path = Path.STATE.format(user_id=ME, session_id=caller.new_session())
    meter.measure(lambda: caller.prepare("state", "GET", path))


def test_state_with_draft(meter: Meter) -> None:
    caller = meter.caller(EXPORT)
    path = Path.STATE.format(user_id=ME, session_id=caller.made.session_id)
    meter.measure(lambda: caller.prepare("state", "GET", path))


def test_upload_small(meter: Meter) -> None:
    caller = meter.caller(UPLOAD)
    path = Path.UPLOAD.format(user_id=ME, session_id=caller.new_session())
    photo = File("photo.png", png())
    meter.measure(lambda: caller.prepare("upload", "POST", path, (photo,)), works=True)


def question(caller: Account, session_id: str) -> Call:
    """A question, which asks for no work."""
    body = caller.message(session_id, QUESTION)
    return caller.prepare("run_sse", "POST", Path.RUN_SSE, body, {"Accept": EVENT_STREAM})


def test_message_to_first_record(meter: Meter) -> None:
    caller = meter.caller(TALK)
    session_id = caller.new_session()

    def begun(answer: Answer) -> bool:
        return bool(answer.records)

    most = UNHURRIED if meter.context.server.unhurried else None
    meter.measure(lambda: question(caller, session_id), works=True, most=most, enough=begun)


def test_message_to_end(meter: Meter) -> None:
    caller = meter.caller(TALK)
    session_id = caller.new_session()
    most = UNHURRIED if meter.context.server.unhurried else None
    meter.measure(lambda: question(caller, session_id), works=True, most=most)


def test_submit(meter: Meter) -> None:
    caller = meter.caller(EXPORT)
    made = caller.made

    def order() -> Call:
        body: JsonObject = {
            "id": new_render_id(),
            "sessionId": made.session_id,
            "draft": made.draft,
            "output": {**DEFAULT_OUTPUT},
        }
        return caller.prepare("submit_render", "POST", Path.RENDER, body)

    meter.measure(order, works=True)


def test_poll(meter: Meter) -> None:
    caller = meter.caller(EXPORT)
    path = Path.RENDER_STATUS.format(render_id=caller.exported.render_id)
    meter.measure(lambda: caller.prepare("render_status", "GET", path))


def test_download(meter: Meter) -> None:
    caller = meter.caller(EXPORT)
    url = render_of(caller.exported.last)[1]
    assert url is not None, "the finished export names no file"
    meter.measure(lambda: Call("", "GET", "", {**ATTRIBUTION}, url=url))
