"""Ends the wait for an answer's headers, which the time between two bytes alone does not bound."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpcore

#: The events of httpcore's trace extension that bring a connection.
_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class HeaderDeadline:
    """Cuts the connection of one call where `seconds` are over before the block ends.

    `trace` goes among the request's extensions as `trace`, and the call must make a connection of its own.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._stream: httpcore.NetworkStream | None = None
        self.has_cut = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def trace(self, event: str, facts: Mapping[str, object]) -> None:
        """Take down the connection that the call has made."""
        found = facts.get("return_value")
        if event in _CONNECTED and isinstance(found, httpcore.NetworkStream):
            self._stream = found

    def _cut(self) -> None:
        self.has_cut = True
        found: object = None if self._stream is None else self._stream.get_extra_info("socket")
        if isinstance(found, socket.socket):
            with suppress(OSError):  # it has ended by itself
                # By the plain socket: the one of TLS would wait for the other side's farewell.
                socket.socket.shutdown(found, socket.SHUT_RDWR)
