"""Where the prompts of two of a finding's calls part, by the hashes of their pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Literal

import polars as pl

from analyzers.finding import Exemplar
from metabot.picture.picture import Parting, Side

Piece = tuple[int, int]  # its hash and its size


def parting_of(exemplars: Sequence[Exemplar], calls: Mapping[str, pl.DataFrame]) -> Parting | None:
    """Of the first two exemplars that are calls; of a single one, it and the call before in its trace.

    None where they were not captured, or have no unit in common.
    """
    pair = _pair(exemplars, calls)
    if pair is None:
        return None
    one, other = pair
    if one["piece_hashes"] and other["piece_hashes"]:
        return _parted(pair, _pieces(one), _pieces(other), "characters", later=True)
    same_blocks = one["block_size"] == other["block_size"] and one["block_unit"] == other["block_unit"]
    if one["block_hashes"] and other["block_hashes"] and same_blocks and one["block_size"]:
        unit: Literal["tokens", "characters"] = "tokens" if one["block_unit"] == "tokens" else "characters"
        return _parted(pair, _blocks(one), _blocks(other), unit, later=False)
    return None


def _pair(exemplars: Sequence[Exemplar], calls: Mapping[str, pl.DataFrame]) -> tuple[Any, Any] | None:
    found: list[Any] = []
    for exemplar in exemplars:
        rows = calls.get(exemplar.trace_id)
        named = None if rows is None else _before(rows, exemplar.span_id)
        if named is not None:
            found.append(named)
    if len(found) > 1:
        return found[0][-1], found[1][-1]
    return (found[0][-2], found[0][-1]) if found and len(found[0]) > 1 else None


def _before(rows: pl.DataFrame, span_id: str) -> list[Any] | None:
    """The call with the one before it, if there is one of the same operation."""
    told = list(rows.iter_rows(named=True))
    place = next((place for place, row in enumerate(told) if row["span_id"] == span_id), None)
    if place is None:
        return None
    where = (told[place]["service"], told[place]["operation"])
    before = [row for row in told[:place] if (row["service"], row["operation"]) == where]
    return [*before[-1:], told[place]]


def _pieces(call: Any) -> list[Piece]:
    return list(zip(call["piece_hashes"], call["piece_chars"], strict=False))


def _blocks(call: Any) -> list[Piece]:
    return [(block, call["block_size"]) for block in call["block_hashes"]]


def _parted(
    pair: tuple[Any, Any],
    one: list[Piece],
    other: list[Piece],
    unit: Literal["characters", "tokens"],
    *,
    later: bool,
) -> Parting:
    """Chained hashes say nothing of what comes `later`: there each differs from where the first one does."""
    shared = [mine for mine, _ in takewhile(lambda two: two[0][0] == two[1][0], zip(one, other, strict=False))]
    place = len(shared)
    behind = Counter(one[place:]) & Counter(other[place:])
    return Parting(
        unit=unit,
        shared=sum(size for _, size in shared),
        shared_pieces=place,
        shared_later=sum(size * times for (_, size), times in behind.items()) if later else None,
        sides=(_side(pair[0], one, place), _side(pair[1], other, place)),
    )


def _side(call: Any, pieces: list[Piece], place: int) -> Side:
    hashed, size = pieces[place] if place < len(pieces) else (None, None)
    return Side(
        call=Exemplar(trace_id=call["trace_id"], span_id=call["span_id"]),
        size=sum(size for _, size in pieces),
        piece_hash=None if hashed is None else f"{hashed:016x}",
        piece_size=size,
    )
