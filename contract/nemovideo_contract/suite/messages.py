"""What the checks send to a server, and how they read a state, a draft or an export in its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nemovideo_contract import machine
from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import (
    DEFAULT_OUTPUT,
    RENDER_ID_PREFIX,
    SKILL_PLATFORM_HEADER,
    SKILL_SOURCE_HEADER,
    SKILL_VERSION_HEADER,
)

ATTRIBUTION: Final[Mapping[str, str]] = {
    SKILL_SOURCE_HEADER: "nemovideo-contract",
    SKILL_VERSION_HEADER: "1.0.0",
    SKILL_PLATFORM_HEADER: "unknown",
}
REEL: Final = "Turn this photo into a 5-second vertical reel, title 'Kyoto'"
SCENE: Final = "Make a 5-second video of a sunrise over mountains"
QUESTION: Final = "How do I export this?"
#: A well-formed session id that no account has.
NO_SESSION: Final = "1000000000000000001"
#: The output of exports on a fake: a small video takes the fake little time to encode.
SMALL_OUTPUT: Final = {**DEFAULT_OUTPUT, "resolution": "480p"}
#: Frames in a second of a `small_draft`.
SMALL_FPS: Final = 2


def new_render_id() -> str:
    """Return a new id for an export."""
    return RENDER_ID_PREFIX + machine.new_id()


def draft_of(state: Answer) -> JsonObject:
    """Return the draft in a state, or an empty object if the state has no draft."""
    found = state.mapping("data", "state").get("draft")
    return found if isinstance(found, dict) else {}


def small_draft(draft: Json) -> Json:
    """Return a draft with few frames a second: a fake with real encodes exports it in a third of the time."""
    meta = draft.get("m") if isinstance(draft, dict) else None
    return {**draft, "m": {**meta, "fps": SMALL_FPS}} if isinstance(draft, dict) and isinstance(meta, dict) else draft


def render_of(answer: Answer) -> tuple[str, str | None]:
    """Return the status of an export and the address of its file, from a flat or a wrapped answer.

    Raises:
        RequirementFailure: the answer has no status.
    """
    body = answer.json
    node = body.get("data") if isinstance(body.get("data"), dict) else body
    assert isinstance(node, dict)
    output = node.get("output")
    url = output.get("url") if isinstance(output, dict) else node.get("outputUrl")
    status = node.get("status")
    if not isinstance(status, str):
        raise answer.differs("an export with a status")
    return status, url if isinstance(url, str) else None


def tracks(draft: JsonObject, kind: int) -> list[JsonObject]:
    """Return the segments of all tracks of one type."""
    listed = draft.get("t")
    found: list[JsonObject] = []
    for track in listed if isinstance(listed, list) else []:
        if isinstance(track, dict) and track.get("tt") == kind and isinstance(segments := track.get("sg"), list):
            found += [each for each in segments if isinstance(each, dict)]
    return found


def details(draft: JsonObject, kind: int, key: str) -> list[Json]:
    """Return one key of `m` from each segment of a track type; None if a segment lacks the key."""
    return [meta.get(key) if isinstance(meta := each.get("m"), dict) else None for each in tracks(draft, kind)]
