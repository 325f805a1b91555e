"""Spans one by one and by layer, of any telemetry. Times in milliseconds, quantiles exact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from analyzers.untrusted import Name, Untrusted
from metabot.store.store import Store
from metabot.telemetry.identity import beginning_of, trace_id_of
from metabot_instrument.vocabulary.layers import LAYERS, layer_named

Status = Literal["success", "error", "blocked"]

# A trace line's operation is stored as layer.operation. One that took no whole unit of its clock took 0 ms; elsewhere
# a span that ends where it starts was recorded as an instant, and how long it took is unknown.
_SEEN: Final = """
WITH seen AS (
    SELECT *, CASE WHEN list_contains($layers, split_part(operation, '.', 1)) THEN split_part(operation, '.', 1) END
        AS layer
    FROM spans
), timed AS (
    SELECT *, CASE WHEN clock IN ('utc', 'relative') AND (end_ns > start_ns OR end_ns = start_ns AND layer IS NOT NULL)
            THEN (end_ns - start_ns) / 1e6 END AS ms,
        CASE WHEN status = 'error' THEN 'error' WHEN (trace_id, span_id) IN (
            SELECT (trace_id, span_id) FROM events WHERE kind = 'span event' AND name = 'blocked'
        ) THEN 'blocked' ELSE 'success' END AS outcome
    FROM seen
)
"""
_CHOSEN: Final = (
    "($layer IS NULL OR layer = $layer OR starts_with(operation, $layer || '.')) "
    "AND ($status IS NULL OR outcome = $status)"
)
_COLUMNS: Final = (
    "trace_id, span_id, parent_id, layer, service, operation, kind, start_ns, clock, ms, outcome, error_type, "
    "left(error_message, 1000) AS error_message, left(input, 1000) AS input, left(output, 1000) AS output"
)
_LATEST: Final = f"""
{_SEEN} SELECT * FROM (
    SELECT {_COLUMNS} FROM timed WHERE {_CHOSEN} ORDER BY start_ns DESC, trace_id DESC, span_id DESC LIMIT $last
) ORDER BY start_ns, trace_id, span_id
"""  # noqa: S608  # the text above
_OF_TRACE: Final = f"""
{_SEEN} SELECT {_COLUMNS} FROM timed WHERE trace_id = $trace ORDER BY start_ns, span_id
"""  # noqa: S608
_TRACES: Final = "SELECT DISTINCT trace_id FROM spans WHERE {} ORDER BY trace_id LIMIT $most"
_WHOLE: Final = _TRACES.format("trace_id = $id OR span_id = $id")
_BEGINNING: Final = _TRACES.format("starts_with(trace_id, $id) OR starts_with(span_id, $id)")
_OF_LINE: Final = _TRACES.format("span_id = $digits OR starts_with(span_id, $line) OR trace_id = $root")
_LINES_BEGINNING: Final = _TRACES.format(
    "starts_with(span_id, $digits) AND start_ns // 1000000000 = $second "
    "AND ($layer IS NULL OR starts_with(operation, $layer || '.'))"
)
_LINE_ID: Final = re.compile(r"([a-z]{3})_(\d{1,10})(?:_([0-9a-z]*))?")
_LINES: Final = "trace-lines"  # the format whose ids these are
_LAYERED: Final = "SELECT 1 FROM spans WHERE starts_with(operation, $layer || '.') LIMIT 1"
_FIGURES: Final = """
    count(*) AS operations, count(ms) AS timed, avg(ms) AS average, quantile_cont(ms, 0.95) AS p95, max(ms) AS slowest,
    count(*) FILTER (outcome = 'error') AS errors, count(*) FILTER (outcome = 'blocked') AS blocked
"""
_RECENT: Final = f"""
{_SEEN}, recent AS (
    SELECT * REPLACE (CASE WHEN layer IS NULL THEN kind END AS kind)
    FROM timed WHERE {_CHOSEN} ORDER BY start_ns DESC, trace_id DESC, span_id DESC LIMIT $last
)
"""  # noqa: S608
_LAYERS: Final = f"""
{_RECENT} SELECT layer, kind, {_FIGURES} FROM recent
GROUP BY layer, kind ORDER BY layer IS NULL, list_position($layers, layer), kind
"""  # noqa: S608
_SLOWEST: Final = f"""
{_RECENT} SELECT layer, service, operation, {_FIGURES},
    arg_max(trace_id, ms) AS trace_id, arg_max(span_id, ms) AS span_id
FROM recent GROUP BY layer, service, operation HAVING count(ms) > 0 ORDER BY slowest DESC, operation LIMIT $slowest
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedSpan:
    trace_id: str
    span_id: str
    parent_id: str | None
    layer: str | None  # of the vocabulary, where the operation names one
    service: Name
    operation: Name
    kind: str
    start_ns: int
    dated: bool  # start_ns is calendar time
    ms: float | None
    outcome: Status
    error_type: Name | None
    error_message: Untrusted | None
    input: Untrusted | None
    output: Untrusted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of `operations` spans, `timed` of which have a duration."""

    operations: int
    timed: int
    average: float | None
    p95: float | None
    slowest: float | None
    errors: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFigures:
    layer: str | None
    kind: str | None  # of spans without a layer
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFigures:
    layer: str | None
    service: Name
    operation: Name
    trace_id: str  # of its slowest span
    span_id: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The latest `last` spans of a layer (its name, or a short one) and of an outcome; None takes all."""

    last: int | None = None
    layer: str | None = None
    status: Status | None = None


def latest(store: Store, wanted: Wanted) -> list[TracedSpan]:
    """Oldest first."""
    return [_span(row) for row in _rows(store, _LATEST, _chosen(wanted))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Ids of traces, and whether the id that was asked for is `whole`, or the beginning of theirs."""

    traces: list[str]
    whole: bool


def traces_named(store: Store, identity: str, *, most: int) -> Named:
    """The traces that have this id or hold a span that has it; where there is none, those whose ids begin so.

    An id as a trace line writes it (`alt_1768312800_a3f2`) is of the lines that have it, by other agents given twice
    now and then, or of those that a line names as its parent; as a beginning, of that layer's spans in that second.
    """
    found = _LINE_ID.fullmatch(identity)
    if found is None:
        return _named(store, _WHOLE, _BEGINNING, {"id": identity, "most": most})
    short, second, digits = found.groups(default="")
    layer = layer_named(short)
    line = {"digits": digits, "line": beginning_of(_LINES, identity), "root": trace_id_of(_LINES, identity)}
    moment = {"digits": digits, "second": int(second), "layer": layer.name if layer else None}
    return _named(store, _OF_LINE, _LINES_BEGINNING, {**line, "most": most}, {**moment, "most": most})


def _named(
    store: Store, of_whole: str, of_beginning: str, values: dict[str, Any], others: dict[str, Any] | None = None
) -> Named:
    whole = _traces(store, of_whole, values)
    return Named(traces=whole or _traces(store, of_beginning, others or values), whole=bool(whole))


def _traces(store: Store, statement: str, values: dict[str, Any]) -> list[str]:
    return [row["trace_id"] for row in _rows(store, statement, values)]


def spans_of(store: Store, trace_id: str) -> list[TracedSpan]:
    """In the order in which they began."""
    return [_span(row) for row in _rows(store, _OF_TRACE, {"trace": trace_id, "layers": _known()})]


def by_layer(store: Store, wanted: Wanted) -> list[LayerFigures]:
    """The vocabulary's layers in its order, then the spans without one by their kind."""
    return [
        LayerFigures(layer=row.pop("layer"), kind=row.pop("kind"), figures=Figures(**row))
        for row in _rows(store, _LAYERS, _chosen(wanted))
    ]


def slowest_operations(store: Store, wanted: Wanted, *, most: int) -> list[OperationFigures]:
    """Operations by their slowest span, the slowest first."""
    return [
        OperationFigures(
            layer=row.pop("layer"),
            service=Name(row.pop("service")),
            operation=Name(row.pop("operation")),
            trace_id=row.pop("trace_id"),
            span_id=row.pop("span_id"),
            figures=Figures(**row),
        )
        for row in _rows(store, _SLOWEST, {**_chosen(wanted), "slowest": most})
    ]


def has_layer(store: Store, layer: str) -> bool:
    """Whether it is one of the vocabulary, or the first part of an operation."""
    return layer_named(layer) is not None or bool(_rows(store, _LAYERED, {"layer": layer}))


def _known() -> list[str]:
    return list(LAYERS)


def _chosen(wanted: Wanted) -> dict[str, Any]:
    layer = None if wanted.layer is None else layer_named(wanted.layer)
    return {
        "layers": _known(),
        "layer": wanted.layer if layer is None else layer.name,
        "status": wanted.status,
        "last": wanted.last,
    }


def _rows(store: Store, statement: str, values: dict[str, Any]) -> Sequence[dict[str, Any]]:
    with store.storage():
        return store.connection.execute(statement, values).pl().to_dicts()


_AS_THEY_ARE: Final = ("trace_id", "span_id", "parent_id", "layer", "kind", "start_ns", "ms", "outcome")


def _span(row: dict[str, Any]) -> TracedSpan:
    return TracedSpan(
        **{name: row[name] for name in _AS_THEY_ARE},
        dated=row["clock"] in ("utc", "utc start"),
        service=Name(row["service"]),
        operation=Name(row["operation"]),
        error_type=None if row["error_type"] is None else Name(row["error_type"]),
        error_message=_text(row["error_message"]),
        input=_text(row["input"]),
        output=_text(row["output"]),
    )


def _text(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)
