"""The first span of a process, when other things happen at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.instrument.otlp_collector import closed_port

_FORKS = """
import os, threading, time
import metabot_instrument as instrument
instrument.configure(trace=True, trace_path="trace.jsonl", endpoint={endpoint!r})

def first():
    with instrument.tracer.span("memory", "read"):
        pass

thread = threading.Thread(target=first)
thread.start()
children = []
for _ in range(20):
    time.sleep(0.01)
    child = os.fork()
    if child == 0:
        with instrument.tracer.span("memory", "write"):
            pass
        instrument.flush(0.5)
        os._exit(0)
    children.append(child)
thread.join()
end = time.monotonic() + 20
while children and time.monotonic() < end:
    children = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
    time.sleep(0.02)
for child in children:
    os.kill(child, 9)
instrument.flush()
print(len(children), flush=True)
os._exit(0)
"""

_SIGNALS = """
import signal
import metabot_instrument as instrument
instrument.configure(trace=True, trace_path="trace.jsonl")
came = 0

def tick(number, frame):
    global came
    came += 1
    with instrument.tracer.span("system", "tick"):
        pass

signal.signal(signal.SIGPROF, tick)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.004)
with instrument.tracer.span("memory", "read"):
    pass
signal.setitimer(signal.ITIMER_PROF, 0)
instrument.flush()
print(came, instrument.failures().get("trace", 0))
"""


def _run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=20, check=True
    )
    return done.stdout


def _operations(folder: Path) -> list[str]:
    return [json.loads(line)["operation"] for line in (folder / "trace.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("exporting", [False, True])
def test_children_forked_while_another_thread_opens_it_trace_too(tmp_path: Path, exporting: bool) -> None:
    """None hangs on what the parent's thread was importing, and none loses its span."""
    endpoint = closed_port() if exporting else ""
    assert _run(_FORKS.format(endpoint=endpoint), tmp_path) == "0\n"
    assert sorted(_operations(tmp_path)) == ["read"] + ["write"] * 20


def test_a_signal_handler_that_opens_one_meanwhile_raises_nothing(tmp_path: Path) -> None:
    """What it could not record is counted, and the step that it came into is written."""
    came, failed = map(int, _run(_SIGNALS, tmp_path).split())
    operations = _operations(tmp_path)
    assert operations.count("read") == 1
    assert operations.count("tick") + failed == came > 0
