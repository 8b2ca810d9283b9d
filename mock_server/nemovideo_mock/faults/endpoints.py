"""Where faults can strike: the operations of the specification, and the files behind `output.url`."""

from __future__ import annotations

from typing import Final, Literal, get_args

#: The operation ids of `openapi.yaml`, in its order, and `output`.
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


def all_but(*names: Endpoint) -> tuple[Endpoint, ...]:
    """The endpoints without these, in order."""
    return tuple(name for name in ENDPOINTS if name not in names)


#: Those that answer with an envelope or a render's JSON when they refuse.
ENVELOPES: Final = all_but("output")
#: Those whose answer has a length of its own: all but the stream.
BODIES: Final = all_but("run_sse")
#: Those that want a bearer token.
BEARERS: Final = all_but("anonymous_token", "output")
#: Those that carry a body worth slowing down.
INTAKES: Final[tuple[Endpoint, ...]] = ("claim_token", "create_session", "run_sse", "upload", "submit_render")
#: Those whose request names a session.
SESSION_REQUESTS: Final[tuple[Endpoint, ...]] = ("claim_token", "run_sse", "upload", "state", "submit_render")
#: Those whose request is a message to the agent.
MESSAGE_REQUESTS: Final[tuple[Endpoint, ...]] = ("run_sse",)
#: Those that concern a session, named in the request or known from the render.
SESSIONS: Final = all_but("anonymous_token", "create_session", "credits")
