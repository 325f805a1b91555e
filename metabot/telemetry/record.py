"""One normalized record, whatever format it came in. Only the readers in this folder make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Status = Literal["ok", "error", "unset"]
Kind = Literal[
    "agent", "model", "tool", "retrieval", "embedding", "workflow",
    "server", "client", "producer", "consumer", "internal",
]  # fmt: skip
Clock = Literal["utc", "relative", "order", "utc start", "relative start"]
"""What a record's times are: nanoseconds since 1970; since an unknown moment; or its place in the file and no time.

Of a span whose clock is a `start`, that alone is known: how long it took is unknown, and its end repeats its start.
"""


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
    queued_ns: int | None = None  # how long the server let it wait before it began
    piece_hashes: tuple[int, ...] = ()
    piece_chars: tuple[int, ...] = ()
    prompt_chars: int | None = None
    prompt_hash: int | None = None  # of the whole request
    block_hashes: tuple[int, ...] = ()  # chained: an equal hash at one place means an equal prompt up to there
    block_size: int | None = None
    block_unit: Literal["characters", "tokens"] | None = None
    request_hashes: tuple[int, ...] = ()  # of each text of the request, in order
    answer_hash: int | None = None
    answer_chars: int | None = None
    answer_packed: int | None = None  # bytes of a long answer once deflated
    tools_offered: tuple[str, ...] = ()  # names of the tools that the request defines
    tools_chars: tuple[int, ...] = ()  # length of each definition
    tools_called: tuple[str, ...] = ()  # names of those that the answer asked for
    asks_for_form: bool | None = None  # the last message says that the answer before it could not be read
    texts: Mapping[int, str] = field(default_factory=dict, repr=False)  # the texts that have these hashes
    last_message: int | None = None  # hash of the last message's text: tells two calls with one long prompt apart
    tool_call_ids: tuple[str, ...] = ()
    scope: str | None = None  # instrumentation scope that wrote the span


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A span's event, a line of a log or of an event log, or a score: what an evaluation or a user said."""

    trace_id: str | None
    span_id: str | None
    service: str
    kind: Literal["span event", "log", "score", "event"]
    name: str
    time_ns: int
    clock: Clock = "utc"
    session_id: str | None = None
    severity: str | None = None  # of a log line, in lower case
    value: float | None = None  # of a score; 1 and 0 where it was passed or failed
    text: str | None = None  # a log line's body, a score's label or comment, what an event's line says
    payload: str | None = None  # what else an event's line or a trace line holds, as a JSON object
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
    clock: Clock = "utc"
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
class Sample:
    """One value of one series of a metric at one time."""

    name: str
    kind: Literal["gauge", "counter"]  # a counter only rises, and begins again at zero
    service: str
    labels: tuple[tuple[str, str], ...]  # sorted by name
    time_ns: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Many spans at once, for formats that are read in bulk.

    The frames have the columns of SPANS, MODEL_SPANS and EVENTS without `public`, and `n`, a span's number within these
    columns from 0; its events and its model call carry the same number.
    """

    spans: pl.DataFrame
    model_spans: pl.DataFrame
    events: pl.DataFrame
    texts: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A piece of input that could not be read: kept, counted and shown, never an exception."""

    position: str  # line 7; export 2, span 41
    reason: str
    head: str  # its first 200 characters


Record = Span | Event | Sample | Columns | Reject
Reader = Callable[[Iterable[bytes]], Iterator[Record]]
"""Takes a file's bytes in chunks of any size, yields records in file order. Never raises on content."""
