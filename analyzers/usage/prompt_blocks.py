"""How much of the prompts repeats, by the chained hashes of their blocks: no text is needed.

An equal hash at one place means an equal prompt up to there, so what two prompts share is found by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzers.untrusted import Name
from analyzers.usage.sequences import AGENT

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

_BREAK_BLOCKS: Final = 200  # a shorter prompt is cheap to read again
_BREAK_SHARE: Final = 0.1
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consecutive:
    """Each call against the one before of the same agent in the same trace."""

    calls: int  # that have one before them
    blocks: int  # of those calls
    reused: int  # of these, as many as the call before began with as well
    reused_share: float | None
    breaks: int  # calls of at least 200 blocks that share less than 10 % of them
    traces_with_breaks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptBlocks:
    """Of the calls whose prompts were cut into blocks of one size."""

    block_unit: Name  # characters, tokens
    block_size: int
    calls: int
    blocks: int
    reusable: int  # that an earlier call to the same model had as well: what a cache that forgets nothing would hold
    reusable_share: float | None
    same_first_block: int  # calls that begin with the block that most calls begin with
    consecutive: Consecutive


def prompt_blocks(ordered: pl.DataFrame) -> tuple[PromptBlocks, ...]:
    """One for each unit and size, that of most calls first. Reads calls `sequences.in_order`."""
    known = ordered.select(*AGENT, "model", "block_hashes", "block_size", "block_unit").filter(
        (pl.col("block_hashes").list.len() > 0) & (pl.col("block_size") > 0) & pl.col("block_unit").is_not_null()
    )
    parts = known.partition_by("block_unit", "block_size", maintain_order=True)
    return tuple(_of_one_size(part) for part in sorted(parts, key=lambda part: -part.height))


def _of_one_size(calls: pl.DataFrame) -> PromptBlocks:
    sizes = calls["block_hashes"].list.len().cast(pl.Int64).to_numpy()
    hashes = calls["block_hashes"].explode().fill_null(0).to_numpy()
    starts = np.cumsum(sizes) - sizes
    models = calls["model"].fill_null("").rank("dense").cast(pl.UInt64).to_numpy()
    distinct = pl.Series(hashes + np.repeat(models, sizes) * _GOLDEN).n_unique()
    return PromptBlocks(
        block_unit=Name(calls["block_unit"].item(0)),
        block_size=calls["block_size"].item(0),
        calls=calls.height,
        blocks=len(hashes),
        reusable=len(hashes) - distinct,
        reusable_share=(len(hashes) - distinct) / len(hashes),
        same_first_block=int(np.unique(hashes[starts], return_counts=True)[1].max()),
        consecutive=_consecutive(calls, hashes, starts, sizes),
    )


def _consecutive(calls: pl.DataFrame, hashes: Words, starts: Rows, sizes: Rows) -> Consecutive:
    same = pl.all_horizontal(pl.col(column).eq_missing(pl.col(column).shift(1)) for column in AGENT)
    later = np.flatnonzero(calls.select(same).to_series().to_numpy()[1:]) + 1
    reused = shared_blocks(hashes, starts[later - 1], starts[later], np.minimum(sizes[later - 1], sizes[later]))
    broken = (sizes[later] >= _BREAK_BLOCKS) & (reused < _BREAK_SHARE * sizes[later])
    blocks = int(sizes[later].sum())
    return Consecutive(
        calls=len(later),
        blocks=blocks,
        reused=int(reused.sum()),
        reused_share=int(reused.sum()) / blocks if blocks else None,
        breaks=int(broken.sum()),
        traces_with_breaks=calls["trace_id"].gather(later[broken]).n_unique(),
    )


def shared_blocks(hashes: Words, one: Rows, other: Rows, most: Rows) -> Rows:
    """How many blocks two prompts, which start at `one` and at `other`, share from their beginning; at most `most`."""
    low, high = np.zeros_like(most), most.copy()
    while np.any(low < high):
        middle = (low + high + 1) // 2
        at = np.maximum(middle - 1, 0)
        equal = hashes[one + at] == hashes[other + at]
        low, high = np.where(equal, middle, low), np.where(equal | (low >= high), high, middle - 1)
    return low
