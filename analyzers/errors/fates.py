"""The errors of a recording: what each is called, where in the code it was raised, and what became of it."""

from __future__ import annotations

import hashlib
from typing import Final

import polars as pl

from analyzers.errors.causes import cause
from analyzers.errors.chain import origins
from analyzers.errors.refusals import declined
from analyzers.errors.shape import shape
from analyzers.errors.stack import PLACE, in_app_frame
from analyzers.exhibits import CODE, OF_STACK
from analyzers.identifiers import named, of_traces, once
from analyzers.untrusted import Name

ANY_OPERATION: Final = Name("any operation")

_OF_THE_ACCOUNT: Final = ("authentication", "quota exceeded")  # whatever the service asks for, it fails alike
_GENERAL: Final = ("not found", "server error", "invalid request")  # one name for what has many causes
_KIND: Final = ("type", "http_status", "cause", "shape", "frame_function")
_READ: Final = (
    "trace_id", "span_id", "parent_id", "service", "operation", "kind", "start_ns", "end_ns", "clock", "status",
    "error_type", "error_message", "http_status", "revision", *CODE,
)  # fmt: skip


def errors(spans: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """The deepest error of every chain in SPANS, with what `chain.origins` says of it; not what a person declined.

    Adds `cause`, null where none is known; `called`, the operation itself; `operation`, or `ANY_OPERATION` where the
    cause is the service's account; `detail`: the cause, or else type, status and, where there is no status, six hex
    digits of the message's shape and the function that raised it; `again`: the operation was called again later in the
    trace; `cured`: so, with the same input, and without an error.
    """
    in_error = spans.filter(pl.col("status") == "error").select(pl.col("trace_id").unique()).collect()["trace_id"]
    told = pl.when(pl.col("input").is_not_null()).then(pl.col("input").hash()).alias("input")
    recorded = once(of_traces(spans, in_error).select(*_READ, told))
    deepest = origins(_typed(recorded, of_traces(events, in_error))).filter(~declined(pl.col("message")))
    return _named(named(_placed(_followed(deepest, recorded)), "service", "operation"))


def examined_calls(spans: pl.LazyFrame, services: list[str]) -> pl.DataFrame:
    """`calls` of each operation of these services in each trace, by their printed names."""
    told = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns").is_not_null())
    raw = spans.select(pl.col("service").unique()).collect()["service"].drop_nulls().to_list()
    here = pl.col("service").is_in([service for service in raw if Name(service) in services])
    counted = spans.filter(told & here).group_by("service", "operation", "trace_id").len("calls")
    return named(counted.collect(), "service", "operation")


def _typed(recorded: pl.DataFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """`type`, `message` and `stacktrace` of the spans: their own, else those of their last exception event."""
    exceptions = (
        events.filter(pl.col("exception_type").is_not_null() | pl.col("exception_message").is_not_null())
        .sort("time_ns", "exception_type", "exception_message", "stacktrace")
        .unique(("trace_id", "span_id"), keep="last", maintain_order=True)
        .select("trace_id", "span_id", "exception_type", "exception_message", "stacktrace")
        .collect()
    )
    return recorded.join(exceptions, on=("trace_id", "span_id"), how="left", maintain_order="left").with_columns(
        pl.coalesce("error_type", "exception_type").alias("type"),
        pl.coalesce("error_message", "exception_message").alias("message"),
    )


def _followed(deepest: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """`again` and `cured`, anywhere in the trace: a tool's next call may stand below the agent's next step."""
    action = ("trace_id", "service", "operation")
    here = recorded.join(deepest, on=action, how="semi")
    last = here.group_by(action).agg(pl.col("start_ns").max().alias("last_ns"))
    sound = here.filter((pl.col("status") != "error").fill_null(value=True) & pl.col("input").is_not_null())
    last_sound = sound.group_by(*action, "input").agg(pl.col("start_ns").max().alias("last_sound_ns"))
    return (
        deepest.join(last, on=action, how="left", maintain_order="left")
        .join(last_sound, on=(*action, "input"), how="left", maintain_order="left")
        .with_columns(
            (pl.col("last_ns") >= pl.col("over_ns")).fill_null(value=False).alias("again"),
            (pl.col("last_sound_ns") >= pl.col("over_ns")).fill_null(value=False).alias("cured"),
        )
        .drop("last_ns", "last_sound_ns")
    )


def _placed(deepest: pl.DataFrame) -> pl.DataFrame:
    """`code_…` out of the stack trace where the span names no code itself."""
    frames = deepest.with_columns(in_app_frame(pl.col("stacktrace"))).drop("stacktrace")
    unnamed = pl.all_horizontal(pl.col(CODE).is_null())
    return frames.with_columns(
        *(
            pl.when(unnamed).then(frame).otherwise(column).alias(column)
            for frame, column in zip(PLACE, CODE, strict=True)
        ),
        unnamed.alias(OF_STACK),
    )


def _named(deepest: pl.DataFrame) -> pl.DataFrame:
    told = deepest.with_columns(
        cause(pl.col("type"), pl.col("http_status"), pl.col("message")).alias("cause"),
        shape(pl.col("message")).alias("shape"),
    )
    kinds = told.select(_KIND).unique()
    details = kinds.with_columns(pl.Series("detail", [_detail(*kind) for kind in kinds.rows()], pl.String))
    account = pl.col("cause").is_in(_OF_THE_ACCOUNT)
    return told.join(details, on=_KIND, how="left", nulls_equal=True, maintain_order="left").with_columns(
        pl.col("operation").alias("called"),
        pl.when(account).then(pl.lit(str(ANY_OPERATION))).otherwise("operation").alias("operation"),
    )


def _detail(
    error_type: str | None, http_status: int | None, why: str | None, message_shape: str | None, function: str | None
) -> str:
    if why is not None and why not in _GENERAL:
        return Name(why)
    parts = [error_type or "", "" if http_status is None else str(http_status)]
    words = "\n".join(filter(None, (message_shape, function)))
    if http_status is None and words:
        parts.append(hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:6])
    return Name(" ".join(dict.fromkeys(filter(None, parts))) or "error")
