"""The tokens of the calls of an exemplar's trace, call by call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from analyzers.finding import Exemplar
from analyzers.untrusted import Name
from metabot.picture.picture import PicturedCall

CALLS: Final = 40  # of one finding, those that it names aside
_READ: Final = 500  # of one trace, the first
_COLUMNS: Final = (
    "trace_id", "span_id", "model", "input_tokens", "cached_tokens", "output_tokens", "service", "operation",
    "piece_hashes", "piece_chars", "block_hashes", "block_size", "block_unit",
)  # fmt: skip


def read_calls(calls: pl.LazyFrame, exemplars: Collection[Exemplar]) -> dict[str, pl.DataFrame]:
    """The calls of the exemplars' traces by trace, in the order in which they were made: the first ones of each."""
    ids = pl.LazyFrame({"trace_id": sorted({one.trace_id for one in exemplars})}, schema={"trace_id": pl.String})
    first = pl.int_range(pl.len()).over("trace_id", order_by=["start_ns", "span_id"])
    made = calls.join(ids, on="trace_id", how="semi").with_columns(first.alias("place"))
    read = made.filter(pl.col("place") < _READ).sort("trace_id", "place").select(_COLUMNS).collect()
    return {str(key): rows for (key,), rows in read.partition_by("trace_id", as_dict=True).items()}


def calls_of(traces: Sequence[pl.DataFrame], blamed: Collection[str]) -> tuple[tuple[PicturedCall, ...], int]:
    """At most forty calls, evenly spaced where there are more, those that are named, and how many are left out."""
    told = [
        PicturedCall(
            trace=number,
            place=place,
            model=None if model is None else Name(model),
            input_tokens=given,
            cached_tokens=cached,
            output_tokens=answered,
            blamed=span_id in blamed,
        )
        for number, rows in enumerate(traces, 1)
        for place, (span_id, model, given, cached, answered) in enumerate(
            rows.select("span_id", "model", "input_tokens", "cached_tokens", "output_tokens").rows(), 1
        )
    ]
    step = -(-len(told) // CALLS) or 1
    shown = tuple(call for place, call in enumerate(told) if call.blamed or place % step == 0)
    return shown, len(told) - len(shown)
