"""Small recordings: `frames(trace(tool("a", 400), tool("b", 400)))` gives the frames that analyzers read.

Durations and starts are milliseconds; a child without a `start` begins where its elder sibling ended. Columns that
a test is about are given by name; the others hold what a plain recording of a healthy application holds.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import polars as pl

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS, Frame

MS = 1_000_000
BEGIN_NS = 1_790_000_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    operation: str
    kind: str
    ms: float | None  # None: until its last child ends
    children: tuple[Node, ...]
    start: float | None  # after the parent's start; None: after the sibling before it
    columns: Mapping[str, Any]
    call: Mapping[str, Any] | None = None
    events: tuple[Mapping[str, Any], ...] = ()


class Frames(NamedTuple):
    spans: pl.LazyFrame
    calls: pl.LazyFrame
    events: pl.LazyFrame


def span(
    operation: str,
    ms: float | None,
    *children: Node,
    kind: str = "internal",
    start: float | None = None,
    **columns: Any,
) -> Node:
    return Node(operation=operation, kind=kind, ms=ms, children=children, start=start, columns=columns)


def tool(name: str, ms: float = 100, *children: Node, **more: Any) -> Node:
    return span(name, ms, *children, kind="tool", **more)


def client(name: str, ms: float = 100, *children: Node, **more: Any) -> Node:
    return span(name, ms, *children, kind="client", **more)


def model(
    operation: str = "chat",
    ms: float = 500,
    *,
    prompt: tuple[str, ...] | None = None,
    asks: tuple[str, ...] = (),
    **more: Any,
) -> Node:
    """A model call. `prompt` is its pieces; tokens are a fourth of its characters unless `input_tokens` says more."""
    start = more.pop("start", None)
    call = {key: more.pop(key) for key in list(more) if key in CALLS.schema and key not in SPANS.schema}
    call = {"provider": "acme", "model": "large-1", "tool_call_ids": list(asks), **call}
    if prompt is not None:
        chars = [len(piece) + 1 for piece in prompt]
        call = {
            "piece_hashes": [piece_hash(piece) for piece in prompt],
            "piece_chars": chars,
            "prompt_chars": sum(chars),
            "input_tokens": sum(chars) // 4,
            **call,
        }
    return replace(span(operation, ms, kind="model", start=start, **more), call=call)


def failing(node: Node, error_type: str | None = "HTTPError", message: str | None = "it broke", **columns: Any) -> Node:
    """The node with an error of its own."""
    error = {"status": "error", "error_type": error_type, "error_message": message, **columns}
    return replace(node, columns={**node.columns, **error})


def with_exception(node: Node, exception_type: str, message: str = "", **columns: Any) -> Node:
    """The node with an exception event, its status as it was."""
    event = {"name": "exception", "exception_type": exception_type, "exception_message": message, **columns}
    return replace(node, events=(*node.events, event))


def scored(node: Node, name: str, value: float | None, text: str | None = None) -> Node:
    """The node with what an evaluation or a user said of it."""
    return replace(node, events=(*node.events, {"kind": "score", "name": name, "value": value, "text": text}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    root: Node
    at: float  # seconds after the recording's begin


def trace(
    *children: Node,
    at: float = 0,
    operation: str = "handle",
    kind: str = "agent",
    ms: float | None = None,
    **columns: Any,
) -> Trace:
    """One trace under one root span; `session_id` and `service` are its children's as well."""
    return Trace(root=span(operation, ms, *children, kind=kind, **{"service": "desk", **columns}), at=at)


def sample(name: str, value: float, *, at: float = 0, service: str = "desk", **labels: str) -> dict[str, Any]:
    """What an application measured of itself, `at` seconds after the recording's begin."""
    of = {"labels": json.dumps(labels, sort_keys=True), "kind": "gauge", "public": False}
    return {"name": name, "value": value, "time_ns": BEGIN_NS + round(at * 1000 * MS), "service": service, **of}


def samples(*rows: dict[str, Any]) -> pl.LazyFrame:
    return _frame(SAMPLES, list(rows))


def logged(name: str, *, at: float = 0, payload: object = None, **columns: Any) -> dict[str, Any]:
    """A line of an event log, `at` seconds after the recording's begin."""
    of = {"kind": "event", "clock": "utc", "service": "desk", "public": False, "time_ns": BEGIN_NS + round(at * 1e9)}
    return {"name": name, "payload": None if payload is None else json.dumps(payload), **of, **columns}


def event_log(*rows: dict[str, Any]) -> pl.LazyFrame:
    return _frame(EVENTS, list(rows))


def piece_hash(piece: str) -> int:
    return int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")


def frames(*traces: Trace) -> Frames:
    """The frames of a recording, with the exact schemas, rows in the order in which spans began."""
    ids = itertools.count(1)
    spans: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number, recorded in enumerate(traces, 1):
        begin = BEGIN_NS + round(recorded.at * 1000 * MS)
        inherited = {"trace_id": f"{number:032x}", "parent_id": None, "public": False}
        for row, node in _laid_out(recorded.root, begin, inherited, ids):
            spans.append(row)
            if node.call is not None:
                calls.append({**row, "span_ids": [row["span_id"]], **node.call})
            events += [{**row, "kind": "span event", "time_ns": row["end_ns"], **event} for event in node.events]
    return Frames(_frame(SPANS, spans), _frame(CALLS, calls), _frame(EVENTS, events))


_INHERITED = ("trace_id", "clock", "service", "session_id", "revision", "environment", "public")


def _laid_out(
    node: Node, begin: int, inherited: Mapping[str, Any], ids: Iterator[int]
) -> Iterator[tuple[dict[str, Any], Node]]:
    row = {
        "status": "unset",
        "clock": "utc",
        **inherited,
        "operation": node.operation,
        "kind": node.kind,
        **node.columns,
    }
    row = {"span_id": f"{next(ids):016x}", "start_ns": begin, **row}
    passed_on = {**{key: row.get(key) for key in _INHERITED}, "parent_id": row["span_id"]}
    below: list[tuple[dict[str, Any], Node]] = []
    end = latest = begin
    for child in node.children:
        child_begin = end if child.start is None else begin + round(child.start * MS)
        rows = list(_laid_out(child, child_begin, passed_on, ids))
        end = rows[0][0]["end_ns"]
        latest = max(latest, end)
        below += rows
    row.setdefault("end_ns", begin + round(node.ms * MS) if node.ms is not None else max(begin + MS, latest))
    yield row, node
    yield from below


def _frame(frame: Frame, rows: list[dict[str, Any]]) -> pl.LazyFrame:
    known = [{column: row.get(column) for column in frame.schema} for row in rows]
    return pl.DataFrame(known, schema=frame.schema).lazy()
