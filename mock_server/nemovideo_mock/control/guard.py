"""Who may use the control API: this machine's own programs, and beyond it whoever has the token.

A web page in the user's browser reaches loopback too. So a Host must name this machine, which a name that an attacker
points here doesn't, and what browsers say of a foreign page (`Origin`, `Sec-Fetch-Site`) is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: Carries the control token; `Authorization: Bearer` does as well.
TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 - a header, not a token
#: What `Sec-Fetch-Site` says of requests that nobody else's page has caused.
OWN_SITES: Final = frozenset({"same-origin", "none"})


def refusal(headers: Mapping[str, str], bound: str | None, token: str | None) -> str | None:
    """Why a request is refused, in one sentence; None where it isn't.

    `headers` finds names in any case and has values as Latin-1; `bound` is the address that the request came in at.
    """
    host = headers.get("host", "")
    if not is_own(host, bound, reached_from_afar=token is not None):
        return f"The control API answers to the names of this machine, such as localhost, and not to {host!r:.80}."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return f"The control API answers to no page of another origin, such as {origin!r:.80}."
    if headers.get("sec-fetch-site", "none") not in OWN_SITES:
        return "The control API answers to no page of another site."
    if token is not None and not hmac.compare_digest(
        token_of_request(headers).encode("latin-1"), token.encode("utf-8")
    ):
        return f"The control API wants its token, in the header {TOKEN_HEADER} or as Authorization: Bearer."
    return None


def token_of_request(headers: Mapping[str, str]) -> str:
    """The token that a request carries; empty where it carries none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return headers.get(TOKEN_HEADER) or (value.strip() if scheme.lower() == "bearer" else "")


def is_own(host: str, bound: str | None, *, reached_from_afar: bool = False) -> bool:
    """Whether a Host header names this machine: a loopback name or address, or the address it came in at.

    Where it is `reached_from_afar` it may be bound to all addresses, as 0.0.0.0 or ::, and is then called that too.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
        if address.is_loopback or (reached_from_afar and address.is_unspecified):
            return True
        return bound is not None and address == ipaddress.ip_address(bound)
    except ValueError:
        return False
