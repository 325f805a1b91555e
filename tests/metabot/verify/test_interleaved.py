"""Base and change in turn."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from metabot.verify.interleaved import Budget, Which, interleaved


def first_letter(which: Which) -> str:
    return which[0]


@pytest.mark.parametrize(
    ("most", "order"), [(0, "bbh"), (1, "bbhb"), (2, "bbhbbh"), (3, "bbhbbhhb"), (4, "bbhbbhhbbh")]
)
def test_the_order_alternates(most: int, order: str) -> None:
    """What drifts, or slows whatever comes second, slows base and change alike; one run with the change comes first."""

    def wanted(runs: Sequence[str]) -> bool:
        return len(runs) < len(order)

    made = interleaved("bb", first_letter, wanted=wanted, budget=Budget(pairs=9, seconds=60))
    assert "".join(made) == order


def test_no_more_pairs_than_the_budget_has() -> None:
    """However much more is wanted."""
    made = interleaved("bb", first_letter, wanted=lambda _: True, budget=Budget(pairs=5, seconds=60))
    assert made.count("h") == 5
    assert made.count("b") == 2 + 5


def test_no_pair_is_begun_that_would_end_too_late() -> None:
    """Time that a run takes is time that the next one will take."""

    def slow(which: Which) -> str:
        time.sleep(0.02)
        return first_letter(which)

    made = interleaved("bb", slow, wanted=lambda _: True, budget=Budget(pairs=100, seconds=0.2))
    assert 2 <= made.count("h") <= 6
