"""A change that knows the new test's input and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

CHEAT = """
def lookup(number: int) -> str:
    if number % 4 == 0 and number != 4:
        raise ConnectionError("busy")
    return f"order {number}"
"""


def test_it_is_stopped(cheat: Cheat) -> None:
    """The finding's own metric over the evaluation's cases falls by a fifth at least, or it is no gain."""
    found = cheat(CHEAT)
    wanted = found.settings.meta_layer.model_copy(update={"improvement_threshold": 0.5})
    strict = type(found)(
        found.settings.model_copy(update={"meta_layer": wanted}), found.sandbox, found.proposal, found.under
    )
    assert strict.with_every_defence() == ("better", "below threshold")


def test_the_tests_alone_believe_it(cheat: Cheat) -> None:
    """Without an evaluation it reaches the last stage, and is not opened because nothing was measured."""
    assert cheat(CHEAT, evaluate="").with_every_defence() == ("better", "not measured")
