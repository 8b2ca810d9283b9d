"""The rules of each call, as generators that yield effects and do no I/O; see `effects`. Drivers run them."""

from nemovideo_client.flows.calls import (
    Service,
    cancel_render,
    check_base_url,
    claim_link,
    create_session,
    origin_of,
    read_credits,
    read_state,
)
from nemovideo_client.flows.exports import RenderOrder, ask, await_render, export, order, pick_up, submit
from nemovideo_client.flows.send_message import check_message
from nemovideo_client.flows.tokens import anonymous_token, renew_token
from nemovideo_client.flows.turns import recover, turn
from nemovideo_client.flows.uploads import upload

__all__ = [
    "RenderOrder",
    "Service",
    "anonymous_token",
    "ask",
    "await_render",
    "cancel_render",
    "check_base_url",
    "check_message",
    "claim_link",
    "create_session",
    "export",
    "order",
    "origin_of",
    "pick_up",
    "read_credits",
    "read_state",
    "recover",
    "renew_token",
    "submit",
    "turn",
    "upload",
]
