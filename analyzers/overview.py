"""What a recording holds, before anything is called a problem: exact counts, sums and quantiles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import CALENDAR, LASTING
from analyzers.latency.self_time import covered, with_self_time
from analyzers.untrusted import Name
from analyzers.usage.calls import ModelCalls, model_calls
from analyzers.usage.decisions import Decisions, decisions
from analyzers.usage.events import Events
from analyzers.usage.events import events as event_types
from analyzers.usage.metrics import Metrics, metrics
from analyzers.usage.quantities import NS, Tally
from analyzers.usage.scores import Scores, scores
from analyzers.usage.self_measured import SelfMeasured, self_measured
from analyzers.usage.tools import ToolUse, tool_use
from analyzers.usage.traffic import Traffic, traffic

_SLOWEST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    usd: float | None  # list price of the calls whose cost is known; None where none is
    unknown_calls: int
    why_unknown: tuple[tuple[Name, int], ...]  # reason and calls, most common first


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    provider: Name | None
    model: Name | None
    calls: int
    errors: int
    input_tokens: Tally
    cached_tokens: Tally
    output_tokens: Tally
    cached_share: float | None  # of the input tokens of calls whose cached count is known
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUse:
    service: Name
    spans: int
    traces: int
    error_traces: int  # traces in which a span of this service failed


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTime:
    service: Name
    operation: Name
    kind: Name
    spans: int
    self_seconds: float
    self_share: float | None  # of the time of the traces that it occurs in; more than 1 where it runs beside itself
    inclusive_seconds: float
    p50_ms: float  # of the inclusive durations
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    first_ns: int | None  # None: no span has a calendar time
    last_ns: int | None
    spans: int
    error_spans: int
    error_share: float | None  # of the spans
    traces: int
    root_error_traces: int  # traces in which a span without a recorded parent failed
    trace_seconds: float | None  # of each trace, the time in which one of its spans was open; None: no span says
    services: tuple[ServiceUse, ...]  # most spans first
    calls: int
    models: tuple[ModelUse, ...]  # most calls first
    slowest: tuple[OperationTime, ...]  # of the spans that say how long they took; most self time first, at most ten
    rejects: int  # pieces of input that could not be read
    traffic: Traffic
    model_calls: ModelCalls
    tools: ToolUse
    scores: Scores
    metrics: Metrics
    events: Events
    self_measured: SelfMeasured
    decisions: Decisions


def overview(
    spans: pl.LazyFrame, calls: pl.LazyFrame, events: pl.LazyFrame, samples: pl.LazyFrame, *, rejects: int
) -> Overview:
    """Reads SPANS, CALLS, EVENTS and SAMPLES. Names that print alike stay apart, as they were recorded."""
    totals = _totals(spans)
    lasting = spans.filter(LASTING)
    trace_times = covered(lasting, "trace_id").with_columns(pl.col("covered_ns").cast(pl.Int128)).collect()
    slowest = _slowest(lasting, trace_times.lazy())
    told = calls.select(_CALL_COLUMNS).collect()  # last: of the spans each part reads its own few columns
    return Overview(
        first_ns=totals["first_ns"],
        last_ns=totals["last_ns"],
        spans=totals["spans"],
        error_spans=totals["error_spans"],
        error_share=totals["error_spans"] / totals["spans"] if totals["spans"] else None,
        traces=totals["traces"],
        root_error_traces=_root_error_traces(spans),
        trace_seconds=int(trace_times["covered_ns"].sum()) / NS if trace_times.height else None,
        services=_services(spans),
        calls=told.height,
        models=_models(told.lazy()),
        slowest=slowest,
        rejects=rejects,
        traffic=traffic(spans, told),
        model_calls=model_calls(spans, told),
        tools=tool_use(spans),
        scores=scores(spans, events),
        metrics=metrics(samples),
        events=event_types(events),
        self_measured=self_measured(samples),
        decisions=decisions(events),
    )


_CALL_COLUMNS: Final = (
    "trace_id", "span_id", "session_id", "start_ns", "end_ns", "clock", "status", "error_type", "provider", "model",
    "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "first_token_ns",
    "queued_ns", "block_hashes", "block_size", "block_unit", "cost_usd", "cost_unknown",
)  # fmt: skip
_FAILED: Final = pl.col("status") == "error"


def _totals(spans: pl.LazyFrame) -> dict[str, Any]:
    totals = spans.select(
        pl.col("start_ns").filter(CALENDAR).min().alias("first_ns"),
        pl.max_horizontal("start_ns", "end_ns").filter(CALENDAR).max().alias("last_ns"),
        pl.len().alias("spans"),
        _FAILED.sum().alias("error_spans"),
        pl.col("trace_id").n_unique().alias("traces"),
    )
    return totals.collect().row(0, named=True)


def _root_error_traces(spans: pl.LazyFrame) -> int:
    recorded = spans.select("trace_id", pl.col("span_id").alias("parent_id"))
    roots = spans.filter(_FAILED).join(recorded, on=["trace_id", "parent_id"], how="anti")
    return int(roots.select(pl.col("trace_id").n_unique()).collect().item())


def _services(spans: pl.LazyFrame) -> tuple[ServiceUse, ...]:
    trace = pl.col("trace_id")
    found = (
        spans.group_by("service")
        .agg(
            pl.len().alias("spans"),
            trace.n_unique().alias("traces"),
            trace.filter(_FAILED).n_unique().alias("error_traces"),
        )
        .sort(["spans", "service"], descending=[True, False])
        .collect()
    )
    return tuple(ServiceUse(**{**row, "service": Name(row["service"] or "")}) for row in found.iter_rows(named=True))


def _slowest(spans: pl.LazyFrame, trace_times: pl.LazyFrame) -> tuple[OperationTime, ...]:
    key = ["service", "operation", "kind"]
    duration = (pl.col("end_ns") - pl.col("start_ns")).clip(lower_bound=0)
    traces = (
        spans.select(*key, "trace_id")
        .unique()
        .join(trace_times, on="trace_id")
        .group_by(key)
        .agg(pl.col("covered_ns").sum())
    )
    found = (
        with_self_time(spans)
        .with_columns(duration.alias("duration_ns"))
        .group_by(key)
        .agg(
            pl.len().alias("spans"),
            pl.col("self_ns", "duration_ns").cast(pl.Int128).sum(),  # a few spans without a start exceed 64 bits
            pl.col("duration_ns").quantile(0.5, "linear").alias("p50_ns"),
            pl.col("duration_ns").quantile(0.95, "linear").alias("p95_ns"),
        )
        .filter(pl.col("duration_ns") > 0)
        .sort(["self_ns", *key], descending=[True, False, False, False])
        .head(_SLOWEST)
        .join(traces, on=key, how="left", maintain_order="left")
        .collect()
    )
    return tuple(
        OperationTime(
            service=Name(row["service"] or ""),
            operation=Name(row["operation"] or ""),
            kind=Name(row["kind"] or ""),
            spans=row["spans"],
            self_seconds=row["self_ns"] / NS,
            self_share=row["self_ns"] / row["covered_ns"] if row["covered_ns"] else None,
            inclusive_seconds=row["duration_ns"] / NS,
            p50_ms=row["p50_ns"] / 1e6,
            p95_ms=row["p95_ns"] / 1e6,
        )
        for row in found.iter_rows(named=True)
    )


def _models(calls: pl.LazyFrame) -> tuple[ModelUse, ...]:
    key = ["provider", "model"]
    both_known = pl.col("input_tokens").is_not_null() & pl.col("cached_tokens").is_not_null()
    tokens = ("input_tokens", "cached_tokens", "output_tokens")
    found = (
        calls.with_columns(pl.col("cost_usd").fill_nan(None))
        .group_by(key)
        .agg(
            pl.len().alias("calls"),
            _FAILED.sum().alias("errors"),
            pl.col(tokens).sum(),
            pl.col("cost_usd").sort().sum(),  # in one order, so that a sum of fractions is the same every time
            pl.col(*tokens, "cost_usd").null_count().name.suffix("_unknown"),
            pl.col("input_tokens").filter(both_known).sum().alias("cacheable"),
            pl.col("cached_tokens").filter(both_known).sum().alias("cached"),
            pl.col("cost_unknown")
            .fill_null("not priced")
            .filter(pl.col("cost_usd").is_null())
            .value_counts()
            .alias("reasons"),
        )
        .sort(["calls", *key], descending=[True, False, False])
        .collect()
    )
    return tuple(_model(row) for row in found.iter_rows(named=True))


def _model(row: dict[str, Any]) -> ModelUse:
    return ModelUse(
        provider=_name(row["provider"]),
        model=_name(row["model"]),
        calls=row["calls"],
        errors=row["errors"],
        input_tokens=_tally(row, "input_tokens"),
        cached_tokens=_tally(row, "cached_tokens"),
        output_tokens=_tally(row, "output_tokens"),
        cached_share=row["cached"] / row["cacheable"] if row["cacheable"] else None,
        cost=Cost(
            usd=None if row["cost_usd_unknown"] == row["calls"] else row["cost_usd"],
            unknown_calls=row["cost_usd_unknown"],
            why_unknown=_reasons(row["reasons"]),
        ),
    )


def _tally(row: dict[str, Any], column: str) -> Tally:
    unknown = row[f"{column}_unknown"]
    return Tally(known=None if unknown == row["calls"] else row[column], unknown_calls=unknown)


def _reasons(reasons: list[dict[str, Any]]) -> tuple[tuple[Name, int], ...]:
    counted: Counter[Name] = Counter()
    for reason in reasons:
        counted[Name(reason["cost_unknown"])] += reason["count"]
    return tuple(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _name(text: str | None) -> Name | None:
    return None if text is None else Name(text)
