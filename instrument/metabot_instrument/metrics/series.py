"""Counter, gauge and histogram: what is refused, and how many series there may be.

Labels come from wherever the application has them. A label has at most 100 values and a metric at most 500 series;
what comes after them is counted under `other`. A value that is no finite number is refused and counted as `metrics`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final, cast

import prometheus_client
from prometheus_client import Metric

from metabot_instrument.boundary import contained
from metabot_instrument.metrics import gate
from metabot_instrument.metrics.definition import UNITS, Definition
from metabot_instrument.told_apart import OTHER, own_or_other

VALUES: Final = 100  # of a label
SERIES: Final = 500  # of a metric
LONGEST: Final = 128  # characters of a label's value
_PLAIN: Final = (float, int)
LARGEST: Final = 2.0**53  # of what is added at a time: a sum must stay finite
_LARGEST_FLOAT: Final = sys.float_info.max
_ADDED: Final = f"between 0 and {LARGEST:.0f}"


class Series:
    """One metric: its series by their labels."""

    def __init__(self, definition: Definition, told: Callable[[], None]) -> None:
        """`told` is called when there is a new series to tell."""
        self.definition = definition
        self._told = told
        self._labels = definition.labels
        self._kept: tuple[set[str], ...] = tuple(set() for _ in self._labels)
        self.renew()

    def renew(self) -> None:
        """Begins at nothing: what a parent process counted is the parent's to tell."""
        self._inner = self._made()
        self._found: dict[tuple[str, ...], Any] = {}
        self._known: tuple[set[str], ...] = tuple(set(kept) for kept in self._kept)

    @contained("metrics", None)
    def keep(self, **labels: str) -> None:
        """From now on these values are counted under their own names, however many others come before them, in a
        forked child too. For names of the application's own that something is decided by.
        """
        gate.update(self._keep, labels)

    def collect(self) -> Metric:
        """Under the gate. Without the times at which series were made: Prometheus' text would take them for gauges."""
        (metric,) = self._inner.collect()
        metric.samples = [one for one in metric.samples if one.name != f"{metric.name}_created"]
        return cast("Metric", metric)

    def _keep(self, labels: Mapping[str, str]) -> None:
        for value, kept, known in zip(self._in_order(labels), self._kept, self._known, strict=True):
            kept.add(value)
            known.add(value)

    def _made(self) -> Any:
        raise NotImplementedError

    def _named(self) -> dict[str, Any]:
        return {
            "name": self.definition.family,
            "documentation": self.definition.says,
            "labelnames": self.definition.labels,
            "unit": UNITS.get(self.definition.unit, ""),
            "registry": None,
        }

    def _of(self, labels: Mapping[str, str]) -> Any:
        """Under the gate."""
        values = tuple(labels.values()) if tuple(labels) == self._labels else self._in_order(labels)
        found = self._found.get(values)
        return self._admitted(values) if found is None else found

    def _in_order(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        if labels.keys() != set(self._labels):
            wanted = ", ".join(self._labels) or "none"
            raise ValueError(f"{self.definition.name}: its labels are {wanted}, not {', '.join(labels) or 'none'}")
        return tuple(labels[name] for name in self._labels)

    def _admitted(self, given: tuple[str, ...]) -> Any:
        values = tuple(self._bounded(value, known) for value, known in zip(given, self._known, strict=True))
        values = own_or_other(values, self._found, SERIES, (OTHER,) * len(values))
        if values not in self._found:
            self._found[values] = self._inner.labels(*values) if values else self._inner
            for value, known in zip(values, self._known, strict=True):
                known.add(value)
            self._told()
        return self._found[values]

    def _bounded(self, value: object, known: set[str]) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{self.definition.name}: a label is a text, not {type(value).__name__}")
        text = "".join(one if one.isprintable() else "?" for one in value[:LONGEST]) or "unknown"
        return own_or_other(text, known, VALUES, OTHER)

    def _number(self, value: object) -> float:
        """Other libraries' numbers, by the way that numbers have of saying so."""
        if isinstance(value, bool | str | bytes) or not hasattr(value, "__float__"):
            raise TypeError(f"{self.definition.name}: a value is a number, not {type(value).__name__}")
        return float(value)

    def _refuse(self, value: float, bounds: str) -> None:
        raise ValueError(f"{self.definition.name}: {value} is not {bounds}")


class Counter(Series):
    """Only ever rises."""

    @contained("metrics", None)
    def inc(self, amount: float = 1, /, **labels: str) -> None:
        gate.update(self._inc, amount, labels)

    def _inc(self, amount: float, labels: Mapping[str, str]) -> None:
        if type(amount) not in _PLAIN:
            amount = self._number(amount)
        if not 0 <= amount <= LARGEST:
            self._refuse(amount, _ADDED)
        self._of(labels).inc(amount)

    def _made(self) -> Any:
        return prometheus_client.Counter(**self._named())


class Gauge(Series):
    """What holds now; it is not shown before it was set."""

    @contained("metrics", None)
    def set(self, value: float, /, **labels: str) -> None:
        gate.update(self._set, value, labels)

    @contained("metrics", None)
    def inc(self, amount: float = 1, /, **labels: str) -> None:
        """Up, or with a negative amount down. For what several processes add up to, as `pforge_agents_active`."""
        gate.update(self._inc, amount, labels)

    def collect(self) -> Metric:
        metric = super().collect()
        if not self._found:
            metric.samples = []
        return metric

    def _set(self, value: float, labels: Mapping[str, str]) -> None:
        finite = self._finite(value)  # before the series is there: what is refused must not show a 0
        self._of(labels).set(finite)

    def _inc(self, amount: float, labels: Mapping[str, str]) -> None:
        finite = self._finite(amount)
        self._of(labels).inc(finite)

    def _finite(self, value: float) -> float:
        if type(value) not in _PLAIN:
            value = self._number(value)
        if not -_LARGEST_FLOAT <= value <= _LARGEST_FLOAT:
            self._refuse(value, "finite")
        return value

    def _made(self) -> Any:
        return prometheus_client.Gauge(**self._named(), multiprocess_mode=self.definition.across)


class Histogram(Series):
    """How often, and how much in all, by buckets."""

    @contained("metrics", None)
    def observe(self, value: float, /, **labels: str) -> None:
        gate.update(self._observe, value, labels)

    @contextmanager
    def time(self, **labels: str) -> Iterator[None]:
        """Observes the seconds that the block took, also where it fails."""
        began = perf_counter()
        try:
            yield
        finally:
            self.observe(perf_counter() - began, **labels)

    def _observe(self, value: float, labels: Mapping[str, str]) -> None:
        if type(value) not in _PLAIN:
            value = self._number(value)
        if not 0 <= value <= LARGEST:
            self._refuse(value, _ADDED)
        self._of(labels).observe(value)

    def _made(self) -> Any:
        return prometheus_client.Histogram(**self._named(), buckets=self.definition.bounds)
