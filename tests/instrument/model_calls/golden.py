"""Model calls as an exporter sends them: one line of OTLP/JSON a call, without what differs from run to run.

`python -m tests.instrument.model_calls.golden`, with the folder tests on the path, writes the file that the tests of
both sides read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import openai as sdk
from model_server import refuses, serving
from opentelemetry.sdk.trace import ReadableSpan

from tests.instrument.model_calls.answers import (
    ASKED,
    CHUNKS,
    COMPLETION,
    EMBEDDED,
    RESPONSE_EVENTS,
    TOOL,
    streamed,
    whole,
)
from tests.instrument.model_calls.recorded import client, exported, finished, recording

GOLDEN = Path(__file__).parents[1] / "golden" / "model_calls.otlp.jsonl"

_BEGIN = 1_790_000_000_000_000_000
_SECOND = 1_000_000_000
_LONG = [{"role": "system", "content": "You count beans, and nothing else. " * 20}, *ASKED]
_CHAT = {"model": "gpt-4o", "messages": _LONG, "tools": [TOOL], "temperature": 0.5}
_STREAM = {**_CHAT, "stream": True, "stream_options": {"include_usage": True}}
_SETTLED = {
    "server.port": {"intValue": "443"},
    "gen_ai.response.time_to_first_chunk": {"doubleValue": 0.25},
    "code.file.path": {"stringValue": "agent/counting.py"},
    "code.function.name": {"stringValue": "Counter.count"},
    "code.line.number": {"intValue": "7"},
}


def lines() -> Iterator[str]:
    """A chat with its texts, the same with hashes and with neither; a stream, a response, an embedding, a failure."""
    spans: list[ReadableSpan] = []
    for capture in ("text", "hashes", "none"):
        with serving(whole(COMPLETION)) as server, recording(capture=capture):
            client(server.url).chat.completions.create(**_CHAT)
            spans += finished()
    ways = (
        streamed(*CHUNKS),
        streamed(*RESPONSE_EVENTS),
        whole(EMBEDDED),
        refuses(429, "no", code="rate_limit_exceeded"),
    )
    with serving(*ways) as server, recording(capture="hashes"):
        asked = client(server.url)
        list(asked.chat.completions.create(**_STREAM))
        list(asked.responses.create(model="gpt-4o", instructions="Be short.", input="How many?", stream=True))
        asked.embeddings.create(model="text-embedding-3-small", input="beans")
        with suppress(sdk.RateLimitError):
            asked.chat.completions.create(**_CHAT)
        spans += finished()
    for number, span in enumerate(spans, 1):
        yield json.dumps(_settled(exported([span]), number), sort_keys=True) + "\n"


def _settled(export: dict[str, Any], number: int) -> dict[str, Any]:
    """With ids, times, port and resource of its own instead of the run's."""
    (resource,) = export["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    (span,) = scope["spans"]
    resource["resource"] = {"attributes": [{"key": "service.name", "value": {"stringValue": "agent"}}]}
    scope["scope"].pop("version")
    assert len(base64.b64decode(span["traceId"])) == 16
    span |= {"traceId": f"{number:032x}", "spanId": f"{number:016x}"}
    span |= {
        "startTimeUnixNano": str(_BEGIN + number * _SECOND),
        "endTimeUnixNano": str(_BEGIN + (number + 1) * _SECOND),
    }
    for pair in span["attributes"]:
        pair["value"] = _SETTLED.get(pair["key"], pair["value"])
    return export


if __name__ == "__main__":
    GOLDEN.write_text("".join(lines()), encoding="utf-8")
