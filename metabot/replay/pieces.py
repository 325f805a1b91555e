"""Hashes of texts and of their lines, by which prompts are compared without their text.

The rules are those of metabot's store: a piece is a line without the white space around it, cut every 256 characters;
its hash is the 8-byte BLAKE2b digest of its UTF-8 text. They stand here once more because this package runs alone.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    ours, theirs = set(one), set(other)
    together = sorted(ours | theirs)[:KEPT] if max(len(one), len(other)) == KEPT else ours | theirs
    if not together:
        return 1.0
    return sum(hashed in ours and hashed in theirs for hashed in together) / len(together)
