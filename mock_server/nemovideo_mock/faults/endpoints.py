"""The endpoints that faults can apply to: the operations of the specification, and the files behind `output.url`."""

from __future__ import annotations

from typing import Final, Literal, get_args

#: The operation ids of `openapi.yaml` in its order, and `output`.
Endpoint = Literal[
    "anonymous_token",
    "claim_token",
    "create_session",
    "run_sse",
    "upload",
    "state",
    "credits",
    "submit_render",
    "render_status",
    "cancel_render",
    "download_render",
    "output",
]

ENDPOINTS: Final[tuple[Endpoint, ...]] = get_args(Endpoint)


def endpoints_except(*names: Endpoint) -> tuple[Endpoint, ...]:
    """Return all endpoints except these, in order."""
    return tuple(name for name in ENDPOINTS if name not in names)


#: Endpoints that refuse with an envelope or a render's JSON.
ENVELOPES: Final = endpoints_except("output")
#: Endpoints whose response has a known length: all except the stream.
BODIES: Final = endpoints_except("run_sse")
#: Endpoints that need a bearer token.
BEARERS: Final = endpoints_except("anonymous_token", "output")
#: Endpoints whose request body can be slowed down.
INTAKES: Final[tuple[Endpoint, ...]] = ("claim_token", "create_session", "run_sse", "upload", "submit_render")
#: Endpoints whose request names a session.
SESSION_REQUESTS: Final[tuple[Endpoint, ...]] = ("claim_token", "run_sse", "upload", "state", "submit_render")
#: Endpoints whose request is a message to the agent.
MESSAGE_REQUESTS: Final[tuple[Endpoint, ...]] = ("run_sse",)
#: Endpoints that concern a session: the request names it, or the render belongs to it.
SESSIONS: Final = endpoints_except("anonymous_token", "create_session", "credits")
