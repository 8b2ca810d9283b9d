"""Defects of credits and of exports."""

from __future__ import annotations

from typing import Final, cast

from nemovideo_contract.openapi import Json, JsonObject
from tests.contract.suite.defects.tools import (
    asks,
    by,
    charges,
    drops,
    in_json,
    is_anonymous,
    plays,
    recodes,
    refuses,
    restates,
    sets,
    tells,
)
from tests.contract.suite.defects.wrong import Asked, Plant, Told, refusal

_OUTPUT: Final[JsonObject] = {"format": "mp4", "quality": "high"}
_DRAFT: Final[JsonObject] = {
    "t": [{"tt": 0, "sg": [{"id": "1", "s": 0, "d": 1000, "m": {}}]}],
    "d": 1000,
    "m": {"title": "", "width": 1080, "height": 1920},
}


def data_of(value: JsonObject) -> JsonObject:
    data = value.get("data")
    return data if isinstance(data, dict) else {}


def less_than_both(_: Asked, value: JsonObject) -> None:
    """Leaves what is frozen out of the total."""
    if data := data_of(value):
        data["total"] = data["available"]


def nothing_frozen(_: Asked, value: JsonObject) -> None:
    """Takes a price at once."""
    if data := data_of(value):
        data |= {"frozen": 0, "total": data["available"]}


def one_less(asked: Asked, value: JsonObject) -> None:
    """Gives an anonymous account one credit less."""
    if is_anonymous(asked) and (data := data_of(value)):
        data |= {key: cast("int", data[key]) - 1 for key in ("available", "total")}


def as_first(asked: Asked, value: JsonObject) -> None:
    """Take no credits from an account that runs out of them."""
    if asked.token == by("runs_out"):
        value["data"] = asked.memory.setdefault("first", value["data"])


def is_work(asked: Asked) -> bool:
    return any(word in asked.text for word in ("photo", "reel", "sunrise", "title"))


CREDITS: Final[dict[str, Plant]] = {
    "credits-read": sets("data.available", str, "credits"),
    "credits-sum": tells(in_json(less_than_both), "credits"),
    "credits-initial": tells(in_json(one_less), "credits"),
    "credits-frozen": tells(in_json(nothing_frozen), "credits"),
    "credits-clip": charges(1, "run_sse", lambda asked: "sunrise" in asked.text),
    "credits-editing": charges(1, "run_sse", lambda asked: "photo" in asked.text),
    "credits-operation": charges(100, "run_sse", is_work),
    "credits-talk": charges(1, "run_sse", lambda asked: not is_work(asked)),
    "credits-export": charges(1, "submit_render"),
    "credits-released": charges(50, "run_sse", lambda asked: asked.token == by("turn_fails")),
    "credits-spent": tells(in_json(as_first), "credits"),
    "credits-isolated": charges(1, "run_sse", others=True),
    "credits-free": charges(1, "create_session"),
}


# --- exports ----------------------------------------------------------------------------------------------------------


def render_id(asked: Asked) -> str:
    return asked.path.removesuffix("/cancel").removesuffix("/download").rpartition("/")[2]


def with_body(asked: Asked, **fields: Json) -> None:
    asked.says({**asked.json, **fields})


def good_id(asked: Asked) -> None:
    """Choose an id if the request has none."""
    given = asked.json.get("id")
    if not isinstance(given, str) or not given or "/" in given:
        with_body(asked, id=f"render_{asked.memory.count('ids')}")


def session_id(asked: Asked) -> None:
    """Takes session_id for sessionId."""
    body = asked.json
    if "session_id" in body:
        asked.says({**{key: body[key] for key in body if key != "session_id"}, "sessionId": body["session_id"]})


def some_draft(asked: Asked) -> None:
    """Takes an empty draft for a black second."""
    draft = asked.json.get("draft")
    if isinstance(draft, dict) and not any(
        isinstance(each, dict) and each.get("sg") for each in cast("list[Json]", draft.get("t", []))
    ):
        with_body(asked, draft=_DRAFT)


def read_draft(asked: Asked) -> None:
    """Takes words for a draft."""
    if isinstance(asked.json.get("draft"), str):
        with_body(asked, draft=_DRAFT)


def as_mp4(asked: Asked) -> None:
    """Takes any format for mp4."""
    if isinstance(asked.json.get("output"), dict):
        with_body(asked, output=_OUTPUT)


def other_id(_: Asked, value: JsonObject) -> None:
    """Choose another id than the request's."""
    value |= {key: "render_other" for key in ("id", "taskId") if key in value}


def one_owner(asked: Asked) -> Told | None:
    """Let only one account use an id."""
    owner = asked.memory.setdefault(str(asked.json.get("id")), asked.token)
    return None if owner == asked.token else refusal(400, 400)


def notes_owner(asked: Asked) -> Told | None:
    """Keeps in mind whose an export is."""
    asked.memory[str(asked.json.get("id"))] = asked.token
    return None


def as_owner(asked: Asked) -> None:
    """Lets anybody ask about an export as its owner."""
    owner = asked.memory.get(render_id(asked))
    if asked.operation == "render_status" and isinstance(owner, str):
        asked.token = owner


def goes_back(asked: Asked, value: JsonObject) -> None:
    """Is processing at the first look and pending at the second."""
    times = asked.memory.count(f"looks at {render_id(asked)}")
    if value.get("status") in {"pending", "processing"} and times < 3:
        value["status"] = ("processing", "pending")[times - 1]


def falls(asked: Asked, value: JsonObject) -> None:
    """Is nearly there at the first look, and far from it at the second."""
    times = asked.memory.count(f"looks at {render_id(asked)}")
    if value.get("status") in {"pending", "processing"}:
        value["progress"] = 90 if times == 1 else 10


def twice(asked: Asked, told: Told) -> None:
    """Refuse a second look."""
    if asked.memory.count(f"looks at {render_id(asked)}") == 2:
        told.status = 429


def after_the_limit(_: Asked, value: JsonObject) -> None:
    """Never ends."""
    if value.get("status") == "completed":
        value |= {"status": "processing", "progress": 99, "output": None}


def enveloped(_: Asked, value: JsonObject) -> None:
    value["code"] = 0


def one_success(_: Asked, value: JsonObject) -> None:
    """Says nothing of its success."""
    value.pop("success", None)


def in_seconds(_: Asked, value: JsonObject) -> None:
    """Tells times in seconds."""
    data = data_of(value)
    data |= {key: cast("int", data[key]) // 1000 for key in ("createdAt", "completedAt") if data.get(key)}


def much_later(_: Asked, value: JsonObject) -> None:
    """Takes three minutes more."""
    if (data := data_of(value)).get("completedAt"):
        data["completedAt"] = cast("int", data["completedAt"]) + 180_000


def longer(asked: Asked, told: Told) -> None:
    """Gives a file that is longer."""
    del asked
    told.body += b"\0" if told.headers.get("content-type") == "video/mp4" else b""


def untyped(asked: Asked, told: Told) -> None:
    del asked
    told.headers["content-type"] = "application/octet-stream"


_STATUS: Final = ("submit_render", "render_status", "cancel_render")

RENDERS: Final[dict[str, Plant]] = {
    "render-submit": restates(200, 202, "submit_render"),
    "render-id": tells(in_json(other_id), "submit_render"),
    "render-id-form": asks(good_id, "submit_render"),
    "render-session-key": asks(session_id, "submit_render"),
    "render-draft-empty": asks(some_draft, "submit_render"),
    "render-draft-text": asks(read_draft, "submit_render"),
    "render-output": refuses(400, 400, "submit_render", when=lambda asked: "output" not in asked.json),
    "render-output-more": refuses(400, 400, "submit_render", when=lambda asked: b'"crf"' in asked.body),
    "render-output-format": asks(as_mp4, "submit_render"),
    "render-duplicate-refused": plays(duplicate_render="existing"),
    "render-duplicate-same": plays(duplicate_render="error"),
    "render-id-account": Plant(asks={"submit_render": one_owner}),
    "render-begins": sets("progress", 0, "submit_render"),
    "render-poll": refuses(404, 404, "render_status", when=lambda asked: asked.memory.count("polls") > 1),
    "render-status": tells(in_json(goes_back), "render_status"),
    "render-progress": tells(in_json(falls), "render_status"),
    "render-flat": tells(in_json(enveloped), *_STATUS),
    "render-flat-output": drops("output.size", "render_status"),
    "render-wrapped": tells(in_json(one_success), *_STATUS),
    "render-wrapped-output": drops("data.outputUrl", "render_status"),
    "render-wrapped-times": tells(in_json(in_seconds), *_STATUS),
    "render-measures": sets("output.duration", lambda old: cast("float", old) + 1, "render_status"),
    "render-file": tells(untyped, "output"),
    "render-file-open": refuses(401, 401, "output"),
    "render-file-ends": plays(output_ttl=0),
    "render-download": tells(longer, "download_render"),
    "render-download-early": recodes(404, 400, "download_render", status=400),
    "render-download-fallback": refuses(
        404, 404, "download_render", when=lambda asked: asked.token == by("output_fails")
    ),
    "render-cancel": sets("status", "cancelled", "cancel_render"),
    "render-cancel-finished": restates(400, 200, "cancel_render"),
    "render-failed": drops("error", "render_status"),
    "render-failed-again": sets(
        "status", "failed", "render_status", when=lambda asked: asked.token == by("render_fails_once")
    ),
    "render-isolated": Plant(asks={"submit_render": notes_owner}, heads=as_owner),
    "render-account": plays(orphan="token"),
    "render-token": plays(orphan="account"),
    "render-parallel": plays(render_queue="session"),
    "render-queue": plays(render_queue="parallel"),
    "render-poll-interval": tells(twice, "render_status"),
    "render-poll-limit": tells(in_json(after_the_limit), "render_status"),
    "render-time-seed": tells(in_json(much_later), *_STATUS),
    "render-time-vendor": tells(in_json(much_later), *_STATUS),
}
