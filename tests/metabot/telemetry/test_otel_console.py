import io
import json

import pytest
from hypothesis import given
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from metabot.telemetry import otel_console
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reject, Span
from tests.metabot.telemetry import mutated
from tests.metabot.telemetry.exports import TRACE, line
from tests.metabot.telemetry.sdk_spans import BEGIN_NS, sdk_span

MODEL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "large-1", "gen_ai.usage.input_tokens": 5}
LOG = {
    "body": "burnt bread",
    "severity_number": 13,
    "severity_text": "WARN",
    "attributes": {"exception.type": "OvenError"},
    "timestamp": "2026-09-21T12:26:40.000000Z",
    "observed_timestamp": "2026-09-21T12:26:41.000000Z",
    "trace_id": f"0x{TRACE}",
    "span_id": "0x00f067aa0ba902b7",
    "resource": {"attributes": {"service.name": "shop"}},
    "event_name": "",
}


def printed(*values, indent=4):
    return b"".join(json.dumps(value, indent=indent).encode() + b"\n" for value in values)


def read(data, size=64):
    return list(otel_console.read(data[at : at + size] for at in range(0, len(data), size)))


def test_what_the_sdk_prints_is_read():
    """A real tracer, a real exporter: the same ids, the tree, the failure and its exception."""
    out = io.StringIO()
    provider = TracerProvider(resource=Resource.create({"service.name": "bakery"}))
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=out)))
    tracer = provider.get_tracer("acme")
    root = tracer.start_span("bake")
    inside = trace.use_span(root, end_on_exit=True)
    with inside, pytest.raises(ValueError, match="no flour"), tracer.start_as_current_span("chat", attributes=MODEL):
        raise ValueError("no flour")
    provider.shutdown()
    data = out.getvalue().encode()
    child, parent = read(data)
    assert otel_console.recognises(Opening(data))
    assert isinstance(child, Span)
    assert isinstance(parent, Span)
    assert (parent.span_id, parent.service) == (f"{root.get_span_context().span_id:016x}", "bakery")
    assert (child.parent_id, child.kind, child.status, child.error_type) == (
        parent.span_id,
        "model",
        "error",
        "ValueError",
    )
    assert child.model_call is not None
    assert child.model_call.input_tokens == 5
    assert [event.exception_message for event in child.events] == ["no flour"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(printed(sdk_span("aa" * 8), sdk_span("bb" * 8)), id="over several lines"),
        pytest.param(printed(sdk_span("aa" * 8), sdk_span("bb" * 8), indent=None), id="one a line"),
        pytest.param(printed([sdk_span("aa" * 8), sdk_span("bb" * 8)]), id="an array over several lines"),
        pytest.param(line([sdk_span("aa" * 8), sdk_span("bb" * 8)]), id="an array"),
        pytest.param(line({"spans": [sdk_span("aa" * 8), sdk_span("bb" * 8)]}), id="an array with a name"),
        pytest.param(
            b"\xef\xbb\xbf" + printed(sdk_span("aa" * 8)) + b"\r\n" + printed(sdk_span("bb" * 8)), id="blank lines"
        ),
    ],
)
def test_however_they_are_laid_out(data):
    """In chunks that end anywhere."""
    found = read(data, 7)
    assert [(one.span_id, one.start_ns) for one in found if isinstance(one, Span)] == [
        ("aa" * 8, BEGIN_NS),
        ("bb" * 8, BEGIN_NS),
    ]
    assert len(found) == 2
    assert otel_console.recognises(Opening(data))


def test_other_text_between_them_is_a_reject():
    """The program prints to the same console; a run of lines counts once, and no span is lost by it."""
    said = b"[INFO] warming up\nstill warming up\n"
    data = said + printed(sdk_span("aa" * 8)) + b"{not JSON\n" + printed(sdk_span("bb" * 8))
    found = read(data)
    assert [type(one) for one in found] == [Reject, Span, Reject, Span]
    assert next(one.position for one in found if isinstance(one, Reject)) == "line 1"
    assert otel_console.recognises(Opening(data))


def test_a_torn_span_costs_no_other():
    """The next one begins where a line begins."""
    torn = printed(sdk_span("aa" * 8))[:200].rpartition(b"\n")[0] + b"\n"
    found = read(torn + printed(sdk_span("bb" * 8)) + torn)
    assert [type(one) for one in found] == [Reject, Span, Reject]


def test_log_records_are_events():
    """With the span that they were written in; ids that are 0 stand for none."""
    (event,) = read(printed(LOG))
    assert isinstance(event, Event)
    assert (event.kind, event.text, event.severity, event.service) == ("log", "burnt bread", "warn", "shop")
    assert (event.trace_id, event.span_id, event.time_ns) == (TRACE, "00f067aa0ba902b7", BEGIN_NS)
    assert event.exception_type == "OvenError"
    (free,) = read(printed({**LOG, "trace_id": "0x" + "0" * 32, "span_id": "0x" + "0" * 16, "timestamp": None}))
    assert isinstance(free, Event)
    assert (free.trace_id, free.span_id, free.time_ns) == (None, None, BEGIN_NS + 10**9)


def javascript(own, parent=None, /, **carried):
    """As that SDK names a span's fields, with times as seconds and nanoseconds."""
    seconds = BEGIN_NS // 10**9
    return {
        "type": "span", "traceId": TRACE, "spanId": own, "name": "chat large-1", "kind": 2,
        "startTime": [seconds, 5], "endTime": [seconds + 1, 500_000_000], "attributes": carried,
        "status": {"code": 2, "message": "no flour"}, "resource": {"attributes": {"service.name": "bakery"}},
        "events": [{"name": "exception", "time": [seconds, 7], "attributes": {"exception.type": "OvenError"}}],
        "instrumentationScope": {"name": "acme"}, **({"parentSpanId": parent} if parent else {}),
    }  # fmt: skip


def test_spans_of_the_javascript_sdk_are_read():
    """A span a line; a sum over a run is no call."""
    agent = {**javascript("aa" * 8, **{"gen_ai.operation.name": "invoke_agent"}), "parentSpanContext": None}
    data = printed(javascript("bb" * 8, "aa" * 8, **MODEL), agent, indent=None)
    assert otel_console.recognises(Opening(data))
    call, run = read(data)
    assert isinstance(call, Span)
    assert isinstance(run, Span)
    assert (call.trace_id, call.span_id, call.parent_id, call.service) == (TRACE, "bb" * 8, "aa" * 8, "bakery")
    assert (call.start_ns, call.end_ns) == (BEGIN_NS + 5, BEGIN_NS + 1_500_000_000)
    assert (call.kind, call.status, call.error_type, call.error_message) == ("model", "error", "OvenError", "no flour")
    assert [event.time_ns for event in call.events] == [BEGIN_NS + 7]
    assert (run.kind, run.parent_id) == ("agent", None)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(
            {**LOG, "timestamp": None, "observed_timestamp": None}, "a log record without a time", id="no time"
        ),
        pytest.param(
            {"type": "metric", "name": "m"}, "a metric of Copilot's, which sums up what its spans say", id="sums"
        ),
        pytest.param(sdk_span(context=None), "no trace id", id="no ids"),
        pytest.param([7], "no span", id="no object"),
    ],
)
def test_what_cannot_be_read_is_a_reject(value, reason):
    """With where it begins."""
    (refused,) = read(printed(value))
    assert isinstance(refused, Reject)
    assert refused.reason == reason
    assert refused.position.startswith("line 1")


@given(chunks=mutated.files([sdk_span(carrying=MODEL), LOG], lambda values: b"".join(map(printed, values))))
def test_never_raises_on_content(chunks):
    """Whatever is missing, of another type or torn: records only."""
    assert all(isinstance(one, (Span, Event, Reject)) for one in otel_console.read(chunks))
