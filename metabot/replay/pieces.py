"""Hashes of texts and of their lines, by which prompts are compared without their text.

The rules are those of metabot's store: a piece is a line without the white space around it, cut every 256 characters;
its hash is the 8-byte BLAKE2b digest of its UTF-8 text. They stand here once more because this package runs alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

_LONGEST: Final = 256  # characters of a piece
KEPT: Final = 128  # pieces of a sketch


def text_hash(text: str) -> str:
    """Sixteen hexadecimal digits; a lone surrogate is hashed as it stands."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def pieces(text: str) -> list[str]:
    stripped = (line.strip() for line in text.split("\n"))
    return [text_hash(line[at : at + _LONGEST]) for line in stripped for at in range(0, len(line), _LONGEST)]


def sketch(hashes: Iterable[str]) -> tuple[str, ...]:
    """The smallest of them, each once: of two large sets the sketches overlap as much as the sets do."""
    return tuple(sorted(set(hashes))[:KEPT])


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How much of two sketched sets they share (Jaccard's index, estimated by the smallest hashes of both); 0 to 1."""
    if one == other:
        return 1.0
    ours, theirs = _set(one), _set(other)
    shared = ours & theirs
    if not shared or max(len(one), len(other)) < KEPT:
        return len(shared) / (len(ours) + len(theirs) - len(shared))
    smallest = sorted(ours | theirs)[:KEPT]
    return sum(hashed <= smallest[-1] for hashed in shared) / len(smallest)


_set: Final = lru_cache(maxsize=50_000)(frozenset[str])  # every request is compared with every exchange of its model
