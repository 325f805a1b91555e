"""What one metric is, and the name that each protocol has for it. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]
Across = Literal["mostrecent", "livesum", "livemax"]  # what several processes' values of a gauge come to

UNITS: Final = {"s": "seconds", "By": "bytes", "USD": "dollars"}  # that Prometheus writes into the name
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_LABEL: Final = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED: Final = {"le", "quantile", "pid"}  # labels that Prometheus and its multiprocess mode write themselves


@dataclass(frozen=True, slots=True)
class Definition:
    """`name` is the one of OTLP, dots and all. Raises `ValueError` where Prometheus could not take it."""

    name: str
    kind: Kind
    says: str
    unit: str = "1"
    labels: tuple[str, ...] = ()
    across: Across = "mostrecent"
    bounds: tuple[float, ...] = ()  # upper bounds of a histogram's buckets

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"metric {self.name!r}: no name. Use small letters, digits, _ and dots between words.")
        for label in self.labels:
            if not _LABEL.fullmatch(label) or label in _RESERVED:
                raise ValueError(f"metric {self.name}: label {label!r} will not do. Use small letters, digits and _.")
        if list(self.bounds) != sorted(set(self.bounds)) or bool(self.bounds) != (self.kind == "histogram"):
            raise ValueError(f"metric {self.name}: a histogram has rising bounds, anything else none.")

    @property
    def family(self) -> str:
        """Its name in Prometheus' formats, without `_total`."""
        name = self.name.replace(".", "_")
        suffix = UNITS.get(self.unit, "")
        return name if not suffix or name.endswith(f"_{suffix}") else f"{name}_{suffix}"

    @property
    def prometheus(self) -> str:
        """The name that a query uses; a histogram's series end in `_bucket`, `_sum` and `_count`."""
        return f"{self.family}_total" if self.kind == "counter" else self.family
