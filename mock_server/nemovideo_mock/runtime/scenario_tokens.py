"""Test tokens: each selects a token scenario, so that a caller meets it by a change of its environment only.

Each test token has its own account, which a world creates when it first sees the token. The faults of a scenario are
ordinary faults for that account, and are listed and counted with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from nemovideo_contract.wire import ANONYMOUS_CREDITS, ANONYMOUS_SCOPES, SCOPES, TEST_TOKEN_PREFIX, TOKEN_LIFETIME_S
from nemovideo_mock.faults import Faults
from nemovideo_mock.world import World

#: The prefixes of the user ids of test accounts; registered accounts have another prefix than anonymous ones.
_ANONYMOUS: Final = "anon_test_"
_REGISTERED: Final = "user_test_"

Spec = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TokenScenario:
    """The token scenario of one test token: its account, the profile keys that differ for it, and its faults.

    `age` is the age of the token in seconds. A token with an age expires; others never do.
    """

    meaning: str
    credits: int = 25_000
    registered: bool = False
    scopes: tuple[str, ...] = ANONYMOUS_SCOPES
    blocked: bool = False
    age: float = 0.0
    overrides: Mapping[str, object] = field(default_factory=dict[str, object])
    faults: tuple[Spec, ...] = ()


def _fault(kind: str, **fields: object) -> Spec:
    return MappingProxyType({"kind": kind, **fields})


_ONCE: Final[Mapping[str, object]] = MappingProxyType({"first": 1, "per": "session"})

#: All test tokens by the part after the prefix.
TOKEN_SCENARIOS: Final[Mapping[str, TokenScenario]] = MappingProxyType(
    {
        # accounts
        "funded": TokenScenario("An anonymous account with 25,000 credits. Nothing goes wrong."),
        "fresh": TokenScenario("An anonymous account with its first 100 credits.", credits=ANONYMOUS_CREDITS),
        "no_credits": TokenScenario("No credits: every message that asks for work gets 2001.", credits=0),
        "no_credits_in_stream": TokenScenario(
            "No credits: the 2001 is the only record of a stream.",
            credits=0,
            overrides={"turn_errors": "in_stream"},
        ),
        "registered": TokenScenario(
            "A registered account with 1,100 credits and every scope.", 1100, registered=True, scopes=("*",)
        ),
        "registered_no_credits": TokenScenario(
            "A registered account without credits: every message that asks for work gets 2001.",
            0,
            registered=True,
            scopes=("*",),
        ),
        "expired": TokenScenario("A token that expired a second ago: every call gets 1001.", age=TOKEN_LIFETIME_S + 1),
        "expires_midway": TokenScenario(
            "The token expires at the first read of a state: every later call gets 1001.",
            faults=(_fault("token_expires", on="state", first=1),),
        ),
        "read_only": TokenScenario(
            "A registered token with only the scope read: calls that need another scope get 403.",
            1100,
            registered=True,
            scopes=("read",),
        ),
        "no_upload": TokenScenario(
            "A registered token without the scope upload: uploads get 403.",
            1100,
            registered=True,
            scopes=tuple(scope for scope in SCOPES if scope != "upload"),
        ),
        "no_render": TokenScenario(
            "A registered token without the scope render: exports get 403.",
            1100,
            registered=True,
            scopes=tuple(scope for scope in SCOPES if scope != "render"),
        ),
        "plan_blocked": TokenScenario(
            "The plan does not include exports: exports get 402, with any headers.", blocked=True
        ),
        "rate_limited": TokenScenario("Every second call gets 429.", faults=(_fault("status", status=429, every=2),)),
        "unavailable": TokenScenario(
            "The first two reads of each kind (state, credits, render status) get 503; later reads work.",
            faults=tuple(
                _fault("status", status=503, first=2, on=name) for name in ("state", "credits", "render_status")
            ),
        ),
        # turns
        "silent": TokenScenario(
            "Every message that asks for work ends without an answer: the caller must read the state.",
            overrides={"silent": "always"},
        ),
        "talkative": TokenScenario("Every turn ends with an answer.", overrides={"silent": "never"}),
        "noise": TokenScenario(
            "After every answer comes 'I encountered a temporary issue'.", faults=(_fault("noise"),)
        ),
        "two_stage": TokenScenario(
            "A generated clip also gets music, a title and effects, though the user did not ask for them.",
            overrides={"two_stage": True, "silent": "never"},
        ),
        "long_turns": TokenScenario(
            "Work takes as long as the vendor says: a clip from words takes 100 to 300 seconds.",
            overrides={"durations": "vendor"},
        ),
        "turn_fails": TokenScenario(
            "The first message of a session fails and costs nothing.", faults=(_fault("turn_fails", **_ONCE),)
        ),
        "turn_stuck": TokenScenario(
            "The turn of the first message of a session never ends: it sends only heartbeats, and the state doesn't"
            " change.",
            faults=(_fault("turn_stuck", **_ONCE),),
        ),
        "runs_out": TokenScenario(
            "An account with 50 credits, which run out during the first message about photos: 2001 in the stream,"
            " and the work is not done.",
            credits=50,
            faults=(_fault("credits_run_out", **_ONCE),),
        ),
        "session_lost": TokenScenario(
            "A session is lost at the second read of its state: every later call gets 1002.",
            faults=(_fault("session_lost", on="state", after=1, **_ONCE),),
        ),
        "busy": TokenScenario("A message during a running turn gets 409.", overrides={"busy": "refuse"}),
        # streams
        "cut": TokenScenario(
            "The first stream of a session ends after two records. The work continues.",
            faults=(_fault("cut", records=2, **_ONCE),),
        ),
        "cut_mid_record": TokenScenario(
            "The first stream of a session breaks inside its second record.",
            faults=(_fault("cut", records=1, mid_record=True, how="abort", **_ONCE),),
        ),
        "stall": TokenScenario(
            "The first stream of a session sends nothing after one record, not even heartbeats.",
            faults=(_fault("stall", records=1, **_ONCE),),
        ),
        "heartbeats_only": TokenScenario(
            "The first stream of a session sends only heartbeats after one record. The work continues.",
            faults=(_fault("heartbeats_only", records=1, **_ONCE),),
        ),
        "malformed": TokenScenario(
            "The second record of each stream is cut JSON.", faults=(_fault("malformed", record=2),)
        ),
        "unknown_event": TokenScenario(
            "A record of an unknown type comes before each record.", faults=(_fault("unknown_event", record="each"),)
        ),
        "drip": TokenScenario(
            "Records arrive in pieces of seven bytes.", faults=(_fault("drip", bytes=7, pause=0.01),)
        ),
        "adk": TokenScenario(
            "Streams have the events of the Agent Development Kit.", overrides={"events": "adk-2", "heartbeat": "none"}
        ),
        # exports
        "render_fails": TokenScenario("Every render fails.", faults=(_fault("render_fails"),)),
        "render_fails_once": TokenScenario(
            "The first render fails, the next works.", faults=(_fault("render_fails", first=1),)
        ),
        "render_stuck": TokenScenario(
            "Every render stays in the status processing forever.", faults=(_fault("render_stuck"),)
        ),
        "render_lost": TokenScenario(
            "The first render is lost: polls get 404.", faults=(_fault("render_lost", first=1),)
        ),
        "render_slow": TokenScenario(
            "Every render takes 6 to 18 minutes: longer than a caller should poll by the documents.",
            faults=(_fault("render_slow", factor=12),),
        ),
        "wrapped": TokenScenario(
            "The response for a render has its fields inside data, with outputUrl.", overrides={"render": "wrapped"}
        ),
        "output_fails": TokenScenario(
            "The file at output.url is missing: the caller must use the download call.",
            faults=(_fault("status", status=404, message="There is no such file.", on="output"),),
        ),
        # connections
        "reset": TokenScenario(
            "The response to the first message of a session is lost, but the service has accepted the message.",
            faults=(_fault("reset", on="run_sse", **_ONCE),),
        ),
        "slow": TokenScenario("Every call takes five seconds longer.", faults=(_fault("latency", delay=5),)),
        "upload_slow": TokenScenario(
            "Uploads take a minute for each megabyte.", faults=(_fault("slow_body", on="upload", seconds_per_mb=60),)
        ),
        "upload_too_large": TokenScenario(
            "Every upload is too large: 4002.", faults=(_fault("code", code=4002, on="upload"),)
        ),
        "upload_unsupported": TokenScenario(
            "Every upload is of an unsupported type: 4001.", faults=(_fault("code", code=4001, on="upload"),)
        ),
    }
)


def is_test_token(value: str) -> bool:
    """Return whether a token is in the table of test tokens."""
    return value.startswith(TEST_TOKEN_PREFIX) and value.removeprefix(TEST_TOKEN_PREFIX) in TOKEN_SCENARIOS


def token_of(name: str) -> str:
    """Return the token of a scenario."""
    return TEST_TOKEN_PREFIX + name


def install(value: str, world: World, faults: Faults, now: float) -> None:
    """Create the account of a test token, and add its faults."""
    name = value.removeprefix(TEST_TOKEN_PREFIX)
    scenario = TOKEN_SCENARIOS[name]
    user_id = (_REGISTERED if scenario.registered else _ANONYMOUS) + name
    issued = now - scenario.age
    account = world.tokens.add_account(
        user_id,
        value,
        issued,
        credits=scenario.credits,
        registered=scenario.registered,
        scopes=scenario.scopes,
        expires_at=issued + TOKEN_LIFETIME_S if scenario.age else None,
    )
    account.blocked = scenario.blocked
    account.scenario = name
    account.overrides = dict(scenario.overrides)
    for number, spec in enumerate(scenario.faults):
        suffix = f".{number + 1}" if len(scenario.faults) > 1 else ""
        faults.add({"name": f"test_{name}{suffix}", "account": user_id, **spec}, now)
