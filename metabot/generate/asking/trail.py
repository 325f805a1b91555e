"""metabot's own requests as OpenTelemetry spans: one line of OTLP/JSON each, of the service `metabot`.

That service is what analysis leaves out of what it says about production, so the file may lie among the sources. It
holds what the ledger holds, and no text.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from metabot.errors import StoreError
from metabot.generate.asking.asked import Asked

FILE: Final = "model_calls.otlp.jsonl"
_SERVICE: Final = "metabot"
_CLIENT: Final = 3  # SPAN_KIND_CLIENT
_ERROR: Final = 2  # STATUS_CODE_ERROR


def append(path: Path, asked: Asked) -> None:
    """StoreError: the file cannot be written."""
    line = json.dumps(_export(asked)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(file, "a", encoding="utf-8") as lines:
            lines.write(line)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}.\n  Make it and its folder writable.") from error


def _export(asked: Asked) -> dict[str, Any]:
    resource = {"attributes": _attributes({"service.name": _SERVICE})}
    scope = {"scope": {"name": "metabot.generate"}, "spans": [_span(asked)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(asked: Asked) -> dict[str, Any]:
    end_ns = asked.started_ns + round(asked.seconds * 1e9)
    return {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": f"chat {asked.model}",
        "kind": _CLIENT,
        "startTimeUnixNano": str(asked.started_ns),  # OTLP/JSON writes 64-bit integers as strings
        "endTimeUnixNano": str(end_ns),
        "attributes": _attributes(_said(asked)),
        "status": {} if asked.outcome in ("answered", "cut") else {"code": _ERROR, "message": asked.outcome},
    }


def _said(asked: Asked) -> dict[str, str | int | None]:
    """Token counts only where the server counted."""
    failed = asked.outcome not in ("answered", "cut")
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": asked.model,
        "gen_ai.usage.input_tokens": asked.input_tokens if asked.counted else None,
        "gen_ai.usage.output_tokens": asked.output_tokens if asked.counted else None,
        "server.address": asked.server,
        "http.response.status_code": asked.status,
        "error.type": asked.outcome if failed else None,
        "metabot.finding": asked.about,
        "metabot.prompt_hash": asked.prompt_hash,
    }


def _attributes(values: dict[str, str | int | None]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
        if value is not None
    ]
