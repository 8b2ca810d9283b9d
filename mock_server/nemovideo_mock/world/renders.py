"""Renders, the jobs of exports: submitted, waiting for each other, encoded, finished."""

from __future__ import annotations

from collections.abc import Callable

from nemovideo_contract.draft import is_ready
from nemovideo_contract.wire import Code, RenderStatus
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.json_types import Json
from nemovideo_mock.world.schedule import Schedule
from nemovideo_mock.world.sessions import Sessions
from nemovideo_mock.world.settings import WorldSettings
from nemovideo_mock.world.state import Render, RenderFault, RenderFile, State, Token
from nemovideo_mock.world.transitions import render_after

#: The part of its duration during which a render is pending.
PENDING_SHARE = 0.1


class Renders:
    """The renders of all accounts."""

    def __init__(self, settings: WorldSettings, state: State, schedule: Schedule, sessions: Sessions) -> None:
        self._settings = settings
        self._state = state
        self._schedule = schedule
        self._sessions = sessions

    def submit(
        self,
        token: Token,
        render_id: str,
        session_id: str,
        draft: Json,
        output: Json,
        now: float,
        seconds: float,
        fault: RenderFault | None = None,
        draw_fault: Callable[[], tuple[RenderFault | None, float]] | None = None,
    ) -> tuple[Render, bool]:
        """Accept an export; return its render, and False if that existed already.

        The render takes `seconds` of service time. `draw_fault` is called only for an export that is accepted; it
        returns the fault of the render and a factor for its duration. Raise 400 if the draft is empty, or if the id is
        missing or taken (profile `duplicate_render`).
        """
        account = self._state.accounts[token.user_id]
        profile = self._settings.profile_of(account)
        self._sessions.get(account, session_id, now)
        if not render_id:
            raise ServiceError(Code.BAD_REQUEST, "id is missing: choose one, such as render_<timestamp>.")
        if not is_ready(draft):
            raise ServiceError(
                Code.BAD_REQUEST, "The draft is empty: it needs a track with segments. Generate something first."
            )
        renders = self._state.renders.setdefault(account.user_id, {})
        known = renders.get(render_id)
        if known is not None:
            if profile.duplicate_render == "existing":
                return known, False
            raise ServiceError(Code.BAD_REQUEST, f"The render id {render_id} is taken: choose a new one.")
        if draw_fault is not None:
            fault, factor = draw_fault()
            seconds *= factor
        length = seconds * self._settings.pace
        queued = profile.render_queue == "session" and any(
            other.session_id == session_id and not other.finished for other in renders.values()
        )
        render = Render(
            render_id, account.user_id, session_id, token.value, draft, output, now, now, now + length, length, queued,
            fate=fault,
        )  # fmt: skip
        renders[render_id] = render
        account.renders_submitted += 1
        if not queued:
            self._start_render(render, now)
        return render, True

    def _start_render(self, render: Render, now: float) -> None:
        render.waiting = False
        render.begins_at = now + render.length * PENDING_SHARE
        render.due = now + render.length
        self._schedule.add(render.begins_at, "begin", render.user_id, render.render_id)

    def get(self, token: Token, render_id: str) -> Render:
        """Return a render of the token's account, or only of this token (profile `orphan`); raise 404 without one."""
        account = self._state.accounts[token.user_id]
        render = self._state.renders.get(account.user_id, {}).get(render_id)
        if render is not None and self._settings.profile_of(account).orphan == "token" and render.token != token.value:
            render = None
        if render is None:
            raise ServiceError(Code.NOT_FOUND, f"There is no render {render_id}.")
        if render.fate is not None and render.fate.kind == "lost":
            raise ServiceError(Code(render.fate.code), f"There is no render {render_id}.")
        return render

    def find_by_file(self, name: str) -> Render | None:
        """Return the completed render whose file has this name, or None."""
        for renders in self._state.renders.values():
            for render in renders.values():
                if render.status is RenderStatus.COMPLETED and render.file is not None and render.file.name == name:
                    return render
        return None

    def is_overdue(self, render: Render) -> bool:
        """Return whether a render is past its due time and only its encode is missing.

        A render that waits for another one is not overdue.
        """
        return (
            render.status is RenderStatus.PROCESSING
            and render.fate is None
            and render.file is None
            and render.error is None
            and not self._schedule.has("complete", render.user_id, render.render_id)
        )

    def find_active(self, render: Render) -> Render:
        """Return the render of the session for which this one waits, or this one if it does not wait."""
        if render.waiting and not render.finished:
            for other in self._state.renders[render.user_id].values():
                if other.session_id == render.session_id and not (other.finished or other.waiting):
                    return other
        return render

    def finish_encode(self, render: Render, outcome: RenderFile | str, now: float) -> None:
        """Store the outcome of the encode: a file or an error message.

        The render ends when it is due, or at `now` (seconds since the epoch) if it is overdue.
        """
        if render.finished:
            return
        is_overdue = self.is_overdue(render)
        if isinstance(outcome, str):
            render.error = outcome
        else:
            render.file = outcome
        if is_overdue:
            self._end_if_over(render, now)

    def cancel(self, render: Render, now: float) -> None:
        """Cancel a render; raise 400 if it has finished."""
        if render.finished:
            raise ServiceError(Code.BAD_REQUEST, f"The render has {render.status} already and can't be cancelled.")
        render.error = "cancelled"
        self._end_render(render, "fail", now)

    def process(self, render: Render, verb: str, due: float) -> None:
        """Process an event: the render begins, or it should be complete now."""
        if render.finished:
            return
        if verb == "begin":
            render.status = render_after(render.status, "begin")
            self._schedule.add(render.due, "complete", render.user_id, render.render_id)
        else:
            self._end_if_over(render, due)

    def _end_if_over(self, render: Render, now: float) -> None:
        """End a render that is due, unless its encode is not done or its fault is `stuck`."""
        fault = render.fate
        if fault is not None:
            if fault.kind == "stuck":
                return
            # A lost render ends too, so that renders that wait for it do not wait for ever.
            render.error = fault.error or fault.kind
        elif render.file is None and render.error is None:
            return
        self._end_render(render, "complete" if render.error is None else "fail", now)

    def _end_render(self, render: Render, verb: str, now: float) -> None:
        render.status = render_after(render.status, verb)
        render.finished_at = now
        self._start_next(render, now)

    def _start_next(self, render: Render, now: float) -> None:
        """Start the next render of the session that waited for this one."""
        renders = self._state.renders[render.user_id].values()
        if any(other.session_id == render.session_id and not (other.finished or other.waiting) for other in renders):
            return
        waiting = (other for other in renders if other.session_id == render.session_id and other.waiting)
        following = next((other for other in waiting if not other.finished), None)
        if following is not None:
            # An encode may be late, and end an export at a time before the next one was submitted.
            self._start_render(following, max(now, following.submitted_at))
