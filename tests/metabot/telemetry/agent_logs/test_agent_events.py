import json

import pytest
from hypothesis import given

from metabot.telemetry import formats
from metabot.telemetry.agent_logs import agent_events
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Sample, Span
from tests.metabot.telemetry.agent_logs.said import NOON, ROOT, TRACE
from tests.metabot.telemetry.mutations import mutated

DECISIONS = [
    {"validator": "budget", "decision": "allow", "reason": "enough left"},
    {"validator": "scope", "decision": "deny"},
]


def line(metrics=None, **more):
    return {
        "timestamp": "2026-01-13T12:00:00Z", "trace_id": TRACE, "span_id": ROOT, "event_type": "tool_call",
        "agent_id": "desk", "action": "lookup_order", "result": "success",
        "metrics": {"latency_ms": 120.5} if metrics is None else metrics, "context": {"session_id": "s-1"}, **more,
    }  # fmt: skip


def read(*lines, zone=None):
    reader = formats.reader("agent-events", time_zone=zone) if zone else agent_events.read
    return list(reader(["\n".join(map(json.dumps, lines)).encode()]))


def test_a_line_is_an_event_of_its_type():
    """With what it says as its payload."""
    (found,) = read(line({}))
    assert (found.kind, found.name, found.service, found.session_id) == ("event", "tool_call", "desk", "s-1")
    assert (found.trace_id, found.span_id, found.time_ns, found.severity) == (TRACE, ROOT, NOON * 10**9, "info")
    payload = json.loads(found.payload)
    assert (payload["action"], payload["result"], payload["context"]) == (
        "lookup_order",
        "success",
        {"session_id": "s-1"},
    )


def test_an_action_that_took_time_is_a_span_that_ends_with_its_line():
    """Of the agent's service, under the action's name."""
    _, span = read(line())
    assert (span.operation, span.service, span.kind, span.status) == ("lookup_order", "desk", "tool", "ok")
    assert (span.start_ns, span.end_ns) == (NOON * 10**9 - 120_500_000, NOON * 10**9)
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE, ROOT, None)


@pytest.mark.parametrize(("event_type", "kind"), [
    ("llm_call", "model"), ("tool_call", "tool"), ("retrieval", "retrieval"), ("agent_step", "agent"), (None, "tool"),
])  # fmt: skip
def test_its_kind_is_what_its_type_speaks_of(event_type, kind):
    """A tool where it speaks of nothing that is known."""
    _, span = read(line(event_type=event_type))
    assert span.kind == kind
    assert (span.model_call is not None) == (kind == "model")


def test_tokens_of_which_nobody_knows_what_went_in_are_no_calls():
    """They are a gauge, as memory is; the call's own counts are unknown."""
    event, span, tokens, memory = read(
        line(
            {"latency_ms": 5, "tokens_used": 340, "memory_bytes": 1 << 20},
            event_type="llm_call",
            context={"model": "m"},
        )
    )
    assert (span.model_call.model, span.model_call.input_tokens, span.model_call.output_tokens) == ("m", None, None)
    assert [(one.name, one.kind, one.value, one.labels) for one in (tokens, memory)] == [
        ("tokens_used", "gauge", 340.0, (("action", "lookup_order"),)),
        ("memory_bytes", "gauge", float(1 << 20), (("action", "lookup_order"),)),
    ]
    assert event.time_ns == tokens.time_ns


@pytest.mark.parametrize("decisions", [DECISIONS, {"budget": "allow", "scope": "deny"}])
def test_each_validators_decision_is_an_event(decisions):
    """A list of them, or an object by validator."""
    _, *found = read(line({"validator_decisions": decisions}))
    assert {one.name for one in found} == {"validator_decision"}
    told = [json.loads(one.payload) for one in found]
    assert [(one["validator"], one["decision"], one["action"]) for one in told] == [
        ("budget", "allow", "lookup_order"), ("scope", "deny", "lookup_order")
    ]  # fmt: skip


@pytest.mark.parametrize(("result", "context", "expected"), [
    ("failed", {"error": "no such order"}, ("error", None, "no such order")),
    ({"status": "error", "error_type": "KeyError", "message": "'id'"}, {}, ("error", "KeyError", "'id'")),
    ({"error": {"type": "Timeout", "message": "3 s"}}, {}, ("error", "Timeout", "3 s")),
    (False, {}, ("error", None, None)),
    ("blocked", {}, ("unset", None, None)),
    ({"rows": 3}, {}, ("unset", None, None)),
])  # fmt: skip
def test_how_it_ended_is_what_its_result_says(result, context, expected):
    """A word, a truth, or an object with a status or an error; what was blocked is no error."""
    event, span, *_ = read(line(result=result, context=context))
    assert (span.status, span.error_type, span.error_message) == expected
    assert event.severity == {"error": "error"}.get(span.status, "warning" if result == "blocked" else "info")


def test_ids_that_are_no_hexadecimal_ones_stay_equal():
    """And those that are absent are the line's own."""
    texts = [line(trace_id="trace-1", span_id=f"span-{number}", parent_span_id="span-0") for number in (0, 1)]
    first, parent, second, child = read(*texts)
    assert first.trace_id == second.trace_id
    assert child.parent_id == parent.span_id != child.span_id
    alone, _, other, _ = read(line(trace_id=None, span_id=None), line(trace_id=None, span_id=None, action="other"))
    assert alone.trace_id != other.trace_id


def test_a_time_without_a_zone_is_of_the_sources():
    """Thirteen in Zurich is twelve in winter."""
    assert read(line({}, timestamp="2026-01-13T13:00:00"), zone="Europe/Zurich")[0].time_ns == NOON * 10**9


@pytest.mark.parametrize(("broken", "reason"), [
    ({"timestamp": None}, "no time between 2000 and 2100"),
    ({"action": None, "event_type": 5}, "no event_type and no action"),
])  # fmt: skip
def test_a_line_that_is_none_is_a_reject(broken, reason):
    """With its place and why; its neighbours are read."""
    before, found, after = read(line({}), line({}, **broken), line({}))
    assert (type(before), type(found), type(after)) == (Event, Reject, Event)
    assert (found.position, found.reason) == ("line 2", reason)


def test_its_lines_are_recognised():
    """By agent, action and type, before they are taken for an event log."""
    assert formats.recognise("x", Opening(json.dumps(line()).encode())) == "agent-events"


@given(
    mutated(
        line({"latency_ms": 1, "tokens_used": 2, "validator_decisions": DECISIONS}, result={"error": {"type": "x"}})
    )
)
def test_nothing_that_is_written_there_raises(data):
    """Each piece is a record or a reject."""
    assert all(isinstance(record, (Event, Span, Sample, Reject)) for record in agent_events.read([data]))
