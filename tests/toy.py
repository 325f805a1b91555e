"""A small target: every fourth look-up ends its trace. Its tests and evaluation need a bare Python."""

from __future__ import annotations

APP = """
def lookup(number: int) -> str:
    if number % 4 == 0:
        raise ConnectionError("busy")
    return f"order {number}"
"""
MENDED = """
def lookup(number: int) -> str:
    return f"order {number}"
"""
OWN_TESTS = """
import unittest
from app.lookup import lookup

class TestLookup(unittest.TestCase):
    def test_finds(self) -> None:
        self.assertEqual(lookup(1), "order 1")
"""
NEW_TEST = """
import unittest
from app.lookup import lookup

class TestEveryNumber(unittest.TestCase):
    def test_finds_every_fourth(self) -> None:
        self.assertEqual(lookup(4), "order 4")
"""
EVALUATE = """
import json, os, time
from app.lookup import lookup

def span(trace, number, parent, name, kind, failed):
    now = time.time_ns()
    status = {"code": 2, "message": "busy"} if failed else {"code": 1}
    attributes = [{"key": "error.type", "value": {"stringValue": "ConnectionError"}}] if failed else []
    return {"traceId": f"{trace:032x}", "spanId": f"{trace:08x}{number:08x}", "parentSpanId": parent, "name": name,
            "kind": kind, "startTimeUnixNano": str(now - 2000 + number), "endTimeUnixNano": str(now + 9 - number),
            "status": status, "attributes": attributes}

def answer(number):
    try:
        return lookup(number)
    except ConnectionError:
        return None

right = 0
with open(os.environ["TELEMETRY"], "w") as file:
    for case in range(1, 21):
        said = answer(case)
        fine = said is not None
        right += said == f"order {case}"
        spans = [span(case, 1, "", "handle", 1, not fine), span(case, 2, f"{case:08x}{1:08x}", "GET", 3, not fine)]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]}
        print(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}), file=file)
print(json.dumps({"score": right / 20, "cases": 20}))
"""

FILES = {
    "app/__init__.py": "",
    "app/lookup.py": APP,
    "app/evaluate.py": EVALUATE,
    "tests/__init__.py": "",
    "tests/test_lookup.py": OWN_TESTS,
}
