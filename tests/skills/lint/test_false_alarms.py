"""Sentences of published documents that look like mistakes but are right."""

from __future__ import annotations

import pytest

from nemovideo_skills.lint import Document, check

SENTENCES = (
    "The download link expires in 24 hours.",
    "Claim tokens are valid for 1 day.",
    "Manual API tokens expire in 90 days.",
    "Sessions expire after 2 hours without a token.",
    "If the token has 0 credits left, stop.",
    "Register to get 50 more credits.",
    "| Starter | $17.99/mo | 1,100 credits |",
    "Video generation costs ~100 credits, an edit of a session about 50 credits.",
    "Keep music under 10 MB; the output is 40-120 MB per minute.",
    "Poll the state every 3 seconds until the draft changes.",
    "A heartbeat arrives every 15 s.",
    "Set a connection timeout of 10 seconds for the stream.",
    "Every 30 s say that it is still working.",
    "Never resend the message when the stream drops.",
    "If nothing changed after five reads, offer to resend the message; the stream is lost.",
    "NEVER put the token into an address such as https://nemovideo.com/?token=$TOKEN.",
    "The X-axis pan and an X-ray look are fine.",
    "Headers: X-Skill-* on every call, that is X-Skill-Source/Version/Platform.",
    "Export as srt, vtt or mp4, mov.",
    "Unsupported: heic, tiff, mp4 and mov inside zip.",
    "See https://github.com/nemovideo/nemovideo_skills and https://nemovideo.com/register?bind=anon_1.",
    "Poll /api/state until it changes, then read `/api/...`.",
    "The page /workspace/claim opens in a browser.",
    "Draft (tt = track type): 3 video tracks, 2 audio tracks.",
    "Export does not cost credits; only generating uses credits.",
    "402: subscription tier issue, NOT credits.",
    "Rendering takes about 30 s and costs no credits.",
    "status stands at the top level and not inside data.",
    "Do not send Last-Event-ID.",
    "Wait 5 seconds between two uploads.",
    "http://localhost:8787/run_sse is a fake, and so is http://127.0.0.1:8787/w/a/_mock/faults.",
    "Use $API/api/render/proxy/lambda/$RENDER_ID or https://mega-api-prod.nemovideo.ai/run_sse?x=1.",
    "1. Video: city (0-10s) 2. BGM: 35% 3. Title, tt=7.",
    "A typical video of 10 MB uploads in 5 seconds.",
    "Never write that the token expires in 30 days: it is 7.",
    "Don't say that new accounts get 500 free credits.",
    "The token used to be valid for 30 days.",
    "Every second render is polled by another agent.",
    "Between uploads sleep 5 seconds.",
    "GET $API/api/state/nemo_agent/me/$SID/latest; sleep 60; then /api/render/proxy/lambda/$ID.",
    "429: wait 30 s, never retry 10 times.",
    "After an upload timeout retry the request once.",
    "The stream takes a while; wait up to 2 minutes for its first record.",
    "Send `Authorization: Bearer <NEMO_TOKEN>`, and no Basic scheme.",
    "A good video lasts 30 seconds and costs credits; the token lives in a file for 30 uses.",
    "Rendering is not free-form, and an export isn't free of watermarks.",
    "Authorization: Basic auth is not supported.",
    "The Authorization: key is the header of that name.",
    "导出需要先有会话；导出前检查积分。",
    "Read the state with the calls below /api/state.",
    "导出不消耗积分，导出是免费的。",
    "2024 年发布；会话里有 3000 个素材。",
    "The 2001 film runs for 149 minutes; in 1968 there were 4001 prints.",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_correct_sentence_is_not_reported(sentence: str) -> None:
    document = Document(f"NemoVideo is called through NEMO_API_URL.\n\n{sentence}\n", "notes.md")
    assert [(each.rule, each.message) for each in check(document)] == []
