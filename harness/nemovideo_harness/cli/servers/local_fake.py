"""A fake inside the process of a command."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from nemovideo_contract.extras import install_hint
from nemovideo_harness.cli.console.exit_codes import Exit, Stop

if TYPE_CHECKING:
    from nemovideo_contract.profiles import Profile
    from nemovideo_mock.server import RunningServer

INSTALL_MOCK: Final = f"The fake is not installed. Install it with: {install_hint('mock,render')}"
INSTALL_RENDER: Final = f"Real exports need the extra render. Install it with: {install_hint('render')}"
_NEEDED: Final = ("starlette", "uvicorn", "sse_starlette", "python_multipart", "cattrs")


def require_mock() -> None:
    """End the command if the fake is not installed, and say how to install it."""
    if any(find_spec(module) is None for module in _NEEDED):
        raise Stop(Exit.NOT_INSTALLED, INSTALL_MOCK)


def run_stub_fake(profile: Profile | None = None) -> AbstractContextManager[RunningServer]:
    """Run a fake on a virtual clock whose exports are stubs; it stops at the end of the block.

    Raises:
        Stop: The fake is not installed.
    """
    require_mock()
    from nemovideo_mock.server import running
    from nemovideo_mock.settings import Settings

    settings = Settings(quality="stub", clock="virtual")
    if profile is not None:
        settings = Settings(quality="stub", clock="virtual", profile=profile)
    return running(settings)
