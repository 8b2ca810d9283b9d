"""The skill scenarios: the conversations in which `skill test` tries a skill, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from nemovideo_contract.wire import TEST_TOKEN_PREFIX
from nemovideo_skills.judge.expectations import Expectations
from nemovideo_skills.judge.rules import FAMILIES

_ATTRIBUTION: Final = frozenset(each.id for each in FAMILIES["attribution"])
#: Rules about the header that the oldest documents do not define.
_CLIENT: Final = frozenset({"client-id-sent"})

_GATE: Final = "gate.png"
_RIVER: Final = "river.png"
_REEL: Final = f"Make a 6-second vertical reel of {_GATE} and {_RIVER}"
_CLIP: Final = "Make a 5-second video of a sunrise over mountains"


@dataclass(frozen=True, slots=True)
class SkillScenario:
    """One scenario: the user's messages and files, and the settings of the service.

    `account` names the test token that the caller gets; without it, the caller must request a token itself. `profile`
    has the changed keys of the world's profile, and `faults` the faults in it, in the format of `docs/faults.md`.
    `generation_s` is the duration of a generated clip in seconds; by default the profile has it. `exercises` are the
    rules that apply if a caller completes the scenario.
    """

    name: str
    sentence: str
    says: tuple[str, ...]
    exercises: tuple[str, ...]
    files: tuple[str, ...] = ()
    account: str | None = None
    profile: Mapping[str, object] = field(default_factory=dict[str, object])
    faults: tuple[Mapping[str, object], ...] = ()
    generation_s: float | None = None
    seed: int = 0

    @property
    def nemo_token(self) -> str | None:
        """The value of NEMO_TOKEN for the caller."""
        return None if self.account is None else TEST_TOKEN_PREFIX + self.account

    def wanted(self, expectations: Expectations) -> tuple[str, ...]:
        """Return the rules that it exercises under these expectations."""
        unknown = set[str]()
        if not expectations.attribution:
            unknown |= _ATTRIBUTION
        if not expectations.client_id:
            unknown |= _CLIENT
        return tuple(each for each in self.exercises if each not in unknown)

    def world(self, profile: str, speed: float) -> dict[str, object]:
        """Return the settings of its world, in the format of a scenario file."""
        return {
            "seed": self.seed,
            "clock": {"speed": speed},
            "profile": {"name": profile, **self.profile},
            "faults": list(self.faults),
        }


_ALL: Final = (
    SkillScenario(
        "happy-path",
        "Nothing goes wrong: two photos, an edit and an export. The agent gets its token itself.",
        (_REEL, "Add the title “Summer”", "export"),
        (
            "client-id-sent",
            "bearer-on-every-call",
            "attribution-on-every-call",
            "session-before-work",
            "upload-format",
            "message-shape",
            "accept-event-stream",
            "stream-held-to-end",
            "no-message-during-turn",
            "wishes-not-sent",
            "state-before-export",
            "export-that-draft",
            "fresh-render-id",
        ),
        files=(_GATE, _RIVER),
        profile={"silent": "never"},
    ),
    SkillScenario(
        "silent-edit",
        "Each turn does its work and ends without an answer.",
        (_REEL, "Make the first photo last longer"),
        ("state-after-silence",),
        files=(_GATE, _RIVER),
        account="silent",
    ),
    SkillScenario(
        "two-stage",
        "A clip from words also gets music, a title and effects in a second part of the turn, without being asked for.",
        (_CLIP, "export"),
        ("stream-held-to-end", "state-before-export"),
        account="two_stage",
    ),
    SkillScenario(
        "heartbeats",
        "A clip from words takes five minutes; most of the time the stream has only heartbeats.",
        (_CLIP,),
        ("stream-held-to-end",),
        account="funded",
        profile={"silent": "never", "two_stage": False},
        generation_s=300,
    ),
    SkillScenario(
        "dropped-stream",
        "The first stream breaks inside a record, and its work continues.",
        (_REEL, "export"),
        ("no-resend-after-break", "state-after-break", "recovery-waits"),
        files=(_GATE, _RIVER),
        account="cut_mid_record",
    ),
    SkillScenario(
        "expired-token",
        "The agent's own token has expired when the user sends a second message: 1001.",
        (_REEL, "Add the title “Summer”"),
        ("dead-token-dropped", "new-token-once", "client-id-sent", "client-id-stable"),
        files=(_GATE, _RIVER),
        profile={"silent": "never", "token_limit": "none"},
        faults=({"kind": "token_expires", "on": "run_sse", "after": 1, "first": 1},),
    ),
    SkillScenario(
        "lost-session",
        "The session is lost at the second read of its state: 1002.",
        (_REEL, "What is in the timeline?", "What is in the timeline?", "Add the title “Summer”"),
        ("new-session-when-lost",),
        files=(_GATE, _RIVER),
        account="session_lost",
    ),
    SkillScenario(
        "no-credits",
        "The account has too few credits for the user's request: 2001.",
        (_CLIP,),
        ("no-credits-stops",),
        account="no_credits",
    ),
    SkillScenario(
        "blocked-plan",
        "The plan does not include exports: 402, with any headers.",
        (_REEL, "export"),
        ("blocked-export-stops",),
        files=(_GATE, _RIVER),
        account="plan_blocked",
    ),
    SkillScenario(
        "missing-headers",
        "Each call without the attribution headers gets 1001 or 402.",
        (_REEL, "How many credits do I have left?", "export"),
        ("attribution-on-every-call", "attribution-values", "attribution-steady"),
        files=(_GATE, _RIVER),
        account="talkative",
        profile={"attribution": "everywhere"},
    ),
    SkillScenario(
        "rate-limit",
        "The first message and the first export get 429 without Retry-After.",
        (_REEL, "export"),
        ("rate-limit-wait", "rate-limit-one-retry"),
        files=(_GATE, _RIVER),
        account="talkative",
        faults=(
            {"kind": "status", "status": 429, "on": "run_sse", "first": 1},
            {"kind": "status", "status": 429, "on": "submit_render", "first": 1},
        ),
    ),
    SkillScenario(
        "failing-render",
        "Every render fails.",
        (_REEL, "export"),
        ("failed-export-once-more", "failed-export-retried", "fresh-render-id"),
        files=(_GATE, _RIVER),
        account="render_fails",
    ),
    SkillScenario(
        "unsupported-file",
        "One of the two files has a format that the service does not accept.",
        (f"Make a 6-second reel of {_GATE} and poster.tiff", f"Then make a 6-second reel of {_GATE} alone"),
        ("upload-format",),
        files=(_GATE, "poster.tiff"),
        account="talkative",
    ),
    SkillScenario(
        "too-large",
        "One of the two files is larger than the service accepts.",
        (f"Make a 6-second reel of {_GATE} and holiday.mp4", f"Then make a 6-second reel of {_GATE} alone"),
        ("upload-size",),
        files=(_GATE, "holiday.mp4"),
        account="talkative",
    ),
    SkillScenario(
        "chinese-user",
        "The user writes in Chinese, also about credits and the export.",
        (f"用{_GATE}和{_RIVER}做一个6秒的竖屏短片", "加上标题“夏天”", "还剩多少积分", "导出"),
        ("wishes-not-sent", "session-body", "state-before-export", "no-gui-passed-on"),
        files=(_GATE, _RIVER),
        account="talkative",
    ),
    SkillScenario(
        "several-exports",
        "The user exports, changes something, and exports again.",
        (_REEL, "export", "Add the title “Summer”", "export"),
        ("fresh-render-id", "state-before-export", "export-that-draft", "one-session-per-project"),
        files=(_GATE, _RIVER),
        account="talkative",
    ),
)
#: Every scenario by its name, in the order of the matrix.
SKILL_SCENARIOS: Final[Mapping[str, SkillScenario]] = MappingProxyType({each.name: each for each in _ALL})
