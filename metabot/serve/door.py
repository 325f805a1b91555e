"""Who may listen to the live stream, and what they ask for."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

from websockets.http11 import Request

from metabot.errors import SettingsError

_CLIENTS: Final = 100
_ASKS: Final = ("type", "task", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where clients come in, and who may. Raises `SettingsError` for one that is open to everybody."""

    host: str
    port: int
    token: str | None = field(default=None, repr=False)
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.token is None and not _is_loopback(self.host):
            raise SettingsError(
                f"--host {self.host}: is reached from other machines, and no token is demanded.\n"
                "  Put one into an environment variable and name it: --token-env METABOT_STREAM_TOKEN; "
                "or listen on 127.0.0.1."
            )

    def refusal(self, request: Request, listening: int) -> tuple[HTTPStatus, str] | None:
        """Why this one may not listen beside so many others; None where it may."""
        given = request.headers.get_all("Authorization")
        if self.token is not None and not _is_bearer(given, self.token):
            return HTTPStatus.UNAUTHORIZED, "send Authorization: Bearer and the token"
        if urlsplit(request.path).path != "/":
            return HTTPStatus.NOT_FOUND, "the stream is at /"
        if not asked(request).keys() <= set(_ASKS):
            return HTTPStatus.BAD_REQUEST, f"ask by {', '.join(_ASKS)}: /?type=alert_*&task=ID"
        if listening >= _CLIENTS:
            return HTTPStatus.SERVICE_UNAVAILABLE, f"{_CLIENTS} listen already"
        return None


def asked(request: Request | None) -> Mapping[str, list[str]]:
    """The query, by its names."""
    return {} if request is None else parse_qs(urlsplit(request.path).query)


def _is_bearer(given: Sequence[str], token: str) -> bool:
    wanted = f"Bearer {token}".encode()
    return len(given) == 1 and hmac.compare_digest(given[0].encode(errors="surrogateescape"), wanted)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
