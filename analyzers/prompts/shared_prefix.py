"""Which pieces of a prompt stand in a prefix that an earlier call had, and which pieces every conversation sends.

Works on the hashes of pieces alone. Cost: three sorts and two group-bys over all pieces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Words = npt.NDArray[np.uint64]
Times = npt.NDArray[np.int64]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


def pieces(calls: pl.DataFrame, *, keep_ns: int) -> pl.DataFrame:
    """One row per piece, calls in the order in which they started, pieces in the order of the prompt.

    Reads `call` (a number of its own), `start_ns`, `cache` (calls with one value share a prompt cache),
    `piece_hashes` and `piece_chars` of equal length. Columns of the result: those of `calls` but the lists, and
    `hash`, `occurrence` (which of the equal pieces of one prompt), `chars`, `position`,
    `shared` (all pieces up to this one also began a call that started at most `keep_ns` earlier) and
    `warm` (such a call had the piece, wherever it stood).
    """
    rows = (
        calls.sort("start_ns", "call")
        .explode("piece_hashes", "piece_chars")
        .rename({"piece_hashes": "hash", "piece_chars": "chars"})
        .with_columns(pl.col("chars").cast(pl.Int64), pl.int_range(pl.len()).over("call").alias("position"))
    )
    hashes, cache, starts = rows["hash"].to_numpy(), rows["cache"].to_numpy(), rows["start_ns"].to_numpy()
    occurrence = _occurrences(_keyed(hashes, rows["call"].to_numpy()))
    prefix = _chained(hashes, rows["position"].to_numpy())
    return rows.with_columns(
        pl.Series("occurrence", occurrence),
        pl.Series("shared", _recent(_keyed(prefix, cache), starts, keep_ns)),
        pl.Series("warm", _recent(_keyed(_keyed(hashes, occurrence), cache), starts, keep_ns)),
    )


def with_static(pieces: pl.DataFrame, *, share: float) -> pl.DataFrame:
    """`static` for the pieces that stand in at least this share of the first calls of a group's conversations.

    Reads `group` and `conversation` beside what `pieces` gives. A piece that stands twice in every prompt is two.
    """
    begins = pl.col("call") == pl.col("call").first().over("group", "conversation")
    opening = pieces.filter(begins).with_columns(pl.col("conversation").n_unique().over("group").alias("conversations"))
    static = (
        opening.group_by("group", "hash", "occurrence")
        .agg(pl.len().alias("seen"), pl.col("conversations").first())
        .filter(pl.col("seen") >= share * pl.col("conversations"))
        .select("group", "hash", "occurrence", pl.lit(value=True).alias("static"))
    )
    return pieces.join(static, on=("group", "hash", "occurrence"), how="left", maintain_order="left").with_columns(
        pl.col("static").fill_null(value=False)
    )


def _recent(keys: Words, starts: Times, keep_ns: int) -> npt.NDArray[np.bool_]:
    """Whether the row before that has the same key, if there is one, started at most `keep_ns` earlier."""
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    recent = np.zeros(len(keys), dtype=np.bool_)
    recent[order[1:]] = same & (np.diff(starts[order]) <= keep_ns)
    return recent


def _occurrences(keys: Words) -> Times:
    """How many rows before it have the row's key."""
    order = np.argsort(keys, kind="stable")
    new = np.ones(len(keys), dtype=np.bool_)
    new[1:] = keys[order][1:] != keys[order][:-1]
    rank = np.arange(len(keys), dtype=np.int64)
    counted = np.empty_like(rank)
    counted[order] = rank - np.maximum.accumulate(np.where(new, rank, 0))
    return counted


def _keyed(words: Words, by: npt.NDArray[np.generic]) -> Words:
    """One word for each pair: equal pairs alike, others apart but for one chance in 2^64."""
    return _mixed(words + _mixed(by.astype(np.uint64) + _GOLDEN))


def _chained(hashes: Words, positions: Times) -> Words:
    """A hash of every prefix: the sum, modulo 2^64, of its pieces' hashes, each mixed with its position."""
    if not len(hashes):
        return hashes
    summed = np.cumsum(_mixed(hashes + (positions.astype(np.uint64) + np.uint64(1)) * _GOLDEN))
    starts = np.flatnonzero(positions == 0)
    before = np.concatenate(([np.uint64(0)], summed))[starts]
    lengths = np.diff(np.append(starts, len(hashes)))
    return np.asarray(summed - np.repeat(before, lengths), dtype=np.uint64)


def _mixed(words: Words) -> Words:
    """splitmix64's finalizer (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
