"""Whom a span's own time belongs to: while a client waits, the one that it called is at work.

The own time of a call that only waits (a client, or an inner span below which nothing but another service stands) is
the callee's: the network to it, the queue before it and what it did itself cannot be told apart from the caller's side.
What clients do below a model call is the model's. An inner or a server span without children that lies beside a sibling
with children (a listener, a poll, a filter's outer half) only waits for it. All other time is the span's own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from analyzers.clock import CALENDAR, LASTING
from analyzers.identifiers import identified
from analyzers.latency.self_time import with_self_time
from analyzers.latency.tree import Flags, Rows, jumped, parents

_CALLING: Final = ("client", "producer")
_INNER: Final = "internal"  # what recorders write that know no kinds
_LISTENING: Final = (_INNER, "server", "consumer")
_BESIDE: Final = 0.9  # of its time; the rest is the clock's


def credited(spans: pl.DataFrame, above: Rows) -> Rows:
    """For each span the row that its own time belongs to. `above` holds the rows of their `tree.parents`.

    Reads service, kind, start_ns and end_ns.
    """
    of_a_model = models(spans, above)
    unchanged = of_a_model == np.arange(len(above))
    return np.where(unchanged, _callees(spans, above), of_a_model)


def models(spans: pl.DataFrame, above: Rows) -> Rows:
    """For each span that a client makes below a model call the row of that; for all others their own. Reads kind."""
    kind = spans["kind"].fill_null(_INNER)
    passes_on = kind.is_in([*_CALLING, _INNER]).to_numpy()
    own = np.arange(len(above))
    top = jumped(np.where(passes_on, above, own))
    return np.where((kind == "model").to_numpy()[top], top, own)


def listens(spans: pl.DataFrame, above: Rows) -> Flags:
    """Which spans only wait for a sibling. `above` holds the rows of their `tree.parents`.

    Reads kind, start_ns and end_ns.
    """
    every = spans.select("kind", "start_ns", "end_ns", above=pl.Series(above)).with_row_index("row")
    has_parent = pl.col("above") != pl.col("row")
    works = pl.col("row").is_in(every.filter(has_parent)["above"].unique().implode())
    siblings = (
        every.filter(has_parent)
        .with_columns(works.alias("works"))
        .filter(pl.col("works").any().over("above"))
        .sort("above", "start_ns")
    )
    done = pl.when("works").then("end_ns").cum_max().forward_fill().shift(1).over("above")
    next_start = pl.when("works").then("start_ns").backward_fill().shift(-1).over("above")
    begun_before = pl.when(done.is_not_null()).then(pl.min_horizontal("end_ns", done)) - pl.col("start_ns")
    begun_within = pl.col("end_ns") - next_start
    beside = pl.max_horizontal(begun_before, begun_within) >= _BESIDE * (pl.col("end_ns") - pl.col("start_ns"))
    of_kind = pl.col("kind").fill_null(_INNER).is_in(_LISTENING)
    found = siblings.filter(of_kind & ~pl.col("works") & beside)
    waits = np.zeros(len(above), dtype=np.bool_)
    waits[found["row"].to_numpy()] = True
    return waits


def doubled(spans: pl.DataFrame, calls: pl.LazyFrame) -> Flags:
    """Which spans record a model call that another span records more closely. Reads trace_id and span_id, and CALLS."""
    again = (
        calls.filter(pl.col("span_ids").list.len() > 1)
        .select("trace_id", pl.col("span_id").alias("closest"), pl.col("span_ids").alias("span_id"))
        .explode("span_id")
        .filter(pl.col("span_id") != pl.col("closest"))
        .select("trace_id", "span_id", pl.lit(value=True).alias("again"))
        .unique(("trace_id", "span_id"))
        .collect()
    )
    joined = spans.select("trace_id", "span_id").join(
        again, on=("trace_id", "span_id"), how="left", maintain_order="left"
    )
    return joined["again"].fill_null(value=False).to_numpy()


def by_window(spans: pl.LazyFrame, every_ns: int) -> pl.DataFrame:
    """Each service's own time, waiting for it included, in each window of calendar time; in their order.

    `spans` counts those at work that began in the window; `p95_ns` is of their own times. Reads SPANS.
    """
    lasting = spans.filter(CALENDAR & LASTING & (pl.col("end_ns") >= pl.col("start_ns")))
    rows = identified(with_self_time(lasting.select(*_READ)))
    above = parents(rows)
    belongs_to, waits = credited(rows, above), listens(rows, above)
    self_ns = np.where(waits, 0, rows["self_ns"].to_numpy())
    own = np.bincount(belongs_to, weights=self_ns, minlength=rows.height)
    at_work = ~waits & (belongs_to == np.arange(rows.height))
    windows = rows.select("service", pl.col("start_ns") // every_ns * every_ns).with_columns(pl.Series("own_ns", own))
    return (
        windows.filter(pl.Series(at_work))
        .group_by("service", pl.col("start_ns").alias("window_ns"))
        .agg(pl.len().alias("spans"), pl.col("own_ns").quantile(0.95, "linear").alias("p95_ns"))
        .sort("window_ns", "service")
    )


_READ: Final = ("trace_id", "span_id", "parent_id", "service", "operation", "kind", "start_ns", "end_ns")


def _callees(spans: pl.DataFrame, above: Rows) -> Rows:
    """The first span of the one other service that all spans below a call are of; the call itself where none is."""
    every = spans.select("service", "start_ns", "end_ns", "kind", above=pl.Series(above)).with_row_index("row")
    callers = every.select(
        pl.col("row").cast(pl.Int64).alias("above"),
        pl.col("service").alias("caller"),
        (pl.col("kind").is_in(_CALLING) | (pl.col("above") != pl.col("row"))).alias("called"),
        pl.col("kind").fill_null(_INNER).is_in([*_CALLING, _INNER]).alias("may_wait"),
        pl.col("start_ns").alias("from_ns"),
        pl.col("end_ns").alias("to_ns"),
    )
    at_once = (pl.col("start_ns") < pl.col("to_ns")) & (pl.col("end_ns") > pl.col("from_ns"))
    elsewhere = (pl.col("service") != pl.col("caller")) & at_once
    found = (
        every.filter(pl.col("above") != pl.col("row"))
        .join(callers.filter("may_wait", "called"), on="above")
        .sort("start_ns", "row")
        .group_by("above")
        .agg(pl.col("row").first(), elsewhere.all().alias("elsewhere"), pl.col("service").n_unique().alias("services"))
        .filter(pl.col("elsewhere") & (pl.col("services") == 1))
    )
    belongs_to = np.arange(len(above))
    belongs_to[found["above"].to_numpy()] = found["row"].to_numpy()
    return belongs_to
