"""The spans of an exemplar's trace, as a tree in its own order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import polars as pl

from analyzers.clock import DURATION_NS, TIMED
from analyzers.finding import Exemplar
from analyzers.untrusted import Name
from metabot.picture.picture import PicturedSpan, PicturedTrace

SPANS: Final = 200  # of one trace
_READ: Final = 2_000  # spans of a trace that are looked at; of a longer one the longest, and those that are named
_NS_PER_MS: Final = 1e6

_COLUMNS: Final = (
    pl.col("trace_id", "span_id", "parent_id", "service", "operation", "kind"),
    (pl.col("status") == "error").fill_null(value=False).alias("failed"),
    pl.col("start_ns"),
    pl.when(TIMED).then("start_ns").alias("begin_ns"),
    DURATION_NS.alias("ns"),
)


def read_traces(spans: pl.LazyFrame, exemplars: Collection[Exemplar]) -> dict[str, pl.DataFrame]:
    """The exemplars' traces by their ids, in the order in which spans began; `size` is how many spans each has."""
    ids = pl.LazyFrame({"trace_id": sorted({one.trace_id for one in exemplars})}, schema={"trace_id": pl.String})
    wanted = spans.join(ids, on="trace_id", how="semi")
    sizes = wanted.group_by("trace_id").agg(pl.len().alias("size")).collect()
    small = sizes.filter(pl.col("size") <= _READ)
    parts = [wanted.join(small.lazy(), on="trace_id", how="semi").select(_COLUMNS).collect()]
    named = [one.span_id for one in exemplars]
    for trace_id in sizes.filter(pl.col("size") > _READ)["trace_id"]:
        rows = spans.filter(pl.col("trace_id") == trace_id).select(_COLUMNS)
        longest = rows.top_k(SPANS, by=pl.col("ns").fill_null(0))
        parts.append(pl.concat([longest, rows.filter(pl.col("span_id").is_in(named))]).unique().collect())
    read = pl.concat(parts).join(sizes, on="trace_id").sort("trace_id", "start_ns", "span_id")
    return {str(key): rows for (key,), rows in read.partition_by("trace_id", as_dict=True).items()}


def pictured(trace_id: str, rows: pl.DataFrame, blamed: Collection[str]) -> PicturedTrace:
    spans = {row["span_id"]: row for row in rows.iter_rows(named=True)}
    kept = _kept(spans, blamed)
    begun = rows["begin_ns"].min()
    return PicturedTrace(
        trace_id=Name(trace_id),
        spans=tuple(_span(row, depth, begun, blamed) for row, depth in _preorder(kept)),
        left_out=int(rows["size"][0]) - len(kept),
    )


def _kept(spans: Mapping[str, Any], blamed: Collection[str]) -> dict[str, Any]:
    """Those that are named with those above them, then the longest."""
    kept: dict[str, Any] = {}
    for span_id in blamed:
        while span_id in spans and span_id not in kept and len(kept) < SPANS:
            kept[span_id] = spans[span_id]
            span_id = spans[span_id]["parent_id"]  # noqa: PLW2901  walks up
    others = [row for span_id, row in spans.items() if span_id not in kept]
    longest = sorted(others, key=lambda row: -(row["ns"] or 0))
    kept |= {row["span_id"]: row for row in longest[: SPANS - len(kept)]}
    return {span_id: row for span_id, row in spans.items() if span_id in kept}


def _preorder(spans: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
    """Each span with its depth. One whose parent is not there is a root, and so is the first of a circle."""
    children: dict[str | None, list[str]] = {}
    for span_id, row in spans.items():
        parent = row["parent_id"] if row["parent_id"] in spans and row["parent_id"] != span_id else None
        children.setdefault(parent, []).append(span_id)
    done: set[str] = set()
    for root in [*children.get(None, []), *spans]:
        waiting = [(root, 0)]
        while waiting:
            span_id, depth = waiting.pop()
            if span_id not in done:
                done.add(span_id)
                yield spans[span_id], depth
                waiting += [(child, depth + 1) for child in reversed(children.get(span_id, []))]


def _span(row: Any, depth: int, begun: Any, blamed: Collection[str]) -> PicturedSpan:
    begin, ns = row["begin_ns"], row["ns"]
    return PicturedSpan(
        depth=depth,
        service=Name(row["service"] or ""),
        operation=Name(row["operation"] or ""),
        kind=Name(row["kind"] or ""),
        failed=row["failed"],
        blamed=row["span_id"] in blamed,
        start_ms=None if begin is None else (begin - begun) / _NS_PER_MS,
        ms=None if ns is None else ns / _NS_PER_MS,
    )
