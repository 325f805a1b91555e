"""An agent that nobody here knows, instrumented in five lines, and what metabot reads of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.model_server import refuses, says_whole, serving

pytestmark = pytest.mark.slow

AGENT = """
import asyncio, sys
from openai import AsyncOpenAI, OpenAIError
import metabot_instrument as instrument                                            # 1
instrument.configure(service_name="planner", trace=True)                           # 2
client = instrument.openai(AsyncOpenAI(max_retries=0))                             # 3

@instrument.tracer.span("memory", "read")                                          # 4
async def recall(key):
    await asyncio.sleep(0.01)
    return "notes on " + key

async def plan(number):
    task = f"t-{number}"
    instrument.emit_event("task_started", {"goal": f"plan {number}"}, task_id=task)  # 5
    with instrument.tracer.span("reasoning", "classify", "planner", f"step {number}", task_id=task) as step:
        asked = [{"role": "system", "content": "You plan. " * 80 + await recall("history")}]
        try:
            answer = await client.chat.completions.create(model="gpt-4.1-mini", messages=asked)
        except OpenAIError:
            instrument.emit_event("task_failed", {"error": "the model did not answer"}, task_id=task)
            return
        step.set_output(answer.choices[0].message.content)
    instrument.emit_event("task_completed", {"quality": 0.8}, task_id=task)

async def main():
    for start in range(0, 12, 4):
        await asyncio.gather(*(plan(number) for number in range(start, start + 4)))
    instrument.emit_alert("warning", "context is nearly full", component="planner")

asyncio.run(main())
assert instrument.failures() == {}, instrument.failures()
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's folder after it ran: nine answers and three refusals."""
    folder = tmp_path_factory.mktemp("planner")
    (folder / "agent.py").write_text(AGENT)
    (folder / "config.toml").write_text('[[sources]]\npath = ".metabot/*.jsonl"\n')
    ways = [refuses(500, "broken") if number % 4 == 3 else says_whole(f"Plan {number}") for number in range(12)]
    with serving(*ways) as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "none"}
        subprocess.run([sys.executable, "agent.py"], cwd=folder, env=environment, check=True)
    return folder


def metabot(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "metabot", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_load_and_analyze_find_all_of_it(recorded: Path) -> None:
    """Twelve tasks, steps, reads and calls; tokens as the server counted them; the failure that comes again."""
    metabot(recorded, "load")
    told = json.loads(metabot(recorded, "analyze", "--format", "json"))
    overview = told["overview"]
    (model,) = overview["models"]
    assert (model["calls"], model["errors"]) == (12, 3)
    assert (model["input_tokens"]["known"], model["output_tokens"]["known"]) == (900, 180)
    assert overview["spans"] == 12 * 4
    assert {one["name"]: one["count"] for one in overview["events"]["types"]} == {
        "task_started": 12,
        "task_completed": 9,
        "task_failed": 3,
        "alert_triggered": 1,
    }
    assert "recurring-error" in {finding["candidate"]["analyzer"] for finding in told["findings"]}


def test_trace_shows_the_steps(recorded: Path) -> None:
    """A call stands below the step that made it, however many ran at once."""
    metabot(recorded, "load")
    listed = json.loads(metabot(recorded, "trace", "list", "--layer", "reasoning", "--format", "json"))
    assert len(listed["spans"]) == 12
    shown = metabot(recorded, "trace", "show", listed["spans"][0]["trace_id"])
    assert "[rsn] classify: step" in shown
    assert "└─[mem] read" in shown
    assert "chat gpt-4.1-mini" in shown


def test_tail_shows_the_events(recorded: Path) -> None:
    """By type."""
    lines = metabot(recorded, "events", "tail", "--type", "task_failed", "--no-follow", "--format", "json").splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["task_failed"] * 3
