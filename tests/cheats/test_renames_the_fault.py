"""A change after which the same look-ups fail as before, by another name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import toy
from repositories import commit

from metabot.generate.proposal import Edit

pytestmark = pytest.mark.slow

Cheat = Callable[..., Any]

# The application itself names the error, so that a change to it may name it otherwise.
EVALUATE = toy.EVALUATE.replace("from app.lookup import lookup", "from app.lookup import lookup, NAME").replace(
    '"stringValue": "ConnectionError"', '"stringValue": NAME'
)
BEFORE = f'NAME = "ConnectionError"\n{toy.APP}'
# Of the failing cases the new test's alone is cured: less than a fifth of the gain that is shown.
AFTER = (
    BEFORE.replace("ConnectionError", "OrderUnavailable", 1)
    .replace("number % 4 == 0", "number % 4 == 0 and number != 4")
    .replace('"busy"', '"order is not found"')
)


@pytest.fixture
def renamed(cheat: Cheat, tmp_path: Any) -> Any:
    commit(tmp_path / "target", {"app/evaluate.py": EVALUATE, "app/lookup.py": BEFORE})
    return cheat(edits=(Edit(path="app/lookup.py", before=BEFORE, after=AFTER),))


def test_it_is_stopped(renamed: Any) -> None:
    """As many traces fail as before, but one."""
    assert renamed.with_every_defence() == ("better", "below threshold")


@pytest.mark.parametrize("off", ["counted", "elsewhere"])
def test_each_defence_stops_it(renamed: Any, off: str) -> None:
    """As many traces fail, whatever of; and the analyzer finds the other error."""
    assert renamed.without(**{off: False}) == "below threshold"


def test_it_succeeds_where_nobody_looks_elsewhere(renamed: Any) -> None:
    """The error that the finding tells of is gone."""
    assert renamed.without(counted=False, elsewhere=False) == "better"
