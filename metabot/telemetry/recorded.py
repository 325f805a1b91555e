"""What is kept of a call's texts beside the texts themselves: lengths and hashes, by which calls are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from metabot.telemetry.pieces import Piece, cut, hash_text
from metabot_instrument.vocabulary import blocks

_SHORT: Final = 4_000  # characters of a text that is remembered: a conversation is sent again with each of its calls


class Recorded(NamedTuple):
    """Fields of `ModelCall`."""

    piece_hashes: tuple[int, ...] = ()
    piece_chars: tuple[int, ...] = ()
    prompt_chars: int | None = None
    prompt_hash: int | None = None
    block_hashes: tuple[int, ...] = ()
    block_size: int | None = None
    block_unit: Literal["characters", "tokens"] | None = None
    request_hashes: tuple[int, ...] = ()
    answer_hash: int | None = None
    answer_chars: int | None = None
    texts: Mapping[int, str] = {}


def recorded(request: Sequence[str], answer: str | None) -> Recorded:
    """Of the request's texts in the order in which the model read them, and of the answer; None was not recorded."""
    read = [_short(text) if len(text) <= _SHORT else _read(text) for text in request]
    request_hashes = tuple([hashed for hashed, _ in read])
    texts = dict(zip(request_hashes, request, strict=True))
    pieces = [piece for _, of_text in read for piece in of_text]
    answer_hash = None if answer is None else hash_text(answer)
    if answer is not None and answer_hash is not None:
        texts[answer_hash] = answer
    return Recorded(
        piece_hashes=tuple(piece.hash for piece in pieces),
        piece_chars=tuple(piece.chars for piece in pieces),
        prompt_chars=sum(map(len, request)) if request else None,
        prompt_hash=hash_text("".join(f"{one:016x}" for one in request_hashes)) if request else None,
        block_hashes=blocks.chained(request),
        block_size=blocks.SIZE if request else None,
        block_unit="characters" if request else None,
        request_hashes=request_hashes,
        answer_hash=answer_hash,
        answer_chars=None if answer is None else len(answer),
        texts=texts,
    )


def _read(text: str) -> tuple[int, list[Piece]]:
    return hash_text(text), cut(text)


_short: Final = lru_cache(maxsize=2_000)(_read)
