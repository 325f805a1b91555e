"""A request as a cassette is asked for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from metabot.replay.canonical import canonical, request_digest
from metabot.replay.cassette import Kind
from metabot.replay.likeness import Likeness, of_chat, spellings, texts
from metabot.replay.tokens import tokens
from metabot.replay.tool_request import ToolRequest

_SEQUENCE: Final = "X-Metabot-Sequence"
_TRACE: Final = "traceparent"
HEADERS: Final = (_SEQUENCE, _TRACE)  # that tell which requests belong together
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    kind: Kind
    request: str
    texts: tuple[tuple[str, str], ...]  # of each text, the hashes by which it may have been recorded
    likeness: Likeness
    modelled_tokens: int
    continues: tuple[str, ...]  # what an earlier request of the same conversation may have left, most telling first
    leaves: tuple[str, ...]


def chat(body: bytes, headers: Mapping[str, str]) -> Asked:
    """Of a body that `chat_request.read` accepts."""
    request: dict[str, Any] = json.loads(body)
    said, prefixes = texts(request), list(_prefixes(request["messages"]))
    begins = not any(message["role"] == "assistant" for message in request["messages"])
    named, traced = _named(headers), () if begins else _traced(headers)
    return Asked(
        kind="model",
        request=request_digest(request),
        texts=tuple(map(spellings, said)),
        likeness=of_chat(request),
        modelled_tokens=sum(len(tokens(text)) for text in said),
        continues=(*named, *reversed(prefixes[:-1]), *traced),
        leaves=(*named, prefixes[-1], *_traced(headers)),
    )


def tool(request: ToolRequest, headers: Mapping[str, str]) -> Asked:
    followed = (*_named(headers), *_traced(headers))
    return Asked(
        kind="tool",
        request=request.digest(),
        texts=(),
        likeness=request.likeness(),
        modelled_tokens=0,
        continues=followed,
        leaves=followed,
    )


def _named(headers: Mapping[str, str]) -> tuple[str, ...]:
    name = headers.get(_SEQUENCE)
    return () if name is None else (f"named {name}",)


def _traced(headers: Mapping[str, str]) -> tuple[str, ...]:
    found = _TRACEPARENT.fullmatch(headers.get(_TRACE, ""))
    return () if found is None else (f"trace {found[1]}",)


def _prefixes(messages: list[dict[str, Any]]) -> Iterator[str]:
    """A hash of the first message, of the first two, and so on: a conversation goes on with all that was said."""
    whole = hashlib.sha256()
    for message in messages:
        whole.update(canonical(message).encode("utf-8", "surrogatepass") + b"\0")
        yield whole.hexdigest()
