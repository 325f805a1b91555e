"""Requests as they are, without a library that hides what came."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from github_double.double import Double


@dataclass(frozen=True)
class Came:
    status: int
    headers: Mapping[str, str]  # by names in lower case
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def ask(double: Double, method: str, path: str, body: Any = None, *, token: str | None = "", **headers: str) -> Came:
    """`path` goes on after the repository's, or begins with a slash. No token is sent where it is None."""
    secret = double.token if token == "" else token
    address = urlsplit(double.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {} if secret is None else {"Authorization": f"Bearer {secret}"}
    whole = path if path.startswith("/") else f"/repos/{double.name}/{path}".rstrip("/")
    try:
        connection.request(method, whole, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Came(answer.status, told, answer.read().decode())
    finally:
        connection.close()
