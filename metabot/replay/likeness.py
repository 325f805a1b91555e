"""What a request is like: a key without text, made of a request as it comes or of what was recorded of one.

Two requests of one model are alike from 0 to 1: half by the pieces of the last text, three tenths by the pieces of all
texts, a tenth each by the tools that are offered and by the roles in their order. What one of both does not know is
left out and the rest counts for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Final

from metabot.replay.canonical import canonical, canonical_text
from metabot.replay.pieces import overlap, pieces, sketch, text_hash

FLOOR: Final = 0.6  # less like than that is another request: even one that shares all but its last text stays below
_DATED: Final = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The key of a model's request, or of a tool's, of which the model is its method and path."""

    model: str
    tools: tuple[str, ...] | None  # None: was not recorded
    roles: tuple[str, ...] | None
    pieces: tuple[str, ...]  # a sketch of all texts
    last: tuple[str, ...]  # and of the last one


def alike(one: Likeness, other: Likeness) -> float:
    if series(one.model) != series(other.model):
        return 0.0
    shares = [(0.5, overlap(one.last, other.last)), (0.3, overlap(one.pieces, other.pieces))]
    if one.tools is not None and other.tools is not None:
        shares.append((0.1, overlap(tuple(one.tools), tuple(other.tools))))
    if one.roles is not None and other.roles is not None:
        shares.append((0.1, _in_order(one.roles, other.roles)))
    return sum(weight * share for weight, share in shares) / sum(weight for weight, _ in shares)


def at_most(one: Likeness, other: Likeness) -> float:
    """A bound of `alike` that is found faster, of two of one model: as if all but the last text were the same."""
    return 0.5 + 0.5 * overlap(one.last, other.last)


@lru_cache(maxsize=10_000)
def _in_order(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


@lru_cache(maxsize=1_000)
def series(model: str) -> str:
    """A model without its date, which answers name and requests mostly do not: `gpt-4.1-mini-2025-04-14`."""
    return _DATED.sub("", model)


def of_chat(body: Mapping[str, Any]) -> Likeness:
    said = texts(body)
    return Likeness(
        model=str(body.get("model")),
        tools=tuple(sorted({tool["function"]["name"] for tool in body.get("tools") or ()})),
        roles=tuple(message["role"] for message in body["messages"]),
        pieces=sketch(piece for text in said for piece in pieces(text)),
        last=sketch(pieces(said[-1]) if said else ()),
    )


def of_tool(method: str, path: str, body: Any) -> Likeness:
    """What stands at each place of the request's body, a piece each."""
    found = sketch(text_hash(place) for place in _places(body, ""))
    return Likeness(model=f"{method} {path}", tools=None, roles=None, pieces=found, last=found)


def texts(body: Mapping[str, Any]) -> list[str]:
    """What a checked request's messages say, in order: contents, then names and arguments of the calls they ask for.

    Definitions of tools are left out: programs record them in many spellings.
    """
    return [text for message in body["messages"] for text in _of_message(message) if text]


def spellings(text: str) -> tuple[str, str]:
    """The hashes by which a text may have been recorded: as it was written, and as JSON in its one spelling."""
    return text_hash(text), text_hash(canonical_text(text))


def _of_message(message: Mapping[str, Any]) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, list):
        yield from (str(part.get("text") or "") for part in content)
    else:
        yield content or ""
    for call in message.get("tool_calls") or ():
        yield call["function"]["name"]
        yield call["function"]["arguments"]


def _places(value: Any, at: str) -> Iterator[str]:
    inner: Sequence[tuple[str, Any]]
    if isinstance(value, dict):
        inner = [(f"{at}/{key}", one) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [(f"{at}/{place}", one) for place, one in enumerate(value)]
    else:
        yield f"{at}={canonical(value)}"
        return
    for place, one in inner:
        yield from _places(one, place)
