"""Figures of recordings that others published, against what a separate script counted in the files."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from analyzers.frames import CALLS, EVENTS, SAMPLES, SPANS
from analyzers.overview import Overview, overview
from analyzers.untrusted import Untrusted
from tests.analyzers.recordings import with_samples

pytestmark = pytest.mark.real_data


@cache
def seen(*paths: Path) -> Overview:
    """What the overview says of these files, out of a store of their own."""
    tables = with_samples(paths)
    return overview(*(tables[kind.name].lazy() for kind in (SPANS, CALLS, EVENTS, SAMPLES)), rejects=0)


@pytest.fixture
def raw(real_data):
    return real_data / "raw"


def one(folder: Path, pattern: str) -> Path:
    (path,) = folder.rglob(pattern)
    return path


@pytest.mark.slow
def test_sessions_of_a_coding_agent(raw):
    """7,175 requests of the sessions' own agents, 7,296 with those of nested ones: both counts."""
    found = seen(one(raw / "kv-cache-tester", "*.tar.zst")).model_calls
    assert (found.own.calls, found.own.traces, found.own.input_tokens.known) == (7_175, 146, 1_052_383_816)
    assert (found.all.calls, found.all.traces, found.all.input_tokens.known) == (7_296, 146, 1_058_274_898)
    spread = found.own.latency.duration
    assert [round(one, 1) for one in (spread.p50_seconds, spread.p95_seconds, spread.p99_seconds)] == [7.6, 26.8, 53.0]
    assert (found.own.latency.slow.count, found.own.idle.count) == (42, 386)
    (blocks,) = found.own.prompt_blocks
    assert round(blocks.consecutive.reused_share, 4) == 0.9704
    assert (blocks.consecutive.breaks, blocks.consecutive.traces_with_breaks) == (28, 21)


@pytest.mark.slow
def test_calls_that_return_nothing(raw):
    """Four of sixteen calls of one session, after three million input tokens; one after five minutes."""
    empty = seen(one(raw / "kv-cache-tester", "*.tar.zst")).model_calls.all.empty_answers
    worst = empty.traces[0]
    assert (worst.session_id, worst.calls, worst.empty_calls) == ("trace_0105", 16, 4)
    assert worst.input_tokens.known == 3_256_733
    assert (empty.longest.session_id, empty.longest.seconds) == ("trace_0119", 300.03)


def test_a_cache_that_forgets_nothing(raw):
    """36.64 % of the blocks were there before; every request begins with the same one; no duration is known."""
    found = seen(one(raw / "mooncake", "conversation_trace.jsonl"))
    (blocks,) = found.model_calls.all.prompt_blocks
    assert (blocks.calls, blocks.blocks, blocks.reusable, blocks.same_first_block) == (12_031, 288_500, 105_710, 12_031)
    assert round(blocks.reusable_share, 4) == 0.3664
    assert found.model_calls.all.latency.duration.known == 0
    assert (found.first_ns, found.trace_seconds, found.slowest) == (None, None, ())


def test_prompts_cut_at_the_context_limit(raw):
    """The two most frequent sizes lie at the largest one; and the traffic stops for 217 s."""
    found = seen(one(raw / "azure-llm-2023", "*.csv"))
    sizes = found.model_calls.input_sizes
    assert sizes.calls == 8_819
    assert [(size.input_tokens, size.calls) for size in sizes.most_frequent[:2]] == [(7_436, 201), (7_435, 103)]
    assert sizes.largest.input_tokens == 7_437
    assert round(found.traffic.largest_gap.seconds) == 217
    assert found.model_calls.all.latency.duration.p50_seconds is None


@pytest.mark.parametrize(
    ("machine", "p50", "p95", "share"), [("RTX4090", 60.2, 122.7, 0.996), ("RTXPRO6000", 0.14, 8.5, 0.87)]
)
def test_waiting_for_the_first_token_is_queueing(raw, machine, p50, p95, share):
    """Not computing."""
    latency = seen(one(raw / "llmservingsim-vllm/bench/examples" / machine, "requests.jsonl")).model_calls.all.latency
    assert latency.first_token.p50_seconds == pytest.approx(p50, abs=0.05)
    assert latency.first_token.p95_seconds == pytest.approx(p95, abs=0.05)
    assert latency.queueing.share_of_first_token == pytest.approx(share, abs=0.005)


def test_runs_that_fail_with_and_without_a_failed_tool(raw):
    """Of 200 runs 116 fail; no time is made up for what has none."""
    found = seen(one(raw / "tau-bench", "*.json"))
    (reward,) = found.scores.names
    runs = reward.runs
    assert (runs.scored, runs.failed) == (200, 116)
    assert (runs.passed_with_failed_tool, runs.with_failed_tool) == (9, 36)
    assert (runs.passed_without_failed_tool, runs.without_failed_tool) == (75, 164)
    assert found.tools.failed == 73
    assert found.tools.messages[0].count == 13
    again = [one for one in found.tools.repeated if one.count == 5]
    assert {one.operation for one in again} == {"book_reservation", "update_reservation_flights"}
    assert (found.traffic.clocks.order, found.first_ns, found.trace_seconds) == (found.spans, None, None)


def test_rate_limits_end_traces(raw):
    """3 of 16 calls fail, in 3 of 5 traces, and none of them is retried."""
    found = seen(*(raw / "smoltrace").rglob("traces.json")).model_calls.all
    assert (found.calls, found.failed, found.traces, found.traces_with_failed) == (16, 3, 5, 3)
    assert found.failed_last == 3
    assert [(str(kind).rpartition(".")[2], count) for kind, count in found.error_types] == [("RateLimitError", 3)]


def test_a_message_counts_once(raw):
    """A session of 217 messages on 408 rows; cached tokens as the provider counted them."""
    (session,) = (path for path in (raw / "spotter-claude-code").rglob("ae4a*.jsonl") if "subagents" not in path.parts)
    found = seen(session)
    assert found.model_calls.own.calls == 217
    assert found.model_calls.own.cached_tokens.known == 16_553_628


def test_labelled_traces_of_an_agent_that_mends_code(raw):
    """Spans, calls, errors, tokens and labels; prompts that grow in a line; one that ends in a rate limit."""
    found = seen(one(raw / "trail", "*.tar.zst"))
    assert (found.spans, found.calls, found.error_spans) == (307, 138, 19)
    assert found.model_calls.all.input_tokens.known == 2_596_912
    assert found.scores.verdicts == 68
    growth = {one.trace_id[:8]: one for one in found.model_calls.growth}
    steady = growth["272cdc64"]
    assert (steady.calls, steady.first, steady.last, steady.input_tokens.known) == (27, 3_726, 44_172, 566_060)
    assert steady.straightness > 0.97
    refused = growth["567b83e6"]
    assert refused.sequence == (3_740, 31_141, 31_557, 46_569, 63_311, None)
    assert (refused.last_failed, str(refused.last_error_type).rpartition(".")[2]) == (True, "RateLimitError")
    assert round(refused.seconds) == 88


def test_durations_are_derived_from_start_and_end(raw):
    """Exports of one product whose `latency` is seconds here and milliseconds there: both are left alone."""
    files = sorted((raw / "langfuse").rglob("*.json"))
    recorded = {}
    for export in (json.loads(path.read_text()) for path in files):
        times = [span[end] for span in export["observations"] for end in ("startTime", "endTime") if span.get(end)]
        moments = sorted(map(datetime.fromisoformat, times))
        recorded[export["trace"]["id"]] = (moments[-1] - moments[0]).total_seconds()
    assert len(recorded) < len(files)  # some traces were exported twice
    longest = {one.trace_id: one.seconds for one in seen(*files).traffic.longest_traces}
    assert longest == pytest.approx(recorded)


def test_what_people_read_of_messages_is_quoted(raw):
    """Free text leaves a frame only as such."""
    messages = seen(one(raw / "tau-bench", "*.json")).tools.messages
    assert all(isinstance(one.message, Untrusted) for one in messages)
