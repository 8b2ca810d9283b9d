"""Which hosts a process may call: all, or where `NEMO_ALLOWED_HOSTS` is set this machine and those that it names.

A test run sets it, so that no test reaches the real service by accident, whatever `NEMO_API_URL` and `NEMO_TOKEN` say;
so may a CI job. It is the environment's, so that a command which a test starts is bound by it too.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: Host names, separated by commas; empty for none but this machine.
ENV_ALLOWED_HOSTS: Final = "NEMO_ALLOWED_HOSTS"


def reason_to_refuse(url: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Why a URL must not be called by this process, in a sentence; None where it may be."""
    said = (os.environ if environ is None else environ).get(ENV_ALLOWED_HOSTS)
    if said is None:
        return None
    host = (urlsplit(url).hostname or "").rstrip(".")
    if is_loopback(host) or (host and host in {each.strip().lower() for each in said.split(",")}):
        return None
    return (
        f"{host} is not called: {ENV_ALLOWED_HOSTS} lets this process call this machine alone"
        f"{f' and {said}' if said else ''}. Under pytest, --nemo-allow-host {host} allows it."
    )


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
