"""The certificates that a connection trusts, loaded once for a process.

They take some 40 ms to load, as long as twenty calls to a fake take, and httpx loads them for each client that is made.
"""

from __future__ import annotations

import os
import ssl
from functools import cache


def trusted(*, trust_env: bool = False) -> ssl.SSLContext:
    """What httpx trusts where nothing else is said; with `trust_env` what `SSL_CERT_FILE` or `SSL_CERT_DIR` name.

    Everybody gets the same context, so nobody may change it.
    """
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else ()
    return _loaded(named if any(named) else ())


@cache
def _loaded(named: tuple[str | None, ...]) -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=bool(named))
