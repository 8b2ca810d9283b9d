"""What a run leaves on a server: the sessions, which nobody can delete, and the exports that are not finished yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from nemovideo_contract.http.exchange import Answer
from nemovideo_contract.wire import Path, RenderStatus

_STATUS_BEFORE, _STATUS_AFTER = Path.RENDER_STATUS.split("{render_id}")
_CANCEL_BEFORE, _CANCEL_AFTER = Path.RENDER_CANCEL.split("{render_id}")
_MAKERS: Final = frozenset({"create_session", "submit_render", "render_status", "cancel_render"})
_OVER: Final = frozenset({RenderStatus.COMPLETED.value, RenderStatus.FAILED.value})


@dataclass(slots=True)
class Leftovers:
    """The ids of what was made, in order; `under_way` has each unfinished export with the token that made it."""

    sessions: list[str] = field(default_factory=list[str])
    under_way: dict[str, str | None] = field(default_factory=dict[str, "str | None"], repr=False)

    def take(self, answer: Answer) -> None:
        """Look at what an answer says to have been made or ended."""
        call = answer.call
        found = answer.object if answer.status == 200 and call.operation in _MAKERS else None
        if found is None:
            return
        data = found.get("data")
        node = data if isinstance(data, dict) else found
        status = node.get("status")
        match call.operation:
            case "create_session" if isinstance(made := node.get("session_id"), str):
                self.sessions.append(made)
            case "submit_render" if isinstance(status, str) and isinstance(call.body, dict):
                self._note(str(call.body.get("id")), status, call.token)
            case "render_status" if isinstance(status, str):
                self._note(call.path.removeprefix(_STATUS_BEFORE).removesuffix(_STATUS_AFTER), status, call.token)
            case "cancel_render":
                self.under_way.pop(call.path.removeprefix(_CANCEL_BEFORE).removesuffix(_CANCEL_AFTER), None)
            case _:
                pass

    def _note(self, render_id: str, status: str, token: str | None) -> None:
        if status in _OVER:
            self.under_way.pop(render_id, None)
        else:
            self.under_way.setdefault(render_id, token)
