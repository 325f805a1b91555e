"""Export over OTLP, to collectors that work, refuse, hang or are away."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metabot_instrument import configure, failures, tracer
from metabot_instrument.lines.writers import flush
from tests.instrument.otlp_collector import attributes, closed_port, over_grpc, over_http, that_hangs
from tests.instrument.traces.written import Trace

_AGENT = """
from metabot_instrument import tracer
with tracer.span("altitude", "plan", "planner.py"):
    tracer.event("memory", "read")
"""


def _agent(folder: Path, code: str = _AGENT, **environment: str) -> subprocess.CompletedProcess[str]:
    """An application of its own, for a process has one provider."""
    environment = {"METABOT_TRACE": "1", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_steps_arrive_over_http_as_they_stand_in_their_lines(trace: Trace) -> None:
    """Ids, times, texts and metadata are the same, and the code that placing lives from is there."""
    with over_http() as collector:
        configure(endpoint=collector.endpoint)
        with tracer.span("altitude", "plan", "planner.py", "L3→L2", session_id="s1") as span:
            tracer.event("focus", "consent_check", status="blocked", output="no consent")
            span.set_output("done", tokens=45, how={"fast": True})
        lines = {line["operation"]: line for line in trace.lines()}
        spans = collector.spans()
    plan, gate = spans["altitude.plan"], spans["focus.consent_check"]
    assert plan.span_id.hex() == lines["plan"]["otel_span_id"] == gate.parent_span_id.hex()
    assert plan.trace_id.hex() == lines["plan"]["otel_trace_id"]
    assert plan.end_time_unix_nano - plan.start_time_unix_nano == round(lines["plan"]["duration_ms"] * 1_000_000)
    said = attributes(plan)
    assert said["code.file.path"] == __file__
    assert said["code.function.name"].endswith("test_steps_arrive_over_http_as_they_stand_in_their_lines")
    assert {name: value for name, value in said.items() if not name.startswith("code.")} == {
        "metabot.trace.component": "planner.py",
        "metabot.trace.input_summary": "L3→L2",
        "metabot.trace.output_summary": "done",
        "metabot.trace.metadata.tokens": 45,
        "metabot.trace.metadata.how": '{"fast": true}',
        "session.id": "s1",
    }
    assert [event.name for event in gate.events] == ["blocked"]
    assert gate.status.code == plan.status.code == 0


def test_an_error_arrives_with_its_exception(trace: Trace) -> None:
    """Type, message and stack, by OpenTelemetry's names."""
    with over_http() as collector:
        configure(endpoint=collector.endpoint)
        with pytest.raises(ValueError, match="no such order"), tracer.span("memory", "write"):
            raise ValueError("no such order")
        flush()
        span = collector.spans()["memory.write"]
    assert (span.status.code, span.status.message) == (2, "no such order")
    assert attributes(span)["error.type"] == "ValueError"
    exception = attributes(span.events[0])
    assert (exception["exception.type"], exception["exception.message"]) == ("ValueError", "no such order")
    assert "test_an_error_arrives_with_its_exception" in exception["exception.stacktrace"]


@pytest.mark.parametrize("given", ["", "/", "/v1/traces", "/prefix"])
def test_the_endpoint_may_name_all_signals_or_traces(trace: Trace, given: str) -> None:
    """The path of traces is added where it is missing."""
    with over_http() as collector:
        configure(endpoint=collector.endpoint + given)
        tracer.event("memory", "read")
        flush()
    assert collector.paths == ["/prefix/v1/traces" if given == "/prefix" else "/v1/traces"]


def test_steps_arrive_over_grpc(trace: Trace) -> None:
    """With the protocol named in the settings."""
    with over_grpc() as collector:
        configure(endpoint=collector.endpoint, protocol="grpc")
        with tracer.span("altitude", "plan"):
            pass
        flush()
        configure(endpoint="", protocol="http")
    assert list(collector.spans()) == ["altitude.plan"]


def test_the_resource_is_what_opentelemetry_is_told(tmp_path: Path) -> None:
    """Service, version and revision; all of it is sent when the process ends."""
    with over_http() as collector:
        _agent(
            tmp_path,
            METABOT_OTLP_ENDPOINT=collector.endpoint,
            METABOT_SERVICE_NAME="desk",
            OTEL_RESOURCE_ATTRIBUTES="service.version=1.2,vcs.ref.head.revision=abc",
            OTEL_EXPORTER_OTLP_HEADERS="authorization=secret-token",
        )
    told = collector.resource()
    assert (told["service.name"], told["service.version"], told["vcs.ref.head.revision"]) == ("desk", "1.2", "abc")
    assert set(collector.spans()) == {"altitude.plan", "memory.read"}
    assert collector.headers[0]["authorization"] == "secret-token"


@pytest.mark.parametrize("status", [400, 401, pytest.param(503, marks=pytest.mark.slow)])
def test_a_collector_that_refuses_costs_spans_which_are_counted(
    trace: Trace, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The lines are written all the same, and the log is not flooded."""
    before = failures().get("export", 0)
    with over_http(status) as collector, caplog.at_level(logging.WARNING):
        configure(endpoint=collector.endpoint)
        for _ in range(3):
            tracer.event("memory", "read")
        flush()
        configure(endpoint="")
    assert len(trace.lines()) == 3
    assert failures()["export"] == before + 3
    assert len([record for record in caplog.records if record.name.startswith("opentelemetry")]) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["away", "hangs", "away, over gRPC", "hangs, over gRPC"])
def test_a_collector_that_does_not_answer_never_holds_up_the_application(tmp_path: Path, kind: str) -> None:
    """Neither a step nor for more than a few seconds the end of the process; the lines are there."""
    protocol = "grpc" if "gRPC" in kind else "http"
    code = (
        "import time\nfrom metabot_instrument import tracer\n"
        "tracer.event('memory', 'read')\nbegun = time.monotonic()\n"
        "for _ in range(2000): tracer.event('memory', 'read')\n"
        "print(time.monotonic() - begun)\n"
    )
    with that_hangs() as hanging:
        begun = time.monotonic()
        ran = _agent(
            tmp_path,
            code,
            METABOT_OTLP_ENDPOINT=closed_port() if "away" in kind else hanging,
            METABOT_OTLP_PROTOCOL=protocol,
        )
        took = time.monotonic() - begun
    assert float(ran.stdout) < 2.0
    assert took < 15.0
    assert len((tmp_path / ".metabot/trace.jsonl").read_bytes().splitlines()) == 2001
    assert "export: the collector did not take" in ran.stderr
    assert len(ran.stderr.splitlines()) < 20


def test_an_exporter_that_is_not_installed_is_said_with_what_to_install(tmp_path: Path) -> None:
    """The agent runs on, and its lines are written."""
    code = "import sys\nsys.modules['opentelemetry.exporter.otlp.proto.http'] = None\n" + _AGENT
    ran = _agent(tmp_path, code, METABOT_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert "pip install 'metabot-instrument[otlp]'" in ran.stderr
    assert len((tmp_path / ".metabot/trace.jsonl").read_bytes().splitlines()) == 2


_OWN_PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.resources import Resource
mine = InMemorySpanExporter()
provider = TracerProvider(resource=Resource({"service.name": "theirs"}))
provider.add_span_processor(SimpleSpanProcessor(mine))
trace.set_tracer_provider(provider)
"""


def test_the_provider_of_the_application_is_used(tmp_path: Path) -> None:
    """Its processors see our steps with their attributes, its name is in our lines, and its own exporter is the only
    one where OpenTelemetry's variable names the endpoint.
    """
    code = _OWN_PROVIDER + _AGENT + "for span in mine.get_finished_spans(): print(span.name, dict(span.attributes))\n"
    with over_http() as collector:
        ran = _agent(tmp_path, code, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    assert collector.requests == []
    assert "altitude.plan {'metabot.trace.component': 'planner.py'" in ran.stdout
    assert '"service":"theirs"' in (tmp_path / ".metabot/trace.jsonl").read_text()


def test_without_a_provider_ours_is_everyones(tmp_path: Path) -> None:
    """Other instrumentations nest with it, and a processor that is added to it sees attributes."""
    code = (
        "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import SpanProcessor\n"
        "from metabot_instrument import tracer\n"
        "class Printed(SpanProcessor):\n    def on_end(self, span): print(span.name, dict(span.attributes))\n"
        "with tracer.span('altitude', 'plan', 'planner.py'), trace.get_tracer('other').start_as_current_span('GET'):\n"
        "    trace.get_tracer_provider().add_span_processor(Printed())\n"
        "    tracer.event('memory', 'read', 'm.py')\n"
    )
    assert "memory.read {'metabot.trace.component': 'm.py'" in _agent(tmp_path, code).stdout
    first, second, third = map(json.loads, (tmp_path / ".metabot/trace.jsonl").read_bytes().splitlines())
    assert (first["parent_id"], second["parent_id"]) == (second["trace_id"], third["trace_id"])


def test_opentelemetrys_own_switch_turns_everything_off(tmp_path: Path) -> None:
    """The application runs as before."""
    _agent(tmp_path, OTEL_SDK_DISABLED="true")
    assert not (tmp_path / ".metabot/trace.jsonl").exists()
