"""The hosts that a process may call: with `NEMO_ALLOWED_HOSTS`, only this machine and the hosts in the variable.

Our pytest plugin sets the variable, so that no test calls the real service by accident, whatever `NEMO_API_URL` and
`NEMO_TOKEN` contain. A CI job can set it too. Commands that a test starts inherit the variable.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: The environment variable: host names, separated by commas; empty means only this machine.
ENV_ALLOWED_HOSTS: Final = "NEMO_ALLOWED_HOSTS"


def reason_to_refuse(url: str, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the reason why this process must not call a URL, as a sentence, or None if it may call it."""
    allowed = (os.environ if environ is None else environ).get(ENV_ALLOWED_HOSTS)
    if allowed is None:
        return None
    host = (urlsplit(url).hostname or "").rstrip(".")
    if is_loopback(host) or (host and host in {each.strip().lower() for each in allowed.split(",")}):
        return None
    return (
        f"{host} must not be called: {ENV_ALLOWED_HOSTS} allows only this machine"
        f"{f' and {allowed}' if allowed else ''}. In pytest, allow it with --nemo-allow-host {host}."
    )


def is_loopback(host: str) -> bool:
    """Return whether a host name or an address belongs to this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
