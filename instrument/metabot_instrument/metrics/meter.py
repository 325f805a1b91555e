"""A set of metrics that is shown and pushed together. It is a collector of prometheus-client's.

    meter = Meter()
    orders = meter.counter("shop.orders", "Orders that were taken.", labels=("kind",))
    orders.inc(kind="refund")

Set-up may raise `ValueError`; counting never does.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final, TypeVar

from prometheus_client import Metric, values

from metabot_instrument.boundary import count
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.metrics import gate
from metabot_instrument.metrics.definition import UNITS, Across, Definition
from metabot_instrument.metrics.processes import folder
from metabot_instrument.metrics.push import push
from metabot_instrument.metrics.series import Counter, Gauge, Histogram, Series

S = TypeVar("S", bound=Series)

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Meter:
    """Metrics by name. The same one may be asked for again.

    `instance` and `since_ns` are for sums that outlive a process, which is an instance of its own otherwise and began
    at nothing.
    """

    def __init__(self, *, since_ns: int | None = None, instance: str | None = None) -> None:
        _make_folder()
        self._series: dict[str, Series] = {}
        self._since_ns = since_ns or time.time_ns()
        self.instance = instance
        renewed_in_children(self)

    def counter(self, name: str, says: str, *, unit: str = "1", labels: tuple[str, ...] = ()) -> Counter:
        return self._one(Counter, Definition(name, "counter", says, unit, labels))

    def gauge(
        self, name: str, says: str, *, unit: str = "1", labels: tuple[str, ...] = (), across: Across = "mostrecent"
    ) -> Gauge:
        """`across`: what the values of several processes come to; only a sum may be counted up and down."""
        return self._one(Gauge, Definition(name, "gauge", says, unit, labels, across))

    def histogram(
        self,
        name: str,
        says: str,
        *,
        unit: str = "s",
        labels: tuple[str, ...] = (),
        bounds: tuple[float, ...] = SECONDS,
    ) -> Histogram:
        return self._one(Histogram, Definition(name, "histogram", says, unit, labels, bounds=bounds))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return tuple(series.definition for series in list(self._series.values()))

    @property
    def since_ns(self) -> int:
        """When its counters were at nothing."""
        return self._since_ns

    def collect(self) -> Iterable[Metric]:
        """What this process counted. Raises `RuntimeError` in a signal handler that came amid an update."""
        found = gate.read(lambda: [series.collect() for series in list(self._series.values())])
        return [metric for metric in found if metric.samples]

    def close(self) -> None:
        """It is no longer pushed."""
        gate.update(push.forget, self)

    def describe(self) -> Iterable[Metric]:
        return [Metric(one.family, one.says, one.kind, UNITS.get(one.unit, "")) for one in self.definitions]

    def renew(self) -> None:
        """In a forked child. Sums that outlive processes are the parent's to tell."""
        self._since_ns = time.time_ns()
        if self.instance is not None:
            self.close()
        for series in list(self._series.values()):
            series.renew()

    def _one(self, kind: type[S], definition: Definition) -> S:
        there = self._series.get(definition.family)
        if there is None:
            gate.update(self._add, kind, definition)
            there = self._series[definition.family]
        if not isinstance(there, kind) or there.definition != definition:
            raise ValueError(f"metric {definition.name} is defined already, and not the same. Take another name.")
        return there

    def _add(self, kind: type[Series], definition: Definition) -> None:
        if definition.family not in self._series:
            self._series[definition.family] = kind(definition, self._told)

    def _told(self) -> None:
        push.tell(self)


def multiprocess() -> bool:
    """Whether values stand in the files of PROMETHEUS_MULTIPROC_DIR, as prometheus-client decides when imported."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


def _make_folder() -> None:
    """Where that cannot be done, this process counts for itself, for prometheus-client would raise at each metric."""
    if not multiprocess():
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        count("metrics", f"PROMETHEUS_MULTIPROC_DIR cannot be used, so this process counts for itself: {error}")
        values.ValueClass = values.MutexValue
