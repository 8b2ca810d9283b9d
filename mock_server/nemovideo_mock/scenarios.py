"""Test tokens: any caller that is given one meets its scenario, with nothing but its environment changed.

Each has an account of its own, made in a world when the token is first shown there. What goes wrong for it is ordinary
faults, aimed at that account and counted with the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from nemovideo_contract.wire import ANONYMOUS_CREDITS, ANONYMOUS_SCOPES, SCOPES, TEST_TOKEN_PREFIX, TOKEN_LIFETIME_S
from nemovideo_mock.faults import Faults
from nemovideo_mock.world import World

#: What the user id of a test account begins with; registered ones have another prefix than anonymous ones.
_ANONYMOUS: Final = "anon_test_"
_REGISTERED: Final = "user_test_"

Spec = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one test token brings: an account, the profile keys that it meets, and the faults aimed at it.

    `age` is how long ago the token was issued, in seconds; where there is one the token expires, otherwise never.
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

#: Every test token, by what follows the prefix.
SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        # accounts
        "funded": Scenario("An anonymous account with 25,000 credits; nothing goes wrong."),
        "fresh": Scenario("An anonymous account with its first 100 credits.", credits=ANONYMOUS_CREDITS),
        "no_credits": Scenario("No credits: every message that asks for work is answered 2001.", credits=0),
        "no_credits_in_stream": Scenario(
            "No credits, and the 2001 comes as the only record of a stream.",
            credits=0,
            overrides={"turn_errors": "in_stream"},
        ),
        "registered": Scenario(
            "A registered account with 1,100 credits and every scope.", 1100, registered=True, scopes=("*",)
        ),
        "registered_no_credits": Scenario(
            "A registered account without credits: 2001.", 0, registered=True, scopes=("*",)
        ),
        "expired": Scenario(
            "A token that expired a second ago: every call is answered 1001.", age=TOKEN_LIFETIME_S + 1
        ),
        "expires_midway": Scenario(
            "The token expires when a state is first read: 1001 from then on.",
            faults=(_fault("token_expires", on="state", first=1),),
        ),
        "read_only": Scenario(
            "A registered token with the scope read alone: 403 elsewhere.", 1100, registered=True, scopes=("read",)
        ),
        "no_upload": Scenario(
            "A registered token without the scope upload: 403 there.",
            1100,
            registered=True,
            scopes=tuple(scope for scope in SCOPES if scope != "upload"),
        ),
        "no_render": Scenario(
            "A registered token without the scope render: 403 on export.",
            1100,
            registered=True,
            scopes=tuple(scope for scope in SCOPES if scope != "render"),
        ),
        "plan_blocked": Scenario("The plan may not export: 402, whatever the headers.", blocked=True),
        "rate_limited": Scenario("Every second call is answered 429.", faults=(_fault("status", status=429, every=2),)),
        "unavailable": Scenario(
            "The first two calls of each kind of read are answered 503, then all is well.",
            faults=tuple(
                _fault("status", status=503, first=2, on=name) for name in ("state", "credits", "render_status")
            ),
        ),
        # turns
        "silent": Scenario(
            "Every message that is work ends without a word: read the state.", overrides={"silent": "always"}
        ),
        "talkative": Scenario("No turn is silent.", overrides={"silent": "never"}),
        "noise": Scenario("Every answer is followed by 'I encountered a temporary issue'.", faults=(_fault("noise"),)),
        "two_stage": Scenario(
            "A generated clip gets music, a title and effects unasked.",
            overrides={"two_stage": True, "silent": "never"},
        ),
        "long_turns": Scenario(
            "Work takes as long as the vendor says: a clip from words 100 to 300 seconds.",
            overrides={"durations": "vendor"},
        ),
        "turn_fails": Scenario(
            "The first message of a session fails and costs nothing.", faults=(_fault("turn_fails", **_ONCE),)
        ),
        "turn_stuck": Scenario(
            "The first message of a session never ends: heartbeats only, and the state doesn't change.",
            faults=(_fault("turn_stuck", **_ONCE),),
        ),
        "runs_out": Scenario(
            "50 credits, which run out inside the first message on photos: 2001 in the stream, its work not done.",
            credits=50,
            faults=(_fault("credits_run_out", **_ONCE),),
        ),
        "session_lost": Scenario(
            "A session is lost when its state is read for the second time: 1002 from then on.",
            faults=(_fault("session_lost", on="state", after=1, **_ONCE),),
        ),
        "busy": Scenario("A message during another is refused: 409.", overrides={"busy": "refuse"}),
        # streams
        "cut": Scenario(
            "The first stream of a session ends after two records; the work goes on.",
            faults=(_fault("cut", records=2, **_ONCE),),
        ),
        "cut_mid_record": Scenario(
            "The first stream of a session breaks off inside its second record.",
            faults=(_fault("cut", records=1, mid_record=True, how="abort", **_ONCE),),
        ),
        "stall": Scenario(
            "The first stream of a session falls silent after one record, without heartbeats.",
            faults=(_fault("stall", records=1, **_ONCE),),
        ),
        "heartbeats_only": Scenario(
            "The first stream of a session has nothing but heartbeats after one record; the work goes on.",
            faults=(_fault("heartbeats_only", records=1, **_ONCE),),
        ),
        "malformed": Scenario("The second record of each stream is cut JSON.", faults=(_fault("malformed", record=2),)),
        "unknown_event": Scenario(
            "Each record follows one of an unknown type.", faults=(_fault("unknown_event", record="each"),)
        ),
        "drip": Scenario("Records arrive in pieces of seven bytes.", faults=(_fault("drip", bytes=7, pause=0.01),)),
        "adk": Scenario(
            "Streams speak the Agent Development Kit's events.", overrides={"events": "adk-2", "heartbeat": "none"}
        ),
        # exports
        "render_fails": Scenario("Every render fails.", faults=(_fault("render_fails"),)),
        "render_fails_once": Scenario(
            "The first render fails, the next works.", faults=(_fault("render_fails", first=1),)
        ),
        "render_stuck": Scenario("Every render stays processing for ever.", faults=(_fault("render_stuck"),)),
        "render_lost": Scenario(
            "The first render is lost: polls are answered 404.", faults=(_fault("render_lost", first=1),)
        ),
        "render_slow": Scenario(
            "Every render takes 6 to 18 minutes: longer than the documents poll.",
            faults=(_fault("render_slow", factor=12),),
        ),
        "wrapped": Scenario("Renders are answered inside data, with outputUrl.", overrides={"render": "wrapped"}),
        "output_fails": Scenario(
            "The file behind output.url is not there: fetch it with the download call.",
            faults=(_fault("status", status=404, message="There is no such file.", on="output"),),
        ),
        # connections
        "reset": Scenario(
            "The answer to the first message of a session is lost, though the message was taken.",
            faults=(_fault("reset", on="run_sse", **_ONCE),),
        ),
        "slow": Scenario("Every call takes five seconds longer.", faults=(_fault("latency", delay=5),)),
        "upload_slow": Scenario(
            "Uploads take a minute for each megabyte.", faults=(_fault("slow_body", on="upload", seconds_per_mb=60),)
        ),
        "upload_too_large": Scenario(
            "Every upload is too large: 4002.", faults=(_fault("code", code=4002, on="upload"),)
        ),
        "upload_unsupported": Scenario(
            "Every upload is of an unsupported type: 4001.", faults=(_fault("code", code=4001, on="upload"),)
        ),
    }
)


def is_test_token(value: str) -> bool:
    """Whether a token is one of the table's."""
    return value.startswith(TEST_TOKEN_PREFIX) and value.removeprefix(TEST_TOKEN_PREFIX) in SCENARIOS


def token_of(name: str) -> str:
    """The token of a scenario."""
    return TEST_TOKEN_PREFIX + name


def install(value: str, world: World, faults: Faults, now: float) -> None:
    """Make the account that a test token stands for, and order up what goes wrong for it."""
    name = value.removeprefix(TEST_TOKEN_PREFIX)
    scenario = SCENARIOS[name]
    user_id = (_REGISTERED if scenario.registered else _ANONYMOUS) + name
    issued = now - scenario.age
    account = world.add_account(
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
