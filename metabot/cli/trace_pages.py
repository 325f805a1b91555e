"""How spans print: a list, a trace as a tree, figures by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from analyzers.untrusted import Untrusted
from metabot.cli.console import WIDTH, columns, cut, wrapped
from metabot.cli.quantities import counted
from metabot.store.traces import Figures, LayerFigures, OperationFigures, TracedSpan
from metabot_instrument.vocabulary.layers import layer_named

_QUOTED: Final = 100  # characters of what went in or came out
_DEEPEST: Final = 12  # levels that are set in; deeper ones say how deep they are
_DRAWN: Final = 500  # spans of one tree
_SHORTEST: Final = 3  # letters of a service's name that still tell something


def list_lines(spans: Sequence[TracedSpan]) -> list[str]:
    if not spans:
        return ["no span"]
    head = ("time (UTC)", "id", "operation", "took", "status")
    rows = [(_time(span), span.span_id, _what(span), _took(span.ms), span.outcome) for span in spans]
    if len({span.service for span in spans}) > 1:
        beside = sum(max(len(row[index]) for row in [head, *rows]) + 2 for index in (0, 1, 3, 4))
        room = WIDTH - 2 - beside
        named = zip((span.service for span in spans), rows, strict=True)
        rows = [(*row[:2], _of_service(row[2], service, room), *row[3:]) for service, row in named]
    return columns([head, *rows], align="<<<><", first=2)


def show_lines(spans: Sequence[TracedSpan]) -> list[str]:
    """The tree of one trace, below its id, beginning and services."""
    services = ", ".join(sorted({span.service for span in spans}))
    told = f"{counted(len(spans), 'span')} of {services}, begun {_time(spans[0])}"
    head = [f"trace {spans[0].trace_id}", *wrapped(told, indent="  ")]
    lines = [line for span, depth in _preorder(spans)[:_DRAWN] for line in _branch(span, depth)]
    left_out = len(spans) - _DRAWN
    rest = [f"  {counted(left_out, 'span')} more: --format json has them"] if left_out > 0 else []
    return [*head, *lines, *rest]


def stats_lines(layers: Sequence[LayerFigures], operations: Sequence[OperationFigures]) -> list[str]:
    if not layers:
        return ["no span"]
    head = ("layer", "operations", "average", "p95", "slowest", "errors", "blocked")
    rows = [(one.layer or f"({one.kind})", *_cells(one.figures)) for one in layers]
    lines = columns([head, *rows], align="<>>>>>>", first=0)
    if operations:
        slow = [(f"{one.service}/{one.operation}", *_slow(one.figures), one.span_id) for one in operations]
        named = ("slowest operations", "spans", "p95", "slowest", "slowest span")
        lines += ["", *columns([named, *slow], align="<>>><", first=0)]
    return lines


def list_json(spans: Sequence[TracedSpan]) -> bytes:
    return _json({"schema": "metabot.spans/1", "spans": [_values(span) for span in spans]})


def show_json(spans: Sequence[TracedSpan]) -> bytes:
    depths = [{**_values(span), "depth": depth} for span, depth in _preorder(spans)]
    return _json({"schema": "metabot.trace/1", "trace_id": spans[0].trace_id, "spans": depths})


def stats_json(layers: Sequence[LayerFigures], operations: Sequence[OperationFigures]) -> bytes:
    return _json(
        {
            "schema": "metabot.trace-stats/1",
            "layers": [{"layer": one.layer, "kind": one.kind, **_figures(one.figures)} for one in layers],
            "slowest": [
                {
                    "layer": one.layer,
                    "service": one.service,
                    "operation": one.operation,
                    "trace_id": one.trace_id,
                    "span_id": one.span_id,
                    **_figures(one.figures),
                }
                for one in operations
            ],
        }
    )


def _branch(span: TracedSpan, depth: int) -> Iterator[str]:
    if depth == 0:
        lead = ""
    elif depth <= _DEEPEST:
        lead = "    " * (depth - 1) + "  └─"
    else:
        lead = "    " * (_DEEPEST - 1) + f"  └─({depth}) "
    yield from wrapped(_told(span), first=lead, indent=" " * (len(lead) + 2))


def _told(span: TracedSpan) -> str:
    """`[alt] transition: L3→L2 → success (5ms)`."""
    went_in = f": {_text(span.input)}" if span.input else ""
    came_out = _text(span.output) if span.output else span.outcome
    if span.output and span.outcome != "success":
        came_out += f", {span.outcome}"
    why = " ".join([*filter(None, [span.error_type]), *_quoted(span.error_message)])
    took = f" ({_took(span.ms)})" if span.ms is not None else ""
    return f"{_what(span)}{went_in} → {came_out}{took}" + (f" [{why}]" if why else "")


def _what(span: TracedSpan) -> str:
    if span.layer is None:
        return f"[{span.kind}] {span.operation}"
    return f"[{_short(span.layer)}] {span.operation.removeprefix(f'{span.layer}.')}"


def _of_service(what: str, service: str, room: int) -> str:
    """With the service before the operation: it is cut to the room that the operation leaves."""
    kind, _, operation = what.partition("] ")
    left = room - len(what) - 1
    return f"{kind}] {cut(service, left)}/{operation}" if left >= _SHORTEST else what


def _short(layer: str) -> str:
    known = layer_named(layer)
    return layer if known is None else known.short


def _text(text: Untrusted) -> str:
    return text.quoted(_QUOTED + 2)[1:-1]


def _quoted(text: Untrusted | None) -> list[str]:
    return [text.quoted(_QUOTED)] if text else []


def _cells(figures: Figures) -> tuple[str, ...]:
    times = (_took(figures.average), _took(figures.p95), _took(figures.slowest))
    return (f"{figures.operations:,}", *times, f"{figures.errors:,}", f"{figures.blocked:,}")


def _slow(figures: Figures) -> tuple[str, ...]:
    return f"{figures.operations:,}", _took(figures.p95), _took(figures.slowest)


def _took(ms: float | None) -> str:
    """`5ms`, `0.25ms`, `1,234ms`; nothing where it is unknown."""
    if ms is None:
        return ""
    return f"{ms:,.0f}ms" if ms >= 100 else f"{ms:.3g}ms"


def _time(span: TracedSpan) -> str:
    if not span.dated:
        return "not known"
    return datetime.fromtimestamp(span.start_ns / 1e9, UTC).strftime("%m-%d %H:%M:%S.%f")[:-3]


def _preorder(spans: Sequence[TracedSpan]) -> list[tuple[TracedSpan, int]]:
    """Each span once, with its depth. One whose parent is not there is a root, and so is the first of a circle."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[TracedSpan]] = {}
    for span in spans:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children.setdefault(parent, []).append(span)
    ordered: list[tuple[TracedSpan, int]] = []
    done: set[int] = set()
    for root in [*children.get(None, []), *spans]:
        waiting = [(root, 0)]
        while waiting:
            span, depth = waiting.pop()
            if id(span) not in done:
                done.add(id(span))
                ordered.append((span, depth))
                waiting += [(child, depth + 1) for child in reversed(children.get(span.span_id, []))]
    return ordered


def _values(span: TracedSpan) -> dict[str, Any]:
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "layer": span.layer,
        "service": span.service,
        "operation": span.operation,
        "kind": span.kind,
        "start_ns": span.start_ns if span.dated else None,
        "ms": span.ms,
        "status": span.outcome,
        "error_type": span.error_type,
        "error_message": next(iter(_quoted(span.error_message)), None),
        "input": next(iter(_quoted(span.input)), None),
        "output": next(iter(_quoted(span.output)), None),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "operations": figures.operations,
        "timed": figures.timed,
        "average_ms": figures.average,
        "p95_ms": figures.p95,
        "slowest_ms": figures.slowest,
        "errors": figures.errors,
        "blocked": figures.blocked,
    }


def _json(values: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(values, enc_hook=str), indent=2) + b"\n"
