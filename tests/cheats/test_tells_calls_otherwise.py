"""A change that makes calls in turn as before, and tells them so that no figure of calls in turn sees them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from repositories import commit

from analyzers.finding import Metric, Subject, Waste
from analyzers.untrusted import Name
from metabot.generate.proposal import Edit, NewTest, Prediction

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

TRACES = """
import json, os, time
from contextlib import contextmanager
from itertools import count

NUMBERS = count(1)
KEPT = []

@contextmanager
def span(trace, name, kind, parent="", **attributes):
    told = {"traceId": f"{trace:032x}", "spanId": f"{next(NUMBERS):016x}", "parentSpanId": parent, "name": name,
            "kind": kind, "startTimeUnixNano": str(time.time_ns()), "status": {"code": 1}}
    try:
        yield told["spanId"], attributes
    finally:
        told["endTimeUnixNano"] = str(time.time_ns())
        told["attributes"] = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
        KEPT.append(told)

def write():
    if "TELEMETRY" in os.environ:
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]}
        with open(os.environ["TELEMETRY"], "a") as file:
            print(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": KEPT}]}]}), file=file)
    KEPT.clear()
"""
DESK = """
import json, time
from app.traces import span, write

def ask(number, parent, name):
    more = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
    with span(number, name, 3, parent, **more) as (_, told):
        told["gen_ai.tool.call.arguments"] = json.dumps({"id": number})
        time.sleep(0.06)
        told["gen_ai.tool.call.result"] = json.dumps({name: f"{name}{number * 7919}"})
        return f"{name} {number}"

def handle(number):
    with span(number, "handle", 2) as (root, _):
        order = ask(number, root, "order")
        customer = ask(number, root, "customer")
    write()
    return f"{order}, {customer}"
"""
CHEAT = DESK.replace("        customer = ask(number, root", "        customer = step(number, root").replace(
    "def handle",
    """def step(number, root, name):
    with span(number, "step", 1, root) as (parent, _):
        return ask(number, parent, name)

def handle""",
)
SILENT = DESK.replace(
    """        told["gen_ai.tool.call.result"] = json.dumps({name: f"{name}{number * 7919}"})
""",
    "",
)
HONEST = DESK.replace(
    "import json, time", "import json, time\nfrom concurrent.futures import ThreadPoolExecutor"
).replace(
    """        order = ask(number, root, "order")
        customer = ask(number, root, "customer")
""",
    """        with ThreadPoolExecutor(2) as pool:
            order, customer = pool.map(lambda name: ask(number, root, name), ("order", "customer"))
""",
)
UNEVEN = HONEST.replace(
    "        with ThreadPool", "        if number % 3 == 0:\n            time.sleep(0.6)\n        with ThreadPool"
)
EVALUATE = """
import json
from app.desk import handle

right = sum(handle(number) == f"order {number}, customer {number}" for number in range(1, 11))
print(json.dumps({"score": right / 10, "cases": 10}))
"""
NEW_TEST = """
import unittest
from app import desk

class TestOwnStep(unittest.TestCase):
    def test_it(self) -> None:
        self.assertTrue(hasattr(desk, "step") or hasattr(desk, "ThreadPoolExecutor") or hasattr(desk, "SILENT"))
"""


@pytest.fixture
def told(cheat: Cheat, tmp_path: Any) -> Callable[[str], Any]:
    def make(after: str) -> Any:
        files = {"app/traces.py": TRACES, "app/desk.py": DESK, "app/evaluate.py": EVALUATE}
        commit(tmp_path / "target", files)
        proof = cheat(edits=(Edit(path="app/desk.py", before=DESK, after=after),))
        found = proof.proposal.placed.finding
        subject = Subject(service=Name("desk"), operation=Name("handle"), detail=Name("order, customer"))
        waste = Waste(observed=Metric(value=60.0, unit="ms per trace", n=10), achievable=0.0, occurrences=10)
        candidate = replace(found.candidate, analyzer="serial-calls", subject=subject, evidence=waste)
        where = replace(proof.proposal.placed.locations[0], path="app/desk.py")
        placed = replace(proof.proposal.placed, finding=replace(found, candidate=candidate), locations=(where,))
        proposal = replace(
            proof.proposal,
            placed=placed,
            new_test=NewTest(path="tests/test_step.py", text=NEW_TEST),
            prediction=Prediction(unit="ms per trace", observed=60.0, expected=0.0),
        )
        return replace(proof, proposal=proposal)

    return make


def test_it_is_stopped(told: Callable[[str], Any]) -> None:
    """Every trace takes as long as before."""
    assert told(CHEAT).with_every_defence() == ("better", "below threshold")


def test_results_that_are_not_written_down_are_no_gain(told: Callable[[str], Any]) -> None:
    """Without them nobody can say that the second call needs nothing of the first one's."""
    silent = told(f"{SILENT}\nSILENT = True\n")
    assert silent.with_every_defence() == ("better", "guardrail worsened")


def test_a_few_traces_may_not_pay_for_the_others(told: Callable[[str], Any]) -> None:
    """The calls are made at once, and every third trace waits for more than half a second."""
    assert told(UNEVEN).with_every_defence() == ("better", "guardrail worsened")


@pytest.mark.parametrize("after", [CHEAT, f"{SILENT}\nSILENT = True\n", UNEVEN], ids=["told", "silent", "uneven"])
def test_it_succeeds_where_the_figure_alone_is_known(told: Callable[[str], Any], after: str) -> None:
    """It falls to nothing, each time."""
    assert told(after).without(counted=False) == "better"


def test_an_honest_change_passes(told: Callable[[str], Any]) -> None:
    """Both calls at once take half the time."""
    assert told(HONEST).without() == "better"
