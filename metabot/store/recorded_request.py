"""A recorded request's key: its hashes were taken before anything was redacted, its lines only where they are whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from metabot.replay.canonical import canonical_text
from metabot.replay.likeness import Likeness
from metabot.replay.pieces import pieces, sketch, text_hash
from metabot.replay.tokens import tokens

REDACTED = "[redacted: "


class Request(NamedTuple):
    texts: tuple[str, ...]
    likeness: Likeness
    modelled_tokens: int | None


Known = dict[int, tuple[str, int]]
"""Of a text by its hash: the hash of its spelling, and its modelled tokens. A conversation is sent again and again."""


def request_of(call: Mapping[str, Any], held: Mapping[int, str], known: Known) -> Request | None:
    """Of a row of CALLS and the texts that the store holds. None where the request is not known."""
    hashes: list[int] = call["request_hashes"] or []
    definitions = _definitions(call, held)
    said = hashes[len(definitions) :]
    if not said:
        return None
    for hashed in said:
        if hashed not in known and hashed in held:
            known[hashed] = _spelled(hashed, held[hashed]), len(tokens(held[hashed]))
    of_tools = {piece for definition in definitions for piece in pieces(definition)}
    recorded = (f"{hashed:016x}" for hashed in call["piece_hashes"] or ())
    return Request(
        texts=tuple(known[hashed][0] if hashed in known else f"{hashed:016x}" for hashed in said),
        likeness=Likeness(
            model=call["model"],
            tools=tuple(sorted(set(call["tools_offered"]))) if call["tools_offered"] else None,
            roles=None,
            pieces=sketch(piece for piece in recorded if piece not in of_tools),
            last=sketch(_whole_lines(held.get(said[-1], ""))),
        ),
        modelled_tokens=sum(known[hashed][1] for hashed in said) if all(map(known.__contains__, said)) else None,
    )


def _definitions(call: Mapping[str, Any], held: Mapping[int, str]) -> list[str]:
    """Texts that the request begins with and that define the tools it offers."""
    found = []
    for hashed, chars in zip(call["request_hashes"] or (), call["tools_chars"] or (), strict=False):
        text = held.get(hashed)
        if text is None or (len(text) != chars and REDACTED not in text):
            break
        found.append(text)
    return found


def _spelled(hashed: int, text: str) -> str:
    """The hash of a text in its one spelling; as it was recorded where something was taken out of it."""
    recorded = f"{hashed:016x}"
    return recorded if text_hash(text) != recorded else text_hash(canonical_text(text))


def _whole_lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if REDACTED not in line:
            yield from pieces(line)
