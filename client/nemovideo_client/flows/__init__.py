"""The client's policies, each a generator that asks for effects; see `effects`."""

from nemovideo_client.flows.calls import Service, checked_base_url, origin_of
from nemovideo_client.flows.exports import Order, export, order
from nemovideo_client.flows.sessions import cancel_render, claim_link, create_session, read_credits, read_state
from nemovideo_client.flows.tokens import anonymous_token
from nemovideo_client.flows.turns import checked_message, turn
from nemovideo_client.flows.uploads import upload

__all__ = [
    "Order",
    "Service",
    "anonymous_token",
    "cancel_render",
    "checked_base_url",
    "checked_message",
    "claim_link",
    "create_session",
    "export",
    "order",
    "origin_of",
    "read_credits",
    "read_state",
    "turn",
    "upload",
]
