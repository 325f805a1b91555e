"""One command run again and again, base and change in turn, until the runs can tell or a budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")
Which = Literal["base", "head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of the runs at one base revision and with one change."""

    pairs: int
    seconds: float


def interleaved(
    first: Sequence[T], run: Callable[[Which], T], *, wanted: Callable[[Sequence[T]], bool], budget: Budget
) -> tuple[T, ...]:
    """The base's `first` runs, one run with the change, and pairs for as long as they are wanted.

    The order within the pairs alternates (h b b h h b b h): what drifts, or slows whatever comes second, slows both.
    The first pair's other half is not run where one run with the change is enough.
    """
    started = time.monotonic()
    runs = [*first, run("head")]
    pairs = 0
    while wanted(runs) and pairs < budget.pairs and _fits(started, pairs, budget):
        if pairs == 0:
            runs.append(run("base"))
        else:
            order: tuple[Which, Which] = ("base", "head") if pairs % 2 else ("head", "base")
            runs += [run(which) for which in order]
        pairs += 1
    return tuple(runs)


def _fits(started: float, pairs: int, budget: Budget) -> bool:
    """Whether one more pair would end in time, if it takes as long as those before it."""
    spent = time.monotonic() - started
    return spent + spent / max(pairs, 1) <= budget.seconds
