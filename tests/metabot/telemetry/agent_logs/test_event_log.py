import json

import pytest
from hypothesis import given

from metabot.telemetry import formats
from metabot.telemetry.agent_logs import event_log
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Sample, Span
from metabot_instrument.vocabulary.event_types import EVENT_TYPES
from tests.metabot.telemetry.agent_logs.said import NOON, ROOT, TRACE, event, ledger
from tests.metabot.telemetry.mutations import mutated


def read(*lines, zone=None):
    reader = formats.reader("event-log", time_zone=zone) if zone else event_log.read
    return list(reader(["\n".join(map(json.dumps, lines)).encode()]))


def spans(records):
    return [record for record in records if isinstance(record, Span)]


def events(records, kind="event"):
    return [record for record in records if isinstance(record, Event) and record.kind == kind]


def test_a_line_is_an_event():
    """Of its type, service and session, with what it says and whose it is."""
    (found,) = read(event(payload={"source": "a.md"}, session_id="s-1", task_id="t-1", persona_id="p"))
    assert (found.kind, found.name, found.time_ns, found.service, found.session_id) == (
        "event", "evidence_added", NOON * 10**9, "desk", "s-1"
    )  # fmt: skip
    assert json.loads(found.payload) == {
        "source": "a.md", "task_id": "t-1", "persona_id": "p", "writer": "9f2c01aa", "seq": 0
    }  # fmt: skip


def test_an_earlier_systems_line_is_the_same():
    """Its payload stands beside its names, and its exact time under `ts`."""
    (found,) = read(ledger("evidence_added", source="a.md", session="s-1"))
    assert (found.name, found.time_ns, found.session_id) == ("evidence_added", NOON * 10**9, "s-1")
    assert json.loads(found.payload) == {"source": "a.md"}


@pytest.mark.parametrize(
    "times",
    [
        pytest.param({"ts": NOON + 0.5}, id="seconds"),
        pytest.param({"unix_time": NOON + 0.5}, id="seconds under our name"),
        pytest.param({"timestamp": "2026-01-13T12:00:00.5Z"}, id="a date"),
        pytest.param({"timestamp": "2026-01-13T12:00:00.5"}, id="a date without a zone"),
        pytest.param({"timestamp": "soon", "ts": NOON + 0.5}, id="one that is none, and one"),
    ],
)
def test_any_time_that_there_is_counts(times):
    """ISO 8601 before Unix seconds."""
    (found,) = read({"event": "rune", "task_id": "t-1", **times})
    assert found.time_ns == NOON * 10**9 + 500_000_000


def test_a_time_without_a_zone_is_of_the_sources():
    """Unix seconds have none."""
    lines = [{"event": "rune", "timestamp": "2026-01-13T13:00:00"}, {"event": "rune", "ts": NOON}]
    assert [found.time_ns for found in read(*lines, zone="Europe/Zurich")] == [NOON * 10**9] * 2


def test_what_the_span_was_in_which_it_was_logged_is_kept():
    """So that it stands in that span's trace."""
    found, alone = read(event(trace_id=TRACE, span_id=ROOT), event(span_id=ROOT))
    assert (found.trace_id, found.span_id) == (TRACE, ROOT)
    assert (alone.trace_id, alone.span_id) == (None, None)


@pytest.mark.parametrize(("line", "severity"), [
    (event("alert_triggered", payload={"severity": "CRITICAL"}), "critical"),
    (event("alert_triggered", payload={"level": "warn"}), "warning"),
    (event("alert_triggered"), "warning"),
    (event("task_failed"), "error"),
    (event("upload_failed"), "error"),
    (event("upload_end", payload={"success": False}), "error"),
    (event("events_lost", payload={"count": 3, "writer": "0"}), "error"),
    (event("health_check", payload={"status": "failed"}), "error"),
    (event("rune"), "info"),
])  # fmt: skip
def test_its_severity_is_what_it_says_or_its_type_means(line, severity):
    """In lower case, `warn` as `warning`."""
    assert read(line)[0].severity == severity


def test_a_task_is_a_span_from_its_start_to_its_end():
    """Its events are of its trace, and its phases below it."""
    found = read(
        event("task_started", 0, {"goal": "refund"}, task_id="t-1"),
        event("thesis_start", 1, task_id="t-1"),
        event("evidence_added", 2, task_id="t-1"),
        event("thesis_end", 3, task_id="t-1"),
        event("task_completed", 9, task_id="t-1", session_id="s-1"),
        event("rune", 10, task_id="t-1"),
    )
    thesis, task = spans(found)
    assert (task.operation, task.kind, task.status, task.parent_id, task.session_id) == (
        "task", "agent", "ok", None, "s-1"
    )  # fmt: skip
    assert (task.start_ns, task.end_ns) == (NOON * 10**9, (NOON + 9) * 10**9)
    assert (thesis.operation, thesis.kind, thesis.parent_id) == ("thesis", "workflow", task.span_id)
    assert {one.trace_id for one in found} == {task.trace_id}
    assert [one.span_id for one in events(found) if one.name in ("evidence_added", "rune")] == [task.span_id] * 2
    assert len(events(found)) == 6


@pytest.mark.parametrize(
    ("closing", "type_", "message"),
    [
        (event("task_failed", 5, {"error": "no such order"}, task_id="t-1"), None, "no such order"),
        (
            event("task_failed", 5, {"error": {"type": "KeyError", "message": "'id'"}}, task_id="t-1"),
            "KeyError",
            "'id'",
        ),
        (event("task_completed", 5, {"success": False, "reason": "gave up"}, task_id="t-1"), None, "gave up"),
    ],
)
def test_a_task_that_failed_is_an_error(closing, type_, message):
    """With the words that the line has for it."""
    (task,) = spans(read(event("task_started", task_id="t-1"), closing))
    assert (task.status, task.error_type, task.error_message) == ("error", type_, message)


def test_each_run_of_a_task_is_a_trace():
    """One that was given up is none: what was never closed stays an event."""
    found = read(*(
        event(name, second, task_id="t-1")
        for second, name in enumerate(["task_started", "task_completed", "task_started", "task_started", "task_failed"])
    ))  # fmt: skip
    first, second = spans(found)
    assert first.trace_id != second.trace_id
    assert (second.start_ns, second.parent_id) == ((NOON + 3) * 10**9, None)
    assert len(events(found)) == 5


def test_tasks_at_the_same_time_do_not_mix():
    """Each line belongs to the task that it names."""
    names = ("task_started", "thesis_start", "thesis_end", "task_completed")
    lines = [event(name, second, task_id=task) for second, name in enumerate(names) for task in ("t-1", "t-2")]
    found = spans(read(*lines))
    assert len({span.trace_id for span in found}) == 2
    roots = {span.trace_id: span.span_id for span in found if span.parent_id is None}
    assert all(span.parent_id == roots[span.trace_id] for span in found if span.operation == "thesis")


def test_a_task_within_a_span_is_below_it():
    """And a phase that began in the same span is below the task."""
    inside = {"trace_id": TRACE, "span_id": ROOT, "task_id": "t-1"}
    names = ("task_started", "thesis_start", "thesis_end", "task_completed")
    thesis, task = spans(read(*(event(name, second, **inside) for second, name in enumerate(names))))
    assert (task.trace_id, task.parent_id, thesis.trace_id, thesis.parent_id) == (TRACE, ROOT, TRACE, task.span_id)


def test_a_span_without_its_trace_is_no_parent():
    """Nobody could find it."""
    inside = {"span_id": ROOT, "task_id": "t-1"}
    (task,) = spans(read(event("task_started", **inside), event("task_completed", 1, **inside)))
    assert task.parent_id is None


@pytest.mark.parametrize("length", [{"latency_ms": 1500.0}, {"duration_ms": 1500}, {"duration_sec": 1.5}])
def test_a_closing_event_that_says_its_length_needs_no_opening_one(length):
    """As where the log was rotated in between."""
    (span,) = spans(read(ledger("synthesis_end", 9, **length)))
    assert (span.operation, span.end_ns - span.start_ns, span.end_ns) == (
        "synthesis",
        1_500_000_000,
        (NOON + 9) * 10**9,
    )


def test_what_is_called_start_and_end_is_a_piece_of_work():
    """Whether its type is declared or not."""
    upload, export = spans(read(
        event("upload_start", 0, session_id="s-1"), event("upload_end", 2, {"success": False}, session_id="s-1"),
        event("export_started", 3, correlation_id="c"), event("export_failed", 4, correlation_id="c"),
    ))  # fmt: skip
    assert (upload.operation, upload.status, upload.end_ns - upload.start_ns) == ("upload", "error", 2 * 10**9)
    assert (export.operation, export.status, export.kind) == ("export", "error", "workflow")


@pytest.mark.parametrize("lines", [
    pytest.param([event("task_started", task_id="t-1")], id="never closed"),
    pytest.param([event("task_completed", task_id="t-1")], id="never opened"),
    pytest.param([event("task_started"), event("task_completed", 3)], id="whose task nobody tells"),
    pytest.param([event("task_started", task_id="t-1"), event("task_completed", 3, task_id="t-2")], id="of two tasks"),
    pytest.param([event("session_start", session_id="s"), event("session_end", 3, session_id="s")], id="a session"),
    pytest.param([event("session_end", payload={"duration_ms": 5}, session_id="s")], id="one that says its length"),
    pytest.param([event("alert_triggered", task_id="t"), event("alert_resolved", 3, task_id="t")], id="an alert"),
])  # fmt: skip
def test_it_stays_events_alone(lines):
    """Each line one."""
    assert [type(record) for record in read(*lines)] == [Event] * len(lines)


@pytest.mark.parametrize(("line", "expected"), [
    (event("eval", payload={"quality": 0.85, "confidence": 0.7}), {"quality": 0.85}),
    (ledger("eval", agi_quality=0.5), {"quality": 0.5}),
    (event("quality_check", payload={"quality": 0.6, "passed": False}), {"quality": 0.6, "passed": 0.0}),
    (event("task_completed", payload={"quality": 0.85}), {}),
    (event("eval", payload={"quality": "good"}), {}),
])  # fmt: skip
def test_the_quality_of_an_eval_is_a_score(line, expected):
    """A confidence is none, nor is what a task says about itself."""
    assert {score.name: score.value for score in events(read(line), "score")} == expected


def test_a_score_belongs_to_its_task():
    """So that runs are told apart by it."""
    found = read(event("task_started", task_id="t-1"), event("eval", 1, {"quality": 1}, task_id="t-1"))
    (score,) = events(found, "score")
    assert score.trace_id == found[0].trace_id is not None


@pytest.mark.parametrize(("payload", "expected"), [
    ({"cpu_percent": 50.5, "ok": True, "memory": {"percent": 33}}, {"cpu_percent": 50.5, "memory.percent": 33.0}),
    ({"name": "queue", "value": 7, "unit": "tasks"}, {"queue": 7.0}),
    ({"huge": 10**400, "host": "a"}, {}),
])  # fmt: skip
def test_the_numbers_of_a_performance_metric_are_gauges(payload, expected):
    """A group's by the group's name; one that is named by its own."""
    found = [record for record in read(event("performance_metric", payload=payload)) if isinstance(record, Sample)]
    assert {sample.name: sample.value for sample in found} == expected
    assert {sample.kind for sample in found} <= {"gauge"}


def test_every_declared_type_is_read():
    """As an event of its name."""
    lines = [event(name, payload=dict.fromkeys(known.fields, "x")) for name, known in EVENT_TYPES.items()]
    assert [found.name for found in events(read(*lines))] == list(EVENT_TYPES)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param({"event": "rune", "task_id": "t"}, "no time between 2000 and 2100", id="no time"),
        pytest.param({"event": 7, "ts": NOON}, "no event type", id="no type"),
        pytest.param({"event": "we did " * 20, "ts": NOON}, "the event's type is no name but a sentence", id="prose"),
        pytest.param([5], "no event", id="no object"),
    ],
)
def test_a_line_that_is_no_event_is_a_reject(line, reason):
    """With its place and why; its neighbours are read."""
    before, found, after = read(event(), line, event())
    assert (type(before), type(found), type(after)) == (Event, Reject, Event)
    assert (found.position.partition(",")[0], found.reason) == ("line 2", reason)


@pytest.mark.parametrize("line", [event(), ledger(task_id="t"), ledger(), [event()]])
def test_its_lines_are_recognised(line):
    """Ours and others'."""
    assert formats.recognise("x", Opening(json.dumps(line).encode())) == "event-log"


@pytest.mark.parametrize("line", [
    pytest.param({"event": "request took 3 s", "timestamp": "2026-01-13T12:00:00Z", "level": "info"}, id="a log"),
    pytest.param({"event": "rune", "task_id": "t"}, id="without a time"),
    pytest.param({"event": {"name": "x"}, "timestamp": 1, "task_id": "t"}, id="an event that is an object"),
])  # fmt: skip
def test_other_logs_are_not_taken_for_it(line):
    """What a program prints is no event log."""
    assert not event_log.recognises(Opening(json.dumps(line).encode()))


@given(mutated(event("task_failed", payload={"quality": 1, "cpu": {"a": 2}}, task_id="t-1", trace_id=TRACE)))
def test_no_single_line_raises(data):
    """Nor where a file is one line of it."""
    assert all(isinstance(record, (Event, Span, Reject)) for record in event_log.read([data]))


@given(
    mutated([event("task_started", task_id="t"), ledger("eval", quality=1), event("task_completed", 3, task_id="t")])
)
def test_nothing_that_is_written_there_raises(data):
    """Each piece is a record or a reject."""
    assert all(isinstance(record, (Event, Span, Sample, Reject)) for record in event_log.read([data]))
