"""Defects of sessions, uploads, states and drafts."""

from __future__ import annotations

import json
import re
from typing import Final, cast

from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.suite.messages import NO_SESSION, tracks
from tests.contract.suite.defects.tools import (
    asks,
    by,
    drops,
    heads,
    in_json,
    is_anonymous,
    plays,
    recodes,
    refuses,
    sets,
    tells,
)
from tests.contract.suite.defects.wrong import Asked, Plant, Told, refusal

_STATE: Final = "data.state"
_DRAFT: Final = "data.state.draft"
_SEGMENTS: Final = "data.state.draft.t.*.sg.*"


def session_in(asked: Asked) -> str:
    """The session that a path names."""
    found = re.search(r"/(\d{19})", asked.path)
    return found[1] if found else ""


def data_of(value: JsonObject) -> JsonObject:
    data = value.get("data")
    return data if isinstance(data, dict) else {}


def state_of(value: JsonObject) -> JsonObject:
    state = data_of(value).get("state")
    return state if isinstance(state, dict) else {}


def draft_of(value: JsonObject) -> JsonObject:
    draft = state_of(value).get("draft")
    return draft if isinstance(draft, dict) else {}


# --- sessions ---------------------------------------------------------------------------------------------------------


def first_again(asked: Asked, told: Told) -> None:
    """Answers with the first session of the account."""
    told.body = str(asked.memory.setdefault(asked.token, told.body.decode())).encode()


def notes_owner(asked: Asked, told: Told) -> None:
    """Keeps in mind whose a new session is."""
    value = told.json
    if value is not None and told.code == 0:
        asked.memory[str(data_of(value).get("session_id"))] = asked.token


def as_owner(asked: Asked) -> None:
    """Lets anybody read an anonymous caller's question as the session's owner."""
    owner = asked.memory.get(session_in(asked))
    if asked.operation == "state" and isinstance(owner, str) and is_anonymous(asked):
        asked.token = owner


def notes_age(asked: Asked, told: Told) -> None:
    """Keeps the account's last three sessions in mind."""
    value = told.json
    if value is not None and told.code == 0:
        known = cast("list[Json]", asked.memory.setdefault(asked.token, []))
        known.append(data_of(value).get("session_id"))
        del known[:-3]


def only_the_last(asked: Asked) -> Told | None:
    """Has forgotten the sessions before them."""
    known = asked.memory.get(asked.token)
    gone = isinstance(known, list) and len(known) == 3 and session_in(asked) not in known
    return refusal(200, 1002) if gone else None


def renamed_user(asked: Asked) -> None:
    asked.path = re.sub(r"(with-session|nemo_agent)/anon_0123456789abcdef", r"\1/me", asked.path)
    asked.path = asked.path.replace("/tasks/anon_0123456789abcdef/", "/tasks/me/")


def says(asked: Asked, key: str) -> bool:
    return key in asked.json


SESSIONS: Final[dict[str, Plant]] = {
    "session-create": drops("data.task_id", "create_session"),
    "session-id": sets("data.session_id", lambda old: f"session-{old}", "create_session"),
    "session-user-id": drops("data.user_id", "create_session"),
    "session-new": tells(first_again, "create_session"),
    "session-language-optional": refuses(400, 400, "create_session", when=lambda asked: not says(asked, "language")),
    "session-language": refuses(
        400, 400, "create_session", when=lambda asked: asked.json.get("language", "en") != "en"
    ),
    "session-name": sets("data.task_name", "untitled", "state"),
    "session-name-optional": refuses(400, 400, "create_session", when=lambda asked: not says(asked, "task_name")),
    "user-me": sets("data.user_id", "me", "state", when=lambda asked: "/me/" in asked.path),
    "user-real-id": refuses(200, 1002, "upload", when=lambda asked: "/me/" not in asked.path),
    "user-foreign": heads(renamed_user),
    "code-1002": recodes(1002, 1003, "state", when=lambda asked: NO_SESSION in asked.path),
    "session-isolated": Plant(heads=as_owner, tells={"create_session": notes_owner}),
    "session-lives": Plant(asks={"state": only_the_last}, tells={"create_session": notes_age}),
    "session-idle": plays(session_idle=0),
    "session-lost": recodes(1002, 1001, "upload", when=lambda asked: asked.token == by("session_lost")),
}

# --- uploads ----------------------------------------------------------------------------------------------------------


def backwards(_: Asked, value: JsonObject) -> None:
    """Lists files from the last to the first."""
    files = data_of(value).get("files")
    if isinstance(files, list):
        files.reverse()


def numbered(asked: Asked, value: JsonObject) -> None:
    """Numbers a file that comes again."""
    for each in cast("list[JsonObject]", data_of(value).get("files", [])):
        if asked.memory.count(f"{session_in(asked)} {each['filename']}") > 1:
            each["filename"] = f"2 {each['filename']}"


def notes_halves(asked: Asked, told: Told) -> None:
    """Note which sessions refused a form of several files."""
    if told.code == 4001 and asked.body.count(b"filename=") > 1:
        asked.memory[session_in(asked)] = True


def half_taken(asked: Asked, value: JsonObject) -> None:
    """Lists the good file of a form that was refused."""
    if asked.memory.get(session_in(asked)):
        cast("list[Json]", state_of(value)["video_infos"]).append({"filename": "good.png"})


def of_form(asked: Asked) -> bool:
    return asked.headers.get("content-type", "").startswith("multipart/")


UPLOADS: Final[dict[str, Plant]] = {
    "upload-file": refuses(400, 4000, "upload", when=lambda asked: b'filename="gate.png"' in asked.body),
    "upload-field": asks(
        lambda asked: setattr(asked, "body", asked.body.replace(b'name="file"', b'name="files"')), "upload"
    ),
    "upload-several": tells(in_json(backwards), "upload"),
    "upload-url": refuses(415, 400, "upload", when=lambda asked: not of_form(asked)),
    "upload-answer": sets("data.files.*.filename", lambda old: f"upload-{old}", "upload"),
    "upload-file-type": sets("data.files.*.file_type", lambda old: "video" if old == "image" else old, "upload"),
    "upload-formats": refuses(200, 4001, "upload", when=lambda asked: b".webp" in asked.body),
    "upload-jpeg": refuses(200, 4001, "upload", when=lambda asked: b".jpeg" in asked.body),
    "upload-size-image": sets("data.files.*.width", 1, "upload"),
    "upload-size-video": sets("data.files.*.duration", lambda old: old and 2 * cast("float", old), "upload"),
    "upload-measures-null": sets("data.files.*.duration", lambda old: 0 if old is None else old, "upload"),
    "upload-hash": Plant(
        tells={
            **sets("data.files.*.hash", "0" * 64, "upload").tells,
            **sets(f"{_STATE}.video_infos.*.hash", "0" * 64, "state").tells,
        }
    ),
    "upload-fetch": refuses(401, 401, "media"),
    "upload-state": sets(f"{_STATE}.video_infos", lambda old: cast("list[Json]", old)[:-1], "state"),
    "upload-again": tells(in_json(numbered), "upload"),
    "code-4001": recodes(4001, 4000, "upload"),
    "upload-refused-whole": Plant(
        asks={"upload": lambda _: None}, tells={"upload": notes_halves, "state": in_json(half_taken)}
    ),
    "code-4002": recodes(4002, 4000, "upload", when=lambda asked: asked.token == by("upload_too_large")),
    "upload-size-limit": plays(size_limit_mb=500),
    "upload-size-limit-500": plays(size_limit_mb=200),
}

# --- states and drafts ------------------------------------------------------------------------------------------------


def with_generated(_: Asked, value: JsonObject) -> None:
    """Lists generated media among the uploads."""
    state = state_of(value)
    if state:
        state["video_infos"] = [
            *cast("list[Json]", state["video_infos"]),
            *cast("list[Json]", state["generated_media"]),
        ]


def counts_reads(asked: Asked, value: JsonObject) -> None:
    """Says how often the state was read."""
    if state_of(value):
        state_of(value)["video_analyses"] = {"reads": asked.memory.count("reads")}


def is_empty(value: JsonObject) -> bool:
    return bool(state_of(value)) and not draft_of(value)


def filled(_: Asked, value: JsonObject) -> None:
    """Has tracks before anything is made."""
    if is_empty(value):
        state_of(value)["draft"] = {"t": []}


def no_longer(kind: int) -> Plant:
    """A draft lacks the tracks of a type."""

    def kept(old: Json) -> Json:
        return [each for each in cast("list[JsonObject]", old) if each.get("tt") != kind]

    return sets(f"{_DRAFT}.t", kept, "state")


def measured(width: int, height: int, *old: int) -> Plant:
    """A draft of one size has another."""

    def resize(_: Asked, value: JsonObject) -> None:
        meta = draft_of(value).get("m")
        if isinstance(meta, dict) and (meta.get("width"), meta.get("height")) == old:
            meta |= {"width": width, "height": height}

    return tells(in_json(resize), "state")


def notes_messages(asked: Asked) -> Told | None:
    """Counts a session's messages, and keeps in mind what was to be removed."""
    session = str(asked.json.get("session_id"))
    asked.memory.count(f"messages {session}")
    if "Remove the music" in asked.text:
        asked.memory[f"music {session}"] = True
    return None


def new_ids(asked: Asked, value: JsonObject) -> None:
    """Gives the photo another id with each message."""
    for each in tracks(draft_of(value), 0):
        each["id"] = f"{each['id']}.{asked.memory.number(f'messages {session_in(asked)}')}"


def music_stays(asked: Asked, value: JsonObject) -> None:
    """Keep the music after a request to remove it."""
    draft = draft_of(value)
    if asked.memory.get(f"music {session_in(asked)}") and not tracks(draft, 1):
        segment: JsonObject = {"id": "again", "s": 0, "d": 1000, "m": {}}
        cast("list[Json]", draft["t"]).append({"tt": 1, "sg": [segment]})


STATES: Final[dict[str, Plant]] = {
    "state-read": sets("code", lambda old: 200 if old == 0 else old, "state"),
    "state-ids": sets("data.task_id", "task_0", "state"),
    "state-user-id": sets("data.user_id", "anon_0000000000000000", "state"),
    "state-keys": drops(f"{_STATE}.video_analyses", "state"),
    "state-canvas-size": sets(f"{_STATE}.canvas_config.aspect_ratio", "16:9", "state"),
    "state-generated": sets(f"{_STATE}.generated_media", [], "state"),
    "state-uploads-only": tells(in_json(with_generated), "state"),
    "state-still": tells(in_json(counts_reads), "state"),
    "state-empty-object": tells(in_json(filled), "state"),
    "state-empty-null": tells(in_json(filled), "state"),
    "state-empty-absent": tells(in_json(filled), "state"),
    "draft-tracks": drops(f"{_DRAFT}.t.*.tt", "state"),
    "draft-track-type": sets(f"{_DRAFT}.t.*.tt", lambda old: 2 if old == 7 else old, "state"),
    "draft-duration": sets(f"{_DRAFT}.d", lambda old: cast("int", old) // 1000, "state"),
    "draft-meta": drops(f"{_DRAFT}.m.title", "state"),
    "draft-ready": sets(f"{_DRAFT}.t.*.sg", [], "state"),
    "draft-segments": drops(f"{_SEGMENTS}.id", "state"),
    "draft-segments-in-order": sets(f"{_SEGMENTS}.s", 4000, "state"),
    "draft-photo": sets(f"{_SEGMENTS}.m.src", "https://example.com/other.png", "state"),
    "draft-title": sets(f"{_SEGMENTS}.m.text", lambda old: str(old).lower(), "state"),
    "draft-music": no_longer(1),
    "draft-landscape": measured(1080, 1920, 1920, 1080),
    "draft-ratio": measured(1080, 1350, 1080, 1920),
    "turn-edit": Plant(asks={"run_sse": notes_messages}, tells={"state": in_json(new_ids)}),
    "turn-remove": Plant(asks={"run_sse": notes_messages}, tells={"state": in_json(music_stays)}),
}


def drafted(scenario: str) -> Plant:
    """A scenario's states never have a draft."""
    return sets(_DRAFT, {}, "state", when=lambda asked: asked.token == by(scenario))


def growing(scenario: str) -> Plant:
    """A scenario's states change while nothing is done."""

    def grow(asked: Asked, value: JsonObject) -> None:
        if asked.token == by(scenario):
            counts_reads(asked, value)

    return tells(in_json(grow), "state")


def as_text(value: Json) -> str:
    return json.dumps(value)
