"""The sum of a metric's series, of this process or, in multiprocess mode, of all."""

from __future__ import annotations

from metabot_instrument.metrics import gate
from metabot_instrument.metrics.meter import multiprocess
from metabot_instrument.metrics.processes import of_all_processes
from metabot_instrument.metrics.series import Series


def total(series: Series, vendor: str | None) -> float:
    """Of one vendor, or of all."""
    name = series.definition.family
    families = of_all_processes() if multiprocess() else [gate.read(series.collect)]
    return sum(
        sample.value
        for family in families
        if family.name == name
        for sample in family.samples
        if vendor is None or sample.labels.get("vendor") == vendor
    )
