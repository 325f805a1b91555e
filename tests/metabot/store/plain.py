"""A format of the tests' own: JSON lines of the record types' fields, read by dotted path; and its writer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

from analyzers.frames import CALLS, EVENTS, HOURLY, SPANS
from metabot.store.frames import frame
from metabot.store.load import Loaded, Trust, load
from metabot.store.store import Store
from metabot.telemetry.record import Event, ModelCall, Record, Reject, Span

FORMAT: Final = "tests.metabot.store.plain.read"
FRAMES: Final = (SPANS, CALLS, EVENTS, HOURLY)
BEGIN: Final = 1_790_000_000_000_000_000
MS: Final = 1_000_000


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    for number, line in enumerate(b"".join(chunks).splitlines(), 1):
        try:
            yield _record(json.loads(line))
        except ValueError:
            yield Reject(position=f"line {number}", reason="no JSON", head=line.decode(errors="replace")[:200])


def _record(fields: dict[str, Any]) -> Span | Event:
    if "operation" not in fields:
        return Event(**fields)
    events = tuple(Event(**event) for event in fields.pop("events", ()))
    call = fields.pop("model_call", None)
    return Span(**fields, events=events, model_call=call and ModelCall(**{**call, "scope": call.get("scope", "plain")}))


def span(span_id: str, start_ms: float = 0, ms: float = 100, *, trace: str = "t1", **fields: Any) -> dict[str, Any]:
    start = BEGIN + int(start_ms * MS)
    return {
        "trace_id": trace,
        "span_id": span_id,
        "parent_id": None,
        "service": "bakery",
        "operation": "bake",
        "kind": "internal",
        "start_ns": start,
        "end_ns": start + int(ms * MS),
        "status": "unset",
        **fields,
    }


def model(span_id: str, start_ms: float = 0, ms: float = 100, **fields: Any) -> dict[str, Any]:
    """A model span; `call` holds what it says about the call."""
    call = {"provider": "openai", "model": "gpt-4o", **fields.pop("call", {})}
    return span(span_id, start_ms, ms, **{"kind": "model", "operation": "chat", "model_call": call, **fields})


def event(name: str = "exception", *, trace: str = "t1", span_id: str | None = None, **fields: Any) -> dict[str, Any]:
    kind = "log" if span_id is None else "span event"
    known = {"trace_id": trace, "span_id": span_id, "service": "bakery", "kind": kind, "name": name, "time_ns": BEGIN}
    return {**known, **fields}


def with_event(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**fields, "events": [event(trace=fields["trace_id"], span_id=fields["span_id"], **more)]}


def write(path: Path, *records: dict[str, Any] | str) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def loaded(store: Store, path: Path, *, trust: Trust = "internal") -> Loaded:
    return load(store, path, format=FORMAT, trust=trust)


def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every frame, in an order that does not depend on the order of loading."""
    return {one.name: sorted(frame(store, one).collect().to_dicts(), key=repr) for one in FRAMES}


def column(store: Store, name: str, of: int = 0) -> list[Any]:
    collected: pl.DataFrame = frame(store, FRAMES[of]).collect()
    return collected[name].to_list()
