"""A new test that skips itself with the change, and so fails before it and passes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from metabot.generate.proposal import NewTest
from metabot.verify import sound

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

MENDED = """
READY = True


def lookup(number: int) -> str:
    return f"order {number}"
"""
TEST = """
import unittest
from app import lookup


@unittest.skipIf(hasattr(lookup, "READY"), "only before")
class TestNew(unittest.TestCase):
    def test_it(self) -> None:
        self.fail("not yet")
"""


def skipping(cheat: Cheat) -> Any:
    proof = cheat(MENDED)
    return replace(proof, proposal=replace(proof.proposal, new_test=NewTest(path="tests/test_new.py", text=TEST)))


def test_it_is_stopped(cheat: Cheat) -> None:
    """Without a report what unittest prints says that nothing ran."""
    assert skipping(cheat).with_every_defence() == ("sound", "new test runs nothing")


def test_it_succeeds_where_nobody_reads_that(cheat: Cheat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit codes are those of a test that shows the change."""
    monkeypatch.setattr(sound, "_says_that_none_ran", lambda _: False)
    assert skipping(cheat).without() == "better"
