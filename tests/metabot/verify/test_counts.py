"""Exact counts over an evaluation's telemetry, and how long its traces took."""

from __future__ import annotations

from builders import client, failing, frames, model, tool, trace
from metabot.verify.counts import counted
from metabot.verify.measured import Counts


def test_counts() -> None:
    """Traces, those whose root failed, model and tool calls, and sums of tokens."""
    recorded = frames(
        trace(model(input_tokens=100, cached_tokens=0, output_tokens=5), tool("a"), tool("b")),
        trace(model(input_tokens=50, cached_tokens=10, output_tokens=5), failing(client("GET"))),
        trace(tool("a"), status="error"),
    )
    assert counted(recorded.spans, recorded.calls) == Counts(
        traces=3, error_traces=1, model_calls=2, tool_calls=3, input_tokens=150, cached_tokens=10, output_tokens=10,
        trace_ms=650, critical_path_ms=650, mean_trace_ms=650, beside=1, waited_for=6, prompts=0, finish_reasons=0,
        inputs=0, outputs=0, failed_model_calls=0,
    )  # fmt: skip


def test_what_one_call_does_not_say_is_unknown() -> None:
    """A sum over some of the calls would be too small, and no figure at all."""
    recorded = frames(trace(model(input_tokens=100), model(input_tokens=None)))
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.input_tokens, counts.cached_tokens, counts.model_calls) == (None, None, 2)


def test_nothing_counts_as_nothing() -> None:
    """No calls have no tokens."""
    recorded = frames()
    assert counted(recorded.spans, recorded.calls) == Counts(
        traces=0, error_traces=0, model_calls=0, tool_calls=0, input_tokens=0, cached_tokens=0, output_tokens=0,
        waited_for=0, prompts=0, finish_reasons=0, inputs=0, outputs=0, failed_model_calls=0,
    )  # fmt: skip


def test_what_was_captured_of_calls() -> None:
    """Prompts and finish reasons of model calls, arguments and results of the others."""
    recorded = frames(
        trace(model(prompt=("a", "b"), finish_reason="stop"), model(), tool("a", input="{}", output="1")),
        trace(client("GET", input="{}"), tool("a")),
    )
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.waited_for, counts.prompts, counts.finish_reasons, counts.inputs, counts.outputs) == (5, 1, 1, 2, 1)


def test_calls_of_traces_that_fail_are_told_apart() -> None:
    """Of those whose root failed; a call that failed within a trace that ended well is not among them."""
    recorded = frames(trace(model(), model()), trace(failing(model())), trace(model(), tool("a"), status="error"))
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.model_calls, counts.failed_model_calls) == (4, 1)


def test_the_critical_path_counts_calls_side_by_side_once() -> None:
    """Two calls at a time take as long as the longer one, and what the application does between calls is not theirs."""
    recorded = frames(
        trace(tool("a", 400), tool("b", 300, start=0), tool("c", 100, start=700), ms=1_000),
        trace(model(ms=600), ms=600),
        trace(tool("a", 9_000), status="error"),
    )
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.trace_ms, counts.critical_path_ms) == (800, 550)
    assert counts.beside == (400 + 300 + 100 + 600) / (500 + 600)


def test_a_few_slow_traces_show_in_the_mean() -> None:
    """The median hides them."""
    recorded = frames(*(trace(tool("a", 100)) for _ in range(3)), trace(tool("a", 1_300)))
    counts = counted(recorded.spans, recorded.calls)
    assert (counts.trace_ms, counts.mean_trace_ms) == (100, 400)


def test_calls_that_nobody_waited_for_have_no_number_at_a_time() -> None:
    """Neither have traces that all failed."""
    for recorded in (frames(trace(ms=10)), frames(trace(tool("a"), status="error")), frames()):
        assert counted(recorded.spans, recorded.calls).beside is None


def test_cacheable_tokens_stand_in_a_prefix_that_an_earlier_call_had() -> None:
    """The same text behind another one cannot be read from a cache."""
    fixed, one, two = "f" * 399, "1" * 199, "2" * 199
    first = trace(model(prompt=(fixed, one)))
    shared = frames(first, trace(model(prompt=(fixed, two)), at=10_000))
    moved = frames(first, trace(model(prompt=(two, fixed)), at=10_000))
    assert counted(shared.spans, shared.calls).cacheable_tokens == 100
    assert counted(moved.spans, moved.calls).cacheable_tokens == 0


def test_an_uncaptured_prompt_leaves_the_cacheable_tokens_unknown() -> None:
    """Not zero: nobody saw what the prompts share."""
    recorded = frames(trace(model(input_tokens=100)))
    assert counted(recorded.spans, recorded.calls).cacheable_tokens is None
