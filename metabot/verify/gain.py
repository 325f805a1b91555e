"""How much a verified change gains: what the best of several is chosen by."""

from __future__ import annotations

from statistics import median

from metabot.verify.better import gain_series
from metabot.verify.measured import Measured


def gain(measured: Measured) -> float:
    """By which share the figure that decides falls, median against median; 0 where nothing was measured."""
    series = gain_series(measured.evaluations, measured.benchmarks)
    if series is None or not series.base or not series.head:
        return 0.0
    before, after = median(series.base), median(series.head)
    return (before - after) / before if before else 0.0
