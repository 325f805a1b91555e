"""A pipeline in forked children, in signal handlers and in many threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Modified, Retry
from tests.instrument.validation.scripted import Awaited, Scripted, decisions

ACTION = Action("tool_call", key="ann")


@pytest.mark.slow
def test_a_forked_child_validates_with_threads_of_its_own() -> None:
    """Also while a validator hangs in its parent; the parent's go on."""
    program = """
import asyncio, os, sys, threading
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved

class Waits:
    name, priority, can_modify, quick = "waits", 0, False, False
    hangs = True
    def validate(self, action):
        if self.hangs:
            threading.Event().wait(60)
        return Approved()

class Awaits(Waits):
    name = "awaits"
    async def validate(self, action):
        await asyncio.sleep(60 if self.hangs else 0)
        return Approved()

both = [Waits(), Awaits()]
pipelines = [ValidationPipeline([each], validator_seconds=0.05) for each in both]
for pipeline in pipelines:
    for _ in range(4):
        pipeline.validate(Action("tool_call"))
Waits.hangs = False
child = os.fork()
decided = [pipeline.validate(Action("tool_call")).outcome for pipeline in pipelines]
if child == 0:
    os._exit(decided != ["approved"] * 2)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), *decided)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "0 rejected approved\n"), done.stderr


def test_a_process_ends_while_a_validator_hangs() -> None:
    """Nothing of the pipeline's holds up the application's end."""
    program = """
import time
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline

class Hangs:
    name, priority, can_modify, quick = "hangs", 0, False, False
    def validate(self, action):
        time.sleep(600)

print(ValidationPipeline([Hangs()], validator_seconds=0.05).validate(Action("tool_call")).reason)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout) == (0, "took too long\n")


@pytest.mark.parametrize("kind", [Scripted, Awaited])
def test_a_signal_handler_may_validate(kind: type[Scripted], log: Path) -> None:
    """Whatever its thread is doing in the same pipeline."""
    pipeline = ValidationPipeline([Scripted(quick=True), kind(quick=False)])
    heard: list[bool] = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(pipeline.validate(ACTION).allowed))
    try:
        for _ in range(20):
            os.kill(os.getpid(), signal.SIGUSR1)
            assert pipeline.validate(ACTION).allowed
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [True] * 20
    assert len(decisions(log)) == 40


def test_many_threads_share_one_pipeline(log: Path) -> None:
    """Each gets the decision on its own action."""
    upper = Scripted((lambda action: Modified(Action(action.kind.upper())),), can_modify=True)
    pipeline = ValidationPipeline([upper, Scripted(quick=False), Awaited()])
    kinds = [f"kind {at}" for at in range(100)]
    with ThreadPoolExecutor(50) as threads:
        decided = list(threads.map(lambda kind: pipeline.validate(Action(kind)), kinds))
    assert [decision.action.kind for decision in decided] == [kind.upper() for kind in kinds]
    assert sorted(each["action"] for each in decisions(log)) == sorted(kinds)


def test_a_storm_of_retries_of_many_threads_ends() -> None:
    """Each action by its count or its deadline, whichever comes first; none is asked for more often."""
    later = Scripted((Retry(0.002, "later"),))
    pipeline = ValidationPipeline([later], retries=10, deadline_seconds=0.3)
    began = time.monotonic()
    with ThreadPoolExecutor(50) as threads:
        decided = list(threads.map(pipeline.validate, [ACTION] * 50))
    assert {decision.outcome for decision in decided} == {"rejected"}
    assert {decision.reason for decision in decided} <= {"retries exhausted", "deadline passed"}
    assert max(decision.attempts for decision in decided) <= 11
    assert len(later.seen) == sum(len(decision.steps) for decision in decided) <= 50 * 11
    assert time.monotonic() - began < 10
