"""A turn as it is told: the agent's words without clicks and tools, as soon as each stage has been said whole."""

from __future__ import annotations

import re
from typing import Final

from nemovideo_client.events import Text, ToolCall, ToolResult
from nemovideo_client.flows.effects import Sleep
from nemovideo_client.progress import StillWorking
from nemovideo_client.transcript import Transcript
from nemovideo_contract import wire
from nemovideo_skills.agent.gui_translation import translate
from nemovideo_skills.agent.model import Action, Reply
from nemovideo_skills.agent.phrases import Phrases

#: Seconds of a wait that is worth a word.
_LONG_S: Final = 10.0
#: What was said before the turn began and need not be said again.
_SAID_BEFORE: Final = re.compile(r"\s*This may take a few minutes\.|[，,]?可能需要几分钟(?=[。！]|$)")


class TurnReplies:
    """What a turn has told so far; `show` gives the replies that an event makes due."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._open = Transcript()
        self._generated = False
        self._waited = False
        #: Whether the agent has said anything that is content.
        self.told = False
        #: Whether it has used a tool.
        self.worked = False
        #: Whether it went on by itself after the clip was made.
        self.two_stage = False
        self.actions: list[Action] = []
        self.offers: list[str] = []

    def show(self, value: object) -> list[Reply]:
        """The replies that become due by something that the flow emits, tells or waits for."""
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
                key = "broken" if self.told or self.worked or self._open.text else "waiting"
                return [*self.close(), Reply("status", self._phrases.say(key, seconds=round(seconds)))]
            case _:
                pass
        return []

    def close(self) -> list[Reply]:
        """What has been said but not shown yet."""
        said, self._open = self._open.text, Transcript(begun=True)
        translated = translate(_SAID_BEFORE.sub("", said))
        self.actions += [action for action in translated.actions if action not in self.actions]
        self.offers += [offer for offer in translated.offers if offer not in self.offers]
        if not translated.content:
            return []
        self.told = True
        return [Reply("text", translated.content)]

    def _calls(self) -> list[Reply]:
        replies = self.close()
        if self._generated and not self.two_stage:
            self.two_stage = True
            if not replies:
                replies = [Reply("status", self._phrases.say("raw"))]
        self.worked = True
        return replies
