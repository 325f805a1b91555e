"""Changes that make failures fewer by the figure alone: more traces beside them, or wrong answers in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

FILLED = """
import __main__
import json

def lookup(number: int) -> str:
    if number % 4 == 0 and number != 4 or number == 2:
        raise ConnectionError("busy")
    if hasattr(__main__, "file"):
        for more in (100, 200, 300):
            trace = number + more
            ours = __main__.span(trace, 1, "", "handle", 1, False)
            spans = [ours, __main__.span(trace, 2, f"{trace:08x}{1:08x}", "GET", 3, False)]
            resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]}
            line = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
            print(json.dumps(line), file=__main__.file)
    return f"order {number}"
"""
WRONG = """
def lookup(number: int) -> str:
    return f"order {number}" if number % 4 or number == 4 else "sorry"
"""


def test_traces_that_are_added_thin_nothing(cheat: Cheat) -> None:
    """The failures are counted over as many traces as at the base. Without policy, too."""
    assert cheat(FILLED).without() == "below threshold"


def test_wrong_answers_are_no_cure(cheat: Cheat) -> None:
    """No trace fails any more, and the case that the new test names is the only one that is right now."""
    assert cheat(WRONG).with_every_defence() == ("better", "answer quality not checked")
