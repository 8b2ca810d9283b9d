"""Which requirements a difference touches, and which profile key decides it.

A rule names a step of the script, an operation, or both, and the subjects of facts, as patterns. The first rule that
fits names the requirements. If no rule fits, no requirement covers the difference, and the comparison says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from nemovideo_contract.openapi import holds
from nemovideo_contract.profiles import Profile
from nemovideo_contract.recording.facts import ABSENT, OUT_OF_ORDER, WHOLE, Fact
from nemovideo_contract.requirements import REQUIREMENTS

#: The values of a key that the words of a fact show, by patterns; the first pattern that fits counts.
Says = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DifferenceRule:
    """Facts, by patterns for step, operation and subject, and the requirements that they are about.

    `words` is a pattern that one of the two facts' words must match, for facts that can be about several things. `key`
    is the profile key that decides them, or None. `says` has the values of the key that the words show.
    """

    step: str
    operation: str
    subject: str
    ids: tuple[str, ...]
    key: str | None = None
    words: str = "*"
    says: Says = field(default_factory=dict[str, str])

    def fits(self, fact: Fact, words: tuple[str, str]) -> bool:
        """Return whether the rule is about a fact with these words in the two recordings."""
        return (
            fnmatchcase(fact.step, self.step)
            and fnmatchcase(fact.operation, self.operation)
            and fnmatchcase(fact.subject, self.subject)
            and any(fnmatchcase(each, self.words) for each in words)
        )

    def values(self, words: str) -> frozenset[str]:
        """Return the values of the key that these words show; empty if they show none."""
        found = next((values for pattern, values in self.says.items() if fnmatchcase(words, pattern)), "")
        return frozenset(found.split())


@dataclass(frozen=True, slots=True)
class AffectedRequirements:
    """What a difference is about: requirements by their ids, the key that decides it, and its values on both sides."""

    ids: tuple[str, ...] = ()
    key: str | None = None
    values: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


def _rule(
    step: str,
    operation: str,
    subject: str,
    ids: str,
    key: str | None = None,
    *,
    words: str = "*",
    says: Says | None = None,
) -> DifferenceRule:
    said = SAYS.get(key or "", {}) if says is None else says
    return DifferenceRule(step, operation, subject.replace("[", "[[]"), tuple(ids.split()), key, words, said)


#: Key -> what words show of it, unless a rule has its own patterns.
SAYS: Final[Mapping[str, Says]] = {
    "client_id": {"refused with 400": "required", "answered": "optional"},
    "token_limit": {"refused with 429": "week", "answered": "hour none"},
    "token_expiry": {ABSENT: "never", "a time": "week"},
    "reissue": {"user_id of *": "same", "an id *": "fresh"},
    "attribution": {
        "answered": "export exhausted none",
        "refused with 1001": "everywhere",
        "refused with 402": "export everywhere",
        "refused with 400": "exhausted none",
    },
    "turn_errors": {"refused with 1002": "json", "refused with 1002 in a stream": "in_stream", "* a detail": "adk"},
    "duplicate_render": {"refused with 400": "error", "answered": "existing"},
    "render": {"flat": "flat", "wrapped": "wrapped"},
    "events": {"typed": "typed", "adk-2": "adk-2", "adk-1": "adk-1"},
    "heartbeat": {
        "typed": "typed mixed",
        "empty": "empty mixed",
        "empty and typed": "mixed",
        "event": "event",
        "comment": "comment",
        "none": "none",
    },
    "two_stage": {ABSENT: "false", "*edit_multitrack*": "true", "*_seedance*": "false", "*": "true"},
    "pricing": {"0 credits": "turn", "50 credits": "turn", "100 credits": "turn", "*": "operation"},
    "empty_draft": {"an empty object": "object", "null": "null", ABSENT: "absent"},
    "errors": {"200": "envelope", "4??": "http"},
}

#: The rules; the first that fits counts.
RULES: Final = (
    # tokens
    _rule("a token without a client id", "*", "outcome", "code-400 token-client-id-optional", "client_id"),
    _rule("a second token *", "*", "outcome", "token-limit-client token-limit-hour token-limit-none", "token_limit"),
    _rule("a second token *", "*", "data.user_id", "token-reissue-same token-reissue-fresh", "reissue"),
    _rule("*", "anonymous_token", "header retry-after", "token-retry-after", "retry_after"),
    _rule("*", "anonymous_token", "outcome", "token-anonymous"),
    _rule("*", "anonymous_token", "data.expires_at", "token-expiry token-endless", "token_expiry"),
    _rule("*", "anonymous_token", "data.user_id", "token-user-id"),
    _rule("*", "anonymous_token", "data.credits", "credits-initial"),
    _rule("*", "anonymous_token", "data.token", "token-answer token-format"),
    _rule("*", "anonymous_token", "data*", "token-answer"),
    _rule("*", "claim_token", "data.claim_token", "claim-token"),
    _rule("*", "claim_token", "data*", "claim-token"),
    # attribution
    _rule(
        "the balance without attribution",
        "*",
        "outcome",
        "attribution-export-only attribution-everywhere",
        "attribution",
    ),
    _rule(
        "an export of nothing without attribution",
        "*",
        "outcome",
        "attribution-source attribution-version attribution-platform-missing attribution-none",
        "attribution",
    ),
    # statuses
    _rule("*", "*", "HTTP status", "envelope-status-200 envelope-status-4xx", "errors", words="200"),
    _rule("*", "*", "HTTP status", "envelope-status-own"),
    # refusals
    _rule(
        "a message to a session that nobody made",
        "*",
        "outcome",
        "turn-session-json turn-session-stream turn-session-kit",
        "turn_errors",
    ),
    _rule(
        "the same export again", "*", "outcome", "render-duplicate-refused render-duplicate-same", "duplicate_render"
    ),
    _rule("*", "run_sse", "outcome", "turn-no-credits-json turn-no-credits-stream code-2001", words="*2001*"),
    _rule("*", "run_sse", "outcome", "code-409 turn-busy-queue turn-busy-concurrent", "busy", words="*409*"),
    _rule("*", "*", "header retry-after", "token-retry-after", "retry_after"),
    # streams
    _rule("*", "run_sse", "header content-type", "turn-accept"),
    _rule("*", "run_sse", "dialect of the records", "stream-typed stream-adk-2 stream-adk-1", "events"),
    _rule("*", "run_sse", "framing", "stream-framing stream-event-lines"),
    _rule(
        WHOLE,
        "run_sse",
        "signs of life",
        "stream-heartbeat stream-heartbeat-empty stream-heartbeat-event stream-heartbeat-comment stream-heartbeat-none",
        "heartbeat",
    ),
    _rule("a message that describes a clip*", "run_sse", "order*", "turn-two-stage turn-one-stage", "two_stage"),
    _rule("the state after the clip*", "state", "data.state.draft.t[*]*", "turn-two-stage turn-one-stage", "two_stage"),
    _rule(
        "the state after the clip*", "state", "data.state.draft.m.title", "turn-two-stage turn-one-stage", "two_stage"
    ),
    _rule("*", "run_sse", "order*", "tool-names", words="*_*"),
    _rule("*", "run_sse", "ending", "turn-fails stream-error stream-adk-error", words="a failure"),
    _rule(
        "*",
        "run_sse",
        "ending",
        "turn-silent-edits turn-silent-generation turn-silent-never turn-silent",
        "silent",
        words="silence",
    ),
    _rule(
        "*", "run_sse", "“temporary issue” at the end", "turn-noise turn-noise-some turn-noise-none", "trailing_noise"
    ),
    _rule("*", "run_sse", "talk of buttons*", "turn-gui-talk turn-gui-talk-none", "gui_talk"),
    _rule(
        "*",
        "run_sse",
        "a record text: content",
        "stream-text stream-text-key",
        "text_key",
        says={ABSENT: "text", "*": "content"},
    ),
    _rule(
        "*",
        "run_sse",
        "a record text: text",
        "stream-text stream-text-key",
        "text_key",
        says={ABSENT: "content", "*": "text"},
    ),
    _rule("*", "run_sse", "a record tool_call of *", "stream-tool-call"),
    _rule("*", "run_sse", "a record tool_result of *", "stream-tool-result"),
    _rule("*", "run_sse", "a record error:*", "stream-error"),
    _rule("*", "run_sse", "a record event:*", "stream-adk-2 stream-adk-1", "events"),
    _rule("a message that describes a clip*", "run_sse", "price", "credits-clip credits-operation", "pricing"),
    _rule("a question*", "run_sse", "price", "credits-talk"),
    _rule("*", "run_sse", "price", "credits-editing credits-operation", "pricing"),
    _rule("*", "run_sse", "price", "credits-clip credits-editing credits-talk"),
    _rule("*", "run_sse", "dialect*", "stream-typed"),
    _rule("*", "run_sse", "outcome", "turn-send"),
    # sessions and states
    _rule("*", "create_session", "data.session_id", "session-id"),
    _rule("*", "create_session", "data.user_id", "session-user-id"),
    _rule("*", "create_session", "outcome", "session-create"),
    _rule("*", "create_session", "data*", "session-create"),
    _rule("*", "state", "data.state.draft", "state-empty-object state-empty-null state-empty-absent", "empty_draft"),
    _rule("*", "state", "data.session_id", "state-ids"),
    _rule("*", "state", "data.task_*", "state-ids"),
    _rule("*", "state", "data.user_id", "state-user-id"),
    _rule("*", "state", "data.state.canvas_config.*", "state-canvas-size"),
    _rule("*", "state", "data.state.generated_media*", "state-generated state-keys"),
    _rule("*", "state", "data.state.video_infos[]*", "upload-state"),
    _rule("*", "state", "data.state.video_infos", "upload-state state-keys"),
    _rule("*", "state", "data.state.draft.t", "draft-tracks"),
    _rule("*", "state", "data.state.draft.t[*].tt", "draft-track-type"),
    _rule("*", "state", "data.state.draft.t[video].sg[].m.src", "draft-photo"),
    _rule("*", "state", "data.state.draft.t[text].sg[].m.text", "draft-title"),
    _rule("*", "state", "data.state.draft.t[*].sg[].*", "draft-segments"),
    _rule("*", "state", "data.state.draft.t[*].sg", "draft-ready draft-tracks"),
    _rule("*", "state", "data.state.draft.t[audio]", "draft-music"),
    _rule("*", "state", "data.state.draft.t[text]", "draft-title"),
    _rule("*", "state", "data.state.draft.t[*]*", "draft-tracks"),
    _rule("*", "state", "data.state.draft.d", "draft-duration"),
    _rule("*", "state", "data.state.draft.m*", "draft-meta"),
    _rule("*", "state", "data.state*", "state-keys"),
    _rule("*", "state", "outcome", "state-read code-1002"),
    # uploads
    _rule("*", "upload", "data.files[].file_type", "upload-file-type"),
    _rule("*", "upload", "data.files[].hash", "upload-hash"),
    _rule("*", "upload", "data.files[].width", "upload-size-image upload-size-video"),
    _rule("*", "upload", "data.files[].height", "upload-size-image upload-size-video"),
    _rule("*", "upload", "data.files[].duration", "upload-measures-null upload-size-video"),
    _rule("*", "upload", "data.files[].fps", "upload-measures-null"),
    _rule("*", "upload", "data*", "upload-answer"),
    _rule("*", "upload", "outcome", "upload-file", words="answered"),
    # credits
    _rule("*", "credits", "data*", "credits-read"),
    _rule("*", "credits", "outcome", "credits-read", words="answered"),
    # exports
    _rule("*", "*", "form of the answer", "render-flat render-wrapped", "render"),
    _rule("*", "submit_render", "status of the export", "render-begins"),
    _rule("*", "render_status", "status of the export", "render-status"),
    _rule("*", "render_status", "*: output*", "render-flat-output"),
    _rule("*", "render_status", "*: data.outputUrl", "render-wrapped-output"),
    _rule("*", "render_status", "*: data.*At", "render-wrapped-times"),
    _rule("*", "render_status", "*: error*", "render-failed"),
    _rule("*", "*_render", "progress", "render-progress"),
    _rule("*", "render_status", "*progress", "render-progress"),
    _rule("*", "submit_render", "taskId", "render-flat"),
    _rule("*", "submit_render", "id", "render-id"),
    _rule("*", "render_status", "*: taskId", "render-flat"),
    _rule("*", "submit_render", "data.*", "render-wrapped"),
    _rule("*", "render_status", "*: data.*", "render-wrapped"),
    _rule("*", "render_status", "outcome", "code-404", words="*404*"),
    _rule("*", "render_status", "outcome", "render-poll"),
    _rule("*", "submit_render", "outcome", "attribution-headers code-402", words="refused with 402"),
    _rule("*", "submit_render", "outcome", "render-submit", words="answered"),
    _rule("*", "download_render", "outcome", "render-download"),
    _rule("*", "download_render", "header content-type", "render-file"),
    _rule("the file at its address*", "*", "outcome", "render-file render-file-ends", "output_ttl", words="*403*"),
    _rule("the file at its address*", "*", "outcome", "render-file render-file-open"),
    _rule("the file at its address*", "*", "header content-type", "render-file"),
    # time, which is compared on request
    _rule("a message that describes a clip*", "run_sse", "time by its own stamps", "", "durations"),
    _rule("*", "run_sse", "time by its own stamps", "turn-time-seed turn-time-vendor", "durations"),
    _rule("*", "render_status", "time by its own stamps", "render-time-seed render-time-vendor", "durations"),
    # every answer with an envelope
    _rule("*", "?*", "code", "envelope-error code-0"),
    _rule("*", "?*", "message", "envelope-error code-0"),
    _rule("*", "?*", "data", "code-0"),
)


_NO_VALUES: Final = (frozenset[str](), frozenset[str]())


def find_touched(fact: Fact, words: tuple[str, str]) -> AffectedRequirements:
    """Return what a difference between two words of a fact is about."""
    if fact.subject.startswith(OUT_OF_ORDER):
        return AffectedRequirements((fact.subject.removeprefix(OUT_OF_ORDER).removesuffix(")"),))
    for rule in RULES:
        if rule.fits(fact, words):
            values = (rule.values(words[0]), rule.values(words[1])) if rule.says else _NO_VALUES
            if rule.says and (not all(values) or values[0] == values[1]):
                continue  # it doesn't show two values of the key, so another rule is about it
            return AffectedRequirements(tuple(_relevant(rule, values[0] | values[1])), rule.key, values)
    return AffectedRequirements(tuple(_of_codes(words)) if fact.subject == "outcome" else ())


def _relevant(rule: DifferenceRule, values: frozenset[str]) -> Iterator[str]:
    """Yield the requirements of a rule, without those about other values of its key."""
    met = [] if rule.key is None else [Profile().replace({rule.key: value}) for value in values]
    for each in rule.ids:
        asked = [one for one in REQUIREMENTS[each].profiles if re.split("[=>]", one)[0] == rule.key]
        if not met or not asked or any(holds(one, profile) for one in asked for profile in met):
            yield each


def _of_codes(words: tuple[str, str]) -> Iterator[str]:
    """Yield the requirements of the codes in the two answers."""
    for each in words:
        for code in re.findall(r"\d+", each):
            if f"code-{code}" in REQUIREMENTS:
                yield f"code-{code}"
