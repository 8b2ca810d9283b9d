from __future__ import annotations

from typing import Any

import pytest

from nemovideo_skills.judge.judging import Verdict
from nemovideo_skills.judge.rules import RULES
from nemovideo_skills.judge.rules.routing import is_click, user_request_of
from tests.skills.judge.scripted import SESSION, Scripted, broken_by, judged

PARTS = {"parts": [{"text": "Make a clip"}]}
GOOD: dict[str, Any] = {"app_name": "nemo_agent", "user_id": "me", "session_id": SESSION, "new_message": PARTS}


def said(text: str = "Make a clip", **message: Any) -> Scripted:
    script = Scripted()
    script.set_up()
    script.say(text, **message)
    return script


def reported(script: Scripted, rule: str) -> str:
    (finding,) = judged(script, RULES[rule]).findings
    assert finding.verdict is Verdict.BROKEN
    return finding.broken[0].what


# --- header and body --------------------------------------------------------------------------------------------------


def test_a_message_without_the_accept_header_breaks_only_its_rule() -> None:
    script = said(headers={})
    assert broken_by(script) == ["accept-event-stream"]
    assert reported(script, "accept-event-stream") == "The message was sent with no Accept header."


def test_a_message_that_accepts_anything_does_not_ask_for_a_stream() -> None:
    script = said(headers={"accept": "*/*"})
    assert reported(script, "accept-event-stream") == "The message was sent with Accept: */*."


@pytest.mark.parametrize("accept", ["text/event-stream", "Text/Event-Stream, application/json;q=0.5"])
def test_a_message_that_asks_for_a_stream_keeps_the_rule(accept: str) -> None:
    script = said(headers={"accept": accept})
    assert broken_by(script) == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            {"appName": "nemo_agent", "sessionId": SESSION, "newMessage": PARTS},
            "The message's body has appName, sessionId, newMessage; names must be in snake_case.",
        ),
        (GOOD | {"app_name": "nemo"}, "The message's app_name is 'nemo', not 'nemo_agent'."),
        (GOOD | {"session_id": 552979}, "The message's session_id is 552979, not a session id as text."),
        (GOOD | {"user_id": 7}, "The message's user_id is not text."),
        (GOOD | {"new_message": "Make a clip"}, "The message has no text at new_message.parts[].text."),
        (GOOD | {"new_message": {"parts": [{"text": " "}]}}, "The message has no text at new_message.parts[].text."),
        (["Make a clip"], "The message's body is not a JSON object."),
    ],
)
def test_a_body_of_another_shape_is_reported_what_is_wrong(body: object, sentence: str) -> None:
    script = said(body=body)
    assert "message-shape" in broken_by(script)
    assert reported(script, "message-shape") == sentence


@pytest.mark.parametrize("body", [GOOD, {name: GOOD[name] for name in ("app_name", "session_id", "new_message")}])
def test_the_documented_bodies_keep_the_rule(body: object) -> None:
    assert broken_by(said(body=body)) == []


def test_a_body_that_the_fake_did_not_read_proves_nothing() -> None:
    script = Scripted()
    script.set_up()
    headers = {"accept": "text/event-stream", "content-length": "180"}
    script.call("POST", "/run_sse", headers=headers, session=SESSION, status=503)
    (finding,) = judged(script, RULES["message-shape"]).findings
    assert finding.verdict is Verdict.UNKNOWN


# --- user requests that are not the agent's


@pytest.mark.parametrize(
    ("words", "request_name"),
    [
        ("export", "an export"),
        ("Please export the video now!", "an export"),
        ("Download it", "an export"),
        ("send me the video", "an export"),
        ("导出", "an export"),
        ("请帮我导出视频吧", "an export"),
        ("把视频发给我", "an export"),
        ("credits", "the credits"),
        ("How many credits do I have left?", "the credits"),
        ("What’s my balance?", "the credits"),
        ("积分", "the credits"),
        ("我还有多少积分？", "the credits"),
        ("余额多少", "the credits"),
        ("status", "the state"),
        ("Show me the tracks", "the state"),
        ("查看状态", "the state"),
        ("upload", "an upload"),
        ("上传照片", "an upload"),
        ("upload holiday.jpg", "an upload"),
    ],
)
def test_a_request_of_the_routing_table_is_recognised(words: str, request_name: str) -> None:
    assert user_request_of(words) == request_name


@pytest.mark.parametrize(
    "words",
    [
        "Make a video of my photos",
        'Add a title "Download now"',
        "add the title Download now",
        "Don't export yet, make it brighter",
        "Export your data, in big letters over the second clip",
        "add end credits",
        "Roll the credits over the last photo",
        "Balance the colours",
        "show the tracks of the animals in the snow",
        "upload speeds as a bar chart, animated",
        "加一个标题“立即下载”",
        "先不要导出",
        "不导出",
        "做一个介绍积分商城的视频",
        "导出公司的宣传片",
        "make it 10 seconds, then export it",
        "",
        "export " * 40,
    ],
)
def test_a_message_for_the_agent_is_not_a_routed_request(words: str) -> None:
    assert user_request_of(words) is None
    assert not is_click(words)


def test_a_wish_that_is_sent_to_the_agent_breaks_only_its_rule() -> None:
    script = said("export the video")
    assert broken_by(script) == ["wishes-not-sent"]
    assert reported(script, "wishes-not-sent") == "The agent was asked for an export: “export the video”."


def test_edits_keep_the_rule() -> None:
    (finding,) = judged(said("Add music"), RULES["wishes-not-sent"]).findings
    assert finding.verdict is Verdict.KEPT


@pytest.mark.parametrize(
    "words", ["Click the Export button", "Open the timeline panel", "点击“导出”按钮", "打开素材面板"]
)
def test_a_click_that_is_sent_to_the_agent_breaks_only_its_rule(words: str) -> None:
    script = said(words)
    assert broken_by(script) == ["gui-words-not-sent"]
    assert reported(script, "gui-words-not-sent") == f"The agent was told to use an editor: “{words}”."


@pytest.mark.parametrize("words", ["Drag the title to the left", "Add the words “Click here” at the end", "拖到最后"])
def test_an_edit_in_an_editors_words_is_the_agents(words: str) -> None:
    assert broken_by(said(words)) == []
