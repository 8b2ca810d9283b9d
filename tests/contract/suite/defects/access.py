"""Defects of what every answer looks like, of tokens, and of attribution."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final, cast

from nemovideo_contract import machine
from nemovideo_contract.openapi import Json, JsonObject
from nemovideo_contract.wire import SKILL_PLATFORMS
from tests.contract.suite.defects.tools import (
    adds_header,
    asks,
    by,
    drops,
    heads,
    in_json,
    is_anonymous,
    lacks,
    recodes,
    refuses,
    restates,
    sets,
    swaps,
    tells,
)
from tests.contract.suite.defects.wrong import Asked, Plant, Told, answer, refusal

ATTRIBUTION: Final = ("x-skill-source", "x-skill-version", "x-skill-platform")
MADE_UP: Final = "nmv_usr_" + "x" * 43
CLIENT: Final = "x-client-id"


def later(value: Json) -> Json:
    """The instant a day later."""
    return (datetime.fromisoformat(str(value)) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def only_after_a_token(asked: Asked) -> Told | None:
    """Refuses until the anonymous token's call was made."""
    if asked.operation == "anonymous_token":
        asked.memory["given"] = True
    return None if asked.memory.get("given") else refusal(200, 1001)


def unlimited(asked: Asked, told: Told) -> None:
    """Gives a token in place of a 429, but not to a client that has one."""
    client, value = asked.headers.get(CLIENT, ""), told.json
    if told.status == 200 and value is not None:
        asked.memory["given"] = value
    elif told.status == 429 and client not in asked.memory:
        given = cast("JsonObject", asked.memory["given"])
        told.status = 200
        told.says(given)
    asked.memory[client] = True


def limited(asked: Asked) -> Told | None:
    """Refuses what one client asks for the eleventh time."""
    return refusal(429, 429) if asked.memory.count(asked.headers.get(CLIENT, "")) > 10 else None


def another_client(asked: Asked) -> None:
    """Takes a client that asks again for another one."""
    if asked.memory.count(asked.headers.get(CLIENT, "")) > 1:
        asked.headers[CLIENT] = machine.new_id()


def strange_code(asked: Asked, told: Told) -> None:
    """Says another code with the 429 of a client that never asked before."""
    is_new = asked.memory.count(asked.headers.get(CLIENT, "")) == 1
    if told.status == 429 and is_new:
        told.says({**(told.json or {}), "code": 430})


def same_user(asked: Asked, value: JsonObject) -> None:
    """Name the first user of this client."""
    data = value.get("data")
    if isinstance(data, dict):
        data["user_id"] = asked.memory.setdefault(asked.headers.get(CLIENT, ""), data["user_id"])


def with_an_end(_: Asked, value: JsonObject) -> None:
    """Says that a token ends."""
    if isinstance(data := value.get("data"), dict):
        data["expires_at"] = "2027-01-01T00:00:00Z"


def longer_token(asked: Asked) -> None:
    """Takes tokens with a letter too many."""
    if is_anonymous(asked):
        asked.token = asked.token.removesuffix("#")


def taken_for(scenario: str, *, made_up: str | None = None, prefix: str | None = None) -> Plant:
    """A bearer that opens nothing is taken for a scenario's."""

    def swap(asked: Asked) -> None:
        if asked.token == made_up or (prefix is not None and asked.token.startswith(prefix)):
            asked.token = by(scenario)

    return heads(swap)


def without_bearer(asked: Asked) -> None:
    """Lets anybody read a balance."""
    if asked.operation == "credits" and "authorization" not in asked.headers:
        asked.token = by("fresh")


def once(asked: Asked) -> Told | None:
    """Refuses a project's second claim."""
    return refusal(400, 400) if asked.memory.count(asked.body.decode()) > 1 else None


def new_users(asked: Asked, value: JsonObject) -> None:
    """Give each session of a registered token another user."""
    if asked.token == by("registered") and isinstance(data := value.get("data"), dict):
        data["user_id"] = f"anon_{asked.memory.count('sessions'):016}"


def client_id_of(asked: Asked, value: str) -> None:
    asked.headers[CLIENT] = value


def is_export_without(asked: Asked) -> bool:
    return lacks(asked, *ATTRIBUTION)


def is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


SERVICE: Final[dict[str, Plant]] = {
    "base-url": refuses(404, 404, "claim_token"),
    "envelope-error": drops("message", "credits", when=lambda asked: asked.token == MADE_UP),
    "envelope-status-200": restates(200, 401, "credits", when=lambda asked: asked.token == MADE_UP),
    "envelope-status-4xx": restates(404, 200, "state"),
    "envelope-status-own": restates(404, 200, "render_status"),
    "code-0": drops("message", "create_session"),
    "code-404": recodes(404, 410, "render_status", status=410),
    "call-unknown": Plant(asks={"": lambda asked: answer({}) if asked.path == "/v1/run" else None}),
    "body-json": asks(lambda asked: None if is_object(asked.body) else asked.says({}), "create_session"),
}

AUTH: Final[dict[str, Plant]] = {
    "env-token": Plant(asks=dict.fromkeys(("anonymous_token", "credits"), only_after_a_token)),
    "token-anonymous": refuses(400, 4000, "anonymous_token", when=lambda asked: not asked.body),
    "token-answer": drops("data.credits", "anonymous_token"),
    "token-format": Plant(heads=longer_token, tells=sets("data.token", lambda old: f"{old}#", "anonymous_token").tells),
    "token-user-id": sets("data.user_id", lambda old: str(old).upper(), "anonymous_token"),
    "token-client-id": refuses(
        400, 400, "anonymous_token", when=lambda asked: len(asked.headers.get(CLIENT, "")) == 64
    ),
    "code-400": asks(
        lambda asked: None if asked.headers.get(CLIENT) else client_id_of(asked, machine.new_id()), "anonymous_token"
    ),
    "token-client-id-optional": asks(lambda asked: asked.headers.setdefault(CLIENT, "nobody"), "anonymous_token"),
    "token-client-id-long": asks(
        lambda asked: client_id_of(asked, asked.headers.get(CLIENT, "")[:64]), "anonymous_token"
    ),
    "token-expiry": sets("data.expires_at", later, "anonymous_token"),
    "token-endless": tells(
        in_json(with_an_end),
        "anonymous_token",
    ),
    "token-limit-client": asks(another_client, "anonymous_token"),
    "token-limit-address": tells(unlimited, "anonymous_token"),
    "token-limit-hour": tells(unlimited, "anonymous_token"),
    "token-limit-none": Plant(asks={"anonymous_token": limited}),
    "code-429": tells(strange_code, "anonymous_token"),
    "token-retry-after": tells(
        lambda _, told: told.headers.update({"retry-after": "soon"}) if told.status == 429 else None, "anonymous_token"
    ),
    "token-reissue-same": asks(another_client, "anonymous_token"),
    "token-reissue-fresh": tells(in_json(same_user), "anonymous_token"),
    "token-missing": heads(without_bearer),
    "code-1001": taken_for("fresh", made_up=MADE_UP),
    "token-expired": swaps("expired", "funded", "credits"),
    "token-ends-midway": swaps("expires_midway", "fresh"),
    "token-registered": tells(in_json(new_users), "create_session"),
    "token-magic": refuses(200, 1001, "credits", when=lambda asked: asked.token == by("fresh")),
    "token-scopes": refuses(403, 403, "upload", when=is_anonymous),
    "scope-anonymous-export": sets("status", "failed", "render_status", when=is_anonymous),
    "code-403": swaps("read_only", "fresh", "create_session"),
    "scope-upload": swaps("no_upload", "fresh"),
    "scope-render": swaps("no_render", "registered"),
    "claim-token": sets("data.expires_in", 3600, "claim_token"),
    "claim-token-again": Plant(asks={"claim_token": once}),
    "claim-token-powerless": taken_for("fresh", prefix="clm_"),
}

ATTRIBUTED: Final[dict[str, Plant]] = {
    "attribution-headers": refuses(
        402, 402, "submit_render", when=lambda asked: asked.headers.get("x-skill-source") == "nemovideo-contract"
    ),
    "attribution-source": adds_header("x-skill-source", "x", "submit_render"),
    "attribution-version": adds_header("x-skill-version", "1", "submit_render"),
    "attribution-platform-missing": adds_header("x-skill-platform", "x", "submit_render"),
    "attribution-empty": heads(
        lambda asked: asked.headers.update({name: "x" for name in ATTRIBUTION if asked.headers.get(name) == ""})
    ),
    "attribution-platform": refuses(
        402, 402, "submit_render", when=lambda asked: asked.headers.get("x-skill-platform") == "cursor"
    ),
    "attribution-platform-other": refuses(
        402,
        402,
        "submit_render",
        when=lambda asked: asked.headers.get("x-skill-platform", "") not in {*SKILL_PLATFORMS, ""},
    ),
    "attribution-token": refuses(200, 1001, "anonymous_token", when=is_export_without),
    "attribution-export-only": refuses(200, 1001, "credits", when=is_export_without),
    "attribution-everywhere": Plant(
        heads=lambda asked: (
            asked.headers.update(dict.fromkeys(ATTRIBUTION, "x")) if asked.operation == "credits" else None
        )
    ),
    "attribution-exhausted": Plant(
        heads=lambda asked: (
            asked.headers.update(dict.fromkeys(ATTRIBUTION, "x")) if asked.operation == "submit_render" else None
        )
    ),
    "attribution-exhausted-only": refuses(402, 402, "submit_render", when=is_export_without),
    "attribution-none": refuses(402, 402, "submit_render", when=is_export_without),
    "code-402": recodes(402, 4020, "submit_render", when=lambda asked: asked.token == by("plan_blocked")),
}
