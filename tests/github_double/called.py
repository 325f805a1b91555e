"""A request as it came over the line."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Called:
    method: str
    path: str  # with its query
    headers: Mapping[str, str]  # by names in lower case
    content: bytes
    web: str  # the address by which the server was reached


def secret_of(headers: Mapping[str, str]) -> str | None:
    """The token: of git, which sends it as a password, too."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return given or None
    try:
        return base64.b64decode(given).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
