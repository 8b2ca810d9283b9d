"""The composition root: it connects client, fake, contract and skills, and has the command line and pytest fixtures.

Nothing else imports this package. `fake` gives a client of a new fake:

from nemovideo_harness import fake

with fake() as nemo:
    session = nemo.session()
    ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo_harness.inprocess import async_fake, fake

__all__ = ["async_fake", "fake"]


def __getattr__(name: str) -> object:
    # Imported on first use: a command that only calls a server does not need the fake.
    if name in __all__:
        from nemovideo_harness import inprocess

        return getattr(inprocess, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
