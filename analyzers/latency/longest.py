"""In how many sessions an agent's stays in one state were its longest ones, and how likely chance has it so."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from analyzers.latency.resting import rests

_SESSION: Final = ("service", "session")
_STATE: Final = ("service", "operation")


def longest(stayed: pl.DataFrame) -> pl.DataFrame:
    """For each state: sessions `beside` others in which the agent works, those in which it was `longest`, `chance`.

    By the mean stay. If all states of a session were alike, each would be the longest as often: the chance that any of
    the service's states is the longest so often.
    """
    each = pl.col("total_ms") / pl.col("entries")
    working = stayed.filter(~rests(pl.col("operation"))).with_columns(
        each.alias("each"), pl.len().over(_SESSION).alias("of")
    )
    best = (pl.col("each") == pl.col("each").max().over(_SESSION)) & pl.col("each").is_unique().over(_SESSION)
    compared = working.with_columns(best.alias("longest")).filter(pl.col("of") >= 2)
    states = working.group_by("service").agg(pl.col("operation").n_unique().alias("states"))
    found = compared.group_by(_STATE).agg(
        pl.len().cast(pl.Int64).alias("beside"), pl.col("longest").sum().cast(pl.Int64), pl.col("of")
    )
    rows = found.join(states, on="service").sort(_STATE)
    chances = [_chance(row) for row in rows.to_dicts()]
    return rows.select(*_STATE, "beside", "longest", pl.Series("chance", chances, dtype=pl.Float64))


def _chance(state: dict[str, Any]) -> float:
    """That so many sessions or more have it: each of them by one over its states."""
    shares = np.ones(1)  # of the sessions so far, how likely each number of them is
    for states in state["of"]:
        shares = np.convolve(shares, (1 - 1 / states, 1 / states))
    return min(1.0, float(state["states"] * shares[state["longest"] :].sum()))
