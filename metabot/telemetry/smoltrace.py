"""SMOLTRACE's runs: `traces.json` with the spans of each test, `results.json` with what the evaluation said of it.

The spans are the SDK's, flat, with every attribute made a text by Python. A result names its trace. The sums beside
them (metrics, leaderboard, metadata) hold nothing that the traces do not.
https://github.com/Mandark-droid/SMOLTRACE/blob/main/smoltrace/otel.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from metabot.telemetry.attributes import Attributes, first, items, parsed, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record
from metabot.telemetry.sdk_span import digits, each, mapping, raw_span
from metabot.telemetry.spans import RawSpan, reject
from metabot.telemetry.times import iso_ns

_TRACES: Final = ("item.spans.item.duration_ms", "item.spans.item.span_id", "item.total_tokens")
_RESULTS: Final = ("item.tool_called", "item.final_answer_called", "item.success")
_SCORES: Final = ("success", "tool_called", "correct_tool", "final_answer_called", "response_correct")
_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
_QUOTED: Final = re.compile(r"'([^']*)'")  # of "('stop',)", which is how Python writes a tuple
_TRACE_DIGITS: Final = 32


def recognises(opening: Opening) -> bool:
    """The traces or the results, whole or a row a line."""
    paths = (_TRACES, _RESULTS)
    return any(opening.has(*found) or opening.has(*(path[len("item.") :] for path in found)) for found in paths)


def is_summary(opening: Opening) -> bool:
    """Sums over the traces: metrics, a leaderboard's row, or what the run was."""
    row = opening.has("traces_dataset", "results_dataset", "success_rate")
    run = opening.has("num_results", "num_traces", "num_metrics")
    metrics = opening.has("item.data_points.item.value.value", "item.data_points.item.attributes.total_tests")
    return row or run or metrics


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, _row, "row")


def _row(place: str, row: object) -> Iterator[Record]:
    if isinstance(row, dict) and isinstance(row.get("spans"), list):
        yield from each(place, items(row, "spans"), _raw)
    elif isinstance(row, dict) and any(name in row for name in _SCORES):
        yield from _scores(place, row)
    else:
        yield reject(place, "neither a trace nor a result", row)


def _raw(span: object) -> RawSpan:
    raw = raw_span(span)
    return replace(raw, attributes={**raw.attributes, **_conventional(raw.attributes)})


def _conventional(attributes: Attributes) -> dict[str, object]:
    found: dict[str, object] = {}
    if isinstance(reasons := attributes.get(_FINISH_REASONS), str):
        found[_FINISH_REASONS] = _QUOTED.findall(reasons) or reasons
    if "test.id" in attributes and "openinference.span.kind" not in attributes:
        found["gen_ai.operation.name"] = "invoke_workflow"  # the test around an agent's run
    return found


def _scores(place: str, row: dict[str, object]) -> Iterator[Record]:
    """One score for each verdict; one that was not reached is null and no score."""
    trace = mapping(parsed(row.get("enhanced_trace_info")))
    trace_id = digits(row.get("trace_id") or trace.get("trace_id"), _TRACE_DIGITS)
    time_ns = iso_ns(first(row, ("evaluation_date", "timestamp")))
    if time_ns is None:
        yield reject(place, "a result without a date", row)
        return
    for name in _SCORES:
        if isinstance(verdict := row.get(name), bool):
            yield Event(
                trace_id=text(trace_id),
                span_id=None,
                service="unknown_service",  # the program names none in its spans either
                kind="score",
                name=name,
                time_ns=time_ns,
                value=float(verdict),
                text=text(row.get("error")) if name == "success" else None,
            )
