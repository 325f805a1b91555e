"""Recordings that others published, read by the readers and the store as a user's are."""

from __future__ import annotations

import polars as pl
import pytest

from analyzers.control import control
from analyzers.finding import Subject
from analyzers.registry import ANALYZERS
from analyzers.untrusted import Name
from tests.analyzers.recordings import recorded, with_samples

pytestmark = pytest.mark.real_data


def found(frames):
    candidates = []
    for analyzer in ANALYZERS.values():
        candidates += analyzer.detect(*(frames.get(kind.name, kind.empty()).lazy() for kind in analyzer.reads))
    return control(candidates, window_days=1)


def repeated(frame, times):
    """The recording, as if the same had happened several times."""
    return pl.concat(frame.with_columns(trace_id=pl.col("trace_id") + f"-{copy}") for copy in range(times))


@pytest.fixture(scope="module")
def agents(real_data):
    samples = real_data / "raw" / "agentevals" / "samples"
    return recorded(samples / name for name in ("helm.json", "helm_2.json", "k8s.json"))


def test_polling_and_existence_checks_are_no_errors(agents):
    """Queues polled with a time-out, and a GET answered 404 before the agent begins: the work goes on after both."""
    assert agents["events"].filter(pl.col("exception_type").str.ends_with("CancelledError")).height >= 7
    assert agents["spans"].filter(pl.col("http_status") == 404).height >= 3
    assert found({name: repeated(frame, 6) for name, frame in agents.items()}) == []


def test_the_same_recording_with_its_ends_in_error_is_found(agents):
    """What is said follows the telemetry: the model call fails, and everything above it."""
    spans = repeated(agents["spans"], 6).filter(pl.col("start_ns") <= _failing_start())
    failing = spans.with_columns(
        status=pl.when(_on_the_way()).then(pl.lit("error")).otherwise("status"),
        error_type=pl.when(_on_the_way()).then(pl.lit("RateLimitError")).otherwise("error_type"),
        http_status=pl.when(pl.col("kind") == "model").then(503).otherwise("http_status"),
    )
    frames = {"spans": failing, "calls": repeated(agents["calls"], 6), "events": repeated(agents["events"], 6)}
    details = {finding.candidate.subject.detail for finding in found(frames)}
    assert "rate limit" in details


def _failing_start():
    return pl.col("start_ns").filter(pl.col("kind") == "model").min().over("trace_id")


def _on_the_way():
    return pl.col("parent_id").is_null() | pl.col("operation").str.contains("invo|on_message_send|call_llm|openai")


@pytest.mark.parametrize(
    ("path", "one"),
    [
        ("raw/agent-prism/packages/demo-app/src/data/quo_tav_agent.json", "oversized-tool-output"),
        ("raw/agento-otel/WorkFiles-July2025/data/agento_run_%Y%m%dT%H%M%S%f.otlp.json", "critical-path"),
    ],
)
def test_of_one_recorded_trace_one_thing_is_said(real_data, path, one):
    """What takes four fifths of it is no habit, and plain to see; an unknown subject is not a measured one."""
    frames = with_samples([real_data / path])
    assert [finding.candidate.analyzer for finding in found(frames)] == [one]
    nobody = Subject(service=Name("nobody"), operation=Name("nothing"))
    for analyzer in ANALYZERS.values():
        assert analyzer.measure(*(frames[kind.name].lazy() for kind in analyzer.reads), subject=nobody) is None
