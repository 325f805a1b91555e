"""OTLP/JSON: the collector's file exporter (one export a line), a single export, or an array of exports.

Spans, logs and metrics. Ids in hexadecimal or base64, enums as numbers or names, 64-bit integers as strings or
numbers; the older `instrumentationLibrarySpans`, Tempo's `batches`, what Jaeger's and Tempo's interfaces put around an
export and the names of the protobuf fields are the same thing under other names.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Final

from metabot.telemetry import otlp_logs, otlp_metrics
from metabot.telemetry.decoding import Broken, decoded
from metabot.telemetry.documents import Decode, documents, each_line
from metabot.telemetry.opening import Opening
from metabot.telemetry.otlp_bulk import Bulk, Document, OneByOne
from metabot.telemetry.otlp_exports import LOGS, METRICS, SPANS, Entry, entries, spelled
from metabot.telemetry.otlp_metrics import Totals
from metabot.telemetry.otlp_spans import raw_span
from metabot.telemetry.record import Record, Reject
from metabot.telemetry.shares import Shares, Whole, processors, shared
from metabot.telemetry.spans import Unreadable, normalized, reject
from metabot.telemetry.typed_decoder import TypedDecoder, scopes
from metabot.telemetry.typed_groups import grouped

_SIGNALS: Final = (
    "resourceSpans",
    "resourceLogs",
    "resourceMetrics",
    "resource_spans",
    "resource_logs",
    "resource_metrics",
)
_PRINTED: Final = "resource_metrics.item.scope_metrics.item.metrics.item.data.data_points"  # `printed_metrics`
_SHARED_BY: Final = "metabot.telemetry.otlp_share"
_AROUND: Final = ("trace.", "result.")
_BEGINS: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"(?:%b)"\s*:' % "|".join(_SIGNALS).encode())


def recognises(opening: Opening) -> bool:
    """An export, alone or as an interface answers it, or an array of exports; Tempo's batches only with their spans."""
    if found := _BEGINS.match(opening.head):
        return b"_" not in found[0] or _PRINTED not in opening.paths
    tops = [prefix + name for prefix in ("", "item.", *_AROUND) for name in _SIGNALS]
    batches = [f"{prefix}batches.item.{name}" for prefix in ("", "item.", *_AROUND) for name in SPANS.scopes]
    return any(path in opening.paths for path in (*tops, *batches))


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    shares, read_one = Shares(iter(chunks)), partial(one_by_one, totals=Totals())
    yield from Bulk(grouped, read_one).read(documents(shares.lead(_is_lines), decoder()))
    if shares.rest:
        yield from read_shared(shares, read_one, processors())


def _is_lines(opening: bytes) -> bool:
    """Whether the first line is a value, which then each of the others is."""
    first = next(documents([opening[: opening.rfind(b"\n") + 1]], decoder()), None)
    return isinstance(first, tuple) and first[0] != ""


def read_shared(shares: Shares, read_one: OneByOne, processes: int) -> Iterator[Record]:
    """Lines that several processes decode. Raises `ShareError`."""
    for records in shared(shares, _SHARED_BY, processes):
        for record in records:
            if isinstance(record, Whole):
                yield from read_one(record.place, record.held, None)
            else:
                yield record
    rest = each_line(chain(shares.rest, shares.chunks), decoder(), before=shares.lines)
    yield from Bulk(grouped, read_one).read(rest)


def decoder() -> Decode:
    """Of one file."""
    return partial(_decoded, TypedDecoder())


def read_each(texts: Iterable[tuple[str, bytes] | Reject]) -> Iterator[Record]:
    """Of exports that stand in something else, with their places in it."""
    return Bulk(grouped, partial(one_by_one, totals=Totals())).read(map(partial(_each, TypedDecoder()), texts))


def _each(decoder: TypedDecoder, found: tuple[str, bytes] | Reject) -> tuple[str, object] | Reject:
    if isinstance(found, Reject):
        return found
    place, data = found
    try:
        return place, _decoded(decoder, data)
    except Broken as broken:
        return reject(place, f"no JSON: {broken}", data)


def _decoded(decoder: TypedDecoder, data: bytes) -> object:
    """What can be read together of it is typed; of what cannot, whether it is JSON is known. Raises `Broken`."""
    exports = decoder.exports(data)
    if exports is not None:
        return Document(data, scopes(exports))
    value = decoded(data)
    return Document(data, ()) if value and isinstance(value, dict) else value


def one_by_one(
    place: str, held: object, wanted: Collection[int] | None = None, *, totals: Totals | None = None
) -> Iterator[Record]:
    """Everything in a document, or of its spans only those wanted, as records of their own.

    `totals` is what the file's documents before it added up to.
    """
    value = decoded(held) if isinstance(held, bytes) else held
    passed = 0
    for number, export in enumerate(value, 1) if isinstance(value, list) else ((0, value),):
        at = _join(place, f"export {number}") if number else place
        try:
            signals = _signals(export)
        except RecursionError:
            signals = {}
        if not signals:
            yield reject(at or "line 1", _no_export(export), export)
        for count, entry in enumerate(signals.get("spans", ()), 1):
            if wanted is None or passed in wanted:
                yield record_of(_join(at, f"span {count}"), entry)
            passed += 1
        yield from _logs(at, signals.get("logs", ()))
        yield from _metrics(at, signals.get("metrics", ()), totals or Totals())


def _signals(export: object) -> dict[str, list[Entry]]:
    """What an export holds; Tempo's interface puts one into `trace`, Jaeger's third into `result`."""
    held = (export.get(name) for name in ("trace", "result")) if isinstance(export, dict) else ()
    whole = next((one for one in held if isinstance(one, dict)), None) or spelled(export)
    found = {"spans": entries(whole, SPANS), "logs": entries(whole, LOGS), "metrics": entries(whole, METRICS)}
    return {signal: held for signal, held in found.items() if held is not None}


def record_of(place: str, entry: Entry) -> Record:
    """One span."""
    try:
        return normalized(raw_span(entry))
    except Unreadable as unreadable:
        return reject(place, str(unreadable), entry.item)
    except RecursionError:
        return reject(place, "a value is nested too deeply", entry.item)


def _logs(place: str, found: Iterable[Entry]) -> Iterator[Record]:
    for count, entry in enumerate(found, 1):
        at = _join(place, f"log record {count}")
        try:
            yield otlp_logs.event(entry)
        except Unreadable as unreadable:
            yield reject(at, str(unreadable), entry.item)
        except RecursionError:
            yield reject(at, "a value is nested too deeply", entry.item)


def _metrics(place: str, found: Iterable[Entry], totals: Totals) -> Iterator[Record]:
    for count, entry in enumerate(found, 1):
        at = _join(place, f"metric {count}")
        try:
            for sample in otlp_metrics.samples(entry, totals):
                yield reject(at, str(sample), entry.item) if isinstance(sample, Unreadable) else sample
        except RecursionError:
            yield reject(at, "a value is nested too deeply", entry.item)


def _no_export(value: object) -> str:
    if isinstance(value, dict) and "resourceProfiles" in value:
        return "holds profiles: spans, logs and metrics are read"
    return "no export of spans, logs or metrics"


def _join(place: str, inner: str) -> str:
    return f"{place}, {inner}" if place else inner
