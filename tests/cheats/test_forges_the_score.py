"""A change that prints the evaluation's last line itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

CHEAT = """
import atexit

atexit.register(lambda: print('{"score": 1, "cases": 20}'))


def lookup(number: int) -> str:
    return f"order {number}" if number < 5 else "sorry"
"""


def test_it_is_stopped(cheat: Cheat) -> None:
    """A change has no reason to act at the end of the process."""
    assert cheat(CHEAT).with_every_defence() == ("applied", "forbidden change")


def test_it_succeeds_without_policy(cheat: Cheat) -> None:
    """The score is the evaluation's word, and the change runs in its process."""
    assert cheat(CHEAT).without() == "better"
