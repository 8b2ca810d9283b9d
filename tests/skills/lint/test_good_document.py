"""A correct skill document has no finding; each changed fact gives exactly the matching finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo_contract.reports import Level
from nemovideo_skills.lint import Document, check

GOOD = Path(__file__).parent / "good/SKILL.md"
TEXT = GOOD.read_text(encoding="utf-8")

ERROR, WARNING, NOTE = Level.ERROR, Level.WARNING, Level.NOTE
#: The old and the new text, the line of the change, and the rule and level of the finding.
MUTANTS = (
    ("name: good", "name: Good", "name-invalid", ERROR),
    ('version: "1.2.0"', "version: 1.20", "version-number", WARNING),
    ("https://mega-api-prod.nemovideo.ai", "https://mega-api-dev.nemovideo.ai", "base-url-outdated", WARNING),
    ("mega-api-prod.nemovideo.ai", "mega-api-production.nemovideo.ai", "base-url-wrong", ERROR),
    ("is 200 MB.", "is 200 MB. Files over 500 MB are refused.", "contradiction", WARNING),
    ("expires in 7 days", "expires in 30 days", "token-lifetime", ERROR),
    ('"credits":100', '"credits":50', "free-credits", ERROR),
    ("1 token per client per 7 days", "2 tokens per client per 7 days", "tokens-per-client", ERROR),
    ('anonymous-token" -H "X-Client-Id: $CLIENT_ID"', 'anonymous-token"', "client-id-missing", WARNING),
    ("/api/tasks/me/with-session/nemo_agent", "/api/tasks/me/session/nemo_agent", "endpoint-unknown", ERROR),
    ('"language":"en"', '"lang":"en"', "body-field-unknown", WARNING),
    ('"files=@', '"file=@', "upload-field-wrong", ERROR),
    ("mkv, jpg", "mkv, heic, jpg", "format-unknown", WARNING),
    ("m4a, aac. The", "m4a. The", "format-incomplete", NOTE),
    ("200 MB", "500 MB", "size-limit", NOTE),
    ("200 MB", "2 GB", "size-limit", WARNING),
    ("-sN -X POST", "-sN -X PUT", "method-wrong", ERROR),
    ("--max-time 900", "--max-time 60", "stream-limit", WARNING),
    (' -H "Accept: text/event-stream"', "", "accept-missing", WARNING),
    ('"app_name":"nemo_agent"', '"app_name":"nemo"', "body-value-wrong", ERROR),
    ('"session_id":"<sid>","new_message"', '"sessionId":"<sid>","new_message"', "body-field-misspelt", ERROR),
    ('"user_id":"me","session_id":"<sid>",', '"user_id":"me",', "body-field-missing", ERROR),
    ('/latest" -H "Authorization: Bearer $NEMO_TOKEN"', '/latest"', "bearer-missing", ERROR),
    ("every 2 minutes", "every 10 minutes", "still-working", WARNING),
    ("10 minutes of heartbeats", "5 minutes of heartbeats", "heartbeats-only", WARNING),
    ("end without any text", "end early", "no-silent-edit", NOTE),
    ("Never send the message again", "Resend the message", "resend-advised", WARNING),
    ("Wait 30 seconds and read", "Wait 2 seconds and read", "recovery-wait", NOTE),
    ("7=text", "2=text", "draft-track-type", ERROR),
    ("d=duration(ms)", "d=duration(seconds)", "draft-duration", ERROR),
    ("Exports are free", "Every export costs 10 credits", "export-cost", ERROR),
    ('"draft":<draft>', '"draft":"<draft>"', "draft-string", WARNING),
    ("poll `GET /api/render/proxy/lambda/<id>` every 30 seconds", "look now and then", "poll-call-missing", WARNING),
    ("every 30 seconds", "every 10 seconds", "poll-interval", NOTE),
    ("every 30 seconds", "every second, that is every 1 second", "poll-interval", WARNING),
    ("max 10 polls", "max 99 polls", "poll-limit", WARNING),
    ("output.url`; if", "data.outputUrl`; if", "render-shape", NOTE),
    ("claim?ct=<claim_token>", "claim?token=$NEMO_TOKEN", "token-in-link", ERROR),
    ("and link to `$NEMO", "and call `GET $NEMO", "page-called", ERROR),
    ("| 1002 | session not found", "| 1005 | session not found", "code-unknown", WARNING),
    ("| 4001 | unsupported file", "| 4001 | file too large", "code-meaning", ERROR),
    ("it is not about credits: check the headers, else upgrade the plan", "buy credits", "code-action", ERROR),
    ("wait 30 seconds, ask once", "wait 1 second, ask once", "rate-retry", WARNING),
    ("| 0 | success", "| 9000 | success", "code-unknown", WARNING),
)
#: Other rules that a change breaks.
BESIDES = {
    "name: Good": {"name-folder"},
    "over 500 MB": {"size-limit"},
    "Resend the message": {"no-resend-ban"},
    "| 1005 | session not found": {"no-1002"},
    '"credits":50': {"contradiction"},
}


def test_the_good_document_is_clean() -> None:
    assert check(Document(TEXT, str(GOOD))) == ()


@pytest.mark.parametrize(("old", "new", "rule", "level"), MUTANTS, ids=lambda value: str(value)[:40])
def test_one_changed_fact_gives_the_finding_that_fits_in_its_line(old: str, new: str, rule: str, level: Level) -> None:
    mutant = TEXT.replace(old, new, 1)
    assert mutant != TEXT
    found = {each.rule: each for each in check(Document(mutant, str(GOOD)))}
    besides = next((rules for part, rules in BESIDES.items() if part in new), set[str]())
    assert set(found) == {rule} | besides
    assert found[rule].level is level
    lines = zip(TEXT.split("\n"), mutant.split("\n"), strict=True)
    changed = next(number for number, (before, after) in enumerate(lines, 1) if before != after)
    line = found[rule].place.line
    assert line is not None
    # A gap in a command is reported at its beginning; a gap in a document at the place where the text belongs.
    is_about_what_lacks = rule.startswith("no-") or rule.endswith("-missing")
    assert line == changed or (is_about_what_lacks and abs(line - changed) < 20)
