"""What metabot-instrument writes, read: the files that its own tests hold it to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from metabot.telemetry import formats
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Sample, Span

GOLDEN = Path(__file__).parents[3] / "instrument/golden"


def read(name):
    return (GOLDEN / name).read_bytes(), recorded(GOLDEN / name)


def recorded(path):
    data = path.read_bytes()
    return list(formats.reader(formats.recognise(path.name, Opening(data)))([data]))


@pytest.mark.parametrize(
    ("name", "taken_for"),
    [
        ("trace.jsonl", "trace-lines"),
        ("model_calls.otlp.jsonl", "otlp-json"),
        ("events.jsonl", "event-log"),
        ("monitor/desk.json", "monitor-export"),
    ],
)
def test_each_file_is_recognised_and_read_whole(name, taken_for):
    """Without a reject."""
    data, records = read(name)
    assert formats.recognise("x", Opening(data)) == taken_for
    assert records
    assert [record for record in records if isinstance(record, Reject)] == []


def test_every_trace_line_is_the_span_that_it_says():
    """Ids, times to the microsecond, layers, code and outcomes."""
    data, spans = read("trace.jsonl")
    lines = [json.loads(line) for line in data.splitlines()]
    assert [(span.trace_id, span.span_id) for span in spans] == [
        (line["otel_trace_id"], line["otel_span_id"]) for line in lines
    ]
    for line, span in zip(lines, spans, strict=True):
        parent = line["parent_id"].rpartition("_")[2] if line["parent_id"] else line.get("otel_parent_span_id")
        assert span.parent_id == parent
        assert span.operation == f"{line['hrm_layer']}.{line['operation']}"
        assert span.end_ns - span.start_ns == round(line["duration_ms"] * 1000) * 1000
        assert (span.code_file, span.code_line) == (line.get("code_file"), line.get("code_line"))
        assert (span.status == "error") == (line["status"] == "error")
        assert any(event.name == "blocked" for event in span.events) == (line["status"] == "blocked")


def test_an_error_keeps_its_type_and_message():
    """As the application raised it."""
    _, spans = read("trace.jsonl")
    (failed,) = (span for span in spans if span.error_type)
    assert (failed.status, failed.error_type, failed.error_message) == ("error", "KeyError", "'orders.17'")


def test_a_status_of_http_in_the_metadata_is_the_spans():
    """Analyzers tell errors apart by it."""
    _, spans = read("trace.jsonl")
    assert [span.http_status for span in spans if span.http_status] == [200]


AGENT = """
from metabot_instrument import configure, emit_event, flush, tracer

configure(service_name="desk", trace=True, events_buffered=True)
with tracer.span("altitude", "plan", "desk.py", "order 17") as step:
    emit_event("task_started", {"goal": "refund"}, task_id="t-1", session_id="s-1")
    emit_event("task_failed", {"error": "no such order"}, task_id="t-1", session_id="s-1")
    step.set_output("gave up", order=17)
flush()
"""


def test_a_strange_agent_of_a_few_lines_is_read_back(tmp_path):
    """Its task lies in the trace of the step that it ran in, below it."""
    environment = {"PATH": "", "METABOT_TRACE_PATH": "trace.jsonl", "METABOT_EVENTS_PATH": "events.jsonl"}
    subprocess.run([sys.executable, "-c", AGENT], check=True, cwd=tmp_path, env=environment, timeout=60)
    step, *_ = recorded(tmp_path / "trace.jsonl")
    started, failed, task = recorded(tmp_path / "events.jsonl")
    assert (step.operation, step.status, step.service) == ("altitude.plan", "ok", "desk")
    assert (task.operation, task.error_message, task.service) == ("task", "no such order", "desk")
    assert (task.trace_id, task.parent_id) == (step.trace_id, step.span_id)
    assert (started.name, failed.severity, failed.session_id) == ("task_started", "error", "s-1")
    assert step.start_ns <= task.start_ns <= task.end_ns <= step.end_ns


def test_every_event_line_is_the_event_that_it_says():
    """Type, time, session and severity; of the tasks one ended well and one badly, with its words."""
    data, records = read("events.jsonl")
    lines = [json.loads(line) for line in data.splitlines()]
    events = [record for record in records if isinstance(record, Event) and record.kind == "event"]
    assert [(event.name, event.service, event.session_id) for event in events] == [
        (line["event"], line["service"], line.get("session_id")) for line in lines
    ]
    assert [event.time_ns for event in events] == [round(line["unix_time"]) * 10**9 for line in lines]
    assert [(event.name, event.severity) for event in events if event.severity != "info"] == [
        ("task_failed", "error"),
        ("alert_triggered", "critical"),
    ]
    tasks = [record for record in records if isinstance(record, Span)]
    assert [(task.status, task.error_message) for task in tasks] == [("ok", None), ("error", "no such order")]
    assert {record.name: record.value for record in records if isinstance(record, Sample)} == {
        "cpu_percent": 12.5,
        "queue.length": 4.0,
    }
    scores = [(record.name, record.value) for record in records if isinstance(record, Event) and record.kind == "score"]
    assert scores == [("quality", 0.85), ("passed", 1.0)]


def test_an_export_of_the_monitor_keeps_what_it_counted():
    """Tools, states, model calls by model, memory and artifacts."""
    data, samples = read("monitor/desk.json")
    told = json.loads(data)
    found = {(one.name.removeprefix("monitor."), *_labels(one)): one.value for one in samples}
    for tool, stats in told["tools"].items():
        assert found["tool.calls", tool] == stats["calls"]
        assert found["tool.errors", tool] == stats["errors"]
        assert found["tool.duration_ms", tool] == stats["total_ms"]
    for state, stats in told["states"].items():
        assert (found["state.entries", state], found["state.duration_ms", state]) == (
            stats["entries"],
            stats["total_ms"],
        )
    by_model = [value for (name, *_), value in found.items() if name == "llm.input_tokens"]
    assert sum(by_model) == told["llm"]["tokens"]["input"]
    assert found["llm.cached_tokens",] == told["llm"]["tokens"]["cached"]
    assert found["artifacts.modified",] == told["session"]["artifacts"]["modified"]
    memory = [one.value for one in samples if one.name == "monitor.memory.rss_bytes"]
    assert memory == [one["rss_bytes"] for one in told["memory"]["samples"]]


def _labels(sample):
    return (text for name, text in sample.labels if name in ("tool", "state", "model", "from", "to"))
