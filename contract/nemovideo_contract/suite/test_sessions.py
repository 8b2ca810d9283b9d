"""Checks of sessions: how a caller creates one, who may see it, and how long it exists."""

from __future__ import annotations

import re
from urllib.parse import quote

from nemovideo_contract.http.exchange import File
from nemovideo_contract.http.sample_files import png
from nemovideo_contract.openapi import JsonObject
from nemovideo_contract.suite.context import Context
from nemovideo_contract.suite.marks import requirement
from nemovideo_contract.suite.messages import NO_SESSION
from nemovideo_contract.suite.waiting import ROUNDS, can_wait, pass_time


@requirement("session-create", "session-id", "session-user-id", "session-new", "credits-free")
def test_each_call_creates_another_session_for_free(context: Context) -> None:
    before = context.caller.balance()
    one, two = context.caller.session(), context.caller.session()
    ids = one.text("data", "task_id"), one.text("data", "session_id")
    context.equal("session-create", one.code, 0, "the code")
    context.must("session-id", re.fullmatch(r"\d{19}", ids[1]), "19 digits", ids[1])
    context.must("session-user-id", one.mapping("data").get("user_id"), "a user_id", one)
    context.must("session-id", all(quote(each, safe="") == each for each in ids), "ids that fit into a path", ids)
    others = two.text("data", "task_id"), two.text("data", "session_id")
    context.must("session-new", not set(ids) & set(others), "another task and another session", f"{ids}, {others}")
    context.equal("credits-free", context.caller.balance(), before, "the balance after it")


@requirement("session-language", "session-language-optional", "session-name", "session-name-optional", "state-ids")
def test_a_session_takes_any_name_and_language_or_none(context: Context) -> None:
    names = ("Video Project", "nicola-content", "视频项目")
    pairs = zip(names, ("en", "zh-CN", "ja"), strict=True)
    named: list[JsonObject] = [{"task_name": name, "language": code} for name, code in pairs]
    given: list[JsonObject] = [*named, {"task_name": "project"}, {"language": "es"}, {}]
    for body in given:
        created = context.caller.session(body)
        rule = "session-language" if "language" in body else "session-language-optional"
        if "task_name" not in body:
            context.equal("session-name-optional", created.code, 0, f"the code for {body}")
        context.equal(rule, created.code, 0, f"the code for {body}")
        state = context.caller.state(created.text("data", "session_id"))
        for key in ("session_id", "task_id"):
            context.equal("state-ids", state.text("data", key), created.text("data", key), f"{key} in the state")
        if "task_name" in body:
            context.equal("session-name", state.text("data", "task_name"), body["task_name"], "task_name in the state")
            context.equal("state-ids", state.text("data", "task_name"), body["task_name"], "task_name in the state")


@requirement("user-me", "user-real-id")
def test_me_and_the_real_user_id_are_the_same(context: Context) -> None:
    caller = context.caller
    user_id = caller.me()
    created = caller.session(user=user_id)
    context.equal("user-real-id", created.code, 0, "the code of a session for the real id")
    session_id = created.text("data", "session_id")
    uploaded = caller.upload(session_id, File("a.png", png()), user=user_id)
    context.equal("user-real-id", uploaded.code, 0, "the code of an upload for the real id")
    real, mine = caller.state(session_id, user=user_id), caller.state(session_id)
    context.equal("user-me", mine.text("data", "user_id"), user_id, "the user_id of me")
    context.equal("user-real-id", real.json, mine.json, "the state for the real id")


@requirement("code-1002")
def test_an_unknown_session_is_1002(context: Context) -> None:
    nobody = context.caller.expecting_refusal()
    upload = nobody.upload(NO_SESSION)
    export = nobody.submit(NO_SESSION, {"t": [{"tt": 0, "sg": [{"id": "1", "s": 0, "d": 1000, "m": {}}]}]})
    for answer in (nobody.state(NO_SESSION), upload, export):
        context.equal("code-1002", answer.code, 1002, f"the code of {answer.call.operation}")
    context.equal("code-1002", upload.code, 1002, "the code of an upload")
    context.equal("code-1002", export.code, 1002, "the code of an export")


@requirement("session-lives")
def test_a_session_is_still_there_after_others(context: Context) -> None:
    first = context.caller.new_session()
    for _ in range(3):
        context.caller.new_session()
    context.equal("session-lives", context.caller.state(first).code, 0, "the code of an older session's state")


@requirement("session-lost")
def test_a_session_that_is_gone_is_1002_and_a_new_one_works(context: Context) -> None:
    caller = context.caller
    session_id = caller.new_session()
    while caller.state(session_id).code == 0:
        pass
    gone = [caller.state(session_id), caller.upload(session_id)]
    for answer in gone:
        context.equal("session-lost", answer.code, 1002, f"the code of {answer.call.operation}")
    context.equal("session-lost", caller.state(caller.new_session()).code, 0, "the code of a new session's state")


@requirement("session-idle")
def test_a_session_that_is_idle_for_long_is_1002(context: Context) -> None:
    caller, idle = context.caller, context.profile.session_idle
    if not can_wait(context.server, idle):
        return
    gone = caller.state(caller.new_session())
    for times in ROUNDS:
        session_id = caller.new_session()
        pass_time(context.server, idle, times)
        gone = caller.state(session_id)
        if gone.code != 0:
            break
    context.must("session-idle", gone.code == 1002, f"1002 after {idle} s without a call to it", gone)
    again = caller.state(caller.new_session())
    context.must("session-idle", again.code == 0, "a new session that is there", again)
