"""What `tracer` records of the steps of an agent."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace as otel

from metabot_instrument import configure, failures, tracer
from metabot_instrument.traces.step import UNRECORDED
from tests.instrument.traces.written import Trace


def test_a_step_becomes_a_line_of_the_published_form(trace: Trace) -> None:
    """The keys are those that others published, and ours behind them."""
    with tracer.span("alt", "transition", "altitude.py", "L3→L2") as span:
        span.set_output("success", reason="user requested tactical", gates=[1, {"open": True}])
    (line,) = trace.lines()
    assert list(line)[:11] == [
        "trace_id", "parent_id", "timestamp", "hrm_layer", "operation", "component",
        "input_summary", "output_summary", "duration_ms", "status", "metadata",
    ]  # fmt: skip
    assert line["trace_id"] == span.trace_id == f"alt_{line['trace_id'].split('_')[1]}_{line['otel_span_id']}"
    assert (line["parent_id"], line["hrm_layer"], line["operation"]) == (None, "altitude", "transition")
    assert (line["component"], line["input_summary"], line["output_summary"]) == ("altitude.py", "L3→L2", "success")
    assert line["metadata"] == {"reason": "user requested tactical", "gates": [1, {"open": True}]}
    assert (line["status"], line["service"]) == ("success", "desk")
    when = datetime.fromisoformat(line["timestamp"])
    assert when.tzinfo is not None
    assert 0 <= (datetime.now(UTC) - when).total_seconds() < 60
    assert 0 < line["duration_ms"] < 60_000


def test_the_line_names_the_place_in_the_source(trace: Trace) -> None:
    """File, function and line of the `with` statement; of a step without a component the file's name stands there."""
    with tracer.span("system", "here"):
        pass
    line = trace.line("here")
    assert line["component"] == Path(__file__).name
    assert line["code_file"] == __file__
    assert line["code_function"].endswith("test_the_line_names_the_place_in_the_source")
    assert "tracer.span" in Path(__file__).read_text().splitlines()[line["code_line"] - 1]


def test_steps_inside_name_their_parent(trace: Trace) -> None:
    """Also an event, and a step after another one ended."""
    with tracer.span("altitude", "plan"):
        with tracer.span("focus", "route"):
            tracer.event("memory", "read", "m.py", "key", "value", tier="warm")
        with tracer.span("reasoning", "classify"):
            pass
    assert trace.path_of("read") == ["plan", "route", "read"]
    assert trace.path_of("classify") == ["plan", "classify"]
    read = trace.line("read")
    assert (read["duration_ms"], read["output_summary"], read["metadata"]) == (0, "value", {"tier": "warm"})
    assert len({line["otel_trace_id"] for line in trace.lines()}) == 1


def test_an_exception_marks_the_step_and_goes_on(trace: Trace) -> None:
    """It is the same object, with its type and message in the line."""
    raised = ValueError("no such order")
    with pytest.raises(ValueError, match="no such order") as caught, tracer.span("memory", "write"):
        raise raised
    assert caught.value is raised
    line = trace.line("write")
    assert line["status"] == "error"
    assert line["metadata"] == {"error": "no such order", "error_type": "ValueError"}


def test_a_blocked_step_is_no_error_even_where_it_raises(trace: Trace) -> None:
    """A gate says no by an exception as often as by a value."""
    denied = PermissionError("denied")
    with contextlib.suppress(PermissionError), tracer.span("focus", "consent_check") as span:
        span.blocked("no consent")
        raise denied
    line = trace.line("consent_check")
    assert (line["status"], line["metadata"]["reason"]) == ("blocked", "no consent")


def test_summaries_are_cut_at_a_hundred_characters(trace: Trace) -> None:
    """Of texts, and of whatever else is handed over."""
    with tracer.span("system", "long", "c", "é" * 500) as span:
        span.set_output(list(range(100_000)), text="x" * 5000)
    line = trace.line("long")
    assert line["input_summary"] == "é" * 100
    assert len(line["output_summary"]) <= 100
    assert len(line["metadata"]["text"]) == 1000


def test_what_was_handed_over_is_recorded_as_it_was_then(trace: Trace) -> None:
    """A list that grows after the call does not grow in the line."""
    steps: list[Any] = ["a"]
    with tracer.span("system", "grows") as span:
        span.set_output(steps, steps=steps)
        steps.append("b")
    assert trace.line("grows")["metadata"] == {"steps": ["a"]}
    assert trace.line("grows")["output_summary"] == "['a']"


def test_session_and_task_hold_for_the_steps_inside(trace: Trace) -> None:
    """A step inside may be of another task; a span of another instrumentation belongs there too."""
    with tracer.span("altitude", "plan", session_id="s1", task_id="t1"):
        with tracer.span("focus", "route", task_id="t2"):
            pass
        with otel.get_tracer("other").start_as_current_span("GET"):
            pass
    of = {line["operation"]: (line["session_id"], line["task_id"]) for line in trace.lines()}
    assert of == {"plan": ("s1", "t1"), "route": ("s1", "t2"), "GET": ("s1", "t1")}


def test_spans_of_other_instrumentations_keep_the_chain_whole(trace: Trace) -> None:
    """Between two steps and above one: each has a line of the system."""
    other = otel.get_tracer("http.client")
    known = {"status": 200, "prompt": "x" * 200}
    with (
        other.start_as_current_span("GET /desk"),
        tracer.span("altitude", "plan"),
        other.start_as_current_span("POST", attributes=known) as span,
    ):
        span.set_status(otel.StatusCode.ERROR, "refused")
        tracer.event("memory", "read")
    assert trace.path_of("read") == ["GET /desk", "plan", "POST", "read"]
    line = trace.line("POST")
    assert (line["hrm_layer"], line["component"], line["status"]) == ("system", "http.client", "error")
    assert line["metadata"] == {"status": 200, "error": "refused"}


def test_what_others_record_of_texts_and_secrets_stays_out_of_lines(trace: Trace) -> None:
    """By the attributes' names; with `capture="text"` short texts stand there, secrets never."""
    told = {
        "input.value": "a stranger's words", "gen_ai.prompt.0.content": "more words", "api_key": "k-1",
        "http.request.header.authorization": "Bearer k-1", "db.statement": "SELECT 1",
        "gen_ai.response.model": "m-1", "gen_ai.usage.input_tokens": 12, "llm.token_count.prompt": 12,
        "url.full": "https://desk.example/orders?key=k-1",
    }  # fmt: skip
    for operation in ("hashed", "text"):
        configure(capture="text" if operation == "text" else "hashes")
        with otel.get_tracer("other").start_as_current_span(operation, attributes=told):
            pass
    described = {"gen_ai.response.model": "m-1", "gen_ai.usage.input_tokens": 12, "llm.token_count.prompt": 12}
    described["url.full"] = "https://desk.example/orders"
    assert trace.line("hashed")["metadata"] == described
    said = {name: told[name] for name in ("input.value", "gen_ai.prompt.0.content", "db.statement")}
    assert trace.line("text")["metadata"] == {**said, **described}


def test_a_parent_in_another_process_is_named_by_its_span(trace: Trace) -> None:
    """Its layer is not known here, so it has no line's id."""
    there = otel.SpanContext(7, 255, is_remote=True, trace_flags=otel.TraceFlags(1))
    from opentelemetry.context import attach, detach

    token = attach(otel.set_span_in_context(otel.NonRecordingSpan(there)))
    with tracer.span("focus", "route"):
        pass
    detach(token)
    line = trace.line("route")
    assert (line["parent_id"], line["otel_parent_span_id"]) == (None, f"{255:016x}")
    assert line["otel_trace_id"] == f"{7:032x}"


@pytest.mark.parametrize(
    ("level", "written"),
    [
        pytest.param("debug", {"quiet", "plain", "loud", "failed", "gate"}, id="debug"),
        pytest.param("info", {"plain", "loud", "failed", "gate"}, id="info"),
        pytest.param("warn", {"failed", "gate"}, id="warn: what failed and what was held back"),
    ],
)
def test_the_level_decides_what_is_written(trace: Trace, level: str, written: set[str]) -> None:
    """Steps say theirs; whether a step fails shows at its end."""
    configure(trace_level=level)
    tracer.event("system", "quiet", level="debug")
    tracer.event("system", "plain")
    tracer.event("system", "loud", level="warn")
    tracer.event("system", "failed", status="error")
    tracer.event("system", "gate", status="blocked")
    assert {line["operation"] for line in trace.lines()} == written


def test_a_share_of_the_traces_is_written_whole_and_the_rest_not_at_all(trace: Trace) -> None:
    """A step follows its root."""
    configure(trace_sample_rate=0.5)
    for _ in range(200):
        with tracer.span("altitude", "plan"), tracer.span("focus", "route"):
            pass
    lines = trace.lines()
    assert 100 < len(lines) < 300
    roots = {line["trace_id"] for line in lines if line["operation"] == "plan"}
    assert roots == {line["parent_id"] for line in lines if line["operation"] == "route"}
    configure(trace_sample_rate=0.0)
    with tracer.span("altitude", "plan") as span:
        assert span.trace_id == ""
    assert len(trace.lines()) == len(lines)


def test_off_nothing_is_recorded_and_the_same_calls_work(trace: Trace) -> None:
    """What `with` gives has its methods."""
    configure(trace=False)
    with tracer.span("altitude", "plan") as span:
        span.set_output("x", reason="y")
        span.blocked("z")
        assert span is tracer.current() is UNRECORDED
        assert span.trace_id == ""
    tracer.event("memory", "read")
    assert trace.lines() == []


@pytest.mark.parametrize("variable", ["METABOT_TRACE", "DOPEJAR_TRACE"])
def test_a_variable_turns_it_on(tmp_path: Path, variable: str) -> None:
    """Ours, and the one of an earlier system; the lines are there when the process has ended."""
    code = "from metabot_instrument import tracer\ntracer.event('mem', 'read')\n"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={variable: "1"}, check=True, capture_output=True
    )
    assert (ran.stdout, ran.stderr) == (b"", b"")
    assert '"operation":"read"' in (tmp_path / ".metabot/trace.jsonl").read_text()


def test_off_opentelemetry_is_not_even_imported(tmp_path: Path) -> None:
    """An application that does not trace does not pay for it, decorators included."""
    code = (
        "import sys\nfrom metabot_instrument import tracer\n"
        "@tracer.span('mem', 'read')\ndef read(): return 1\n"
        "with tracer.span('alt', 'plan') as span: span.set_output(read())\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


def test_many_threads_may_open_the_first_span_at_once(tmp_path: Path) -> None:
    """Who comes while the first one loads OpenTelemetry waits for it."""
    code = (
        "import threading\nfrom metabot_instrument import failures, tracer\n"
        "def step():\n"
        "    with tracer.span('alt', 'plan'):\n"
        "        tracer.event('mem', 'read')\n"
        "threads = [threading.Thread(target=step) for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "assert failures() == {}, failures()\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"METABOT_TRACE": "1"}, check=True)
    assert (tmp_path / ".metabot/trace.jsonl").read_text().count("\n") == 16


@pytest.mark.usefixtures("declared")
def test_a_layer_that_nobody_declared_is_written_as_the_system(trace: Trace) -> None:
    """Its name stands in the metadata, and it is counted; once declared it has its own letters."""
    before = failures().get("layer", 0)
    tracer.event("billing", "charge")
    tracer.declare("billing", "bil", "charge")
    tracer.event("billing", "refund")
    first, second = trace.lines()
    assert (first["hrm_layer"], first["metadata"]) == ("system", {"undeclared_layer": "billing"})
    assert second["trace_id"].startswith("bil_")
    assert failures()["layer"] == before + 1


def test_ids_are_the_layer_the_second_and_sixteen_hex_digits(trace: Trace) -> None:
    """So many digits that none comes twice."""
    ids = [tracer.generate_id("mem") for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(re.fullmatch(r"mem_\d{10}_[0-9a-f]{16}", one) for one in ids)
    assert tracer.generate_id("nothing").startswith("sys_")


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.builds(Unprintable) | st.builds(object) | st.text(alphabet=st.characters(categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
)  # fmt: skip


@given(anything=_ANYTHING, key=st.text())
def test_whatever_is_handed_over_nothing_raises_and_a_line_is_written(anything: Any, key: str) -> None:
    """Objects without text, lone surrogates, infinities, integers of any size: the line is JSON."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        written = Trace(Path(folder) / "trace.jsonl")
        configure(trace=True, trace_path=str(written.path))
        with tracer.span(anything, anything, anything, anything, task_id=anything) as span:
            span.set_output(anything, **{key: anything})
            span.blocked(anything)
        tracer.event("memory", "read", anything, anything, anything, anything, level=anything, other=anything)
        assert len(written.lines()) >= 1
        configure(trace=False)
