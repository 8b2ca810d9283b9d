"""An agent that follows the documents: it routes a user's requests, translates GUI instructions, and holds a
conversation.
"""

from nemovideo_skills.agent.actions_and_replies import Action, Reply, ReplyKind
from nemovideo_skills.agent.agent import Agent, AsyncAgent
from nemovideo_skills.agent.gui_translation import Translation, translate
from nemovideo_skills.agent.router import Reason, Route, route, routes

__all__ = [
    "Action",
    "Agent",
    "AsyncAgent",
    "Reason",
    "Reply",
    "ReplyKind",
    "Route",
    "Translation",
    "route",
    "routes",
    "translate",
]
