"""Exact counts over an evaluation's telemetry."""

from __future__ import annotations

from builders import client, failing, frames, model, tool, trace
from metabot.verify.measured import Counts
from metabot.verify.measurement import counted


def test_counts() -> None:
    """Traces, those whose root failed, model and tool calls, and sums of tokens."""
    recorded = frames(
        trace(model(input_tokens=100, cached_tokens=0, output_tokens=5), tool("a"), tool("b")),
        trace(model(input_tokens=50, cached_tokens=10, output_tokens=5), failing(client("GET"))),
        trace(tool("a"), status="error"),
    )
    assert counted(recorded.spans, recorded.calls) == Counts(
        traces=3, error_traces=1, model_calls=2, tool_calls=3, input_tokens=150, cached_tokens=10, output_tokens=10
    )


def test_what_one_call_does_not_say_is_unknown() -> None:
    """A sum over some of the calls would be too small, and no figure at all."""
    recorded = frames(trace(model(input_tokens=100), model(input_tokens=None)))
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.input_tokens, counts.cached_tokens, counts.model_calls) == (None, None, 2)


def test_nothing_counts_as_nothing() -> None:
    """No calls have no tokens."""
    recorded = frames()
    assert counted(recorded.spans, recorded.calls) == Counts(
        traces=0, error_traces=0, model_calls=0, tool_calls=0, input_tokens=0, cached_tokens=0, output_tokens=0
    )
