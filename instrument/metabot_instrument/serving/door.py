"""Who may ask: those who bear the token, and no page of another site."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Refusal:
    status: HTTPStatus
    why: str


@dataclass(frozen=True, slots=True)
class Door:
    """The token is read from its variable at each request, so that it can be changed; without a variable all may in.

    Raises `ValueError` for a name that no variable can have, and for an origin that is none.
    """

    token_variable: str | None
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.token_variable is not None and (not self.token_variable or "=" in self.token_variable):
            raise ValueError(
                f"router: token_variable={self.token_variable!r} names no environment variable.\n"
                "  Name the one that holds the token; None, and only that, lets everybody in."
            )
        for origin in self.origins:
            parts = urlsplit(origin)
            if not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(
                    f"router: origins: {origin!r} is no origin of a page.\n  Write it so: https://desk.example"
                )

    def refusal(self, authorization: Sequence[str]) -> Refusal | None:
        """Why a request with these `Authorization` headers may not in; None where it may."""
        if self.token_variable is None:
            return None
        token = os.environ.get(self.token_variable, "").strip()
        if not token:
            return Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"closed: the server's environment variable {self.token_variable} holds no token. Set it.",
            )
        if len(authorization) != 1 or not _is_bearer(authorization[0]):
            return Refusal(HTTPStatus.UNAUTHORIZED, "send one header Authorization: Bearer and the token")
        if not _bears(authorization[0], token):
            return Refusal(
                HTTPStatus.UNAUTHORIZED, f"this is not the token that the server's {self.token_variable} holds"
            )
        return None

    def welcomes(self, origin: str | None, host: str) -> bool:
        """Whether a page of `origin` may change something or listen here, at `host`.

        Where no token is demanded, the own origin counts only by address: any name can be made to lead here.
        """
        if origin is None or origin in self.origins:
            return True
        try:
            own = urlsplit(origin).netloc == host
        except ValueError:
            return False
        return own and (self.token_variable is not None or _is_address(host))


def _is_bearer(header: str) -> bool:
    return header.partition(" ")[0].lower() == "bearer"


def _bears(header: str, token: str) -> bool:
    """`header` as the server decoded it, byte by byte."""
    given = header.partition(" ")[2].strip().encode("latin-1", "replace")
    return hmac.compare_digest(given, token.encode(errors="surrogateescape"))


def _is_address(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False
