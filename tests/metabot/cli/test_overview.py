"""The overview as a person reads it."""

from __future__ import annotations

import re

import polars as pl

from analyzers.frames import EVENTS, SAMPLES
from analyzers.overview import overview
from metabot.cli.overview import overview_lines
from tests.builders import Trace, failing, frames, logged, model, sample, scored, span, tool, trace

Rows = tuple[dict[str, object], ...]


def printed(*traces: Trace, samples: Rows = (), events: Rows = ()) -> str:
    spans, calls, of_spans = frames(*traces)
    recorded = pl.concat([of_spans, pl.LazyFrame(list(events), schema=EVENTS.schema)])
    found = overview(spans, calls, recorded, pl.LazyFrame(list(samples), schema=SAMPLES.schema), rejects=0)
    lines = overview_lines(found, ())
    assert max(map(len, lines)) <= 80
    return "\n".join(lines)


def words(text: str) -> str:
    """Without the line breaks, which fall where the names' lengths let them."""
    return " ".join(text.split())


def test_a_plain_recording_takes_few_lines() -> None:
    """A section without content is not there."""
    text = printed(trace(model(input_tokens=100, output_tokens=5)))
    titles = [line.split()[0] for line in text.splitlines() if line[:1].strip()]
    assert titles == ["overview", "latency"]
    assert "2026-09-21" in text
    assert "nothing for" not in text


def test_what_the_times_do_not_say_is_said_with_the_reason() -> None:
    """No calendar time, no durations: neither is made up."""
    text = words(printed(trace(model(), clock="order"), trace(model(), clock="relative start")))
    assert "overview no calendar time" in text
    assert (
        "times: 2 spans counted from an unknown moment, 2 spans with an order and no times, 2 spans of unknown end"
        in text
    )
    assert "slowest by self time unknown" in text
    assert "p50" not in text


def test_a_rich_recording_says_everything_within_a_screen() -> None:
    """Calls, latency, prompts, growth, tools, scores and metrics, each with its figures."""
    blocks = {"block_size": 64, "block_unit": "tokens"}
    helper = span("helper", None, model(input_tokens=7), kind="agent")
    said = printed(
        trace(
            model(ms=61_000, input_tokens=100, output_tokens=0, queued_ns=10**9, block_hashes=[1, 2], **blocks),
            helper,
            failing(tool("book"), "ToolError", "full"),
            failing(tool("book"), "ToolError", "full"),
            scored(model(input_tokens=900, block_hashes=[1, 2, 3], start=500_000, **blocks), "reward", 1),
            failing(model(), "RateLimitError"),
            session_id="s1",
        ),
        samples=({"name": "queue", "kind": "gauge", "labels": "{}", "time_ns": 1, "value": 2.5},),
    )
    assert len(said.splitlines()) <= 40
    text = words(said)
    for part in (
        "4 with nested agents, input tokens 1,007+; without them 3, 1,000+",
        "1 of 4 failed, in 1 of 1 trace: RateLimitError 1; no further call followed 1 of them",
        "1 call returned no token, for 100 input tokens and 61.00 s",
        "1 over 60 s",
        "queueing p50 1.00 s",
        "1 gap of more than 300 s",
        "5 blocks of 64 tokens; an earlier call had 40.0% of them; 2 of 2 calls",
        "an agent's next call reuses 66.7% of its blocks",
        "s1: 3 calls, 100 → 900 input tokens, 1,000+ in all; the last failed with RateLimitError",
        "2 calls, 2 failed, in 1 of 1 trace",
        "2 times “full” (book)",
        "2 times in s1: “full” (book)",
        "reward: 1 of 1 run passed, 0 failed; 1 of 1 with a failed tool passed, 0 of 0 without",
        "1 series, 1 sample, 1 name queue: 2.5 to 2.5, last 2.5",
    ):
        assert part in text, text


def test_one_is_no_plural() -> None:
    """Whatever is counted."""
    text = words(printed(trace(failing(tool("book"), "ToolError", "full"), model(input_tokens=5), clock="relative")))
    assert not re.search(r"\b1 (spans|traces|calls|times|breaks|gaps|blocks)\b", text), text
    assert "1 time “full” (book)" in text


def test_verdicts_of_which_none_passed_are_labels() -> None:
    """A catalogue of faults is no list of runs."""
    text = words(printed(trace(scored(scored(model(), "bad plan", 0), "helpfulness", 4))))
    assert "bad plan: 1 score, none passed, in 1 trace" in text
    assert "helpfulness: 1 in 1 trace, mean 4" in text


def test_metrics_alone_are_shown_too() -> None:
    """A scrape holds no spans."""
    text = printed(samples=({"name": "up", "kind": "gauge", "labels": "{}", "time_ns": 1, "value": 1.0},))
    assert text.startswith("overview  no spans\nmetrics   1 series")


def test_events_are_counted_by_their_types() -> None:
    """An event log alone holds no spans; how bad it is stands behind."""
    told: dict[str, object] = {
        "kind": "event",
        "name": "task_failed",
        "severity": "error",
        "clock": "utc",
        "time_ns": 1,
    }
    text = words(printed(events=(told, told, {**told, "name": "rune", "severity": "info"})))
    assert "events 3 events of 2 types, 2 errors task_failed 2, rune 1" in text


def test_what_an_application_counted_of_itself_is_shown() -> None:
    """Tools, states, model calls, memory and what else a session counts, each in a line."""
    session = {"session": "s-1"}
    told = {
        ("tool.calls", "search"): 12, ("tool.duration_ms", "search"): 2_640, ("tool.calls", "refund"): 1,
        ("tool.errors", "refund"): 1, ("state.entries", "thinking"): 6, ("state.duration_ms", "thinking"): 24_000,
        ("state.longest_ms", "thinking"): 4_000, ("llm.calls", ""): 1, ("llm.input_tokens", ""): 900,
        ("llm.cached_tokens", ""): 300, ("memory.rss_bytes", ""): 300e6, ("memory.limit_bytes", ""): 500e6,
        ("cycles", ""): 1, ("artifacts.created", ""): 2,
    }  # fmt: skip
    rows = [
        sample(f"monitor.{name}", value, **session, **({name.partition(".")[0]: label} if label else {}))
        for (name, label), value in told.items()
    ]
    assert " ".join(words(printed(samples=tuple(rows))).partition(" measured ")[1:]).strip() == (
        "measured  1 monitor counted 13 tool calls, 1 failed: search 12 (mean 220 ms), refund 1 (1 failed) "
        "states thinking 24.00 s (6 times, the longest 4.00 s) "
        "1 model call, tokens 900 input, 300 cached: of an unknown model 1 "
        "memory at most 300 MB of 500 MB (60.0%), desk "
        "1 cycle, 2 artifacts: 2 created rejects: none"
    )


def test_validators_decisions_are_shown_by_outcome() -> None:
    """With why they did not approve."""
    rows = [
        logged("validator_decision", payload={"validator": "rate_limit", "decision": how, "reason": "over the rate"})
        for how in ["approved"] * 3 + ["rejected", "retry"]
    ]
    said = "decisions rate_limit: 3 approved, 1 rejected, 1 retry (over the rate 2)"
    assert said in words(printed(events=tuple(rows)))


def test_a_quiet_time_is_shown() -> None:
    """The longest stretch without any span."""
    assert "nothing for 217.2 s" in words(printed(trace(ms=1000), trace(at=218.2, ms=1)))
