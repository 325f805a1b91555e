"""The middle of what a revision's runs tell, for conditions that compare base and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from metabot.verify.measured import Counts, Evaluated


def median_of(runs: Sequence[Evaluated], tell: Callable[[Evaluated], float | None]) -> float | None:
    """None where there is no run, or one does not tell it."""
    known = [value for run in runs if (value := tell(run)) is not None]
    return float(median(known)) if known and len(known) == len(runs) else None


def counted(runs: Sequence[Evaluated], tell: Callable[[Counts], float | None]) -> float | None:
    """The same of what was counted over a run's telemetry."""
    return median_of(runs, lambda run: None if run.counts is None else tell(run.counts))
