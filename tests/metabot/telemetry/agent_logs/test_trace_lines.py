import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from metabot.telemetry import formats
from metabot.telemetry.agent_logs import trace_lines
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Span
from tests.metabot.telemetry.agent_logs.said import NOON, ROOT, STEP, TRACE, line, ours
from tests.metabot.telemetry.mutations import mutated

MS = 1_000_000


def read(*lines, zone=None):
    data = "\n".join(json.dumps(one) for one in lines).encode()
    reader = formats.reader("trace-lines", time_zone=zone) if zone else trace_lines.read
    return list(reader([data]))


def test_a_line_is_a_span_of_its_layer():
    """The layer under its long name, whichever it is written in."""
    for layer in ("altitude", "alt"):
        (span,) = read(line(f"alt_{NOON}_a3f2", hrm_layer=layer))
        assert (span.operation, span.kind, span.status, span.code_file) == (
            "altitude.transition", "workflow", "ok", "altitude.py"
        )  # fmt: skip
        assert (span.start_ns, span.end_ns) == (NOON * 10**9, NOON * 10**9 + 5 * MS)
        assert (span.input, span.output, span.parent_id) == ("L3→L2", "success", None)


def test_a_layer_that_is_not_declared_keeps_its_name():
    """And is internal."""
    (span,) = read(line("ort_1_a", hrm_layer="orientation", component="Compass"))
    assert (span.operation, span.kind, span.code_file) == ("orientation.transition", "internal", None)


def test_the_lines_of_a_trace_come_children_first():
    """The root follows from the chain of parents."""
    found = read(line("mem_1_c8d2", "foc_1_b7c1"), line("foc_1_b7c1", "alt_1_a3f2"), line("alt_1_a3f2"))
    spans = {span.span_id: span for span in found}
    assert len({span.trace_id for span in found}) == 1
    depth = sorted(len(_above(span, spans)) for span in found)
    assert depth == [0, 1, 2]


def _above(span, spans):
    return [] if span.parent_id is None else [span.parent_id, *_above(spans[span.parent_id], spans)]


def test_an_id_that_was_given_twice_is_two_spans():
    """Four random digits of one second collide: each child is below the one that was open when it began."""
    first = [line("foc_1_aaaa", "alt_1_a3f2", 1.0), line("alt_1_a3f2", None, 0.9, ms=500)]
    second = [line("foc_1_bbbb", "alt_1_a3f2", 2.0), line("alt_1_a3f2", None, 1.9, ms=500)]
    child, root, other_child, other_root = _by_start(read(*first, *second), (1.0, 0.9, 2.0, 1.9))
    assert (child.parent_id, other_child.parent_id) == (root.span_id, other_root.span_id)
    assert child.trace_id == root.trace_id != other_root.trace_id == other_child.trace_id


def test_a_child_of_a_colliding_id_waits_for_the_line_that_was_open():
    """The first line of that id behind it began after it."""
    lines = [
        line("foc_1_cccc", "alt_1_a3f2", 1.0),
        line("alt_1_a3f2", None, 1.5),
        line("alt_1_a3f2", None, 0.5, ms=5000),
    ]
    child, late, root = _by_start(read(*lines), (1.0, 1.5, 0.5))
    assert child.parent_id == root.span_id != late.span_id


def test_a_task_that_outlives_its_step_is_still_below_it():
    """Its line comes behind its parent's."""
    lines = [line("alt_1_a3f2", None, 0.0, ms=10), line("foc_1_dddd", "alt_1_a3f2", 0.005, ms=90)]
    root, child = _by_start(read(*lines), (0.0, 0.005))
    assert (child.parent_id, child.trace_id) == (root.span_id, root.trace_id)


def _by_start(found, seconds):
    spans = {span.start_ns: span for span in found}
    return [spans[NOON * 10**9 + round(second * 10**9)] for second in seconds]


def test_what_has_no_parent_in_an_old_file_is_a_trace_of_its_own():
    """Both children of the missing one are in it."""
    one, other = read(line("foc_1_aaaa", "alt_1_gone"), line("foc_1_bbbb", "alt_1_gone", 1))
    assert one.trace_id == other.trace_id
    assert one.parent_id == other.parent_id is not None


def test_what_may_still_have_a_parent_waits_until_the_file_has_grown():
    """A reject that says so; with the parent's line the same spans are read."""
    now = datetime.now(UTC)
    child = line("foc_1_aaaa", "alt_1_open", timestamp=now.isoformat(), ms=1)
    root = line("alt_1_open", timestamp=(now - timedelta(seconds=1)).isoformat(), ms=5000)
    (waits,) = read(child)
    assert isinstance(waits, Reject)
    assert (waits.position, "has not ended yet" in waits.reason) == ("line 1", True)
    assert {type(record) for record in read(child, root)} == {Span}


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 12), ("Europe/Zurich", 11), ("America/New_York", 17)])
def test_a_time_without_a_zone_is_of_the_sources(zone, hour):
    """One with a zone is its own."""
    at = datetime(2026, 1, 13, hour, tzinfo=UTC).timestamp()
    plain, zoned = read(line("alt_1_a"), line("alt_1_b", timestamp="2026-01-13T12:00:00+00:00"), zone=zone)
    assert (plain.start_ns, zoned.start_ns) == (at * 10**9, NOON * 10**9)


def test_in_summer_a_zone_is_another_one():
    """Twelve in Zurich is ten in July."""
    (span,) = read(line("alt_1_a", timestamp="2026-07-13T12:00:00"), zone="Europe/Zurich")
    told = datetime(2026, 7, 13, 12, tzinfo=ZoneInfo("Europe/Zurich")).timestamp()
    assert span.start_ns == told * 10**9 == datetime(2026, 7, 13, 10, tzinfo=UTC).timestamp() * 10**9


def test_our_lines_are_known_by_the_ids_of_their_opentelemetry_spans():
    """So that the same span over OTLP is one with it; nothing has to wait for a root."""
    child, root = read(ours(STEP, ROOT), ours())
    assert (child.trace_id, child.span_id, child.parent_id) == (TRACE, STEP, ROOT)
    assert (root.trace_id, root.span_id, root.parent_id, root.service) == (TRACE, ROOT, None, "desk")
    assert (root.start_ns, root.end_ns) == (NOON * 10**9 + 250_000, NOON * 10**9 + 5_500_000)


def test_a_parent_in_another_process_is_kept():
    """Its layer is not known there, its span's id is."""
    (span,) = read(ours(STEP, None, otel_parent_span_id=ROOT))
    assert span.parent_id == ROOT


def test_what_was_blocked_is_no_error():
    """It carries an event that says so."""
    (span,) = read(ours(status="blocked", metadata={"gate": "write"}, task_id="t-1"))
    (event,) = span.events
    assert (span.status, event.name, event.severity) == ("unset", "blocked", "warning")
    assert json.loads(event.payload) == {"gate": "write", "task_id": "t-1"}


@pytest.mark.parametrize("metadata", [{"error": "disk full"}, {"error": {"type": "OSError", "message": "disk full"}}])
def test_an_error_says_what_its_metadata_says(metadata):
    """A text, or a type and a message."""
    (span,) = read(ours(status="error", metadata={"error_type": "OSError", **metadata}))
    assert (span.status, span.error_type, span.error_message) == ("error", "OSError", "disk full")


def test_a_line_that_does_not_say_how_long_it_took_is_a_start():
    """Its length is unknown, not zero."""
    (span,) = read(line("alt_1_a", ms=None))
    assert (span.clock, span.end_ns) == ("utc start", span.start_ns)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param({"trace_id": None}, "no trace_id", id="no id"),
        pytest.param({"operation": 7}, "no operation", id="no operation"),
        pytest.param({"timestamp": "yesterday"}, "no time between 2000 and 2100", id="no time"),
        pytest.param({"timestamp": "1999-12-31T00:00:00"}, "no time between 2000 and 2100", id="before its time"),
    ],
)
def test_a_line_that_is_none_is_a_reject(broken, reason):
    """With its place and why; its neighbours are read."""
    before, found, after = read(line("alt_x_a"), {**line("alt_x_b"), **broken}, line("alt_x_c"))
    assert (found.position, found.reason) == ("line 2", reason)
    assert (type(before), type(found), type(after)) == (Span, Reject, Span)


def test_a_torn_line_is_a_reject_and_a_list_is_read_too():
    """A killed writer leaves a torn one behind."""
    data = (json.dumps(ours()) + "\n" + json.dumps(ours(STEP))[:-30] + "\n").encode()
    assert [type(record) for record in trace_lines.read([data])] == [Span, Reject]
    assert [type(record) for record in trace_lines.read([json.dumps([ours(), 5, ours(STEP)]).encode()])] == [Reject]
    assert len(read([ours(), ours(STEP)])) == 2


def test_the_same_lines_have_the_same_ids_every_time():
    """Whatever chunks they come in."""
    lines = [line("mem_1_c", "foc_1_b"), line("foc_1_b", "alt_1_a"), line("alt_1_a"), line("alt_1_a", None, 7)]
    data = "\n".join(map(json.dumps, lines)).encode()
    assert list(trace_lines.read([data])) == list(
        trace_lines.read([data[at : at + 7] for at in range(0, len(data), 7)])
    )


def test_its_lines_are_recognised():
    """By the layer that each names."""
    assert formats.recognise("x", Opening(json.dumps(ours()).encode())) == "trace-lines"
    assert formats.recognise("x", Opening(json.dumps([line("a")]).encode())) == "trace-lines"


@given(
    mutated([line("foc_1_b", "alt_1_a", metadata={"error": {"type": "a"}}, status="error"), line("alt_1_a"), ours()])
)
def test_nothing_that_is_written_there_raises(data):
    """Each piece is a span or a reject."""
    for record in trace_lines.read([data]):
        assert isinstance(record, (Span, Reject))


@given(mutated(ours(status="blocked")))
def test_no_single_line_raises(data):
    """Nor where a file is one line of it."""
    assert all(isinstance(record, (Span, Reject)) for record in trace_lines.read([data]))


def test_a_deep_chain_is_one_trace():
    """5,000 lines below one another."""
    deep = [line(f"alt_1_{depth}", f"alt_1_{depth - 1}" if depth else None) for depth in range(5_000)]
    assert len({span.trace_id for span in read(*deep[::-1])}) == 1


def test_a_model_call_within_a_trace_is_one():
    """Its attributes stand in the metadata; its operation is its name, as it is over OTLP."""
    told = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1-mini", "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 1200, "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 1024, "gen_ai.response.finish_reasons": ["stop"],
    }  # fmt: skip
    (span,) = read(line("sys_1_a3f2", hrm_layer="system", operation="chat gpt-4.1-mini", metadata=told))
    assert (span.operation, span.kind) == ("chat gpt-4.1-mini", "model")
    assert span.events == ()
    call = span.model_call
    assert (call.model, call.provider, call.finish_reason) == ("gpt-4.1-mini", "openai", "stop")
    assert (call.input_tokens, call.cached_tokens, call.output_tokens) == (1200, 1024, 30)


def test_a_layers_own_step_keeps_its_name():
    """Also where its metadata speaks of a model."""
    (span,) = read(line("rsn_1_a3f2", hrm_layer="rsn", operation="route", metadata={"gen_ai.request.model": "m"}))
    assert (span.operation, span.kind) == ("reasoning.route", "model")


def test_what_a_killed_process_lost_of_its_lines_is_an_event():
    """It stands among them, written by whoever came next."""
    lost = {"event": "events_lost", "timestamp": "2026-01-13T12:00:00+00:00", "payload": {"count": 3, "writer": "aa"}}
    found, span = read(lost, line("alt_1_a3f2"))
    assert (found.name, found.kind, found.payload) == ("events_lost", "event", '{"count":3,"writer":"aa"}')
    assert span.operation == "altitude.transition"


def test_an_event_without_a_time_is_refused():
    """As every other line."""
    (found,) = read({"event": "events_lost"})
    assert isinstance(found, Reject)
