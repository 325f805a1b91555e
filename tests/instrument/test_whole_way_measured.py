"""An agent that nobody here knows measures itself and asks before it acts, and metabot reads the same figures.

The agent keeps a count of its own of everything, and metabot has to tell the same.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.model_server import refuses, says_whole, serving

pytestmark = pytest.mark.slow

TOKEN = "of-this-test-alone"
AGENT = """
import json, sys, time
from collections import Counter
from openai import OpenAI, OpenAIError
import metabot_instrument as instrument

instrument.configure(service_name="planner", trace=True)
bus = instrument.Bus()
monitor = instrument.PerformanceMonitor(bus, session_id="s-1", memory_limit_bytes=2**33, sample_seconds=0.2)
client = instrument.openai(OpenAI(max_retries=0))
pipeline, layer = instrument.monitoring_of("agent.toml")
layer.observe_decisions()
told = {"calls": Counter(), "errors": Counter(), "entries": Counter(), "seconds": Counter(), "decisions": Counter(),
        "input": 0, "output": 0, "failed": 0}

def enter(state, seconds):
    bus.emit("agent:state:change", {"newState": state})
    began = time.perf_counter()
    time.sleep(seconds)
    told["entries"][state] += 1
    told["seconds"][state] += time.perf_counter() - began

def use(tool, fails=False):
    decision = pipeline.validate(instrument.Action("tool", tool))
    for step in decision.steps:
        told["decisions"][f"{step.validator}:{step.verdict}"] += 1
    if not decision.allowed:
        return
    told["calls"][tool] += 1
    told["errors"][tool] += fails
    try:
        with monitor.tool(tool), layer.watching("tool", tool, session="s-1"):
            if fails:
                raise LookupError(tool)
    except LookupError:
        pass

def ask(number):
    try:
        asked = [{"role": "user", "content": str(number)}]
        answer = client.chat.completions.create(model="gpt-4.1-mini", messages=asked)
    except OpenAIError:
        told["failed"] += 1
        return
    used = answer.usage
    told["input"] += used.prompt_tokens
    told["output"] += used.completion_tokens
    instrument.meter.tokens_used.inc(used.prompt_tokens + used.completion_tokens, vendor="local")

for number in range(6):
    bus.emit("agent:cycle:start")
    enter("thinking", 0.02)
    ask(number)
    enter("acting", 0.05)
    use("search")
    use("book", fails=number % 3 == 2)
    bus.emit("artifact:created")
bus.emit("agent:state:change", {"newState": "done"})
told["entries"]["done"] += 1
time.sleep(0.3)
monitor.export("monitor.json")
report = layer.report()
json.dump({**told, "report": report, "failures": instrument.failures()}, open("told.json", "w"))
print("ready", flush=True)

import uvicorn
from fastapi import FastAPI
from metabot_instrument.serving import router
application = FastAPI()
application.include_router(router(monitor))
uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), log_config=None)
"""
SETTINGS = """
[monitoring]
validators = [
  { type = "rate_limit", priority = 50, requests_per_minute = 1, burst = 4, on_limit = "reject" },
  { type = "circuit_breaker", priority = 10 },
]
monitors = [{ type = "performance" }, { type = "error_analysis" }, { type = "usage_patterns" }]
"""
SOURCES = ".metabot/*.jsonl", "monitor.json", "metrics.prom"


class Measured:
    """What the agent counted, and what metabot tells of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = json.loads((folder / "told.json").read_text())
        metabot(folder, "load")
        self.overview = json.loads(metabot(folder, "analyze", "--format", "json"))["overview"]


@pytest.fixture(scope="module")
def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, free_port: int) -> Measured:
    """After six rounds, of whose model calls the last is refused."""
    folder = tmp_path_factory.mktemp("planner")
    (folder / "agent.py").write_text(AGENT)
    (folder / "agent.toml").write_text(SETTINGS)
    (folder / "config.toml").write_text("".join(f'[[sources]]\npath = "{path}"\n' for path in SOURCES))
    ways = [*(says_whole(f"Plan {number}") for number in range(5)), refuses(500, "broken")]
    with serving(*ways) as server:
        environment = {
            **os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none", "METABOT_METRICS_TOKEN": TOKEN,
        }  # fmt: skip
        command = [sys.executable, "agent.py", str(free_port)]
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as agent:
            try:
                assert agent.stdout is not None
                assert agent.stdout.readline() == "ready\n"
                scraped = scrape(free_port)
            finally:
                agent.terminate()
    at = f"# scraped {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} from http://127.0.0.1:{free_port}/metrics\n"
    (folder / "metrics.prom").write_bytes(at.encode() + scraped)
    return Measured(folder)


def scrape(port: int) -> bytes:
    """With the token, once it is served."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    for _ in range(200):
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.URLError as refused:
            if not isinstance(refused.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise AssertionError("the agent serves no metrics")


def metabot(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "metabot", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by(rows: list[dict[str, Any]], name: str, value: str) -> dict[str, Any]:
    return {row[name]: row[value] for row in rows if row[value]}


def test_nothing_was_lost(measured: Measured) -> None:
    """In the agent, and on the way."""
    assert measured.told["failures"] == {}
    assert measured.overview["rejects"] == 0


def test_tools_are_those_that_the_agent_used(measured: Measured) -> None:
    """What a validator held back was not used."""
    tools = measured.overview["self_measured"]["tools"]
    assert by(tools, "tool", "calls") == measured.told["calls"] == {"search": 4, "book": 4}
    assert by(tools, "tool", "errors") == {"book": measured.told["errors"]["book"]} == {"book": 1}


def test_states_lasted_as_long_as_the_agent_stayed_in_them(measured: Measured) -> None:
    """Each as often as it was entered, and in all as long, with what happened before the next one."""
    states = {one["state"]: one for one in measured.overview["self_measured"]["states"]}
    assert {name: one["entries"] for name, one in states.items()} == measured.told["entries"]
    for name, slept in measured.told["seconds"].items():
        assert slept * 1_000 - 30 <= states[name]["total_ms"] <= slept * 1_000 + 3_000


def test_tokens_are_those_of_the_providers_answers(measured: Measured) -> None:
    """Of the monitor, of the calls that were traced, and of the metric that was scraped."""
    (model,) = measured.overview["self_measured"]["models"]
    told = measured.told
    assert (model["calls"], model["errors"], told["failed"]) == (6, 1, 1)
    assert (model["input_tokens"], model["output_tokens"]) == (told["input"], told["output"])
    (traced,) = measured.overview["models"]
    assert (traced["calls"], traced["errors"]) == (6, 1)
    assert (traced["input_tokens"]["known"], traced["output_tokens"]["known"]) == (told["input"], told["output"])
    scraped = {one["name"]: one["last"] for one in measured.overview["metrics"]["names"]}
    assert scraped["pforge_tokens_used_total"] == told["input"] + told["output"]


def test_memory_cycles_and_artifacts(measured: Measured) -> None:
    """The largest sample, beside the limit that the agent named."""
    found = measured.overview["self_measured"]
    assert (found["monitors"], found["cycles"], found["created"], found["modified"]) == (1, 6, 6, 0)
    assert found["memory"]["limit_bytes"] == 2**33
    assert 10_000_000 < found["memory"]["peak_bytes"] < 2**31


def test_decisions_are_those_of_the_validators(measured: Measured) -> None:
    """By validator and outcome, and why; the layer beside them observed the same."""
    found = {
        f"{one['validator']}:{outcome}": one[outcome]
        for one in measured.overview["decisions"]["validators"]
        for outcome in ("approved", "modified", "rejected", "retry", "failed", "other")
        if one[outcome]
    }
    assert found == measured.told["decisions"]
    assert sum(found.values()) == measured.overview["decisions"]["count"]
    limit = next(one for one in measured.overview["decisions"]["validators"] if one["validator"] == "rate_limit")
    assert limit["reasons"] == [["over the rate", limit["rejected"]]]
    observed = measured.told["report"]["error_analysis"]["figures"]["actions"]
    assert observed["validator:rate_limit"]["errors"]["counted"] == limit["rejected"]
    assert observed["tool:book"]["types"] == {"LookupError": {"counted": 1, "estimate": 1.0}}


def test_a_second_load_adds_nothing(measured: Measured) -> None:
    """In the words of the overview, too."""
    metabot(measured.folder, "load")
    said = " ".join(metabot(measured.folder, "analyze").split())
    assert "measured 1 monitor counted 8 tool calls, 1 failed: book 4 (1 failed" in said
    assert "6 model calls, 1 failed, tokens" in said
    assert f"decisions rate_limit: {measured.told['decisions']['rate_limit:approved']} approved" in said
