"""Protobuf as two independent writers make it: OpenTelemetry's SDK, and the messages themselves."""

import base64
import json

import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from metabot.telemetry import otlp_json, otlp_proto
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Columns, Reject, Span
from tests.metabot.telemetry.bulk import expanded, without_texts
from tests.metabot.telemetry.exports import BEGIN_NS, MS, attributes, export, line, otlp_span

ENOUGH = 300  # spans that are read as columns


def framed(*messages):
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


def encoded(value, kind=TracesData):
    """The protobuf of an export in OTLP/JSON."""
    for entry in value.get("resourceSpans", ()):
        for span in (span for scope in entry.get("scopeSpans", ()) for span in scope["spans"]):
            for name in ("traceId", "spanId", "parentSpanId"):
                if span.get(name):
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return ParseDict(value, kind()).SerializeToString()


def message(*spans, **fields):
    return encoded(json.loads(json.dumps(export(*spans, **fields))))


def read(*chunks):
    return list(otlp_proto.read(chunks))


def of_the_sdk(count=2):
    """What OpenTelemetry's SDK hands to its protobuf exporter, and what it knows of the spans itself."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "service.version": "1.4"}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("acme.tracing")
    for number in range(count):
        with tracer.start_as_current_span("invoke_agent planner") as parent:
            parent.set_attribute("gen_ai.operation.name", "invoke_agent")
            with tracer.start_as_current_span("chat m", kind=SpanKind.CLIENT) as span:
                span.set_attributes(
                    {
                        "gen_ai.operation.name": "chat",
                        "gen_ai.request.model": "m",
                        "gen_ai.usage.input_tokens": 1_000 + number,
                        "gen_ai.usage.cache_read.input_tokens": 400,
                        "gen_ai.response.finish_reasons": ["stop"],
                    }
                )
                if number % 2:
                    span.record_exception(TimeoutError("no answer"))
                    span.set_status(Status(StatusCode.ERROR, "timed out"))
    return kept.get_finished_spans()


@pytest.mark.parametrize("count", [2, ENOUGH])
@pytest.mark.parametrize("wrapped", [pytest.param(lambda data: data, id="alone"), pytest.param(framed, id="framed")])
def test_what_the_sdk_exports_is_read(count, wrapped):
    """A second program, which shares nothing with the reader, writes the file."""
    written = of_the_sdk(count)
    found = expanded(read(wrapped(encode_spans(written).SerializeToString())))
    assert [(span.trace_id, span.span_id, span.operation, span.start_ns, span.end_ns) for span in found] == [
        (f"{one.context.trace_id:032x}", f"{one.context.span_id:016x}", one.name, one.start_time, one.end_time)
        for one in written
    ]
    call, agent = found[2:4]
    assert (call.service, call.service_version, call.kind, agent.kind) == ("shop", "1.4", "model", "agent")
    assert call.parent_id == agent.span_id
    assert (call.status, call.error_message, call.error_type) == ("error", "timed out", "TimeoutError")
    assert (call.model_call.input_tokens, call.model_call.cached_tokens) == (1_001, 400)
    assert (call.model_call.finish_reason, call.model_call.scope) == ("stop", "acme.tracing")
    assert [event.exception_message for event in call.events] == ["no answer"]


VALUES = st.one_of(
    st.builds(lambda text: {"stringValue": text}, st.sampled_from(["", "chat", "stop", "7", "é"])),
    st.builds(lambda number: {"intValue": str(number)}, st.integers(-5, 10) | st.just(2**62)),
    st.builds(lambda number: {"doubleValue": number}, st.sampled_from([0.0, 1.5, 7.0])),
    st.builds(lambda flag: {"boolValue": flag}, st.booleans()),
    st.builds(lambda text: {"arrayValue": {"values": [{"stringValue": text}]}}, st.sampled_from(["stop", ""])),
    st.builds(lambda text: {"kvlistValue": {"values": attributes({"q": text})}}, st.text(max_size=3)),
    st.sampled_from([{}, {"bytesValue": "AAAA"}]),
)
NAMES = st.sampled_from(["gen_ai.operation.name", "gen_ai.request.model", "gen_ai.usage.input_tokens", "input.value",
    "gen_ai.usage.reasoning_tokens", "gen_ai.usage.output_tokens", "gen_ai.response.finish_reasons", "session.id",
    "http.status_code", "gen_ai.tool.name", "gen_ai.latency.time_in_queue", "odd"])  # fmt: skip
PAIRS = st.lists(st.builds(lambda key, value: {"key": key, "value": value}, NAMES, VALUES), max_size=5)
EXCEPTION = {"name": "exception", "timeUnixNano": str(BEGIN_NS), "attributes": attributes({"exception.type": "E"})}
SPANS = st.fixed_dictionaries(
    {"attributes": PAIRS},
    optional={
        "traceId": st.sampled_from(["", "00" * 16, "ab" * 16, "ab"]),
        "spanId": st.sampled_from(["", "00" * 8, "cd" * 8, "cd" * 16]),
        "parentSpanId": st.sampled_from(["", "00" * 8, "ef" * 8]),
        "startTimeUnixNano": st.sampled_from(["0", str(BEGIN_NS - MS), str(2**64 - 1)]),
        "kind": st.sampled_from([0, 1, 5, 77]),
        "name": st.sampled_from(["", "chat"]),
        "status": st.sampled_from([{}, {"code": 2}, {"code": 2, "message": "m"}, {"message": "m"}]),
        "events": st.just([EXCEPTION]),
    },
)  # fmt: skip


@given(st.lists(SPANS, min_size=1, max_size=4))
def test_protobuf_is_what_the_same_json_is(spans):
    """In bulk and one by one, what stands in either encoding gives the same rows and rejects."""
    good = [otlp_span(f"{number:016x}") for number in range(1, 4)]
    data = message(*good, *({**otlp_span(), **span} for span in spans))
    in_json = line(MessageToDict(TracesData.FromString(data)))
    expected = [without_texts(record) for record in otlp_json.read([in_json])]
    few = [without_texts(record) for record in read(framed(data))]
    assert [_shown(one) for one in few] == [_shown(one) for one in expected]
    many = read(framed(data) * 100)
    assert any(isinstance(record, Columns) for record in many)
    for kind in (Span, Reject):
        of_kind = sorted(_shown(record) for record in expanded(many) if isinstance(record, kind))
        assert of_kind == sorted([_shown(record) for record in expected if isinstance(record, kind)] * 100)


def _shown(record):
    return (record.reason, record.head) if isinstance(record, Reject) else repr(record)


GOOD = message(otlp_span("a1" * 8))


@pytest.mark.parametrize(
    ("data", "reasons", "spans"),
    [
        pytest.param(framed(GOOD) + framed(GOOD)[:-5], ["the file ends within a message"], 1, id="a torn message"),
        pytest.param(framed(GOOD) + b"\x00\x00", ["the file ends within a message"], 1, id="a torn length"),
        pytest.param(framed(GOOD, b"", GOOD), ["an empty message"], 2, id="a length of zero"),
        pytest.param(framed(GOOD) + b"\xff" * 20, ["a message of 4,294,967,295 bytes: nothing behind it is found"], 1,
                     id="an absurd length"),
        pytest.param(framed(GOOD, b"garbage!", GOOD), ["no export of spans, logs or metrics"], 2, id="garbage"),
        pytest.param(framed(GOOD, GOOD[:-1], GOOD), ["no export: Error parsing message"], 2, id="a broken message"),
        pytest.param(framed(GOOD, b"(\xb5/\xfdno"), ["cannot be unpacked"], 1, id="broken packing"),
        pytest.param(GOOD[:-1], ["no export: Error parsing message"], 0, id="one message, cut off"),
        pytest.param(b"", [], 0, id="nothing"),
    ],
)  # fmt: skip
def test_a_broken_message_leaves_the_others(data, reasons, spans):
    """What cannot be read is counted with its place, in chunks of any size."""
    for size in (1, 7, len(data) + 1):
        records = read(*(data[at : at + size] for at in range(0, len(data), size)))
        assert sum(isinstance(record, Span) for record in records) == spans
        rejects = [record for record in records if isinstance(record, Reject)]
        assert len(rejects) == len(reasons)
        assert all(one.reason.startswith(reason) and one.position for one, reason in zip(rejects, reasons, strict=True))


def test_a_broken_span_has_its_place():
    """Whoever looks for it finds it."""
    records = read(framed(GOOD, message(otlp_span("a1" * 8), otlp_span("b2" * 8, traceId=""))))
    assert [record.position for record in records if isinstance(record, Reject)] == ["message 2, span 2"]


@pytest.mark.parametrize("packed", [GOOD, line(export(otlp_span("a1" * 8)))], ids=["protobuf", "JSON"])
def test_what_is_packed_message_by_message_is_read(packed):
    """As the collector writes with `compression: zstd`, in either format."""
    data = framed(*[pa.compress(packed, "zstd", asbytes=True)] * 3)
    (*_, last) = found = read(data)
    assert [span.span_id for span in found] == ["a1" * 8] * 3
    assert last.service == "shop"
    assert otlp_proto.recognises(Opening(data))


LOG = {"timeUnixNano": str(BEGIN_NS), "body": {"stringValue": "x"}}
METRIC = {"name": "m", "gauge": {"dataPoints": [{"timeUnixNano": str(BEGIN_NS), "asInt": "1"}]}}
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [LOG]}]}]}
METRICS = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [METRIC]}]}]}


@pytest.mark.parametrize("data", [
    pytest.param(GOOD, id="spans"),
    pytest.param(encoded(LOGS, LogsData), id="logs"),
    pytest.param(encoded(METRICS, MetricsData), id="metrics"),
    pytest.param(TracesData.FromString(GOOD).SerializeToString() * 50, id="several, one after the other"),
])  # fmt: skip
def test_an_export_is_recognised(data):
    """Alone, framed, and where a megabyte holds its beginning only."""
    assert all(otlp_proto.recognises(Opening(one)) for one in (data, framed(data), data[:-3], framed(data)[:-3]))


@pytest.mark.parametrize("data", [
    pytest.param(line(export(otlp_span())), id="JSON"),
    pytest.param(b"\n\nsome text\n", id="text that begins with line feeds"),
    pytest.param(b"a,b\n1,2\n", id="CSV"),
    pytest.param(bytes(100), id="zeros"),
    pytest.param(framed(b""), id="an empty message"),
    pytest.param(framed(b"\x0a\x02\x12\x00"), id="an export without a span"),
    pytest.param(b"PAR1" + bytes(range(256)), id="another format"),
])  # fmt: skip
def test_what_is_no_export_is_not_recognised(data):
    """Only a first item with ids and times of its kind tells."""
    assert not otlp_proto.recognises(Opening(data))


@given(st.binary(max_size=60), st.integers(0, len(GOOD)))
def test_any_bytes_give_records(noise, at):
    """Whatever stands in the file, and wherever it is torn."""
    for data in (noise, framed(GOOD)[:at] + noise, GOOD[:at] + noise, framed(GOOD, GOOD[:at] + noise)):
        otlp_proto.recognises(Opening(data))
        assert all(isinstance(record, Span | Reject | Columns) for record in read(data))


@pytest.mark.parametrize("where", ["name of the span", "value of it", "key of it", "status of it"])
def test_text_that_is_no_utf_8_costs_its_span_alone(where):
    """Some programs write whatever bytes they have; the parser refuses the whole message for it."""
    spans = [otlp_span(f"{number:016x}", carrying={"session.id": "good"}) for number in range(1, 400)]
    told = {"value of it": "session.id", "key of it": "mark"}.get(where, "other")
    odd = otlp_span("a1" * 8, carrying={told: "mark"}, name="mark" if where.startswith("name") else "chat")
    odd["status"] = {"code": 2, "message": "mark" if where.startswith("status") else "m"}
    data = message(*spans, odd).replace(b"mark", b"m\xff\xfek")
    records = expanded(read(framed(data)))
    kept = {record.span_id for record in records if isinstance(record, Span)}
    assert kept >= {span["spanId"] for span in spans_in(message(*spans))}
    if "a1" * 8 not in kept:
        (reject,) = (record for record in records if isinstance(record, Reject))
        assert reject.position == "message 1, span 400"
        assert reject.reason.startswith("no span: ")


def spans_in(data):
    (resource,) = TracesData.FromString(data).resource_spans
    return [{"spanId": span.span_id.hex()} for span in resource.scope_spans[0].spans]


def test_fields_in_another_order_are_read():
    """Protobuf lets a program write a value before its key."""
    key, value = b"\x0a\x0asession.id", b"\x12\x04\x0a\x02s1"
    usual = message(otlp_span("a1" * 8, carrying={"session.id": "s1"}))
    assert usual.count(key + value) == 1
    turned = usual.replace(key + value, value + key)
    for data in (usual, turned):
        found = expanded(read(framed(*[data] * ENOUGH, message(*[otlp_span("b2" * 8)] * ENOUGH))))
        assert [span.session_id for span in found if span.span_id == "a1" * 8] == ["s1"] * ENOUGH
