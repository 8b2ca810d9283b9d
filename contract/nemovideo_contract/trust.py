"""The certificates that a connection trusts, loaded once for a process.

Loading takes about 40 ms, as long as twenty calls to a fake, and httpx loads them for each new client. That is why this
is a module: client, fake and suite share it.
"""

from __future__ import annotations

import os
import ssl
from functools import cache


def tls_context(*, trust_env: bool = False) -> ssl.SSLContext:
    """Return the TLS context that httpx uses by default.

    With `trust_env`, it trusts the certificates that `SSL_CERT_FILE` or `SSL_CERT_DIR` name. All callers share the
    context, so none may change it.
    """
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")) if trust_env else ()
    return _load_context(named if any(named) else ())


@cache
def _load_context(named: tuple[str | None, ...]) -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=bool(named))
