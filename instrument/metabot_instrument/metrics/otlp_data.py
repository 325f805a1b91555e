"""The same numbers as OpenTelemetry has them: each sample that is shown is a point that is pushed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from opentelemetry.sdk.metrics import export as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import Metric
from prometheus_client.samples import Sample

from metabot_instrument.metrics.definition import Definition
from metabot_instrument.metrics.meter import Meter

SCOPE: Final = "metabot_instrument.metrics"
_CUMULATIVE: Final = sdk.AggregationTemporality.CUMULATIVE


def metrics_data(meters: Iterable[Meter], resource: Resource) -> sdk.MetricsData | None:
    """What all of them have counted since they began; None where that is nothing."""
    by_instance: dict[str | None, list[sdk.Metric]] = {}
    for meter in meters:
        by_instance.setdefault(meter.instance, []).extend(_metrics(meter))
    told = [_of_instance(resource, instance, metrics) for instance, metrics in by_instance.items() if metrics]
    return sdk.MetricsData(told) if told else None


def _of_instance(resource: Resource, instance: str | None, metrics: list[sdk.Metric]) -> sdk.ResourceMetrics:
    named = resource if instance is None else resource.merge(Resource({"service.instance.id": instance}))
    return sdk.ResourceMetrics(named, [sdk.ScopeMetrics(InstrumentationScope(SCOPE), metrics, "")], "")


def _metrics(meter: Meter) -> Iterable[sdk.Metric]:
    defined = {one.family: one for one in meter.definitions}
    since, now = meter.since_ns, time.time_ns()
    for family in meter.collect():
        one = defined[family.name]
        yield sdk.Metric(one.name, one.says, one.unit, _points(one, family, since, now))


def _points(one: Definition, family: Metric, since: int, now: int) -> sdk.Gauge | sdk.Sum | sdk.Histogram:
    if one.kind == "histogram":
        return sdk.Histogram([_distribution(one, part, since, now) for part in _by_labels(family)], _CUMULATIVE)
    begun = since if one.kind == "counter" else 0
    points = [sdk.NumberDataPoint(sample.labels, begun, now, sample.value) for sample in family.samples]
    return sdk.Gauge(points) if one.kind == "gauge" else sdk.Sum(points, _CUMULATIVE, is_monotonic=True)


def _by_labels(family: Metric) -> Iterable[list[Sample]]:
    for _, samples in groupby(family.samples, key=_labels):
        yield list(samples)


def _labels(sample: Sample) -> dict[str, str]:
    return {name: value for name, value in sample.labels.items() if name != "le"}


def _distribution(one: Definition, samples: list[Sample], since: int, now: int) -> sdk.HistogramDataPoint:
    """Prometheus counts in a bucket all that is below its bound, OpenTelemetry what is above the one before as well."""
    upto = [int(sample.value) for sample in samples if "le" in sample.labels]
    (total,) = (sample.value for sample in samples if sample.name.endswith("_sum"))
    buckets = [many - fewer for many, fewer in zip(upto, [0, *upto], strict=False)]
    return sdk.HistogramDataPoint(
        _labels(samples[0]),
        since,
        now,
        upto[-1],
        total,
        buckets,
        one.bounds,
        min=None,  # type: ignore[arg-type]  # optional in the protocol, and not known here
        max=None,  # type: ignore[arg-type]
    )
