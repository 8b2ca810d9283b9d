"""Access to the control API: programs on this machine may use it, and others only with the control token.

A web page in the user's browser can reach loopback too. Therefore the `Host` header must name this machine; a DNS name
of an attacker that points to it does not. Requests that a browser marks as sent by a foreign page (`Origin`,
`Sec-Fetch-Site`) are refused.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

#: The header for the control token; `Authorization: Bearer` is accepted too.
TOKEN_HEADER: Final = "X-Nemo-Mock-Token"  # noqa: S105 - a header, not a token
#: The values of `Sec-Fetch-Site` for requests that no page of another site has caused.
OWN_SITES: Final = frozenset({"same-origin", "none"})


def refusal(headers: Mapping[str, str], bound: str | None, token: str | None) -> str | None:
    """Return a sentence that says why a request is refused, or None if it is accepted.

    `headers` finds names in any case and has its values as Latin-1. `bound` is the local address of the connection.
    """
    host = headers.get("host", "")
    if not is_own(host, bound, reached_from_afar=token is not None):
        return f"The control API answers only to the names of this machine, such as localhost, not to {host!r:.80}."
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return f"The control API does not answer web pages of another origin, such as {origin!r:.80}."
    if headers.get("sec-fetch-site", "none") not in OWN_SITES or is_from_foreign_page(headers, bound):
        return "The control API does not answer web pages of another site."
    if token is not None and not hmac.compare_digest(
        token_of_request(headers).encode("latin-1"), token.encode("utf-8")
    ):
        return f"The control API requires its token in the header {TOKEN_HEADER} or as Authorization: Bearer."
    return None


def is_from_foreign_page(headers: Mapping[str, str], bound: str | None) -> bool:
    """Return whether a page of another site has caused a request, as the browser says in its headers.

    Older browsers send no `Sec-Fetch-Site`. Then the page is the one in `Origin` or `Referer`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "cross-site"
    page = headers.get("origin") or headers.get("referer")
    if not page:
        return False
    try:
        host = urlsplit(page).netloc.rpartition("@")[2].lower()
    except ValueError:
        return True
    return host != headers.get("host", "").lower() and not is_own(host, bound)


def token_of_request(headers: Mapping[str, str]) -> str:
    """Return the control token of a request, or an empty string."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return headers.get(TOKEN_HEADER) or (value.strip() if scheme.lower() == "bearer" else "")


def is_own(host: str, bound: str | None, *, reached_from_afar: bool = False) -> bool:
    """Return whether a `Host` header names this machine: a loopback name or address, or the local address.

    If the caller is `reached_from_afar`, also accept 0.0.0.0 and ::, the addresses for all interfaces.
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
