"""The replies during a turn: the agent's text without GUI instructions and tool calls, as soon as each stage is
complete.
"""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.events import Text, ToolCall, ToolResult
from nemovideo_client.flows.effects import Sleep
from nemovideo_client.progress import StillWorking
from nemovideo_client.transcript import Transcript
from nemovideo_contract import wire
from nemovideo_skills.agent.actions_and_replies import Action, Reply
from nemovideo_skills.agent.gui_translation import translate
from nemovideo_skills.agent.phrases import Phrases

#: The shortest wait that is announced, in seconds.
_LONG_S: Final = 10.0
#: Text that the user has already read before the turn began.
_SAID_BEFORE: Final = re.compile(r"\s*This may take a few minutes\.|[，,]?可能需要几分钟(?=[。！]|$)")


class TurnReplies:
    """The replies of one turn so far; `show` returns the replies that an event makes due."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._open = Transcript()
        self._generated = False
        self._waited = False
        #: Whether the agent has said any content.
        self.has_content = False
        #: Whether it has used a tool.
        self.worked = False
        #: Whether it continued without a request after the clip was created.
        self.two_stage = False
        self.actions: list[Action] = []
        self.offers: list[str] = []

    def show(self, value: object) -> list[Reply]:
        """Return the replies that are due after a value that the flow emits, a notice, or a wait."""
        match value:
            case Text():
                self._open.add(value)
            case ToolCall():
                return self._calls()
            case ToolResult(name=name):
                self._open.add(value)
                self.worked = True
                self._generated = self._generated or name == wire.TOOL_GENERATE
            case StillWorking(seconds=seconds):
                return [Reply("status", self._phrases.say("still", minutes=round(seconds / 60)))]
            case Sleep(seconds=seconds) if seconds >= _LONG_S and not self._waited:
                self._waited = True
                key = "broken" if self.has_content or self.worked or self._open.text else "waiting"
                return [*self.close(), Reply("status", self._phrases.say(key, seconds=round(seconds)))]
            case _:
                pass
        return []

    def close(self) -> list[Reply]:
        """Return the text that was said but not shown yet."""
        said, self._open = self._open.text, Transcript(begun=True)
        translated = translate(_SAID_BEFORE.sub("", said))
        self.actions += [action for action in translated.actions if action not in self.actions]
        self.offers += [offer for offer in translated.offers if offer not in self.offers]
        if not translated.content:
            return []
        self.has_content = True
        return [Reply("text", translated.content)]

    def _calls(self) -> list[Reply]:
        replies = self.close()
        if self._generated and not self.two_stage:
            self.two_stage = True
            if not replies:
                replies = [Reply("status", self._phrases.say("raw"))]
        self.worked = True
        return replies
