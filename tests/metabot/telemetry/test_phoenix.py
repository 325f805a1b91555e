import csv
import io
import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from pyarrow import parquet

from metabot.telemetry import phoenix
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry import mutated
from tests.metabot.telemetry.exports import TRACE, line

BEGIN_NS = 1_790_000_000_000_000_000
FLAT = {
    "llm.model_name": "large-1",
    "llm.token_count.prompt": 5,
    "llm.token_count.completion": 2,
    "llm.input_messages.0.message.role": "user",
    "llm.input_messages.0.message.content": "How much flour?",
    "session.id": "s-1",
}
NESTED = {
    "llm": {
        "model_name": "large-1",
        "token_count": {"prompt": 5, "completion": 2},
        "input_messages": [{"message": {"role": "user", "content": "How much flour?"}}],
    },
    "session": {"id": "s-1"},
}
SPAN = {
    "id": "U3Bhbjox",
    "name": "ask",
    "context": {"trace_id": TRACE, "span_id": "00f067aa0ba902b7"},
    "span_kind": "LLM",
    "parent_id": None,
    "start_time": "2026-09-21T14:13:20+00:00",
    "end_time": "2026-09-21T14:13:21.500000+00:00",
    "status_code": "ERROR",
    "status_message": "no flour",
    "attributes": FLAT,
    "events": [
        {
            "name": "exception",
            "timestamp": "2026-09-21T14:13:21+00:00",
            "attributes": {"exception.type": "OvenError", "exception.message": "no flour"},
        }
    ],
}
MESSAGES = [{"message.role": "user", "message.content": "How much flour?"}]
ROW = {
    "name": "ask",
    "span_kind": "LLM",
    "parent_id": None,
    "start_time": "2026-09-21 14:13:20+00:00",
    "end_time": "2026-09-21 14:13:21.500000+00:00",
    "status_code": "OK",
    "status_message": "",
    "events": [],
    "context.span_id": "00f067aa0ba902b7",
    "context.trace_id": TRACE,
    "attributes.llm.model_name": "large-1",
    "attributes.llm.token_count.prompt": 5.0,
    "attributes.llm.token_count.completion": 2.0,
    "attributes.llm.input_messages": MESSAGES,
    "attributes.session.id": "s-1",
}
MS = {**ROW, "start_time": BEGIN_NS // 10**6, "end_time": BEGIN_NS // 10**6 + 1500}
INDEXED = {name: value for name, value in MS.items() if name != "context.span_id"}
NOTE = {
    "id": "1",
    "span_id": "00f067aa0ba902b7",
    "name": "helpfulness",
    "annotator_kind": "HUMAN",
    "result": {"label": "poor", "score": 0.2, "explanation": "too short"},
    "created_at": "2026-09-21T14:14:00+00:00",
}


def _csv(row):
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().encode()


def _parquet(row):
    at = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    times = {"start_time": at, "end_time": at.replace(second=21, microsecond=500_000)}
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([{**row, **times}]), file)
    return file.getvalue()


def read(data):
    return list(phoenix.read([data[:10], data[10:]]))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(line(SPAN), id="a line"),
        pytest.param(line([SPAN]), id="an array"),
        pytest.param(json.dumps([SPAN], indent=2).encode(), id="an array over several lines"),
        pytest.param(line({"data": [SPAN], "next_cursor": None}), id="the interface's answer"),
        pytest.param(line({"traceId": TRACE, "spans": [SPAN]}), id="a trace"),
        pytest.param(line({**SPAN, "attributes": NESTED}), id="nested attributes"),
        pytest.param(line({**SPAN, "attributes": json.dumps(NESTED)}), id="attributes as a text"),
        pytest.param(_csv(ROW), id="CSV of the frame"),
        pytest.param(_parquet(ROW), id="Parquet of the frame"),
        pytest.param(line([MS]), id="pandas, records"),
        pytest.param(
            line({name: {"00f067aa0ba902b7": value} for name, value in INDEXED.items()}), id="pandas, columns"
        ),
        pytest.param(line({"00f067aa0ba902b7": INDEXED}), id="pandas, index"),
        pytest.param(
            line({"columns": list(INDEXED), "index": ["00f067aa0ba902b7"], "data": [list(INDEXED.values())]}),
            id="pandas, split",
        ),
    ],
)
def test_every_way_out_of_phoenix_gives_the_same(data):
    """The same span with the same call."""
    (found,) = read(data)
    assert isinstance(found, Span), found
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE, "00f067aa0ba902b7", None)
    assert (found.kind, found.session_id, found.operation) == ("model", "s-1", "ask")
    assert (found.start_ns, found.end_ns) == (BEGIN_NS, BEGIN_NS + 1_500_000_000)
    call = found.model_call
    assert call is not None
    assert (call.model, call.input_tokens, call.output_tokens, call.prompt_chars) == ("large-1", 5, 2, 15)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(line(SPAN), id="a line"),
        pytest.param(json.dumps([SPAN], indent=2).encode(), id="an array"),
        pytest.param(line({"data": [SPAN], "next_cursor": None}), id="the interface's answer"),
        pytest.param(line({"traceId": TRACE, "spans": [SPAN]}), id="a trace"),
        pytest.param(_csv(ROW), id="CSV of the frame"),
        pytest.param(_parquet(ROW), id="Parquet of the frame"),
        pytest.param(line([MS]), id="pandas, records"),
        pytest.param(line({name: {"a": value} for name, value in INDEXED.items()}), id="pandas, columns"),
        pytest.param(line({"data": [NOTE]}), id="annotations"),
    ],
)
def test_recognised_by_what_it_holds(data):
    """Not by its name."""
    assert phoenix.recognises(Opening(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            line({"context": {"trace_id": "0x1"}, "kind": "SpanKind.CLIENT", "start_time": "now"}), id="the SDK's"
        ),
        pytest.param(line({"span_kind": "LLM", "trace_id": TRACE}), id="another's span"),
        pytest.param(b"name,start_time\na,b\n", id="another table"),
        pytest.param(_parquet({"name": "a"}), id="another Parquet"),
    ],
)
def test_not_recognised(data):
    """They share some of the names."""
    assert not phoenix.recognises(Opening(data))


@pytest.mark.parametrize("events", [SPAN["events"], json.dumps(SPAN["events"])])
def test_a_failed_span_has_its_exception(events):
    """Status and events beside the attributes."""
    (found,) = read(line({**SPAN, "events": events}))
    assert isinstance(found, Span)
    assert (found.status, found.error_type, found.error_message) == ("error", "OvenError", "no flour")


@pytest.mark.parametrize(
    ("written", "kind"),
    [("CHAIN", "workflow"), ("AGENT", "agent"), ("TOOL", "tool"), ("RETRIEVER", "retrieval"), ("UNKNOWN", "internal")],
)
def test_the_kind_stands_beside_the_attributes(written, kind):
    """Some exports have it there alone."""
    (found,) = read(line({**SPAN, "span_kind": written, "attributes": {"input.value": "a"}}))
    assert isinstance(found, Span)
    assert found.kind == kind


def test_ids_may_be_uuids():
    """The first versions' own, and a conversation's."""
    ids = {"trace_id": "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "span_id": "5bf92f35-77b3-4da6-a3ce-929d0e0e4736"}
    (found,) = read(line({**SPAN, "context": ids, "attributes": {}, "conversation": {"conversation_id": "c-1"}}))
    assert isinstance(found, Span)
    assert (found.trace_id, found.session_id) == ("4bf92f3577b34da6a3ce929d0e0e4736", "c-1")


@pytest.mark.parametrize(
    ("data", "trace_id"),
    [
        pytest.param(line({"data": [NOTE]}), None, id="alone"),
        pytest.param(line({**SPAN, "annotations": [{**NOTE, "span_id": "00f067aa0ba902b7"}]}), TRACE, id="on its span"),
    ],
)
def test_annotations_are_scores(data, trace_id):
    """With the label before the explanation."""
    (score,) = (one for one in read(data) if isinstance(one, Event))
    assert (score.trace_id, score.span_id, score.kind, score.name) == (
        trace_id,
        "00f067aa0ba902b7",
        "score",
        "helpfulness",
    )
    assert (score.value, score.text, score.time_ns) == (0.2, "poor: too short", BEGIN_NS + 40 * 10**9)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param({**SPAN, "context": {}}, "no trace id", id="no ids"),
        pytest.param({**SPAN, "end_time": None}, "no end time", id="no end"),
        pytest.param({**NOTE, "created_at": None}, "an annotation without a time or a span", id="an annotation's time"),
        pytest.param({"data": [7]}, "no span", id="no object"),
    ],
)
def test_what_cannot_be_read_is_a_reject(value, reason):
    """Those after it are read."""
    refused, kept = read(line(value) + line(SPAN))
    assert isinstance(refused, Reject)
    assert refused.reason == reason
    assert isinstance(kept, Span)


@given(
    chunks=mutated.files(
        [{**SPAN, "annotations": [NOTE]}, [MS], {"data": [NOTE]}, {"x": INDEXED}],
        lambda values: b"".join(map(line, values)),
    )
)
def test_never_raises_on_content(chunks):
    """Whatever is missing, of another type or torn: records only."""
    assert all(isinstance(one, (Span, Event, Reject)) for one in phoenix.read(chunks))
