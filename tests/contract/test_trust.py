"""Certificates are loaded once, and as the environment names them."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from nemovideo_client.drivers import pool
from nemovideo_client.models import Limits
from nemovideo_contract.trust import tls_context
from nemovideo_contract.wire import PRODUCTION_URL


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of certificates that are loaded from now on."""
    load, files = ssl.create_default_context, list[str]()

    def loading(*, cafile: str) -> ssl.SSLContext:
        files.append(cafile)
        return load(cafile=cafile)

    monkeypatch.setattr(ssl, "create_default_context", loading)
    # As it is without what these tests have of their own, see conftest.py.
    monkeypatch.setattr("httpx._transports.default.create_ssl_context", httpx.create_ssl_context)
    return files


def test_certificates_are_loaded_once_for_all_clients(loaded: list[str]) -> None:
    tls_context()
    loaded.clear()
    for _ in range(3):
        httpx.Client(verify=tls_context(), trust_env=False).close()
    assert loaded == []


def test_a_client_of_the_service_verifies_it_and_loads_nothing_twice(loaded: list[str]) -> None:
    pool(PRODUCTION_URL, Limits(), None).close()
    loaded.clear()
    with pool(PRODUCTION_URL, Limits(), None) as http:
        transport = http._transport
    assert isinstance(transport, httpx.HTTPTransport)
    context = transport._pool._ssl_context  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType,reportUnknownVariableType]
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert loaded == []


def test_certificates_that_the_environment_names_are_trusted_only_with_trust_env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert tls_context(trust_env=True) is tls_context()
    trustme.CA().cert_pem.write_to_path(tmp_path / "own.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    named = tls_context(trust_env=True)
    assert (named.verify_mode, named.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert named.cert_store_stats()["x509_ca"] == 1
    assert tls_context().cert_store_stats()["x509_ca"] > 1
