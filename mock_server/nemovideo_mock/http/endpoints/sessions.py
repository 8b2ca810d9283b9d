"""The endpoints for sessions, their state, and the credits of the account."""

from __future__ import annotations

from math import gcd
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from nemovideo_contract.profiles import Profile
from nemovideo_mock.http.request_context import account_of, authorize, find_session, json_object, text_field
from nemovideo_mock.http.responses import success
from nemovideo_mock.json_types import Json
from nemovideo_mock.world import Session

#: The most characters of the name and the language of a project (*assumed*).
MAX_NAME: Final = 1000


async def create_session(request: Request) -> JSONResponse:
    """Create a project."""
    call = authorize(request, "write")
    runtime, account = call.runtime, account_of(call)
    runtime.world.sessions.check_user(account, request.path_params["user_id"])
    body = await json_object(request)
    session = runtime.world.sessions.create(
        account,
        text_field(body, "task_name", default="project", longest=MAX_NAME),
        text_field(body, "language", default="en", longest=MAX_NAME),
        runtime.clock.now(),
    )
    call.exchange.session = session.session_id
    return success({"task_id": session.task_id, "session_id": session.session_id, "user_id": account.user_id})


async def state(request: Request) -> JSONResponse:
    """Return the current state of the session; it shows the finished part of turns that still run."""
    call = authorize(request, "read")
    runtime = call.runtime
    runtime.world.sessions.check_user(account_of(call), request.path_params["user_id"])
    session = find_session(call, request.path_params["session_id"])
    await runtime.ask_again(
        "state",
        session.session_id,
        unfinished=runtime.world.turns.find_running(session) is not None,
        wait=runtime.settings.ask_again_state,
        link=call.link,
    )
    return success(
        {
            "session_id": session.session_id,
            "task_id": session.task_id,
            "task_name": session.task_name,
            "user_id": session.user_id,
            "state": {
                "video_infos": session.video_infos,
                **draft_of(session, call.profile),
                "canvas_config": canvas_config(session),
                "video_analyses": {},
                "generated_media": session.generated_media,
            },
        }
    )


def draft_of(session: Session, profile: Profile) -> Json:
    """Return the field for the draft; the profile's `empty_draft` decides on its form before the first draft."""
    if session.draft is not None:
        return {"draft": session.draft}
    empty: dict[str, Json] = {"object": {"draft": {}}, "null": {"draft": None}, "absent": {}}
    return empty[profile.empty_draft]


def canvas_config(session: Session) -> Json:
    """Return the frame size in pixels and as a ratio; empty before the first draft (the key names are *assumed*)."""
    if session.draft is None:
        return {}
    width, height = session.draft["m"].get("width"), session.draft["m"].get("height")
    if not width or not height:
        return {}
    divisor = gcd(width, height)
    return {"width": width, "height": height, "aspect_ratio": f"{width // divisor}:{height // divisor}"}


async def credits_balance(request: Request) -> JSONResponse:
    """Return the available, the frozen and the total credits."""
    account = account_of(authorize(request, "read"))
    return success({"available": account.available, "frozen": account.frozen, "total": account.total})
