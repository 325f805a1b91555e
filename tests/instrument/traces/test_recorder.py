"""Where ended steps go, and what happens where they cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry import trace as otel

from metabot_instrument import configure, failures, tracer
from metabot_instrument.lines.writers import flush
from metabot_instrument.traces.recorder import recorder
from tests.instrument.traces.written import Trace


def test_a_file_that_cannot_be_written_is_counted_and_the_step_goes_on(trace: Trace, tmp_path: Path) -> None:
    """A folder stands where the file should be: one line lost, one counted."""
    before = failures().get("trace_lines", 0)
    configure(trace_path=str(tmp_path))
    with tracer.span("memory", "write") as span:
        span.set_output("written")
    flush()
    assert failures()["trace_lines"] == before + 1


def test_a_new_path_holds_from_the_next_step_on(trace: Trace, tmp_path: Path) -> None:
    """What ended before is in the old file, and a step that was open goes where it ends."""
    tracer.event("memory", "read")
    with tracer.span("altitude", "plan"):
        configure(trace_path=str(tmp_path / "other.jsonl"))
    assert [line["operation"] for line in trace.lines()] == ["read"]
    assert [line["operation"] for line in Trace(tmp_path / "other.jsonl").lines()] == ["plan"]


def test_steps_are_written_after_the_provider_was_shut_down(trace: Trace) -> None:
    """An application may do so early; its last steps are lines all the same."""
    tracer.event("memory", "read")
    recorder.shutdown()  # as the provider calls it, of which the process has one
    tracer.event("memory", "write")
    assert [line["operation"] for line in trace.lines()] == ["read", "write"]


def test_where_nothing_is_traced_spans_of_others_are_not_followed(trace: Trace) -> None:
    """The processor stays with the provider, and writes nothing."""
    tracer.event("memory", "read")
    configure(trace=False)
    with otel.get_tracer("other").start_as_current_span("GET"):
        pass
    assert [line["operation"] for line in trace.lines()] == ["read"]


def test_a_standard_error_that_is_closed_costs_the_tree_alone(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is in the file; the step goes on."""
    with Path("/dev/null").open("w") as closed:
        pass
    monkeypatch.setattr(sys, "stderr", closed)
    configure(trace_console=True)
    before = failures().get("trace", 0)
    with tracer.span("altitude", "plan"):
        pass
    assert trace.line("plan")["status"] == "success"
    assert failures()["trace"] == before + 1


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGTERM)", []),
        ("sys.exit(0)", ["success"]),
        ("sys.exit(3)", ["error"]),
        ("raise ValueError('agent')", ["error"]),
    ],
)
def test_what_ended_is_written_however_the_process_ends(tmp_path: Path, how: str, status: list[str]) -> None:
    """But for the step that is open at a signal: it never ended."""
    code = (
        "import os, signal, sys\nfrom metabot_instrument import tracer\n"
        "with tracer.span('altitude', 'execute'):\n"
        "    for _ in range(100): tracer.event('memory', 'read')\n"
        f"    {how}\n"
    )
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=tmp_path, env={"METABOT_TRACE": "1"}, capture_output=True, check=False)
    lines = Trace(tmp_path / ".metabot/trace.jsonl").lines()
    assert sum(line["operation"] == "read" for line in lines) == 100
    assert [line["status"] for line in lines if line["operation"] == "execute"] == status
