"""The verdicts of a run: every requirement is in one place, with a reason if it was not checked."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path

import pytest

from nemovideo_contract.http.exchange import Answer, Call
from nemovideo_contract.profiles import Profile
from nemovideo_contract.requirements import AREAS, REQUIREMENTS
from nemovideo_contract.suite.report import as_html, as_json, keep_agreed
from nemovideo_contract.suite.tested_server import Leftovers
from nemovideo_contract.suite.verdicts import (
    BY_NAME,
    CUT_SHORT,
    NO_ACCOUNT,
    NOWHERE,
    OTHERWISE,
    TOO_DEAR,
    TOO_FAST,
    CheckResult,
    Verdicts,
    verdicts,
)
from nemovideo_contract.targets import fake, production

URL = "http://127.0.0.1:8787"
FAILED = CheckResult("test_a", ("credits-read", "credits-sum"), "failed", "it differs", rule="credits-read")


def reason_of(found: Verdicts, rule: str) -> str:
    return next(reason for reason, ids in found.unchecked.items() if rule in ids)


def test_each_requirement_is_in_one_place() -> None:
    lines = [FAILED, CheckResult("test_b", ("session-create",), "passed")]
    found = verdicts(
        fake(URL), Profile(), lines, {"credits-read", "session-create", "turn-role"}, ["turn-role"], too_fast=()
    )
    listed = [
        *found.agreed,
        *found.contradicted,
        *found.doubted,
        *(each for ids in found.unchecked.values() for each in ids),
    ]
    assert sorted(listed) == sorted(REQUIREMENTS)
    assert (found.agreed, found.contradicted, found.doubted) == (("session-create",), ("credits-read",), ("turn-role",))
    assert found.summary_lines()[0].startswith("1 requirements agreed, 1 contradicted, 1 in doubt, ")


def test_each_reason_is_given_where_it_is_the_reason() -> None:
    lines = [FAILED, CheckResult("test_c", ("turn-send",), "skipped", "It was too dear.")]
    target = dataclasses.replace(fake(URL), without=frozenset({"upload-file"}))
    found = verdicts(target, Profile(), lines, (), (), too_fast={"turn-time-seed"})
    assert reason_of(found, "web-url") == NOWHERE
    assert reason_of(found, "token-endless") == OTHERWISE
    assert reason_of(found, "turn-time-seed") == TOO_FAST
    assert reason_of(found, "credits-sum") == CUT_SHORT
    assert reason_of(found, "upload-file") == BY_NAME
    assert reason_of(found, "turn-send") == "It was too dear"
    real = verdicts(production("nmv_usr_x", credits=0), Profile(), [], (), ())
    assert reason_of(real, "token-expired") == NO_ACCOUNT
    assert reason_of(real, "turn-generate") == TOO_DEAR


SLOW = CheckResult("test_d", ("render-submit", "render-poll", "token-endless"), "doubted", "It took 90 s.")


def test_a_requirement_whose_check_took_too_long_is_in_doubt_unless_another_check_agrees() -> None:
    shown = CheckResult("test_e", ("render-submit",), "passed")
    checked = {"render-submit", "render-poll"}
    found = verdicts(fake(URL), Profile(), [SLOW, shown], checked, ())
    assert (found.agreed, found.doubted) == (("render-submit",), ("render-poll",))
    assert reason_of(found, "token-endless") == OTHERWISE
    one = dataclasses.replace(SLOW, unsure=("render-poll",))
    assert verdicts(fake(URL), Profile(), [one], checked, ()).doubted == ("render-poll",)
    wrong = CheckResult("test_f", ("render-poll",), "failed", "it differs", rule="render-poll")
    both = verdicts(fake(URL), Profile(), [SLOW, wrong], checked, ())
    assert (both.contradicted, both.doubted) == (("render-poll",), ("render-submit",))


def test_the_reports_say_why_something_is_in_doubt() -> None:
    found = verdicts(fake(URL), Profile(), [SLOW], (), ())
    data = json.loads(as_json({"target": "mock"}, [SLOW], found))
    assert data["requirements"]["doubted"] == ["render-poll", "render-submit"]
    assert (data["checks"][0]["outcome"], data["checks"][0]["words"]) == ("doubted", "It took 90 s.")
    page = as_html({"target": "mock"}, [SLOW], found)
    assert '<tr class="doubted"><td>doubted</td>' in page
    assert "<pre>It took 90 s.</pre>" in page


def test_only_the_areas_that_were_asked_for_are_told_of() -> None:
    found = verdicts(fake(URL), Profile(), [], (), (), areas={"credits"})
    assert {each for ids in found.unchecked.values() for each in ids} == {each.id for each in AREAS["credits"]}


def test_the_record_keeps_what_was_met_before_and_forgets_what_is_no_requirement(tmp_path: Path) -> None:
    file = tmp_path / "agreed.json"
    file.write_text('{"code-0": "2026-01-02", "credits-read": "2026-01-02", "gone": "2026-01-02"}', encoding="utf-8")
    keep_agreed(file, Verdicts(("code-0",), ("credits-read",), (), {}), date(2026, 11, 22))
    assert json.loads(file.read_text(encoding="utf-8")) == {"code-0": "2026-11-22", "credits-read": "2026-01-02"}
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(TypeError):
        keep_agreed(file, Verdicts((), (), (), {}), date(2026, 11, 22))


def test_the_reports_say_the_same() -> None:
    found = verdicts(fake(URL), Profile(), [FAILED], {"code-0"}, ())
    data = json.loads(as_json({"target": "mock"}, [FAILED], found))
    assert data["requirements"]["agreed"] == ["code-0"]
    assert data["checks"][0]["rule"] == "credits-read"

    page = as_html({"target": "<mock>"}, [FAILED], found)
    assert "<h1>NemoVideo contract: &lt;mock&gt;</h1>" in page
    assert "<pre>it differs</pre>" in page
    assert f"<td>{NOWHERE}</td>" in page


# --- what a run leaves ------------------------------------------------------------------------------------------------


def answer(operation: str, path: str, body: str, sent: dict[str, str] | None = None, status: int = 200) -> Answer:
    return Answer(Call(operation, "POST", path, {}, "nmv_usr_x", {**(sent or {})}), status, {}, body.encode(), 0.0)


def test_sessions_and_unfinished_exports_are_left_and_finished_ones_are_not() -> None:
    left = Leftovers()
    left.take(answer("create_session", "/", '{"code":0,"data":{"session_id":"7"}}'))
    left.take(answer("create_session", "/", '{"code":400,"data":{"session_id":"8"}}', status=400))
    for render_id in ("one", "two", "three"):
        left.take(answer("submit_render", "/", '{"status":"pending"}', {"id": render_id}))
    left.take(answer("submit_render", "/", '{"code":402,"message":"no"}', {"id": "four"}, 402))
    left.take(answer("render_status", "/api/render/proxy/lambda/one", '{"success":true,"data":{"status":"completed"}}'))
    left.take(answer("render_status", "/api/render/proxy/lambda/two", '{"status":"processing"}'))
    left.take(answer("cancel_render", "/api/render/proxy/lambda/three/cancel", '{"code":0}'))
    assert left.sessions == ["7"]
    assert left.under_way == {"two": "nmv_usr_x"}
