"""One span as one line, and the id that it has there: the layer's letters, its start and its OpenTelemetry span id."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final, NamedTuple

from metabot_instrument.traces.plain import Plain

_SECOND: Final = 1_000_000_000  # nanoseconds

_encoder: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Code(NamedTuple):
    """Where in the application's source a span comes from."""

    file: str
    function: str
    line: int


class Line(NamedTuple):
    """An ended span; times in nanoseconds, as OpenTelemetry counts them."""

    short: str
    layer: str
    operation: str
    component: str
    input: str
    output: str
    status: str
    metadata: dict[str, Plain]
    start: int
    end: int
    trace: int
    span: int
    parent_id: str | None
    remote_parent: int  # span id of a parent in another process, whose layer is not known here; 0 for none
    session_id: str
    task_id: str
    code: Code | None

    @property
    def id(self) -> str:
        return line_id(self.short, self.start, self.span)


def line_id(short: str, start: int, span: int) -> str:
    return f"{short}_{start // _SECOND}_{span:016x}"


def as_json(line: Line, service: str) -> dict[str, object]:
    """The line's keys in their order; what is not known is left out, except the parent."""
    when = datetime.fromtimestamp(line.start // _SECOND, UTC).replace(microsecond=line.start % _SECOND // 1000)
    said: dict[str, object] = {
        "trace_id": line.id,
        "parent_id": line.parent_id,
        "timestamp": when.isoformat(timespec="microseconds"),
        "hrm_layer": line.layer,
        "operation": line.operation,
        "component": line.component,
        "input_summary": line.input,
        "output_summary": line.output,
        "duration_ms": max(0, line.end - line.start) // 1000 / 1000,
        "status": line.status,
        "metadata": line.metadata,
        "service": service,
        "otel_trace_id": f"{line.trace:032x}",
        "otel_span_id": f"{line.span:016x}",
    }
    if line.remote_parent:
        said["otel_parent_span_id"] = f"{line.remote_parent:016x}"
    if line.session_id:
        said["session_id"] = line.session_id
    if line.task_id:
        said["task_id"] = line.task_id
    if line.code:
        said["code_file"], said["code_function"], said["code_line"] = line.code
    return said


def encode(line: Line, service: str) -> bytes:
    return f"{_encoder.encode(as_json(line, service))}\n".encode()
