"""Stands for an installed tracing distribution: OpenTelemetry's SDK, spans into a file, and instrumentations.

`start("service")` records into the file that the variable names, and does nothing where it names none. The spans are
written as OTLP/JSON lines, as the collector's file exporter does.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

_IDS = ("traceId", "spanId", "parentSpanId")


def start(service: str, variable: str = "TRACE_FILE", **resource: str) -> None:
    file = os.environ.get(variable)
    if file:
        provider = TracerProvider(resource=Resource.create({"service.name": service, **resource}))
        provider.add_span_processor(BatchSpanProcessor(FileExporter(Path(file))))
        trace.set_tracer_provider(provider)  # its shutdown at exit writes what is left


class FileExporter(SpanExporter):
    def __init__(self, path: Path) -> None:
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        line = json.dumps(_hexadecimal(MessageToDict(encode_spans(spans), use_integers_for_enums=True)))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return SpanExportResult.SUCCESS


def _hexadecimal(value: Any) -> Any:
    """OTLP/JSON writes ids in hex where protobuf's own JSON writes base64."""
    if isinstance(value, dict):
        return {key: base64.b64decode(part).hex() if key in _IDS else _hexadecimal(part) for key, part in value.items()}
    return [_hexadecimal(part) for part in value] if isinstance(value, list) else value
