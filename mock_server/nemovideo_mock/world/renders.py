"""Exports: submitted, waiting for each other, encoded, finished."""

from __future__ import annotations

from collections.abc import Callable

from nemovideo_contract.draft import is_ready
from nemovideo_contract.wire import Code, RenderStatus
from nemovideo_mock.agent.turn_plan import Json
from nemovideo_mock.errors import ServiceError
from nemovideo_mock.world.schedule import Step
from nemovideo_mock.world.state import Render, RenderFault, RenderFile, Token
from nemovideo_mock.world.transitions import render_after
from nemovideo_mock.world.turns import Turns

#: The part of its time that a render is pending.
PENDING_SHARE = 0.1


class Renders(Turns):
    """The renders of all accounts."""

    def submit_render(
        self,
        token: Token,
        render_id: str,
        session_id: str,
        draft: Json,
        output: Json,
        now: float,
        seconds: float,
        fate: RenderFault | None = None,
        ordeal: Callable[[], tuple[RenderFault | None, float]] | None = None,
    ) -> tuple[Render, bool]:
        """An export is accepted and would take so many seconds of service time; False where it was there before.

        400 for an empty draft, a missing id, and one that is taken (profile `duplicate_render`). The `ordeal` of an
        export that is accepted says what becomes of it, and how many times as long it takes.
        """
        account = self.state.accounts[token.user_id]
        profile = self.profile_of(account)
        self.session(account, session_id, now)
        if not render_id:
            raise ServiceError(Code.BAD_REQUEST, "id is missing: choose one, such as render_<timestamp>.")
        if not is_ready(draft):
            raise ServiceError(
                Code.BAD_REQUEST, "The draft is empty: it needs a track with segments. Generate something first."
            )
        renders = self.state.renders.setdefault(account.user_id, {})
        known = renders.get(render_id)
        if known is not None:
            if profile.duplicate_render == "existing":
                return known, False
            raise ServiceError(Code.BAD_REQUEST, f"The render id {render_id} is taken: choose a new one.")
        if ordeal is not None:
            fate, factor = ordeal()
            seconds *= factor
        length = seconds * self.pace
        queued = profile.render_queue == "session" and any(
            other.session_id == session_id and not other.finished for other in renders.values()
        )
        render = Render(
            render_id, account.user_id, session_id, token.value, draft, output, now, now, now + length, length, queued,
            fate=fate,
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
        self.schedule(render.begins_at, "begin", render.user_id, render.render_id)

    def render(self, token: Token, render_id: str) -> Render:
        """A render of this token's account, or of this very token (profile `orphan`); 404 where there is none."""
        account = self.state.accounts[token.user_id]
        render = self.state.renders.get(account.user_id, {}).get(render_id)
        if render is not None and self.profile_of(account).orphan == "token" and render.token != token.value:
            render = None
        if render is None:
            raise ServiceError(Code.NOT_FOUND, f"There is no render {render_id}.")
        if render.fate is not None and render.fate.kind == "lost":
            raise ServiceError(Code(render.fate.code), f"There is no render {render_id}.")
        return render

    def exported(self, name: str) -> Render | None:
        """The completed render whose file has this name."""
        for renders in self.state.renders.values():
            for render in renders.values():
                if render.status is RenderStatus.COMPLETED and render.file is not None and render.file.name == name:
                    return render
        return None

    def is_overdue(self, render: Render) -> bool:
        """Whether an export would be over if its encode were; one that waits for such an export isn't."""
        return (
            render.status is RenderStatus.PROCESSING
            and render.fate is None
            and render.file is None
            and render.error is None
            and not any(entry[2:] == ("complete", render.user_id, render.render_id) for entry in self.state.agenda)
        )

    def ahead_of(self, render: Render) -> Render:
        """The export that this one waits for in its session, or this one where it waits for none."""
        if render.waiting and not render.finished:
            for other in self.state.renders[render.user_id].values():
                if other.session_id == render.session_id and not (other.finished or other.waiting):
                    return other
        return render

    def render_encoded(self, render: Render, outcome: RenderFile | str, now: float) -> None:
        """The encode is over, with a file or with what went wrong.

        The export ends when it is due, or at `now`, in seconds since the epoch, where that time has gone by.
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

    def cancel_render(self, render: Render, now: float) -> None:
        """The caller has thought better of it; what has ended stays as it is."""
        if render.finished:
            raise ServiceError(Code.BAD_REQUEST, f"The render has {render.status} already and can't be cancelled.")
        render.error = "cancelled"
        self._end_render(render, "fail", now)

    def happen_to_render(self, render: Render, verb: str, due: float) -> Step:
        """A render begins to be processed, or has come to the time when it should be complete."""
        if not render.finished:
            if verb == "begin":
                render.status = render_after(render.status, "begin")
                self.schedule(render.due, "complete", render.user_id, render.render_id)
            else:
                self._end_if_over(render, due)
        return Step(render=render)

    def _end_if_over(self, render: Render, now: float) -> None:
        """End a render whose time has come, unless its encode is late or it is fated never to end."""
        fate = render.fate
        if fate is not None:
            if fate.kind == "stuck":
                return
            # One that is lost is out of the way too: those that wait for it must not wait for ever.
            render.error = fate.error or fate.kind
        elif render.file is None and render.error is None:
            return
        self._end_render(render, "complete" if render.error is None else "fail", now)

    def _end_render(self, render: Render, verb: str, now: float) -> None:
        render.status = render_after(render.status, verb)
        render.finished_at = now
        self._start_next(render, now)

    def _start_next(self, render: Render, now: float) -> None:
        """Let the next render of the session begin that waited for this one."""
        renders = self.state.renders[render.user_id].values()
        if any(other.session_id == render.session_id and not (other.finished or other.waiting) for other in renders):
            return
        waiting = (other for other in renders if other.session_id == render.session_id and other.waiting)
        following = next((other for other in waiting if not other.finished), None)
        if following is not None:
            # An encode may be late, and end an export at a time before the next one was submitted.
            self._start_render(following, max(now, following.submitted_at))
