from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nemovideo_skills.judge.judging import Verdict
from tests.skills.judge.scripted import DRAFT, SESSION, Scripted, sentence_of, verdict_of

SESSIONS = "/api/tasks/me/with-session/nemo_agent"
UPLOADS = f"/api/upload-video/nemo_agent/me/{SESSION}"
RENDERS = "/api/render/proxy/lambda"
EXPORT: dict[str, Any] = {"id": "render_1", "sessionId": SESSION, "draft": DRAFT}


def begun() -> Scripted:
    script = Scripted()
    script.set_up()
    script.read_state()
    return script


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "The session's body had no task_name."),
        ({"taskName": "project"}, "The session's body had taskName in place of task_name."),
        ({"task_name": "<name>"}, "The session's body had the task_name '<name>'."),
        (
            {"task_name": "project", "language": "<lang>"},
            "The session's body had the language '<lang>', which is not a code such as en or zh-CN.",
        ),
    ],
)
def test_a_session_s_body_that_is_wrong_is_reported(body: Mapping[str, object], sentence: str) -> None:
    script = Scripted()
    script.get_token()
    script.call("POST", SESSIONS, body=body, data={"session_id": SESSION})
    assert sentence_of(script, "session-body") == sentence


@pytest.mark.parametrize("language", ["en", "zh-CN", "pt_BR", None])
def test_a_session_s_body_as_the_documents_have_it_keeps_the_rule(language: str | None) -> None:
    script = Scripted()
    script.get_token()
    body = {"task_name": "project"} if language is None else {"task_name": "project", "language": language}
    script.call("POST", SESSIONS, body=body, data={"session_id": SESSION})
    assert verdict_of(script, "session-body") is Verdict.KEPT
    assert verdict_of(script, "json-content-type") is Verdict.KEPT


def test_a_body_that_the_service_did_not_read_is_not_judged() -> None:
    script = Scripted()
    script.get_token()
    script.call("POST", SESSIONS, code=429)
    assert verdict_of(script, "session-body") is Verdict.NOT_EXERCISED


def test_json_that_says_to_be_a_form_is_reported() -> None:
    script = Scripted()
    script.get_token()
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = {"task_name": "project"}
    script.call("POST", SESSIONS, headers=form, body=body, data={"session_id": SESSION})
    sentence = "The session call sent JSON as application/x-www-form-urlencoded."
    assert sentence_of(script, "json-content-type") == sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"url": "https://example.com/a.mp4", "source_type": "url"}, "The upload had no list of urls."),
        ({"urls": ["https://example.com/a.mp4"]}, "The upload had no source_type url."),
        ({"urls": ["files/a.mp4"], "source_type": "url"}, "The upload had urls that are not web addresses."),
        (None, "The upload was neither a form nor a JSON object."),
    ],
)
def test_an_upload_s_body_that_is_wrong_is_reported(body: object, sentence: str) -> None:
    script = begun()
    script.call("POST", UPLOADS, body=body, session=SESSION, code=400)
    assert sentence_of(script, "upload-body") == sentence


def test_a_form_without_files_is_reported() -> None:
    script = begun()
    form = {"content-type": "multipart/form-data; boundary=b"}
    script.call("POST", UPLOADS, headers=form, session=SESSION, code=400)
    assert sentence_of(script, "upload-body") == "The upload's form had no file in the field files."


def test_files_in_the_field_files_keep_the_rule() -> None:
    script = begun()
    script.upload()
    assert verdict_of(script, "upload-body") is Verdict.KEPT


def without(*names: str, **fields: object) -> dict[str, Any]:
    return {name: value for name, value in {**EXPORT, **fields}.items() if name not in names}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (without("id"), "The submission had no id."),
        (without(id="render_<ts>"), "The submission had the id 'render_<ts>'."),
        (without("sessionId"), "The submission had no sessionId."),
        (without("sessionId", session_id=SESSION), "The submission had session_id in place of sessionId."),
        (without("draft"), "The submission had no draft."),
        (without(draft='{"t":[{"tt":0,"sg":[{"id":"sg_1","s":0,"d":5000}]}],"d":5000}'),
         "The submission had its draft as a string."),
        (without(output="mp4"), "The submission had an output that is not an object."),
        (without("id", output={"format": "gif"}), "The submission had no id and asked for the format gif."),
    ],
)  # fmt: skip
def test_a_submission_that_is_wrong_is_reported(body: dict[str, Any], sentence: str) -> None:
    script = begun()
    script.call("POST", RENDERS, body=body, session=SESSION, code=400)
    assert sentence_of(script, "export-body") == sentence


def test_an_output_may_be_left_out_or_say_more() -> None:
    script = begun()
    script.call("POST", RENDERS, body=EXPORT, session=SESSION, answer={"id": "render_1", "status": "pending"})
    script.poll(status="completed")
    output = {"format": "mp4", "quality": "high", "resolution": "1080p"}
    body = {**EXPORT, "id": "render_2", "output": output}
    script.call("POST", RENDERS, body=body, session=SESSION, answer={"id": "render_2", "status": "pending"})
    assert verdict_of(script, "export-body") is Verdict.KEPT
