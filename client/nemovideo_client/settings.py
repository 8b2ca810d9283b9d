"""What a client makes of its arguments and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nemovideo_client import flows
from nemovideo_client.attribution import Attribution
from nemovideo_client.client_id import check_client_id, client_id
from nemovideo_client.errors import InvalidSetting
from nemovideo_client.models import Limits, Token
from nemovideo_contract import wire


class Settings:
    """What both clients make of their arguments and the environment."""

    def __init__(
        self,
        base_url: str | None,
        token: str | None,
        client: str | None,
        attribution: Attribution | None,
        limits: Limits,
        environ: Mapping[str, str] | None,
        config_dir: Path | None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.config_dir = config_dir
        address = base_url or self.environ.get(wire.ENV_API_URL, "").strip() or wire.PRODUCTION_URL
        self.service = flows.Service(
            base_url=flows.check_base_url(address),
            web_url=(self.environ.get(wire.ENV_WEB_URL, "").strip() or wire.WEB_URL).rstrip("/"),
            attribution=attribution or Attribution.default(self.environ),
            limits=limits,
        )
        value = (token if token is not None else self.environ.get(wire.ENV_TOKEN, "")).strip()
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise InvalidSetting("The token must be plain ASCII text without spaces.")
        self.token = Token(value) if value else None
        self._client_id = None if client is None else check_client_id(client, "client_id")

    @property
    def client_id(self) -> str:
        """The client id, looked up when it is first needed, as a given token needs none."""
        if self._client_id is None:
            self._client_id = client_id(self.environ, self.config_dir)
        return self._client_id
