"""Writes spans as the OpenTelemetry collector's file exporter does: OTLP/JSON, one export a line."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_ID_KEYS = frozenset({"traceId", "spanId", "parentSpanId"})


class OtlpFileExporter(SpanExporter):
    """Appends to the file; a line is written whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        message = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
        line = json.dumps(_hexadecimal(message), ensure_ascii=False)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        return SpanExportResult.SUCCESS


def _hexadecimal(value: Any) -> Any:
    """OTLP/JSON writes ids in hex where protobuf's own JSON writes base64.

    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    """
    if isinstance(value, dict):
        return {
            key: base64.b64decode(part).hex() if key in _ID_KEYS else _hexadecimal(part) for key, part in value.items()
        }
    if isinstance(value, list):
        return [_hexadecimal(part) for part in value]
    return value
