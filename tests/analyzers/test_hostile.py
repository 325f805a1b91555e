"""Recordings that mean nothing: no analyzer crashes, finds something in them, or needs much memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.registry import ANALYZERS
from tests.builders import BEGIN_NS, failing, frames, model, span, tool, trace, with_exception

ROOT = Path(__file__).parents[2]
NEEDED = ("trace_id", "span_id", "service", "operation", "start_ns", "end_ns", "clock", "status", "kind", "public")


def plain(count=30):
    """Traces that differ a little, as those of a healthy application do."""
    return [
        trace(
            model(prompt=("rules", f"question {number}"), ms=400 + number % 7, output_tokens=20 + number % 5),
            tool("look", 40 + number % 3, input=f"{number}", output=f"found {number}"),
            at=number * 60,
        )
        for number in range(count)
    ]


def bare(*, drop=()):
    """Only what every span has; everything else is unknown."""
    spans, calls, events = (table.collect() for table in frames(*plain()))
    return tuple(
        table.with_columns(
            pl.lit(None, dtype=kind).alias(name) for name, kind in table.schema.items() if name not in NEEDED
        )
        .with_columns(pl.lit(None, dtype=table.schema[name]).alias(name) for name in drop if name in table.columns)
        .lazy()
        for table in (spans, calls, events)
    )


def changed(*columns, of=None):
    spans, calls, events = of or frames(*plain())
    return spans.with_columns(*columns), calls.with_columns(*columns), events


def turned(shift):
    """Every span's parent is the span so many rows on, the last ones' the first: circles."""
    return changed(pl.col("span_id").shift(-shift).fill_null(pl.col("span_id").first()).alias("parent_id"))


def same():
    """The same trace, to the nanosecond and the letter, a hundred times."""
    spans, calls, events = frames(*[trace(model(prompt=("a",)), tool("look", 40, input="i", output="o"))] * 100)
    alike = (pl.lit(BEGIN_NS).alias("start_ns"), pl.lit(BEGIN_NS + 10**6).alias("end_ns"))
    return spans.with_columns(*alike), calls.with_columns(*alike), events


def errors():
    """All there is, is in error, and nothing says why."""
    return frames(*[trace(failing(span("step", 5), None, None), status="error", at=number) for number in range(60)])


RECORDINGS = {
    "nothing": lambda: tuple(kind.empty().lazy() for kind in (SPANS, CALLS, EVENTS)),
    "one span": lambda: frames(trace()),
    "one call": lambda: frames(trace(model(prompt=("a",)))),
    "one failing call": lambda: frames(trace(failing(with_exception(model(), "E", "m")), status="error")),
    "plain": lambda: frames(*plain()),
    "only what every span has": bare,
    "not even a clock": lambda: bare(drop=("clock",)),
    "places in an order": lambda: changed(pl.lit("order").alias("clock")),
    "negative durations": lambda: changed((pl.col("start_ns") - 10**9).alias("end_ns")),
    "no time at all": lambda: changed(*(pl.lit(0, dtype=pl.Int64).alias(name) for name in ("start_ns", "end_ns"))),
    "its own parent": lambda: changed(pl.col("span_id").alias("parent_id")),
    "a circle of two": lambda: turned(1),
    "a circle of all": lambda: turned(7),
    "the same again and again": same,
}


def found(tables):
    spans, calls, events = tables
    read = {SPANS.name: spans, CALLS.name: calls, EVENTS.name: events, SAMPLES.name: SAMPLES.empty().lazy()}
    return {
        name: candidates
        for name, analyzer in ANALYZERS.items()
        if (candidates := analyzer.detect(*(read[kind.name] for kind in analyzer.reads)))
    }


@pytest.mark.parametrize("name", RECORDINGS)
def test_nothing_is_found_in_nothing(name):
    """No crash, and nothing said that nobody could act on."""
    assert found(RECORDINGS[name]()) == {}


def test_all_errors_are_one_finding_at_most():
    """Whatever fails everywhere is one cause; it is said once, by whom it concerns."""
    assert set(found(errors())) <= {"recurring-error"}


@pytest.mark.slow
def test_a_million_operations_are_a_recording_too(tmp_path):
    """Every span has a name of its own: nothing is found, and memory stays below 1.5 GB."""
    for step in ("written", "found"):
        program = f"from tests.analyzers.many_operations import {step}; {step}({str(tmp_path)!r})"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    said = [line.rsplit(" ", 2) for line in done.stdout.splitlines()]
    assert {name: count for name, count, _ in said if count != "0"} == {}
    assert {name: megabytes for name, _, megabytes in said if int(megabytes) >= 1_500} == {}
