"""A million spans, each with a name of its own, and what the analyzers make of them: each step in its own process."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS, Frame
from analyzers.registry import ANALYZERS

_ROWS = 1_000_000
_BEGIN_NS = 1_790_000_000_000_000_000


def written(folder: str) -> None:
    """Spans and calls as Parquet files: ten spans a trace, half of them model calls, one of them in error."""
    spans = _spans()
    _fitting(SPANS, spans).write_parquet(f"{folder}/spans.parquet")
    _fitting(CALLS, spans.filter(pl.col("kind") == "model")).write_parquet(f"{folder}/calls.parquet")


def found(folder: str) -> None:
    """Prints a line for each analyzer: its name, what it found, and this process's peak memory so far in MB."""
    read = {kind.name: pl.scan_parquet(f"{folder}/{kind.name}.parquet") for kind in (SPANS, CALLS)}
    read |= {kind.name: kind.empty().lazy() for kind in (EVENTS, SAMPLES)}
    for name, analyzer in ANALYZERS.items():
        candidates = analyzer.detect(*(read[kind.name] for kind in analyzer.reads))
        sys.stdout.write(f"{name} {len(candidates)} {_peak_megabytes()}\n")


def _peak_megabytes() -> int:
    """Of this program alone: what `getrusage` tells includes the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024


def _spans() -> pl.DataFrame:
    number = pl.int_range(_ROWS)
    text = number.cast(pl.String)
    first = number // 10 * 10
    kind = pl.when(number % 10 == 0).then(pl.lit("agent")).when(number % 2 == 0).then(pl.lit("model"))
    return pl.select(
        (number // 10).cast(pl.String).str.zfill(32).alias("trace_id"),
        text.str.zfill(16).alias("span_id"),
        pl.when(number % 10 > 0).then(first.cast(pl.String).str.zfill(16)).alias("parent_id"),
        pl.lit("desk").alias("service"),
        ("operation " + text).alias("operation"),
        (_BEGIN_NS + number * 1_000_000).alias("start_ns"),
        (_BEGIN_NS + number * 1_000_000 + 900_000).alias("end_ns"),
        pl.lit("utc").alias("clock"),
        pl.when(number % 10 == 3).then(pl.lit("error")).otherwise(pl.lit("ok")).alias("status"),
        kind.otherwise(pl.lit("tool")).alias("kind"),
        ("error " + text).alias("error_message"),
        ("model " + text).alias("model"),
        pl.lit("provider").alias("provider"),
        (number % 900).alias("input_tokens"),
        (number % 90 + 1).alias("output_tokens"),
        ("input " + text).alias("input"),
        ("output " + text).alias("output"),
        pl.lit(value=False).alias("public"),
    )


def _fitting(frame: Frame, table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        pl.col(name).cast(kind) if name in table.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in frame.schema.items()
    )
