"""The three headers that say which skill calls, and what happens without them."""

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
    said,
)

REQUIREMENTS: Final = (
    Requirement(
        "attribution-headers",
        "An export with X-Skill-Source, X-Skill-Version and X-Skill-Platform is accepted.",
        said("F2 1.5 to 1.9 §3", "F3 §3", "F5 headers"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-source",
        "An export without X-Skill-Source is refused with 402.",
        said("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-version",
        "An export without X-Skill-Version is refused with 402.",
        said("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-platform-missing",
        "An export without X-Skill-Platform is refused with 402.",
        said("F2 1.9 §3", "F3 §3", "F5 headers"),
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-empty",
        "One of the three headers that is empty counts as none: the export is refused with 402.",
        said("ours no document sends an empty one"),
        standing=ASSUMED,
        profiles=("attribution=export|everywhere",),
        cost=EDIT,
    ),
    Requirement(
        "attribution-platform",
        "An export is accepted from the platforms clawhub, cursor and unknown.",
        said("F2 1.7 to 1.9 §3", "F3 §3", "F5 headers"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-platform-other",
        "An export is accepted from a platform of another name, as earlier documents and later tools send them.",
        said("F2 1.0 to 1.6 §3", "F8 terminal and claude_code"),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-token",
        "The anonymous token's call needs none of the headers.",
        said("F2 1.9 §1", "F3 §1", "F5 setup: no document sends them there"),
        cost=TOKEN,
    ),
    Requirement(
        "attribution-export-only",
        "Sessions, uploads, states and balances are answered without the headers.",
        said("F3 §3", "F5 headers", "F2 1.9.4 §3"),
        profiles=("attribution=export|exhausted|none",),
        cost=UPLOAD,
    ),
    Requirement(
        "attribution-everywhere",
        "Every call with a bearer but an export is refused with 1001 without the headers.",
        said("F2 1.9 §3, 'auth failures or export 402'"),
        profiles=("attribution=everywhere",),
        cost=SESSION,
    ),
    Requirement(
        "attribution-exhausted",
        "An export without the headers is refused with 402 to an anonymous account whose credits are spent.",
        said("F2 the changelog of 1.5"),
        profiles=("attribution=exhausted",),
        needs="no_credits",
        cost=EDIT,
    ),
    Requirement(
        "attribution-exhausted-only",
        "An export without the headers is accepted from an account that has credits.",
        said("F2 the changelog of 1.5"),
        profiles=("attribution=exhausted",),
        cost=EXPORT,
    ),
    Requirement(
        "attribution-none",
        "An export without the headers is accepted.",
        said("F0 all calls", "F1 all calls", "F2 before 4.6, which knows no such headers"),
        profiles=("attribution=none",),
        cost=EXPORT,
    ),
    Requirement(
        "code-402",
        "An export on a plan that does not include it is HTTP status 402, with code 402 in the envelope.",
        said("F1 errors", "F2 1.9 §7", "F3 §7", "F5 errors"),
        needs="plan_blocked",
        cost=EDIT,
    ),
)
