"""A plain HTTP request to a tool: what it is known by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from metabot.replay.canonical import digest
from metabot.replay.likeness import Likeness, of_tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRequest:
    method: str
    path: str
    query: str
    body: Any  # what its JSON holds, or its text where it is none; None where it is empty

    def digest(self) -> str:
        return digest({"method": self.method, "path": self.path, "query": self._asked(), "body": self.body})

    def likeness(self) -> Likeness:
        return of_tool(self.method, self.path, {"query": self._asked(), "body": self.body})

    def _asked(self) -> dict[str, list[str]]:
        asked: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            asked.setdefault(name, []).append(value)
        return asked


def read(method: str, target: str, body: bytes) -> ToolRequest:
    parts = urlsplit(target)
    return ToolRequest(method=method, path=unquote(parts.path), query=parts.query, body=_content(body))


def _content(body: bytes) -> Any:
    """What the JSON holds, or its text where it is none; None where it is empty."""
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
