"""Where two prompts that follow each other part: how many tokens both begin with, by the chained hashes of blocks."""

from __future__ import annotations

import polars as pl

from analyzers.prompts.conversations import SAME
from analyzers.usage.prompt_blocks import shared_blocks


def parting(ordered: pl.DataFrame, wanted: pl.Expr) -> pl.DataFrame:
    """The calls of `conversations` with `shared`: how many tokens the prompt and the one before both begin with.

    At most its own. Null where it is not `wanted`, where one of the two was not captured, or where their blocks are of
    different sizes. Whole blocks are counted; of blocks of characters the tokens are in proportion. The blocks
    themselves are left out.
    """
    blocks = pl.col("block_hashes")
    size, unit = pl.col("block_size"), pl.col("block_unit")
    alike = SAME & (size == size.shift(1)) & (unit == unit.shift(1)) & (size > 0)
    both = (blocks.list.len() > 0) & (blocks.list.len().shift(1) > 0)
    pairs = (
        ordered.with_row_index("row")
        .with_columns(blocks.shift(1).alias("others"))
        .filter((alike & both & wanted).fill_null(value=False))
        .select("row", "block_hashes", "others", "block_size", "block_unit", "input_tokens")
    )
    shared = _tokens(pairs.with_columns(_shared(pairs))).select("row", "shared")
    return (
        ordered.drop("block_hashes")
        .with_row_index("row")
        .join(shared, on="row", how="left", maintain_order="left")
        .drop("row")
    )


def _shared(pairs: pl.DataFrame) -> pl.Series:
    one = pairs["others"].list.len().cast(pl.Int64).to_numpy()
    other = pairs["block_hashes"].list.len().cast(pl.Int64).to_numpy()
    hashes = pl.concat([pairs["others"], pairs["block_hashes"]]).explode().fill_null(0).to_numpy()
    lengths = pl.Series([*one, *other], dtype=pl.Int64)
    starts = (lengths.cum_sum() - lengths).to_numpy()
    most = pl.DataFrame({"one": one, "other": other}).min_horizontal().to_numpy()
    return pl.Series("blocks", shared_blocks(hashes, starts[: len(one)], starts[len(one) :], most), dtype=pl.Int64)


def _tokens(pairs: pl.DataFrame) -> pl.DataFrame:
    """`shared` out of `blocks`."""
    tokens = pl.col("input_tokens")
    exact = pl.col("blocks") * pl.col("block_size")
    share = tokens.cast(pl.Float64) * pl.col("blocks") / pl.col("block_hashes").list.len()
    told = pl.when(pl.col("block_unit") == "tokens").then(exact).otherwise(share.cast(pl.Int64, strict=False))
    return pairs.with_columns(pl.min_horizontal(told, tokens).alias("shared"))
