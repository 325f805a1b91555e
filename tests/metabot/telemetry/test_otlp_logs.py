import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from metabot.telemetry import otlp_json, otlp_proto
from metabot.telemetry.record import Event, Reject
from tests.metabot.telemetry.exports import BEGIN_NS, TRACE, any_value, attributes, line

SPAN = "eee19b7ec3c1b174"


def record(*, carrying={}, **fields):  # noqa: B006  # never changed
    written = {
        "timeUnixNano": str(BEGIN_NS),
        "severityNumber": 9,
        "body": any_value("order found"),
        "traceId": TRACE,
        "spanId": SPAN,
        "attributes": attributes(carrying),
    }
    return {name: value for name, value in {**written, **fields}.items() if value is not None}


def export(*records):
    resource = {"attributes": attributes({"service.name": "shop", "session.id": "s1"})}
    return {
        "resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {"name": "app"}, "logRecords": [*records]}]}]
    }


def read(**fields):
    (found,) = otlp_json.read([line(export(record(**fields)))])
    return found


def test_a_record_is_a_log_line():
    """With the trace and span that it was written in, and its resource's service and session."""
    assert read() == Event(
        trace_id=TRACE,
        span_id=SPAN,
        service="shop",
        kind="log",
        name="log",
        time_ns=BEGIN_NS,
        session_id="s1",
        severity="info",
        text="order found",
    )


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        pytest.param({"severityText": "Warning"}, "warning", id="the program's own word"),
        pytest.param({"severityNumber": 20}, "error", id="a number within its four"),
        pytest.param({"severityNumber": "SEVERITY_NUMBER_WARN2"}, "warn", id="the number's name"),
        pytest.param({"severityNumber": "SEVERITY_NUMBER_UNSPECIFIED"}, None, id="unspecified"),
        pytest.param({"severityNumber": 0}, None, id="zero"),
        pytest.param({"severityNumber": 99}, None, id="no such number"),
        pytest.param({"severityNumber": None}, None, id="absent"),
    ],
)
def test_the_severity_is_the_text_or_what_the_number_stands_for(fields, severity):
    """Twenty-four numbers stand for six words."""
    assert read(**fields).severity == severity


def test_what_was_raised_is_kept():
    """The attributes that the conventions have for it."""
    told = {"exception.type": "TimeoutError", "exception.message": "no answer", "exception.stacktrace": "…"}
    found = read(carrying=told)
    assert (found.exception_type, found.exception_message, found.stacktrace) == tuple(told.values())


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        pytest.param({"eventName": "order.placed"}, "order.placed", id="today's field"),
        pytest.param({"carrying": {"event.name": "order.placed"}}, "order.placed", id="the older attribute"),
    ],
)
def test_an_event_has_its_name(fields, name):
    """A log record with a name is an event."""
    assert read(**fields).name == name


def test_a_body_of_data_is_json():
    """As an application logs dicts."""
    assert read(body=any_value({"order": "1", "found": True})).text == '{"order":"1","found":true}'


@pytest.mark.parametrize(
    ("told", "value", "text"),
    [
        pytest.param({"score.value": 0.8, "score.label": "relevant"}, 0.8, "relevant", id="a value and a label"),
        pytest.param({"score.label": "fail", "explanation": "no source"}, 0.0, "fail: no source", id="one that failed"),
        pytest.param({"score.label": "correct"}, None, "correct", id="a label of unknown worth"),
    ],
)  # fmt: skip
def test_an_evaluation_is_a_score(told, value, text):
    """Its name is the metric's; a label that says passed or failed has a value."""
    carrying = {f"gen_ai.evaluation.{name}": value for name, value in {"name": "Relevance", **told}.items()}
    found = read(eventName="gen_ai.evaluation.result", carrying=carrying)
    assert (found.kind, found.name, found.value, found.text) == ("score", "Relevance", value, text)
    assert (found.trace_id, found.span_id) == (TRACE, SPAN)


def test_a_record_is_placed_by_when_it_was_seen():
    """Where nobody said when it happened; where nobody knows either, it is a reject."""
    assert read(timeUnixNano=None, observedTimeUnixNano=str(BEGIN_NS + 1)).time_ns == BEGIN_NS + 1
    rejected = read(timeUnixNano="0")
    assert (rejected.position, rejected.reason) == ("line 1, log record 1", "no time")


@pytest.mark.parametrize("outer", [("resourceLogs", "scopeLogs", "logRecords"),
                                   ("resource_logs", "scope_logs", "log_records"),
                                   ("resourceLogs", "instrumentationLibraryLogs", "logs")])  # fmt: skip
def test_older_and_other_names_hold_the_same(outer):
    """The protobuf fields' own names, and those before scopes."""
    resources, scopes, records = outer
    plain = {"time_unix_nano": str(BEGIN_NS), "body": {"string_value": "x"}, "trace_id": TRACE}
    written = plain if "_" in resources else {"timeUnixNano": str(BEGIN_NS), "body": any_value("x"), "traceId": TRACE}
    (found,) = otlp_json.read([line({resources: [{scopes: [{records: [written]}]}]})])
    assert (found.time_ns, found.text, found.trace_id) == (BEGIN_NS, "x", TRACE)


def test_what_the_sdk_logs_is_read():
    """A second program writes the protobuf."""
    kept = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    provider.get_logger("app").emit(
        LogRecord(
            timestamp=BEGIN_NS,
            severity_number=SeverityNumber.ERROR,
            severity_text="ERROR",
            body={"order": "1"},
            attributes={"exception.type": "KeyError"},
            event_name="order.lost",
        )
    )
    data = encode_logs(kept.get_finished_logs()).SerializeToString()
    (found,) = otlp_proto.read([data])
    assert (found.service, found.name, found.severity, found.text) == ("shop", "order.lost", "error", '{"order":"1"}')
    assert (found.time_ns, found.exception_type, found.trace_id) == (BEGIN_NS, "KeyError", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
FIELDS = ["timeUnixNano", "severityNumber", "severityText", "body", "attributes", "traceId", "spanId", "eventName"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4), JSON)
def test_any_field_gives_an_event_or_a_reject(fields, odd):
    """Each record yields exactly one of them."""
    found = list(otlp_json.read([line(export({**record(), **fields}, odd))]))
    assert len(found) == 2
    assert all(isinstance(one, Event | Reject) for one in found)


logging.getLogger("opentelemetry").setLevel(logging.ERROR)
