"""For each rule, the smallest document that keeps it and the smallest that breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: The smallest text that is about the API.
ABOUT: Final = "NemoVideo, through NEMO_API_URL.\n"
FRONT: Final = '---\nname: reel\ndescription: Makes reels.\nversion: "1.0.0"\nlicense: MIT\n---\n'
HEADERS: Final = (
    '-H "Authorization: Bearer $NEMO_TOKEN" -H "X-Skill-Source: $N" -H "X-Skill-Version: $V" -H "X-Skill-Platform: $P"'
)
SAYS: Final = "POST /run_sse\n"


@dataclass(frozen=True, slots=True)
class Example:
    """A document that keeps a rule, one that breaks it, and the line of the finding."""

    good: str
    bad: str
    line: int = 2
    name: str = "SKILL.md"


def front(bad: str, good: str = FRONT, line: int = 1) -> Example:
    """Return front matter."""
    return Example(good + ABOUT, f"---\n{bad}---\n{ABOUT}", line)


def says(good: str, bad: str) -> Example:
    """Return a document with one line for each text."""
    return Example(ABOUT + good, ABOUT + bad)


def table(good: str, bad: str) -> Example:
    """Return a table of codes with one row for each text."""
    head = f"{ABOUT}## Error codes\n| code | meaning | action |\n|---|---|---|\n"
    return Example(f"{head}| {good} |\n", f"{head}| {bad} |\n", 5)


def remedy(said: str) -> Example:
    """Return a sentence that a skill which sends messages should have."""
    return Example(FRONT + SAYS + said, FRONT + SAYS, 7)


SESSION_BODY: Final = '{"task_name":"project"}'
RENDER: Final = f"curl -X POST $API/api/render/proxy/lambda {HEADERS} -d"
RUN: Final = f'curl -X POST $API/run_sse {HEADERS} -H "Accept: text/event-stream" -d'
MESSAGE: Final = '"session_id":"<sid>","new_message":{"parts":[{"text":"<msg>"}]}'

EXAMPLES: Final = {
    "front-matter-missing": Example(FRONT + ABOUT, ABOUT, 1),
    "front-matter-invalid": front("name: reel\ndescription: a: b: c\n", line=3),
    "name-missing": front("description: Makes reels.\n"),
    "name-invalid": front("name: Reel_Maker\ndescription: Makes reels.\n", line=2),
    "name-folder": Example(FRONT, FRONT, 2, "reels/SKILL.md"),
    "description-missing": front("name: reel\n"),
    "description-long": front(f"name: reel\ndescription: {'long ' * 210}\n", line=3),
    "version-missing": front("name: reel\ndescription: Makes reels.\n", line=2),
    "version-number": front("name: reel\ndescription: Makes reels.\nversion: 1.10\n", line=4),
    "metadata-invalid": front(
        'name: reel\ndescription: Makes reels.\nmetadata: {"openclaw": {"primaryEnv": "API_KEY"}}\n',
        FRONT.replace("license", 'metadata: {"openclaw": {"primaryEnv": "NEMO_TOKEN"}}\nlicense'),
        4,
    ),
    "field-unknown": front("name: reel\ndescription: Makes reels.\nlicence: MIT\n", line=4),
    "license-missing": front("name: reel\ndescription: Makes reels.\n"),
    "base-url-wrong": says("https://mega-api-prod.nemovideo.ai", "https://mega-api-live.nemovideo.ai"),
    "base-url-outdated": says("https://mega-api-prod.nemovideo.ai", "https://mega-api-dev.nemovideo.ai"),
    "base-url-missing": Example(f"https://mega-api-prod.nemovideo.ai\n{SAYS}", f"NemoVideo:\n{SAYS}"),
    "endpoint-unknown": says("GET /api/credits/balance/simple", "GET /api/credits/history/full"),
    "endpoint-outdated": says("POST /api/render/proxy/lambda", "POST /api/render/proxy/draft"),
    "method-wrong": says("GET /api/credits/balance/simple", "POST /api/credits/balance/simple"),
    "page-called": says("Link to $NEMO_WEB_URL/workspace/claim?ct=1.", "GET $NEMO_WEB_URL/workspace/claim?ct=1"),
    "poll-call-missing": says(
        "POST /api/render/proxy/lambda, then GET /api/render/proxy/lambda/<id>", "POST /api/render/proxy/lambda"
    ),
    "reference-dangling": says("## 3.5 Export\nSee §3.5.", "See §3.5."),
    "attribution-missing": says(
        f"curl $API/api/credits/balance/simple {HEADERS}",
        'curl $API/api/credits/balance/simple -H "Authorization: Bearer $NEMO_TOKEN" -H "X-Skill-Source: reel"',
    ),
    "attribution-everywhere": says(
        "Missing headers cause export to fail with 402.", "Missing headers will cause auth failures."
    ),
    "attribution-other": Example(
        f"{FRONT}{ABOUT}X-Skill-Source: reel", f"{FRONT}{ABOUT}X-Skill-Source: image-to-video", 8
    ),
    "bearer-missing": says(f"curl $API/api/credits/balance/simple {HEADERS}", "curl $API/api/credits/balance/simple"),
    "client-id-missing": says(
        'curl -X POST $API/api/auth/anonymous-token -H "X-Client-Id: $ID"', "curl -X POST $API/api/auth/anonymous-token"
    ),
    "accept-missing": says(f"{RUN} @body", f"curl -X POST $API/run_sse {HEADERS} -d @body"),
    "header-misspelt": says("Send X-Client-ID.", "Send X-ClientID and no more."),
    "header-unknown": says("An X-ray of a foot.", "Send X-Request-Id too."),
    "token-in-link": says("$WEB/workspace/claim?ct=<claim_token>", "$WEB/workspace/claim?token=$NEMO_TOKEN"),
    "token-literal": says("nmv_usr_xxxxxx", f"nmv_usr_{'aB3_-' * 8}zzZ"),
    "body-field-misspelt": says(
        f'{RENDER} \'{{"id":"r","sessionId":"s","draft":<draft>}}\'',
        f'{RENDER} \'{{"id":"r","session_id":"s","draft":<draft>}}\'',
    ),
    "body-field-unknown": says(
        f"POST /api/tasks/me/with-session/nemo_agent, body {SESSION_BODY}",
        'POST /api/tasks/me/with-session/nemo_agent, body {"task_name":"project","colour":"red"}',
    ),
    "body-field-missing": says(f'{RUN} \'{{"app_name":"nemo_agent",{MESSAGE}}}\'', f"{RUN} '{{{MESSAGE}}}'"),
    "body-value-wrong": says(
        f'{RUN} \'{{"app_name":"nemo_agent",{MESSAGE}}}\'', f'{RUN} \'{{"app_name":"nemo",{MESSAGE}}}\''
    ),
    "draft-string": says(
        f'{RENDER} \'{{"id":"r","sessionId":"s","draft":<draft>}}\'',
        f'{RENDER} \'{{"id":"r","sessionId":"s","draft":"<draft>"}}\'',
    ),
    "upload-field-wrong": says(
        f'curl -X POST $API/api/upload-video/nemo_agent/me/$S {HEADERS} -F "files=@a.jpg"',
        f'curl -X POST $API/api/upload-video/nemo_agent/me/$S {HEADERS} -F "file=@a.jpg"',
    ),
    "underscores-lost": says("POST /run_sse", "POST /runsse"),
    "poll-interval": says("Poll the render every 30s.", "Poll the render every 5s."),
    "poll-limit": says("Poll it, max 10 polls.", "Poll it, max 100 polls."),
    "token-lifetime": says("The token expires in 7 days.", "The token expires in 30 days."),
    "free-credits": says("100 free credits", "500 free credits"),
    "size-limit": says("Max file size is 200MB.", "Max file size is 2GB."),
    "stream-limit": says("SSE timeout: 15 minutes.", "SSE timeout: 60 seconds."),
    "heartbeats-only": says("10 min heartbeats-only: timeout.", "2 min heartbeats-only: timeout."),
    "still-working": says('Every 2 min: "Still working..."', 'Every 10 min: "Still working..."'),
    "tokens-per-client": says("1 token per client per 7 days", "3 tokens per client per 7 days"),
    "tokens-per-address": says("10 tokens per 7 days per IP", "50 tokens per 7 days per IP"),
    "tokens-per-hour": says("10 tokens per 7 days per IP", "20 tokens per IP per hour"),
    "rate-retry": says("429: retry in 30s once", "429: retry in 2s"),
    "recovery-wait": says("After a disconnect wait 30s.", "After a disconnect wait 3s."),
    "contradiction": Example(
        f"{ABOUT}Poll the render every 30s.\nPoll the export every 30 seconds.",
        f"{ABOUT}Poll the render every 30s.\nPoll the export every 10 seconds.",
        3,
    ),
    "render-shape": says("status at top-level, the file at output.url", "status is inside data, with outputUrl"),
    "render-shape-both": Example(
        f"{ABOUT}Read output.url, or data.outputUrl.", f"{ABOUT}Read data.outputUrl.\nThe file is at output.url.", 3
    ),
    "draft-track-type": says("tt: 0=video, 1=audio, 7=text", "tt: 0=video, 1=audio, 2=text"),
    "draft-duration": says("d=duration(ms)", "d=duration(seconds)"),
    "render-orphan": says("A render goes on by itself.", "Closing the tab orphans the render job."),
    "format-unknown": says("Supported: mp4, mov, jpg, png", "Supported: mp4, mov, jpg, heic"),
    "format-incomplete": says("Supported formats: jpg, png, gif, webp", "Supported formats: jpg, png, gif, mp4"),
    "export-cost": says("Export does NOT cost credits.", "Every export costs 10 credits."),
    "anonymous-scopes": says("Anonymous tokens have `read`, `write`, `upload`.", "Anonymous tokens always have `*`."),
    "stream-resume": says("Last-Event-ID is not supported.", "Reconnect with Last-Event-ID."),
    "resend-advised": says("If the stream drops, never resend.", "If the stream drops, resend the message."),
    "text-lost": says("API base: https://mega-api-prod.nemovideo.ai", "API base: INLINECODE21"),
    "encoding": Example(ABOUT, ABOUT + "caf\ufffd", 2),
    "code-unread": says("A client.", "requests.get(url)"),
    "code-unknown": table("1001 | bad token | new token", "1003 | bad token | new token"),
    "code-meaning": table("1001 | expired token | new token", "1002 | expired token | new token"),
    "code-action": table("402 | export blocked | upgrade the plan", "402 | export blocked | buy credits"),
    "no-silent-edit": remedy("A stream that closes with no text: read the state."),
    "no-lost-stream": remedy("After a disconnect wait 30s and read the state."),
    "no-resend-ban": remedy("Never send the message again."),
    "no-stream-timeout": remedy("curl --max-time 900"),
    "no-still-working": remedy('Say "Still working" every 2 minutes.'),
    "no-1001": remedy("1001: new token."),
    "no-1002": remedy("1002: new session."),
    "no-2001": remedy("2001: stop."),
    "no-402": remedy("402: upgrade the plan."),
    "no-429": remedy("429: wait."),
    "language-unread": Example(
        f"{FRONT}{SAYS}The agent waits until the stream ends, and then it reads the state of the session.",
        f"{FRONT}{SAYS}O agente espera até que o fluxo termine, e não envia uma mensagem para os clientes quando o"
        " fluxo é interrompido, ou em caso de erro.",
        1,
    ),
}
