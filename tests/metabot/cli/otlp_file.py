"""Telemetry files for commands: `write(path, trace(...))` as OTLP/JSON, with the clock of tests.builders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.builders import Trace, frames

_CODES = {"error": 2, "ok": 1}


def write(path: Path, *traces: Trace, environment: str = "production") -> Path:
    recorded = frames(*traces)
    calls = {row["span_id"]: row for row in recorded.calls.collect().iter_rows(named=True)}
    spans = [_span(row, calls.get(row["span_id"], {})) for row in recorded.spans.collect().iter_rows(named=True)]
    resource = {"attributes": _attributes({"deployment.environment.name": environment, "service.name": "desk"})}
    path.write_text(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}))
    return path


def _span(row: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        "error.type": row["error_type"],
        "gen_ai.operation.name": {"tool": "execute_tool", "model": "chat", "agent": "invoke_agent"}.get(row["kind"]),
        "gen_ai.request.model": call.get("model"),
        "gen_ai.usage.input_tokens": call.get("input_tokens"),
        "gen_ai.usage.output_tokens": call.get("output_tokens"),
    }
    return {
        "traceId": row["trace_id"],
        "spanId": row["span_id"],
        "parentSpanId": row["parent_id"] or "",
        "name": row["operation"],
        "startTimeUnixNano": str(row["start_ns"]),
        "endTimeUnixNano": str(row["end_ns"]),
        "status": {"code": _CODES.get(row["status"], 0), "message": row["error_message"] or ""},
        "attributes": _attributes(attributes),
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
        if value is not None
    ]
