"""MLflow's traces: `Trace.to_json`, the `traces.json` beside a run, and rows of `mlflow.search_traces`.

Spans stand in three shapes: with a `context` (MLflow 2), as protocol buffers in JSON with ids in base64, and with the
trace's id of OpenTelemetry beside MLflow's own (`otel_trace_id`). Assessments that are feedback are scores.
https://github.com/mlflow/mlflow/blob/master/mlflow/entities/span.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from metabot.telemetry.attributes import first, integer, items, number, parsed, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.mlflow_span import conventional, plain
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Span
from metabot.telemetry.sdk_span import each, mapping, raw_span
from metabot.telemetry.spans import RawEvent, RawSpan, Unreadable, is_calendar, reject
from metabot.telemetry.times import iso_ns, scaled_ns

_PREFIXES: Final = ("", "data.", "item.", "item.data.", "databricks_output.trace.data.")
_METADATA: Final = ("trace_metadata", "request_metadata")
_CHUNK: Final = "mlflow.chunk.item."  # an event for each piece of a streamed answer, numbered from 0
_DATABRICKS: Final = "databricks_output"  # what served agents answer beside the answer
_COMMIT: Final = "mlflow.source.git.commit"
_US: Final = 1_000
_MS: Final = 1_000_000
_SECOND: Final = 1_000_000_000


def recognises(opening: Opening) -> bool:
    """Spans with MLflow's attributes, or rows that hold a trace as text."""
    told = ("mlflow.traceRequestId", "mlflow.spanType", "mlflow.spanInputs")
    spans = (f"{prefix}spans.item.attributes.{name}" for prefix in _PREFIXES for name in told)
    rows = ((f"{prefix}trace", f"{prefix}trace_metadata") for prefix in ("", "item."))
    return any(path in opening.paths for path in spans) or any(opening.has(*row) for row in rows)


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, _trace, "trace")


def _trace(place: str, trace: object) -> Iterator[Record]:
    row = mapping(trace)
    whole = mapping(parsed(mapping(row.get(_DATABRICKS)).get("trace") or row.get("trace"))) or row
    spans = _spans(whole) if _spans(whole) is not None else _spans(row)
    if spans is None:
        yield reject(place or "line 1", "no trace of MLflow", trace)
        return
    info = mapping(whole.get("info")) or row
    told = mapping(first(info, _METADATA))
    around = {"session.id": told.get("mlflow.trace.session"), "vcs.ref.head.revision": told.get(_COMMIT)}
    trace_id: str | None = None
    for record in each(place, spans, lambda span: _raw(span, around)):
        trace_id = record.trace_id if isinstance(record, Span) else trace_id
        yield record
    yield from _scores(place, items(info, "assessments"), trace_id)


def _spans(trace: dict[str, object]) -> list[object] | None:
    for held in (parsed(trace.get("data")), trace):
        spans = parsed(mapping(held).get("spans"))
        if isinstance(spans, list):
            return spans
    return None


def _raw(span: object, around: dict[str, object]) -> RawSpan:
    if not isinstance(span, dict):
        raise Unreadable("no span")
    raw = raw_span({**span, "trace_id": first(span, ("otel_trace_id", "trace_id"))})
    own = plain(raw.attributes)
    chunks = [event for event in raw.events if str(event.name).startswith(_CHUNK)]
    return replace(
        raw,
        attributes={**own, **conventional(own), **_first_token(raw, chunks)},
        resource={**raw.resource, **{name: value for name, value in around.items() if value is not None}},
        events=[_timed(event) for event in raw.events if event not in chunks],
    )


def _timed(event: RawEvent) -> RawEvent:
    """MLflow stamps events of its own, exceptions too, with microseconds where OpenTelemetry has nanoseconds."""
    told = integer(event.time_ns)
    in_us = told is not None and not is_calendar(told) and is_calendar(told * _US)
    return replace(event, time_ns=told * _US) if told is not None and in_us else event


def _first_token(raw: RawSpan, chunks: list[RawEvent]) -> dict[str, object]:
    start, times = integer(raw.start_ns), [integer(event.time_ns) for event in chunks]
    found = min((time for time in times if time is not None), default=None)
    return {} if start is None or found is None else {"gen_ai.response.time_to_first_chunk": (found - start) / _SECOND}


def _scores(place: str, assessments: list[object], trace_id: str | None) -> Iterator[Record]:
    """What people, rules and models said of the trace; what was expected of it is no score."""
    for number_of, one in enumerate(assessments, 1):
        told = mapping(one)
        feedback = mapping(told.get("feedback"))
        if not feedback or told.get("valid") is False:
            continue
        name = text(first(told, ("assessment_name", "name")))
        time_ns = iso_ns(told.get("create_time")) or scaled_ns(first(told, ("create_time_ms", "create_time")), _MS)
        if name is None or time_ns is None:
            yield reject(f"{place}, assessment {number_of}".lstrip(", "), "without a name or a time", one)
            continue
        value = feedback.get("value")
        yield Event(
            trace_id=trace_id,
            span_id=None,
            service="unknown_service",
            kind="score",
            name=name,
            time_ns=time_ns,
            value=_number(value),
            text=text(told.get("rationale")) or text(value),
        )


def _number(value: object) -> float | None:
    """1 and 0 for what a judge says in words."""
    if isinstance(value, bool):
        return float(value)
    word = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}.get(value.lower()) if isinstance(value, str) else None
    return number(value) if word is None else word
