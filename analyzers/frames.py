"""The frames that analyzers read, and nothing else: names, columns and units. The store makes them.

Times are UTC nanoseconds since 1970 where `clock` is `utc`; `relative` times count from an unknown moment, and `order`
ones are no times at all: they tell what came before what, and a duration out of them is unknown. So is the duration of
a span whose `clock` is `utc start` or `relative start`: only its start is a time, and `end_ns` repeats it. Durations
are nanoseconds, token counts whole tokens; an absent value is null and means unknown, never zero. `input_tokens`
includes `cached_tokens` and `cache_write_tokens`; `output_tokens` includes `reasoning_tokens`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl


@dataclass(frozen=True, slots=True)
class Frame:
    """A named schema. `empty` is what the store hands out where there is nothing."""

    name: str
    schema: dict[str, pl.DataType | type[pl.DataType]]

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)


_WHERE: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "trace_id": pl.String,  # lower-case hex as recorded, without 0x
    "span_id": pl.String,
    "parent_id": pl.String,  # null at a root
    "service": pl.String,
    "operation": pl.String,
    "start_ns": pl.Int64,
    "end_ns": pl.Int64,
    "clock": pl.String,  # utc, relative, order, utc start, relative start; durations only of the first two
    "status": pl.String,  # ok, error, unset
    "error_type": pl.String,  # exception class or error.type, of the span itself
    "session_id": pl.String,  # gen_ai.conversation.id, session.id
    "environment": pl.String,  # deployment.environment.name
    "service_version": pl.String,
    "revision": pl.String,  # vcs.ref.head.revision
    "code_file": pl.String,  # code.file.path
    "code_function": pl.String,  # code.function.name, with its class or module where recorded
    "code_line": pl.Int64,  # code.line.number
    "public": pl.Boolean,  # read from a source whose writers are not trusted
}

SPANS: Final = Frame(
    "spans",
    {
        **_WHERE,
        # agent, model, tool, retrieval, embedding, workflow, server, client, producer, consumer, internal
        "kind": pl.String,
        "error_message": pl.String,  # free text: leaves a frame only as Untrusted
        "http_status": pl.Int64,
        "tool_call_id": pl.String,  # the model's own id of the call that this tool span executes
        "input": pl.String,  # arguments of a tool, retrieval or client span, where captured
        "output": pl.String,  # its result, where captured
    },
)

CALLS: Final = Frame(
    "calls",
    {
        **_WHERE,  # of the innermost span that recorded the call
        "span_ids": pl.List(pl.String),  # every span that recorded this one call
        "provider": pl.String,
        "model": pl.String,
        "input_tokens": pl.Int64,
        "cached_tokens": pl.Int64,
        "cache_write_tokens": pl.Int64,
        "output_tokens": pl.Int64,
        "reasoning_tokens": pl.Int64,
        "finish_reason": pl.String,
        "first_token_ns": pl.Int64,  # when the first token came, as a time
        "queued_ns": pl.Int64,  # how long the server let it wait before it began
        "prompt_chars": pl.Int64,  # null where the prompt was not captured
        "prompt_hash": pl.UInt64,  # of the whole request
        "block_hashes": pl.List(pl.UInt64),  # chained: an equal hash at one place means an equal prompt up to there
        "block_size": pl.Int64,  # what one block covers, in block_unit; a rest at the end has no block
        "block_unit": pl.String,  # characters, tokens
        "request_hashes": pl.List(pl.UInt64),  # of each text of the request, in order
        "answer_hash": pl.UInt64,
        "answer_chars": pl.Int64,
        "answer_packed": pl.Int64,  # bytes of the answer once deflated, of one of 2,000 characters or more
        "tools_offered": pl.List(pl.String),  # names of the tools that the request defines, where recorded
        "tools_chars": pl.List(pl.UInt32),  # length of each definition
        "tools_called": pl.List(pl.String),  # names of those that the answer asked for, where it was recorded
        "asks_for_form": pl.Boolean,  # the last message says that the answer before it could not be read
        "piece_hashes": pl.List(pl.UInt64),  # the prompt cut into pieces (metabot.telemetry.pieces), in order
        "piece_chars": pl.List(pl.UInt32),  # length of each piece
        "tool_call_ids": pl.List(pl.String),  # ids of the tool calls that the answer asked for
        "input_usd_per_mtok": pl.Float64,  # list price of a million input tokens at the call's time; null is unknown
        "cached_usd_per_mtok": pl.Float64,  # and of a million cached input tokens
        "cost_usd": pl.Float64,
        "cost_unknown": pl.String,  # why cost_usd is null
    },
)

EVENTS: Final = Frame(
    "events",
    {
        "trace_id": pl.String,
        "span_id": pl.String,
        "service": pl.String,
        "session_id": pl.String,
        "kind": pl.String,  # span event, log, score, event (a line of an application's event log)
        "name": pl.String,
        "time_ns": pl.Int64,
        "clock": pl.String,  # utc, relative, order
        "severity": pl.String,  # of a log line, in lower case
        "value": pl.Float64,  # of a score: what an evaluation or a user said; 1 and 0 for passed and failed
        "text": pl.String,  # free text: a log line's body, a score's label or comment, what an event's line says
        "payload": pl.String,  # what else an event's line or a trace line holds: a JSON object of free text
        "exception_type": pl.String,
        "exception_message": pl.String,  # free text
        "stacktrace": pl.String,  # free text
        "escaped": pl.Boolean,  # exception.escaped
        "public": pl.Boolean,
    },
)

SAMPLES: Final = Frame(
    "samples",
    {
        "name": pl.String,
        "kind": pl.String,  # gauge, counter
        "service": pl.String,
        "labels": pl.String,  # a JSON object, sorted by name
        "time_ns": pl.Int64,
        "value": pl.Float64,
        "public": pl.Boolean,
    },
)

HOURLY: Final = Frame(
    "hourly",
    {
        "service": pl.String,
        "operation": pl.String,
        "kind": pl.String,
        "hour_ns": pl.Int64,  # start of the hour
        "spans": pl.Int64,
        "errors": pl.Int64,
        "zero": pl.Int64,  # durations of exactly 0
        "negative": pl.Int64,  # durations below 0: the clock jumped
        "bucket_index": pl.List(pl.Int32),  # OpenTelemetry exponential histogram of duration in ns, scale 3
        "bucket_count": pl.List(pl.Int64),
    },
)
