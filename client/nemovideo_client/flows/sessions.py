"""The flows of one call each: session, state, credits, the link for a browser, cancelling a render."""

from __future__ import annotations

import math
from urllib.parse import quote

from nemovideo_client.errors import ApiError, UnexpectedAnswer
from nemovideo_client.flows.effects import Flow
from nemovideo_client.flows.requests import Service, call, data_of
from nemovideo_client.json_reading import Json, text
from nemovideo_client.models import Credits, Session, State, credits_from, session_from, state_from
from nemovideo_contract import wire


def create_session(service: Service, task_name: str, language: str | None) -> Flow[Session]:
    """Create a session; `language` is left out where it isn't given."""
    body: Json = {"task_name": task_name}
    if language is not None:
        body["language"] = language
    url = service.url(wire.Path.SESSION, user_id=wire.ME)
    return session_from(data_of((yield from call(service, "POST", url, body=body, repeatable=False))))


def read_state(service: Service, session_id: str, until: float = math.inf) -> Flow[State]:
    """Read a session's state, at the latest at the time `until`."""
    url = service.url(wire.Path.STATE, user_id=wire.ME, session_id=session_id)
    return state_from(data_of((yield from call(service, "GET", url, repeatable=True, until=until))))


def read_credits(service: Service) -> Flow[Credits]:
    """Read the balance."""
    return credits_from(data_of((yield from call(service, "GET", service.url(wire.Path.CREDITS), repeatable=True))))


def claim_link(service: Service, session: Session) -> Flow[str]:
    """Get a link that opens the session in a browser; it carries a claim token, never the bearer."""
    body: Json = {"task_id": session.task_id, "session_id": session.session_id}
    answer = data_of((yield from call(service, "POST", service.url(wire.Path.CLAIM_TOKEN), body=body, repeatable=True)))
    claim = text(answer, "claim_token")
    if claim is None:
        raise UnexpectedAnswer("The service gave no claim token.")
    return f"{service.web_url}/workspace/claim?ct={quote(claim, safe='')}"


def cancel_render(service: Service, render_id: str) -> Flow[None]:
    """Cancel a render that is pending."""
    url = service.url(wire.Path.RENDER_CANCEL, render_id=render_id)
    service.cancelled.add(render_id)  # first, as an export in another thread may see the end of it at once
    try:
        yield from call(service, "POST", url, repeatable=False)
    except ApiError:
        service.cancelled.discard(render_id)
        raise
