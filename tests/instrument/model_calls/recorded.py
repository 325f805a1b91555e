"""What a recorded call leaves: finished spans, as attributes and as the bot reads them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openai as sdk
from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import metabot_instrument
from metabot.telemetry import otlp_proto
from metabot.telemetry.record import Span
from metabot_instrument.current import settings
from metabot_instrument.traces.provider import tracer_provider

KEY = "sk-a-key-that-nobody-may-see"
SCOPE = "metabot_instrument.model_calls"
_KEPT = InMemorySpanExporter()


@functools.cache
def _listening() -> None:
    """Once a process: there is one provider in it, for all tests."""
    tracer_provider().add_span_processor(SimpleSpanProcessor(_KEPT))


@contextmanager
def recording(**changes: Any) -> Iterator[Path]:
    """Within it, calls are recorded with these settings; gives the file of the trace lines."""
    _listening()
    before = asdict(settings())
    with TemporaryDirectory() as folder:
        lines = Path(folder, "trace.jsonl")
        metabot_instrument.configure(**{"trace": True, "capture": "text", "trace_path": str(lines), **changes})
        _KEPT.clear()
        try:
            yield lines
        finally:
            metabot_instrument.configure(**before)


def client(url: str, kind: Any = sdk.OpenAI, **named: Any) -> Any:
    return metabot_instrument.openai(bare(url, kind, **named))


def bare(url: str, kind: Any = sdk.OpenAI, **named: Any) -> Any:
    shared = {"http_client": _connections()} if issubclass(kind, sdk.OpenAI) else {}
    return kind(**{"api_key": KEY, "base_url": url, "max_retries": 0, **shared, **named})


@functools.cache
def _connections() -> sdk.DefaultHttpxClient:
    """For all clients: each of its own would read the system's certificates."""
    return sdk.DefaultHttpxClient()


def finished() -> Sequence[ReadableSpan]:
    return _KEPT.get_finished_spans()


def only() -> ReadableSpan:
    (span,) = (one for one in finished() if one.instrumentation_scope.name == SCOPE)
    return span


def told(span: ReadableSpan | None = None) -> dict[str, Any]:
    """The attributes; those that are JSON, decoded."""
    attributes = (span or only()).attributes or {}
    return {
        name: json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value
        for name, value in attributes.items()
    }


def read_back(spans: Sequence[ReadableSpan] | None = None) -> list[Span]:
    """The spans as the bot's reader knows them, through what an exporter sends."""
    data = encode_spans(finished() if spans is None else spans).SerializeToString()
    return [one for one in otlp_proto.read([data]) if isinstance(one, Span)]


def exported(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """In protobuf's own JSON."""
    found: dict[str, Any] = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    return found
