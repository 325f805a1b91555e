"""What GET /metrics answers: Prometheus' text or OpenMetrics, by what the asking side takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from metabot_instrument.boundary import contained
from metabot_instrument.metrics.agent import meter
from metabot_instrument.metrics.definition import UNITS
from metabot_instrument.metrics.meter import Meter, multiprocess
from metabot_instrument.metrics.processes import of_all_processes

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@contained("metrics", (b"", TEXT))
def exposition(accept: str | None = None, *, shown: Meter | CollectorRegistry = meter) -> tuple[bytes, str]:
    """The metrics and their content type; `accept` is the request's header.

    In multiprocess mode it is what all processes of the folder counted, else what `shown` has: a meter's own metrics,
    or a registry of the application that a meter was registered in. Where nothing can be said, it is empty text.
    """
    now = _Now(_with_units(of_all_processes(), shown) if multiprocess() else _collected(shown))
    if _takes_openmetrics(accept or ""):
        return openmetrics.generate_latest(now), OPENMETRICS  # type: ignore[no-untyped-call]
    return generate_latest(now), TEXT


def _collected(shown: Meter | CollectorRegistry) -> Iterable[Metric]:
    """Ours where a collector of the application raises; the failure is counted."""
    found = _asked(shown)
    return meter.collect() if found is None else found


@contained("metrics", None)
def _asked(shown: Meter | CollectorRegistry) -> list[Metric]:
    return list(shown.collect())


def _with_units(metrics: Iterable[Metric], shown: Meter | CollectorRegistry) -> Iterator[Metric]:
    """The files of several processes do not say them."""
    units = {one.family: UNITS.get(one.unit, "") for one in (shown if isinstance(shown, Meter) else meter).definitions}
    for metric in metrics:
        metric.unit = units.get(metric.name, "")
        yield metric


class _Now(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _takes_openmetrics(accept: str) -> bool:
    """Where it is asked for in a version that is ours, and text not rather."""
    wishes = dict.fromkeys(("application/openmetrics-text", "text/plain"), 0.0)
    for kind, version, wish in _wishes(accept):
        if kind == "text/plain" or (kind in wishes and version in ("", "1.0.0")):
            wishes[kind] = max(wishes[kind], wish)
    return wishes["application/openmetrics-text"] > 0 and max(wishes.values()) == wishes["application/openmetrics-text"]


def _wishes(accept: str) -> Iterator[tuple[str, str, float]]:
    for one in accept.split(",")[:50]:
        kind, *rest = (part.strip().lower() for part in one.split(";"))
        said = dict(part.split("=", 1) for part in rest if "=" in part)
        yield kind, said.get("version", "").strip('" '), _quality(said.get("q", "1"))


def _quality(said: str) -> float:
    try:
        return min(max(float(said), 0.0), 1.0)
    except ValueError:
        return 0.0
