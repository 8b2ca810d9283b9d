"""Requirements on credits: what is left, what is reserved, and what work costs."""

from __future__ import annotations

from typing import Final

from nemovideo_contract.requirements.requirement import (
    ASSUMED,
    CLIP,
    EDIT,
    EXPORT,
    TALK,
    TOKEN,
    UPLOAD,
    Requirement,
    parse_sources,
)

REQUIREMENTS: Final = (
    Requirement(
        "credits-read",
        "GET /api/credits/balance/simple returns available, frozen and total, whole numbers of 0 or more.",
        parse_sources("F1 credits", "F2 1.9 §3.3", "F3 §3.3", "F5 calls"),
    ),
    Requirement(
        "credits-sum",
        "total is the sum of available and frozen, also while work runs.",
        parse_sources("F1 credits"),
        cost=EDIT,
    ),
    Requirement(
        "credits-initial",
        "An anonymous account begins with 100 credits and none frozen; the token response and the balance both say so.",
        parse_sources("F0 getting a token", "F2 1.9 §1 and §8", "F3 §1", "F5 setup"),
        cost=TOKEN,
    ),
    Requirement(
        "credits-frozen",
        "The price of work is frozen while the work runs; afterwards nothing is frozen.",
        parse_sources("F1 credits", "F2 1.9 §3.3"),
        profiles=("pricing=turn",),
        cost=EDIT,
    ),
    Requirement(
        "credits-clip",
        "A clip from words costs 100 credits.",
        parse_sources("F1 credit costs", "F2 1.9 §8", "F8 credit costs"),
        profiles=("pricing=turn",),
        cost=CLIP,
    ),
    Requirement(
        "credits-editing",
        "Work on uploads costs 50 credits once in each session; later work in that session costs nothing.",
        parse_sources("F1 credit costs", "F2 1.9 §8, 'about 50 a session'", "ours that the first pays"),
        standing=ASSUMED,
        profiles=("pricing=turn",),
        cost=EDIT,
    ),
    Requirement(
        "credits-operation",
        "Work costs 1 to 3 credits for each tool call.",
        parse_sources("F5 two skills"),
        profiles=("pricing=operation",),
        cost=EDIT,
    ),
    Requirement(
        "credits-talk",
        "A message that asks for no work costs nothing.",
        parse_sources("F1 credit costs, by not naming it"),
        standing=ASSUMED,
        cost=TALK,
    ),
    Requirement(
        "credits-export",
        "An export costs nothing.",
        parse_sources("F1 render", "F2 1.9 §3.5 and §8", "F3 §3.5", "F5 export"),
        cost=EXPORT,
    ),
    Requirement(
        "credits-released",
        "A turn that fails releases its frozen credits.",
        parse_sources("F2 1.9 §3.3, 'reserved'", "ours against one skill of F3"),
        standing=ASSUMED,
        needs="turn_fails",
        cost=EDIT,
    ),
    Requirement(
        "credits-spent",
        "If credits run out during a turn, the account does not get them back.",
        parse_sources("ours no document has such a turn"),
        standing=ASSUMED,
        needs="runs_out",
        cost=EDIT,
    ),
    Requirement(
        "credits-isolated",
        "The work of one account changes no other account's balance.",
        parse_sources("ours what else an account would be for"),
        standing=ASSUMED,
        cost=TOKEN + EDIT,
    ),
    Requirement(
        "credits-free",
        "Tokens, sessions, uploads, reads and refused requests cost nothing.",
        parse_sources("F1 credit costs, by not naming it"),
        standing=ASSUMED,
        cost=UPLOAD,
    ),
)
