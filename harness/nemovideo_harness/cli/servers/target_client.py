"""Connect a client to the target of `make` or `chat`: a server, or a fake inside this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from nemovideo_harness.cli.console.exit_codes import Exit, Stop
from nemovideo_harness.cli.servers.local_fake import INSTALL_RENDER, require_mock
from nemovideo_harness.cli.tokens import lookup

if TYPE_CHECKING:
    from nemovideo_client import Attribution, Call, Client, Limits
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
        raise Stop(Exit.NOT_INSTALLED, f"{INSTALL_RENDER}, or use --quality stub.")
    settings = Settings(
        clock="virtual", quality="stub" if quality == "stub" else "preview" if quality == "preview" else "full"
    )
    server = stack.enter_context(running(settings))
    render_worker = server.runtime().render_worker
    return stack.enter_context(
        inprocess.connect(server, attribution=skill, token=inprocess.test_token(os.environ), on_call=on_call)
    ), lambda: render_worker.share


def limits_for(target: SelectedTarget) -> Limits:
    """Return how long and how often a client polls the target."""
    from nemovideo_client import Limits

    # A server on this machine may be ten times as fast as the service, and frequent polls do it no harm.
    return Limits(poll_interval_s=0.2, polls=3000) if target.is_local else Limits()
