"""A prompt as chained hashes of blocks of one size: two prompts share a prefix as far as their hashes are equal.

The texts of the request are taken as one run of characters, each text followed by U+001E (RECORD SEPARATOR), and cut
every 256 characters. A block's hash is the 8-byte BLAKE2b digest of the hash before it (8 bytes big-endian, 0 for the
first) and the block's UTF-8 text, as a big-endian unsigned integer; so it stands for everything up to the block's end.
A rest shorter than a block has no hash.

Two programs that hash the same texts get the same blocks: these rules are a format. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

SIZE: Final = 256  # characters: 64 tokens or so; providers' caches go in steps of 16 to 128 tokens
_END: Final = "\x1e"


def chained(texts: Iterable[str]) -> tuple[int, ...]:
    """The hashes of the whole blocks, first to last; a lone surrogate is hashed as it stands."""
    whole = "".join(text + _END for text in texts)
    hashes: list[int] = []
    before = bytes(8)
    for at in range(0, len(whole) - SIZE + 1, SIZE):
        before = blake2b(before + whole[at : at + SIZE].encode("utf-8", "surrogatepass"), digest_size=8).digest()
        hashes.append(int.from_bytes(before, "big"))
    return tuple(hashes)


def hash_text(text: str) -> int:
    """The 8-byte BLAKE2b digest of exactly this text as a big-endian integer; a lone surrogate as it stands."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def shared(one: Iterable[int], other: Iterable[int]) -> int:
    """How many blocks two prompts have in common from their beginning."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
