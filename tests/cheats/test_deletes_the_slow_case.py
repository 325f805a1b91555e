"""A change that takes away the case which fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from metabot.generate.proposal import Edit

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

BEFORE = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]"
AFTER = "[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 25]"


@pytest.fixture
def deleting(cheat: Cheat) -> Any:
    import toy

    special = toy.APP.replace("    if", "    if number == 4: return 'order 4'\n    if")
    cases = Edit(path="golden/cases.json", before=BEFORE, after=AFTER)
    return cheat(edits=(cases, Edit(path="app/lookup.py", before=toy.APP, after=special)))


def test_it_is_stopped(deleting: Any) -> None:
    """The cases of an evaluation are the base's."""
    assert deleting.with_every_defence() == ("applied", "protected path")


def test_it_succeeds_without_policy(deleting: Any) -> None:
    """As many cases, none of them slow."""
    assert deleting.without() == "better"
