"""What the documents ask of an agent: where a wish goes, what clicks mean in a chat, a whole conversation."""

from nemovideo_client.skill.actions import Action
from nemovideo_client.skill.agent import Agent, AsyncAgent
from nemovideo_client.skill.reply import Reply, ReplyKind
from nemovideo_client.skill.router import Reason, Route, route, routes
from nemovideo_client.skill.translate import Translated, translate

__all__ = [
    "Action",
    "Agent",
    "AsyncAgent",
    "Reason",
    "Reply",
    "ReplyKind",
    "Route",
    "Translated",
    "route",
    "routes",
    "translate",
]
