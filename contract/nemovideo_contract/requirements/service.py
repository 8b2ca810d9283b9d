"""Requirements on the address of the service, the form of its responses, and the meaning of the codes."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import ASSUMED, SESSION, UPLOAD, Requirement, parse_sources

#: Why a rule for callers has no check in the suite.
_CALLERS: Final = "This is a rule for callers. Their requests show whether they keep it; a service can't."

REQUIREMENTS: Final = (
    Requirement(
        "base-url",
        "Every documented call responds at its path below the base URL, which may have a path itself.",
        parse_sources("F2 1.9 §1", "F3 all", "F5 all"),
    ),
    Requirement(
        "web-url",
        "Links for people begin with NEMO_WEB_URL; the default is https://nemovideo.com.",
        parse_sources("F2 1.9 §1"),
        exempt=_CALLERS,
    ),
    Requirement(
        "env-api-url",
        "NEMO_API_URL is the base URL of the service.",
        parse_sources("F2 1.9 §1", "F3 §1"),
        exempt=_CALLERS,
    ),
    Requirement(
        "env-web-url",
        "NEMO_WEB_URL is the base URL of links for people.",
        parse_sources("F2 1.9 §1", "F3 §1"),
        exempt=_CALLERS,
    ),
    Requirement(
        "env-client-id",
        "NEMO_CLIENT_ID is the client's stable ID; without it, the client keeps one in a file.",
        parse_sources("F2 1.9 §1", "F3 §1"),
        exempt=_CALLERS,
    ),
    Requirement(
        "env-skill-source",
        "SKILL_SOURCE names the platform of a skill, and takes precedence over its install path.",
        parse_sources("F2 1.9 §1 and §3", "F3 §3"),
        exempt=_CALLERS,
    ),
    Requirement(
        "envelope-error",
        "An error response is a JSON object with a code other than 0, and with a message for people.",
        parse_sources("F2 1.9 §7", "F8 its client's types"),
        standing=ASSUMED,
    ),
    Requirement(
        "envelope-status-200",
        "The codes 1001 to 4002 come with HTTP status 200.",
        parse_sources("F2 1.9 §7, by calling them body codes", "F8 its client takes both"),
        standing=ASSUMED,
        profiles=("errors=envelope",),
    ),
    Requirement(
        "envelope-status-4xx",
        "The codes 1001, 1002, 2001, 4001 and 4002 come with HTTP status 401, 404, 402, 415 and 413.",
        parse_sources("F8 its client takes both", "ours no document names the statuses, these fit"),
        standing=ASSUMED,
        profiles=("errors=http",),
        cost=UPLOAD,
    ),
    Requirement(
        "envelope-status-own",
        "If a code is also an HTTP status, the response has that status.",
        parse_sources("F0 getting a token, for 400", "F1 errors, for 402"),
    ),
    Requirement(
        "code-0",
        "A successful response has HTTP status 200 and a JSON object with code 0, a message, and the result in data.",
        parse_sources("F0 step 1 to 4", "F2 1.9 §7"),
        cost=SESSION,
    ),
    Requirement(
        "code-404",
        "A request for a render that does not exist gets 404.",
        parse_sources("ours the documents have no code for it"),
        standing=ASSUMED,
    ),
    Requirement(
        "call-unknown",
        "A path that belongs to no documented call, such as POST /v1/run of other servers, gets 404.",
        parse_sources("ours some published skills name such calls for this server, no vendor document does"),
        standing=ASSUMED,
    ),
    Requirement(
        "body-json",
        "A session or a render request whose body is not a JSON object gets 400, and nothing is created.",
        parse_sources("standard RFC 9110 §15.5.1", "F0 errors, for a missing header"),
        standing=ASSUMED,
    ),
)
