"""The same mistake in other words: casual English, Chinese, tables, programs, other encodings."""

from __future__ import annotations

import pytest

from nemovideo_contract.reports import Finding
from nemovideo_skills.lint import Document, check, decode_text

from .examples import ABOUT, FRONT, SAYS

CODES = "## Error codes\n"
#: A sentence in a document, and the rules that it breaks.
WORDINGS = (
    ("The anonymous token is good for 14 days.", "token-lifetime"),
    ("An anonymous token is valid for two weeks.", "token-lifetime"),
    ("An anonymous token lives 24h.", "token-lifetime"),
    ("Token lifetime: 30 d", "token-lifetime"),
    ("Poll the render every five seconds.", "poll-interval"),
    ("Poll the render each 5 seconds.", "poll-interval"),
    ("Poll the export with 2-second intervals.", "poll-interval"),
    ("Poll the render every second.", "poll-interval"),
    ("while true; do\n  GET $API/api/render/proxy/lambda/$ID\n  sleep 5\ndone", "poll-interval"),
    ("Export is not free.", "export-cost"),
    ("The stream may take 5 minutes at most.", "stream-limit"),
    ("A stream lasts up to 20 minutes.", "stream-limit"),
    ("If the stream breaks, retry the request.", "resend-advised"),
    ("In a draft `d` is in seconds.", "draft-duration"),
    ("Send `Authorization: Token abc`.", "bearer-missing"),
    (f"{CODES}| 429 | wait 5 minutes, retry 10 times |", "code-action"),
    ("GET /api/state/nemo_agent/me/<sid>", "endpoint-unknown"),
    ("| GET | /api/credits/balance |", "endpoint-unknown"),
    ("| /api/upload-video/nemo_agent/<sid> | POST |", "endpoint-unknown"),
    ('| Upload | -F "file=@clip.mp4" |', "upload-field-wrong"),
    ('requests.get(f"{BASE}/run_sse")', "code-unread method-wrong"),
    ('requests.post(f"{BASE}/run_sse", headers={"X-User-Id": "1"})', "code-unread header-unknown"),
    ("每隔 3 秒轮询一次渲染状态。", "poll-interval"),
    ("每3秒轮询渲染状态。", "poll-interval"),
    ("令牌有效期30天。", "token-lifetime"),
    ("轮询渲染状态，每隔 3 秒一次。", "poll-interval"),
    ("新用户赠送 200 积分。", "free-credits"),
    ("导出消耗 50 积分。", "export-cost"),
    ("## 错误处理\n- 1002 积分不足：充值", "code-meaning"),
    ("## 错误处理\n2001 会话不存在", "code-meaning"),
    (f"{CODES}| 4001 | credits exhausted | retry |", "code-meaning"),
)


def findings(text: str, name: str = "notes.md") -> tuple[Finding, ...]:
    """Return the findings in a document about the API."""
    return check(Document(ABOUT + text, name))


@pytest.mark.parametrize(("said", "rules"), WORDINGS)
def test_a_mistake_is_found_in_other_words(said: str, rules: str) -> None:
    assert sorted(each.rule for each in findings(said)) == rules.split()


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        ("1002 | token invalid", "1002 means an unknown session, 1001 means a bad or expired token."),
        ("2001 | invalid session", "2001 means too few credits, 1002 means an unknown session."),
        ("1001 | missing client id", "1001 means a bad or expired token, 400 means a missing X-Client-Id."),
    ],
)
def test_the_code_that_was_meant_is_named(row: str, advice: str) -> None:
    (finding,) = findings(f"{CODES}| {row} |")
    assert (finding.rule, finding.advice) == ("code-meaning", advice)


@pytest.mark.parametrize("meaning", ["invalid", "bad request", "missing"])
def test_words_that_fit_every_code_are_no_other_codes_meaning(meaning: str) -> None:
    assert findings(f"{CODES}| 1002 | {meaning} |") == ()


def test_a_code_with_the_meaning_and_the_action_of_another_is_reported_once() -> None:
    assert [each.rule for each in findings(f"{CODES}| 402 | insufficient credits | top up |")] == ["code-meaning"]


def test_a_field_without_its_capital_is_reported_once() -> None:
    said = 'POST /api/render/proxy/lambda, then GET /api/render/proxy/lambda/<id>. Body: {"id":"r","sessionid":"s"}'
    found = findings(
        f"POST /api/render/proxy/lambda, body {said.partition('Body: ')[2]}, GET /api/render/proxy/lambda/1"
    )
    assert [each.rule for each in found] == ["body-field-misspelt"]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("Send X-Skill-Name: reel.", "Write X-Skill-Source."),
        ("GET /api/render/proxy/<id>/status", "Did you mean GET /api/render/proxy/lambda/{render_id}?"),
        ("GET /api/state/nemo_agent/me/<sid>", "Did you mean GET /api/state/nemo_agent/{user_id}/{session_id}/latest?"),
        ("20 tokens per IP per hour", "Write: An address gets ten anonymous tokens in 7 days."),
    ],
)
def test_the_advice_is_what_would_work(said: str, advice: str) -> None:
    assert [each.advice for each in findings(said)] == [advice]


REMEDIES_IN_CHINESE = (
    "约 30% 的编辑操作没有文字返回，此时读取状态。流断开后等待 30 秒再读取状态，切勿再次发送消息。"
    "流最长 15 分钟。每隔两分钟告诉用户还在处理。错误：1001、1002、2001、402、429。"
)


def test_a_chinese_document_that_says_all_is_reported_of_nothing_that_lacks() -> None:
    assert [each.rule for each in check(Document(FRONT + ABOUT + SAYS + REMEDIES_IN_CHINESE))] == []


def test_a_chinese_document_that_says_nothing_is_reported_what_lacks() -> None:
    rules = {each.rule for each in check(Document(FRONT + ABOUT + SAYS + "发送消息，然后把回答告诉用户。"))}
    assert {"no-silent-edit", "no-lost-stream", "no-resend-ban", "no-stream-timeout", "no-still-working"} < rules


@pytest.mark.parametrize(
    "words",
    [
        (
            "Se o fluxo for interrompido, não envie a mensagem de novo: espere 30 segundos e leia o estado da sessão."
            " Os erros são 1001, 1002, 2001, 402 e 429, e para eles não há outra coisa que fazer."
        ),
        "ストリームが切れたら、メッセージを再送しないでください。三十秒待って状態を読みます。1001 1002 2001 402 429",
        "Если поток прервался, не отправляйте сообщение снова, а прочитайте состояние. 1001 1002 2001 402 429",
    ],
)
def test_a_document_in_an_unsupported_language_gets_one_note(words: str) -> None:
    assert [each.rule for each in check(Document(FRONT + ABOUT + SAYS + words))] == ["language-unread"]


@pytest.mark.parametrize(
    "text",
    [
        "Acme Reels is an alternative to NemoVideo.\n\nPOST /api/v1/users with X-Request-Id. Poll the render every 5s.",
        "# Acme\n\nUnlike NemoVideo, its token expires in 30 days.",
    ],
)
def test_a_document_that_only_names_the_product_is_about_something_else(text: str) -> None:
    assert check(Document(text, "README.md")) == ()


@pytest.mark.parametrize("title", ["# NemoVideo limits", "---\nname: nemo-video\n---", "The X-Skill-Source header"])
def test_a_title_a_name_or_a_header_makes_a_document_one_about_the_api(title: str) -> None:
    assert "free-credits" in {each.rule for each in check(Document(f"{title}\n500 free credits\n", "limits.md"))}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_in_utf_16_is_read_and_told_of(encoding: str) -> None:
    text, is_utf8 = decode_text(f"{ABOUT}500 free credits\n".encode(encoding))
    found = check(Document(text, "notes.md", is_utf8=is_utf8))
    assert [each.rule for each in found] == ["encoding", "free-credits"]


def test_a_picture_that_is_called_a_document_is_no_text() -> None:
    text, is_utf8 = decode_text(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00")
    (finding,) = check(Document(text, "notes.md", is_utf8=is_utf8))
    assert (finding.rule, "is not text" in finding.message) == ("encoding", True)


def test_the_encoding_of_a_document_about_something_else_is_not_checked() -> None:
    text, is_utf8 = decode_text("Un café.".encode("latin-1"))
    assert check(Document(text, "notes.md", is_utf8=is_utf8)) == ()
