"""One span as one line, and the id that it has there: the layer's letters, its start and its OpenTelemetry span id."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring as quoted
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


def encode(line: Line, service: str) -> bytes:
    """The line as JSON, keys in their order; what is not known is left out, except the parent.

    Put together from its pieces: that takes half the time of a dict and an encoder.
    """
    parent = quoted(line.parent_id) if line.parent_id else "null"
    metadata = _encoder.encode(line.metadata) if line.metadata else "{}"
    return (
        f'{{"trace_id":"{line.id}","parent_id":{parent},"timestamp":"{_timestamp(line.start)}"'
        f',"hrm_layer":{quoted(line.layer)},"operation":{quoted(line.operation)},"component":{quoted(line.component)}'
        f',"input_summary":{quoted(line.input)},"output_summary":{quoted(line.output)}'
        f',"duration_ms":{max(0, line.end - line.start) / 1_000_000},"status":"{line.status}","metadata":{metadata}'
        f',"service":{quoted(service)},"otel_trace_id":"{line.trace:032x}","otel_span_id":"{line.span:016x}"'
        f"{_known(line)}}}\n"
    ).encode("utf-8", "replace")


def _known(line: Line) -> str:
    known = f',"otel_parent_span_id":"{line.remote_parent:016x}"' if line.remote_parent else ""
    if line.session_id:
        known += f',"session_id":{quoted(line.session_id)}'
    if line.task_id:
        known += f',"task_id":{quoted(line.task_id)}'
    if line.code:
        file, function, number = line.code
        known += f',"code_file":{quoted(file)},"code_function":{quoted(function)},"code_line":{number}'
    return known


def _timestamp(nanoseconds: int) -> str:
    return f"{_second(nanoseconds // _SECOND)}.{nanoseconds % _SECOND // 1000:06d}+00:00"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
