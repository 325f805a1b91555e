import json

import pytest
from hypothesis import given

from metabot.store.inputs import inputs
from metabot.telemetry import calls, trail
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from metabot.telemetry.times import ORDER_NS
from tests.metabot.telemetry import mutated
from tests.metabot.telemetry.exports import line, model_rows

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(own_id, /, *below, **fields):
    return {
        "timestamp": "2026-03-25T09:18:51.500000Z",
        "trace_id": TRACE,
        "span_id": own_id,
        "parent_span_id": None,
        "span_name": "Step",
        "span_kind": "Internal",
        "service_name": "bakery",
        "resource_attributes": {"service.name": "bakery", "service.version": "1.4"},
        "scope_name": "openinference.instrumentation.smolagents",
        "span_attributes": {"openinference.span.kind": "CHAIN"},
        "duration": "PT1.5S",
        "status_code": "Ok",
        "status_message": "",
        "events": [],
        "logs": [],
        "child_spans": list(below),
        **fields,
    }


MODEL = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "large-1",
    "llm.token_count.prompt": "3726",
    "llm.token_count.completion": "52",
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "How much flour?",
}
FAILED = {
    "Timestamp": "2026-03-25T09:18:52.000001",
    "Name": "exception",
    "Attributes": {"exception.type": "acme.RateLimitError", "exception.message": "slow down"},
}
LOG = {
    "timestamp": "2026-03-25T09:18:52",
    "trace_id": TRACE,
    "span_id": "00f067aa0ba902b7",
    "severity_text": "INFO",
    "body": {"function.name": "bake", "function.output": "bread"},
}
WHOLE = {
    "trace_id": TRACE,
    "spans": [
        span(
            "00f067aa0ba902b7",
            span("aa" * 8, span_attributes=MODEL, parent_span_id="00f067aa0ba902b7"),
            span("bb" * 8, status_code="Error", status_message="gave up", events=[FAILED]),
            logs=[LOG],
        )
    ],
}
LABELS = {
    "trace_id": TRACE,
    "errors": [
        {"category": "Tool-related", "location": "AA" * 8, "description": "wrong oven", "impact": "HIGH"},
        {"category": "Poor planning", "location": "the third step", "description": "", "impact": "LOW"},
    ],
    "scores": [{"reliability_score": 2, "reliability_reasoning": "burnt", "overall": 3.25}],
}


def read(*values):
    return list(trail.read([line(value) for value in values]))


def spans_of(records):
    assert not [one for one in records if isinstance(one, Reject)]
    return [one for one in records if isinstance(one, Span)]


def test_nested_spans_become_a_tree():
    """Each once, parents first; one that names no parent belongs to the span that it stands in."""
    found = spans_of(read(WHOLE))
    assert [(one.span_id, one.parent_id, one.kind) for one in found] == [
        ("00f067aa0ba902b7", None, "workflow"),
        ("aa" * 8, "00f067aa0ba902b7", "model"),
        ("bb" * 8, "00f067aa0ba902b7", "workflow"),
    ]
    assert {(one.trace_id, one.service, one.service_version) for one in found} == {(TRACE, "bakery", "1.4")}


def test_token_counts_may_be_texts():
    """A count written as a string is the number."""
    call = spans_of(read(WHOLE))[1].model_call
    assert call is not None
    assert (call.model, call.input_tokens, call.output_tokens, call.cached_tokens) == ("large-1", 3726, 52, None)
    assert call.prompt_chars == len("How much flour?")


def test_a_failed_span_has_its_exception():
    """The status decides; the exception's type comes from the event."""
    failed = spans_of(read(WHOLE))[2]
    assert (failed.status, failed.error_type, failed.error_message) == ("error", "acme.RateLimitError", "gave up")


@pytest.mark.parametrize(
    ("duration", "nanoseconds"),
    [
        pytest.param("PT0.000129S", 129_000, id="microseconds"),
        pytest.param("PT1H17M11.9S", 4_631_900_000_000, id="over an hour"),
        pytest.param("PT0S", 0, id="none at all"),
    ],
)
def test_the_end_is_the_start_and_a_duration(duration, nanoseconds):
    """ISO 8601, exact."""
    (found,) = spans_of(read(span("aa" * 8, duration=duration)))
    assert found.end_ns - found.start_ns == nanoseconds


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"duration": None}, "no duration", id="no duration"),
        pytest.param({"duration": 1.5}, "ISO 8601", id="a number for a duration"),
        pytest.param({"timestamp": "yesterday"}, "no start time", id="no time"),
        pytest.param({"span_id": None}, "no span id", id="no id"),
    ],
)
def test_a_span_that_cannot_be_placed_is_a_reject(fields, reason):
    """Those beside it are read."""
    refused, kept = read({"trace_id": TRACE, "spans": [span("aa" * 8, **fields), span("bb" * 8)]})
    assert isinstance(refused, Reject)
    assert (refused.position, reason in refused.reason) == ("line 1, span 1", True)
    assert isinstance(kept, Span)


def test_a_span_takes_the_ids_that_it_lacks_from_above():
    """The trace's own id, and the span around it."""
    inner = span("bb" * 8, trace_id=None)
    found = spans_of(read({"trace_id": TRACE, "spans": [span("aa" * 8, inner, trace_id=None)]}))
    assert [(one.trace_id, one.parent_id) for one in found] == [(TRACE, None), (TRACE, "aa" * 8)]


def test_log_lines_are_events_of_their_span():
    """What a function was given and gave back."""
    (event,) = (one for one in read(WHOLE) if isinstance(one, Event))
    assert (event.kind, event.name, event.severity, event.span_id) == ("log", "bake", "info", "00f067aa0ba902b7")
    assert json.loads(event.text or "") == LOG["body"]


def test_labels_are_scores_of_the_span_that_they_name():
    """An error that a person saw is a failure there, 0; ratings of the whole keep their number and their reason."""
    found = read(LABELS)
    assert [(one.span_id, one.name, one.value, one.text) for one in found] == [
        ("aa" * 8, "Tool-related", 0.0, "HIGH: wrong oven"),
        (None, "Poor planning", 0.0, "LOW"),
        (None, "reliability", 2.0, "burnt"),
        (None, "overall", 3.25, None),
    ]
    assert {(one.trace_id, one.kind, one.clock) for one in found} == {(TRACE, "score", "order")}
    assert [one.time_ns for one in found] == [place * ORDER_NS for place in (1, 2, 3, 4)]


@pytest.mark.parametrize("location", ["", None, "0" * 16, "the third step", 7])
def test_a_label_that_names_no_span_belongs_to_the_trace(location):
    """And so do ratings; one alone may stand outside a list."""
    labels = {"trace_id": TRACE, "errors": {"category": "Rude", "location": location}, "scores": {"overall": 4}}
    assert [(one.span_id, one.name, one.value) for one in read(labels)] == [(None, "Rude", 0.0), (None, "overall", 4.0)]


def test_a_row_may_hold_a_trace_and_its_labels_as_texts():
    """The data set's own columns: the same records as from two files."""
    row = {"trace": json.dumps(WHOLE), "labels": json.dumps(LABELS)}
    assert read(row) == [*read(WHOLE), *read(LABELS)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(WHOLE, id="a trace"),
        pytest.param([WHOLE, WHOLE], id="a list of traces"),
        pytest.param(WHOLE["spans"][0], id="a span alone"),
        pytest.param(WHOLE["spans"], id="a list of spans"),
        pytest.param(LABELS, id="labels"),
        pytest.param(
            {"trace_id": TRACE, "errors": [], "scores": LABELS["scores"]}, id="labels of a trace without error"
        ),
        pytest.param({"trace": json.dumps(WHOLE), "labels": json.dumps(LABELS)}, id="the data set's row"),
    ],
)
def test_recognised_by_what_it_holds(value):
    """Whatever is recognised is read."""
    assert trail.recognises(Opening(line(value)))
    assert read(value)
    assert not [one for one in read(value) if isinstance(one, Reject)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"spans": [{"traceID": "1"}]}, id="Jaeger"),
        pytest.param({"trace_id": TRACE, "errors": ["none"]}, id="other errors"),
        pytest.param({"trace": "a", "labels": "b"}, id="other rows"),
    ],
)
def test_not_recognised(value):
    """These share names with it and are something else."""
    assert not trail.recognises(Opening(line(value)))


def test_a_log_line_without_a_time_is_a_reject():
    """It cannot be placed; its span is kept."""
    kept, refused = read(span("aa" * 8, logs=[{"body": "hello"}]))
    assert isinstance(kept, Span)
    assert isinstance(refused, Reject)
    assert refused.reason == "a log line without a time"


def test_spans_nested_ten_thousand_deep_are_refused():
    """The decoder stops there, not the reader."""
    deep = b'{"spans": [' + b'{"child_spans": [' * 10_000 + b"]}" * 10_000 + b"]}\n"
    (refused,) = trail.read([deep])
    assert isinstance(refused, Reject)


@given(
    chunks=mutated.files(
        [WHOLE, LABELS], lambda value: b"".join(map(line, value)) if isinstance(value, list) else line(value)
    )
)
def test_never_raises_on_content(chunks):
    """Whatever is missing, of another type or torn: records only."""
    assert all(isinstance(one, (Span, Event, Reject)) for one in trail.read(chunks))


@pytest.mark.real_data
def test_the_public_traces(real_data, tmp_path):
    """Eight runs: 307 spans, of which 19 failed, 138 model calls with 2,596,912 prompt tokens, and 68 labels."""
    (archive,) = (real_data / "raw" / "trail").glob("*.tar.zst")
    records = [one for found in inputs(archive) for one in trail.read(iter(lambda f=found.file: f.read(1 << 20), b""))]
    spans = [one for one in records if isinstance(one, Span)]
    labels = [one for one in records if isinstance(one, Event) and one.kind == "score" and one.span_id]
    assert not [one for one in records if isinstance(one, Reject)]
    assert (len(spans), sum(one.status == "error" for one in spans), len(labels)) == (307, 19, 68)
    assert {one.span_id for one in labels} <= {one.span_id for one in spans}
    found = calls.merge(model_rows(spans))
    assert (found.height, found["input_tokens"].sum()) == (138, 2_596_912)
    limited = found.filter(trace_id="567b83e63b59748d46419aa05ee50256").sort("start_ns")
    assert limited["input_tokens"].to_list() == [3740, 31141, 31557, 46569, 63311, None]
    assert limited["error_type"].to_list()[-1] == "litellm.exceptions.RateLimitError"
    growing = found.filter(trace_id="272cdc645b731837366576b37d40fb65")["input_tokens"]
    assert (growing.len(), growing.sum(), growing.min(), growing.max()) == (27, 566_060, 3_726, 44_172)
