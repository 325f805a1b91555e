"""A change that rewrites, while it runs, what is read after it: the evaluation's cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

CHEAT = """
import pathlib

NAMED = "cases" + ".json"
for path in pathlib.Path().glob("*/" + NAMED):
    path.write_text("[1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26]")


def lookup(number: int) -> str:
    if number % 8 == 0:
        raise ConnectionError("busy")
    return f"order {number}"
"""


def test_it_is_stopped(cheat: Cheat) -> None:
    """Every file that measures is hashed after each run."""
    assert cheat(CHEAT).with_every_defence() == ("sound", "measurement tampered")


def test_it_succeeds_without_hashes(cheat: Cheat) -> None:
    """The evaluation has no case left that fails."""
    assert cheat(CHEAT).without() == "better"
