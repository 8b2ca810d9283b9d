"""Connect a client to the target of `make` or `chat`: a server, or a fake inside this process."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nemovideo_contract.targets import TargetError, select_target
from nemovideo_contract.wire import RenderStatus
from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.servers.local_fake import INSTALL_RENDER, require_mock
from nemovideo_harness.cli.tokens import lookup

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Call, Client, Limits, RenderProgress, Session
    from nemovideo_contract.targets import SelectedTarget

#: The progress of an encode, from 0 to 1; None if it is unknown.
Share = Callable[[], float | None]


def connect(
    target: SelectedTarget,
    quality: str | None,
    stack: ExitStack,
    on_call: Callable[[Call], None] | None,
    skill: Attribution | None,
) -> tuple[Client, Share]:
    """Return a client for the target, and a function that returns the progress of the fake's encode.

    `stack` closes both. On any other server than a fake inside this process, the progress is unknown.

    Raises:
        Stop: The fake or its renderer is needed and not installed.
    """
    if target.base_url is not None:
        from nemovideo_client import Client

        kept = lookup.load_saved_token(target.base_url)
        stack.enter_context(lookup.explain_refused_token(kept, target))
        client = Client(target.base_url, token=kept, attribution=skill, limits=limits_for(target), on_call=on_call)
        return stack.enter_context(client), lambda: None
    require_mock()
    from nemovideo_harness import inprocess
    from nemovideo_mock.render import available
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    if quality != "stub" and not available():
        raise Stop(Exit.NOT_INSTALLED, f"--quality stub needs no extra. {INSTALL_RENDER}")
    settings = Settings(
        clock="virtual", quality="stub" if quality == "stub" else "preview" if quality == "preview" else "full"
    )
    server = stack.enter_context(running(settings))
    render_worker = server.runtime().render_worker
    return stack.enter_context(
        inprocess.connect(server, attribution=skill, token=inprocess.test_token(os.environ), on_call=on_call)
    ), lambda: render_worker.share


@dataclass(slots=True)
class Continuation:
    """What the next command needs to continue the work of this one: the session, and the render once there is one.

    Nothing continues on a fake inside the command, which ends with it.
    """

    target: SelectedTarget
    output: Path | None = None
    session: Session | None = None
    render_id: str | None = None
    #: Whether no later command has the token, because the client got it for itself.
    is_anonymous: bool = False

    def note(self, client: Client, session: Session) -> None:
        """Note the session, whose token the client knows by now."""
        self.session = session
        self.is_anonymous = client.token().renewable

    def note_render(self, render: RenderProgress) -> bool:
        """Note a render; return whether it is one that a later command can fetch and that was not noted before."""
        is_over = render.status in {RenderStatus.FAILED, "cancelled"}
        former, self.render_id = self.render_id, None if is_over else render.render_id
        return self.is_possible and self.render_id not in {former, None}

    @property
    def is_possible(self) -> bool:
        """Whether a later command can continue the work."""
        return self.target.base_url is not None and not self.is_anonymous

    @property
    def facts(self) -> dict[str, object]:
        """The IDs, for `--json`."""
        session_id = None if self.session is None else self.session.session_id
        found = {"session_id": session_id, "render_id": self.render_id}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def fetch_later(self) -> str:
        """A sentence with the command that downloads the render later; empty if there is no render."""
        if not self.is_possible or self.render_id is None:
            return ""
        return f"Fetch it later with: nemo-harness download {self.render_id}{self._file}{self._target}"

    def advice(self, client: Client | None = None) -> str:
        """Return sentences with the next commands, empty if there is nothing to continue.

        A session of an anonymous token can only be opened in a browser; the `client` asks for the link.
        """
        if self.target.base_url is None or self.session is None:
            return ""
        name, to = self.session.session_id, self._target
        if self.is_anonymous:
            lost = f"The session is {name}, but its anonymous token ends with this command."
            return f"{lost} {self._link(client)}Run nemo-harness token --save first to have the token next time."
        if self.render_id is not None:
            return f"The session is {name}, and the render continues. {self.fetch_later}"
        return (
            f"The session is {name}: nemo-harness state {name}{to} shows its work, and "
            f"nemo-harness export {name}{self._file}{to} writes the video."
        )

    def _link(self, client: Client | None) -> str:
        from nemovideo_client import NemoError

        assert self.session is not None
        try:
            return "" if client is None else f"Open it in a browser: {client.claim_link(self.session)} . "
        except NemoError:
            return ""  # most documents do not describe this call

    @property
    def _file(self) -> str:
        return "" if self.output is None else f" -o {shlex.quote(str(self.output))}"

    @property
    def _target(self) -> str:
        """The option that the next command needs to call the same server."""
        try:
            is_default = select_target(None, os.environ).base_url == self.target.base_url
        except TargetError:
            is_default = False
        return "" if is_default else f" --target {shlex.quote(self.target.name)}"


def limits_for(target: SelectedTarget) -> Limits:
    """Return how long and how often a client polls the target."""
    from nemovideo_client import Limits

    # A server on this machine may be ten times as fast as the service, and frequent polls do it no harm.
    return Limits(poll_interval_s=0.2, polls=3000) if target.is_local else Limits()
