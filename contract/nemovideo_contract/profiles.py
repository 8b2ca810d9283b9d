"""The variations of the service that its documents allow, as data.

No traffic of the service is public, and its documents disagree. Each disagreement is a key, with the values that the
documents give it. A `Profile` chooses one value for every key. A fake plays a profile, and the suite detects the
profile of a server. `KEYS` says what each key decides and where its values come from. `PROFILES` has the named
profiles.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args, get_type_hints


@dataclass(frozen=True, slots=True)
class Profile:
    """One value for every key. The defaults come from the documents of the seeds.

    Durations are in seconds. A 0 for `retry_after`, `stream_limit`, `session_idle` or `output_ttl` means none.
    """

    events: Literal["typed", "adk-2", "adk-1"] = "typed"
    text_key: Literal["content", "text"] = "content"
    heartbeat: Literal["typed", "empty", "event", "comment", "mixed", "none"] = "mixed"
    errors: Literal["envelope", "http"] = "envelope"
    turn_errors: Literal["json", "in_stream", "adk"] = "json"
    render: Literal["flat", "wrapped"] = "flat"
    duplicate_render: Literal["error", "existing"] = "error"
    render_queue: Literal["parallel", "session"] = "parallel"
    orphan: Literal["account", "token"] = "account"
    output_ttl: int = 0
    size_limit_mb: int = 200
    disconnect: Literal["detach", "cancel"] = "detach"
    busy: Literal["queue", "refuse", "concurrent"] = "queue"
    stream_limit: int = 0
    session_idle: int = 0
    client_id: Literal["required", "optional"] = "required"
    token_limit: Literal["week", "hour", "none"] = "week"
    token_expiry: Literal["week", "never"] = "week"
    reissue: Literal["same", "fresh"] = "same"
    retry_after: int = 0
    attribution: Literal["export", "exhausted", "everywhere", "none"] = "export"
    durations: Literal["seed", "vendor"] = "seed"
    two_stage: bool = False
    trailing_noise: bool = False
    silent: Literal["edits", "generation", "never", "always"] = "edits"
    gui_talk: bool = True
    pricing: Literal["turn", "operation"] = "turn"
    empty_draft: Literal["object", "null", "absent"] = "object"

    def replace(self, changes: Mapping[str, object]) -> Profile:
        """Return this profile with other values for some keys. A value may be a string, as on a command line.

        Raises:
            ProfileError: the key is unknown, or it doesn't take this value.
        """
        values: dict[str, Any] = {
            name: check_value(name, value) for name, value in changes.items()
        }  # Any: as the keys are
        return dataclasses.replace(self, **values)

    def differences(self, other: Profile) -> dict[str, object]:
        """Return the keys in which `other` differs from this profile, with the values of `other`."""
        return {name: value for name, value in other.as_dict().items() if value != getattr(self, name)}

    def as_dict(self) -> dict[str, Any]:  # Any: the keys are of several types
        """Return every key with its value, in the order of this class."""
        return dataclasses.asdict(self)


class ProfileError(ValueError):
    """A profile, key or value that doesn't exist. The message names those that exist."""


@dataclass(frozen=True, slots=True)
class Key:
    """What one key decides, and where its values come from."""

    meaning: str
    source: str


#: What each key decides. Sources are the documents' families: F0, F1 (the vendor's reference 4.4), F2 (the vendor's
#: SKILL.md up to 1.9), F3-F5 (published skills), F8 (the vendor's later tools); "ours" marks a value that no document
#: has, for something that the documents leave open.
KEYS: Final[Mapping[str, Key]] = {
    "events": Key(
        "The form of the records in a stream: flat objects with a type, or events of the Agent Development Kit 2.x"
        " or 1.x.",
        "typed: F1, the only sample; adk: path and body are the kit's, but no document names the kit",
    ),
    "text_key": Key("The key that holds the text of a typed record.", "content: F1; text: a published client"),
    "heartbeat": Key(
        "What the service sends while it has nothing else to send: a typed record, an empty data line, a named"
        " event, a comment, the first two alternately, or nothing.",
        "typed: F1; empty: F2-F5; event and comment: ours, because other services do so; none: the plain kit",
    ),
    "errors": Key(
        "The HTTP status for the codes 1001 to 4002: 200, or a matching status.", "unknown; F8's client accepts both"
    ),
    "turn_errors": Key(
        "Where the service reports an error that it finds before a turn begins: in a JSON response, in the only"
        " record of a stream, or in the kit's forms.",
        "unknown: no document says whether 2001 is a response or a record; adk: measured on the kit",
    ),
    "render": Key(
        "The form of the response for a render: status and output.url at the top level, or inside data with outputUrl.",
        "flat: F0, F2 from 4.5.1 on; wrapped: F1, F8",
    ),
    "duplicate_render": Key(
        "The response to a render ID that is used twice: an error, or the job that already has this ID.",
        "error: F1; existing: one F5 skill",
    ),
    "render_queue": Key(
        "Whether renders of one session run in parallel, or one at a time.", "parallel: F5; session: one F3 skill"
    ),
    "orphan": Key(
        "Who can poll a render: any token of the account, or only the token that submitted it.",
        "account: a plain GET by ID everywhere; token: ten F5 skills",
    ),
    "output_ttl": Key(
        "The number of seconds for which output.url works. 0 means no limit.",
        "not stated by the vendor; 86400: two F5 skills",
    ),
    "size_limit_mb": Key("The largest upload, in MB.", "200: F5 with images, a seed; 500: F5 with video"),
    "disconnect": Key(
        "What happens if a caller leaves its stream: the turn continues, or is cancelled.",
        "detach: follows from the vendor's recovery rule; cancel: measured on the plain kit",
    ),
    "busy": Key(
        "What happens to a second message during a turn: it waits, is refused, or runs in parallel.",
        "queue and refuse: F3, F8; concurrent: the plain kit",
    ),
    "stream_limit": Key(
        "The number of seconds after which the server ends a stream. 0 means no limit.",
        "900: F2-F5; 600: F1; in both cases as a limit for clients",
    ),
    "session_idle": Key(
        "The number of seconds without a call or a turn after which a session is lost. 0 means no limit.",
        "two F3 skills, without a number",
    ),
    "client_id": Key("Whether a request for a token must have X-Client-Id.", "required: F2 on; optional: F0, F1"),
    "token_limit": Key(
        "The limit for anonymous tokens: one per client and ten per address in seven days, five per address and"
        " hour, or no limit.",
        "week: F2 on; hour: F0, F1; none: ours",
    ),
    "token_expiry": Key("The lifetime of an anonymous token.", "week: F0, F1, F2 from 1.8 on; never: F2 1.0-1.7"),
    "reissue": Key(
        "The account of a new token after the old one has expired: the same account, or a new one.",
        "unknown; the documents send the same client ID again",
    ),
    "retry_after": Key(
        "The seconds in the Retry-After header of a 429. 0 means no such header.", "no document has the header"
    ),
    "attribution": Key(
        "The response to a call without the attribution headers. Either an export gets 402, or an export gets 402 only"
        " for anonymous accounts without credits, or an export gets 402 and any other call 1001, or no call gets an"
        " error.",
        "export: most; exhausted: the changelog of F2 1.5; everywhere: F2 1.9 ('auth failures or export 402'); none:"
        " F0, F1, F2 before 4.6, which know no such headers",
    ),
    "durations": Key(
        "How long work takes: turns 20-40 s and renders 30-90 s; or text 5-15 s, edits 10-30 s, generation 100-300 s"
        " and renders about 30 s.",
        "seed: the seeds; vendor: F1, F2",
    ),
    "two_stage": Key(
        "Whether a generated clip also gets music, a title and effects without a request.", "F2, F3; not in F5"
    ),
    "trailing_noise": Key("Whether some streams end with 'I encountered a temporary issue'.", "F1-F3; not in F4-F6"),
    "silent": Key(
        "Which turns may end without an answer: edits, generations, none, or all that do work.",
        "edits: 33 documents; generation: one of F2; never and always: ours",
    ),
    "gui_talk": Key("Whether answers mention buttons and panels, which an API does not have.", "F1-F5"),
    "pricing": Key(
        "What work costs: 100 for a generated clip and 50 for the edits of a session, or 1-3 for each tool call.",
        "turn: F1, F2, F8; operation: two F5 skills",
    ),
    "empty_draft": Key("The value of state.draft before there is a draft: {}, null, or the key is missing.", "unknown"),
}

#: The type of each key. It is read only once, because each condition needs it.
_KINDS: Final = get_type_hints(Profile)

#: The named profiles.
PROFILES: Final[Mapping[str, Profile]] = {
    "seeds": Profile(),
    "reference-4.4": Profile(
        heartbeat="typed",
        render="wrapped",
        stream_limit=600,
        client_id="optional",
        token_limit="hour",
        attribution="none",
        durations="vendor",
        two_stage=True,
        trailing_noise=True,
    ),
    "vendor-1.9": Profile(
        attribution="everywhere",
        durations="vendor",
        two_stage=True,
        trailing_noise=True,
    ),
    "adk": Profile(
        events="adk-2",
        heartbeat="none",
        errors="http",
        turn_errors="adk",
        disconnect="cancel",
        busy="concurrent",
    ),
}
#: The set that a fake plays by default.
DEFAULT: Final = "seeds"
#: The largest whole number that a key takes.
LARGEST: Final = 10**9


def find_profile(name: str) -> Profile:
    """Return the named set of this name.

    Raises:
        ProfileError: the name is unknown.
    """
    profile = PROFILES.get(name)
    if profile is None:
        raise ProfileError(f"There is no profile {name!r:.80}: take one of {', '.join(PROFILES)}.")
    return profile


def choices(name: str) -> tuple[str, ...]:
    """Return the values that a key takes as strings; empty if it takes any whole number from 0 on.

    Raises:
        ProfileError: the key is unknown.
    """
    kind = _kind(name)
    return ("true", "false") if kind is bool else () if kind is int else tuple(map(str, get_args(kind)))


def check_value(name: str, value: object) -> object:
    """Return a value in the type of its key.

    Raises:
        ProfileError: the key is unknown, or it doesn't take this value.
    """
    kind = _kind(name)
    if kind is bool and isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if kind is int and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    if kind is int:
        least = int(name == "size_limit_mb")
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST:
            return value
        raise ProfileError(f"The profile key {name} takes a whole number from {least} to {LARGEST}, not {value!r:.80}.")
    if value in ((True, False) if kind is bool else get_args(kind)) and isinstance(value, bool) is (kind is bool):
        return value
    raise ProfileError(f"The profile key {name} takes {' or '.join(choices(name))}, not {value!r:.80}.")


def _kind(name: str) -> Any:  # Any: a type or one of typing's forms
    if name not in _KINDS:
        close = difflib.get_close_matches(name, _KINDS, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(_KINDS)}."
        raise ProfileError(f"There is no profile key {name!r:.80}: {hint}")
    return _KINDS[name]
