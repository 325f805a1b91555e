"""One normalized record, whatever format it came in. Only the readers in this folder make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "error", "unset"]
Kind = Literal[
    "agent", "model", "tool", "retrieval", "embedding", "workflow",
    "server", "client", "producer", "consumer", "internal",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """What a span says about a model call. None is unknown, never zero.

    `input_tokens` includes cached and cache-write tokens; `output_tokens` includes reasoning tokens, whatever the
    convention that it was read from counts.
    """

    provider: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    finish_reason: str | None = None
    response_id: str | None = None
    first_token_ns: int | None = None
    piece_hashes: tuple[int, ...] = ()
    piece_chars: tuple[int, ...] = ()
    prompt_chars: int | None = None
    last_message: int | None = None  # hash of the last message's text: tells two calls with one long prompt apart
    tool_call_ids: tuple[str, ...] = ()
    scope: str | None = None  # instrumentation scope that wrote the span


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    trace_id: str
    span_id: str | None
    service: str
    kind: Literal["span event", "log"]
    name: str
    time_ns: int
    exception_type: str | None = None
    exception_message: str | None = None
    stacktrace: str | None = None
    escaped: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    trace_id: str  # lower-case hex, without 0x
    span_id: str
    parent_id: str | None
    service: str
    operation: str
    kind: Kind
    start_ns: int
    end_ns: int
    status: Status
    error_type: str | None = None
    error_message: str | None = None
    http_status: int | None = None
    session_id: str | None = None
    environment: str | None = None
    service_version: str | None = None
    revision: str | None = None
    code_file: str | None = None
    code_function: str | None = None
    code_line: int | None = None
    tool_call_id: str | None = None
    input: str | None = None
    output: str | None = None
    model_call: ModelCall | None = None
    events: tuple[Event, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A piece of input that could not be read: kept, counted and shown, never an exception."""

    position: str  # line 7; export 2, span 41
    reason: str
    head: str  # its first 200 characters


Record = Span | Event | Reject
Reader = Callable[[Iterable[bytes]], Iterator[Record]]
"""Takes a file's bytes in chunks of any size, yields records in file order. Never raises on content."""
