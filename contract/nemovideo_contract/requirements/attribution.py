"""Requirements on the three headers that say which skill calls, and on calls without them."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import (
    ASSUMED,
    EDIT,
    EXPORT,
    SESSION,
    TOKEN,
    UPLOAD,
    Requirement,
    parse_sources,
)

REQUIREMENTS: Final = (
    Requirement(
        "attribution-headers",
        "The service accepts an export with X-Skill-Source, X-Skill-Version and X-Skill-Platform.",
        parse_sources("F2 1.5 to 1.9 §3", "F3 §3", "F5 headers"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-source",
        "An export without X-Skill-Source gets 402.",
        parse_sources("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-version",
        "An export without X-Skill-Version gets 402.",
        parse_sources("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-platform-missing",
        "An export without X-Skill-Platform gets 402.",
        parse_sources("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-empty",
        "An empty attribution header counts as missing: the export gets 402.",
        parse_sources("ours no document sends an empty one"),
        standing=ASSUMED,
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-platform",
        "The service accepts an export from the platforms clawhub, cursor and unknown.",
        parse_sources("F2 1.7 to 1.9 §3", "F3 §3", "F5 headers"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-platform-other",
        "The service accepts an export from a platform with another name, as earlier documents and later tools send"
        " it.",
        parse_sources("F2 1.0 to 1.6 §3", "F8 terminal and claude_code"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-token",
        "The anonymous-token call needs none of the three headers.",
        parse_sources("F2 1.9 §1", "F3 §1", "F5 setup: no document sends them there"),
        cost=TOKEN,
    ),
    Requirement(
        "attribution-export-only",
        "Session, upload, state and balance calls work without the headers.",
        parse_sources("F3 §3", "F5 headers", "F2 1.9.4 §3"),
        profiles=("attribution=export|exhausted|none",),
        cost=UPLOAD,
    ),
    Requirement(
        "attribution-everywhere",
        "Without the headers, every call with a bearer token gets 1001, except an export.",
        parse_sources("F2 1.9 §3, 'auth failures or export 402'"),
        profiles=("attribution=everywhere",),
        cost=SESSION,
    ),
    Requirement(
        "attribution-exhausted",
        "Without the headers, an export gets 402 if the account is anonymous and has no credits left.",
        parse_sources("F2 the changelog of 1.5"),
        profiles=("attribution=exhausted",),
        needs="no_credits",
        cost=EDIT,
    ),
    Requirement(
        "attribution-exhausted-only",
        "Without the headers, an export works if the account has credits.",
        parse_sources("F2 the changelog of 1.5"),
        profiles=("attribution=exhausted",),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-none",
        "An export works without the headers.",
        parse_sources("F0 all calls", "F1 all calls", "F2 before 4.6, which knows no such headers"),
        profiles=("attribution=none",),
        cost=EXPORT,
    ),
    Requirement(
        "code-402",
        "An export gets HTTP status 402, with code 402 in the envelope, if the plan does not include exports.",
        parse_sources("F1 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        needs="plan_blocked",
        cost=EDIT,
    ),
)
