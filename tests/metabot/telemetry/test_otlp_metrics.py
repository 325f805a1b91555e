import bisect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import (
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource

from metabot.telemetry import otlp_json, otlp_proto
from metabot.telemetry.record import Reject, Sample
from tests.metabot.telemetry.exports import BEGIN_NS, attributes, line

CUMULATIVE, DELTA = 2, 1
BY_NAME = "AGGREGATION_TEMPORALITY_DELTA"


def point(seconds=0, *, carrying={}, **fields):  # noqa: B006  # never changed
    return {"timeUnixNano": str(BEGIN_NS + seconds * 10**9), "attributes": attributes(carrying), **fields}


def export(kind, *points, name="app.things", **data):
    resource = {"attributes": attributes({"service.name": "shop"})}
    metric = {"name": name, kind: {"dataPoints": [*points], **data}}
    return line({"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]})


def read(*lines):
    return list(otlp_json.read(lines))


def series(samples):
    """From name and labels to the values in order."""
    found = {}
    for sample in samples:
        found.setdefault((sample.name, *(f"{name}={value}" for name, value in sample.labels)), []).append(sample.value)
    return found


def gauge(labels, time_ns, value):
    return Sample(name="app.things", kind="gauge", service="shop", labels=labels, time_ns=time_ns, value=value)


def test_a_gauge_is_its_values():
    """Whole or not, below zero too, with the point's attributes as labels."""
    found = read(export("gauge", point(carrying={"model": "m", "n": 7}, asInt="-3"), point(1, asDouble=0.5)))
    assert found == [
        gauge((("model", "m"), ("n", "7")), BEGIN_NS, -3.0),
        gauge((), BEGIN_NS + 10**9, 0.5),
    ]


@pytest.mark.parametrize(
    ("data", "kind", "values"),
    [
        pytest.param({"isMonotonic": True, "aggregationTemporality": CUMULATIVE}, "counter", [2, 5], id="a total"),
        pytest.param({"isMonotonic": True, "aggregationTemporality": DELTA}, "counter", [2, 7], id="what was new"),
        pytest.param({"isMonotonic": True, "aggregationTemporality": BY_NAME}, "counter", [2, 7], id="by name"),
        pytest.param({"aggregationTemporality": CUMULATIVE}, "gauge", [2, 5], id="what may fall"),
        pytest.param({"aggregationTemporality": DELTA}, "gauge", [2, 7], id="what may fall, as changes"),
    ],
)  # fmt: skip
def test_a_sum_that_only_rises_is_a_counter(data, kind, values):
    """What is counted anew for each interval is added up, over the lines of a file as well."""
    lines = [export("sum", point(second, asInt=str(value)), **data) for second, value in enumerate((2, 5))]
    found = read(*lines)
    assert [(sample.kind, sample.value) for sample in found] == [(kind, value) for value in values]


def test_each_series_is_added_up_for_itself():
    """Other labels, another series."""
    told = [
        point(0, carrying={"m": "a"}, asInt="2"),
        point(0, carrying={"m": "b"}, asInt="3"),
        point(1, carrying={"m": "a"}, asInt="4"),
    ]
    found = read(export("sum", *told, isMonotonic=True, aggregationTemporality=DELTA))
    assert series(found) == {("app.things", "m=a"): [2, 6], ("app.things", "m=b"): [3]}


@pytest.mark.parametrize(("temporality", "again"), [(CUMULATIVE, 1), (DELTA, 2)])
def test_a_histogram_is_how_many_were_at_most_that_large(temporality, again):
    """Buckets, sum and count as Prometheus has them."""
    told = {"explicitBounds": [0.5, 1], "bucketCounts": ["1", "2", "4"], "count": "7", "sum": 9.5}
    found = read(export("histogram", point(0, **told), point(1, **told), aggregationTemporality=temporality))
    assert {sample.kind for sample in found} == {"counter"}
    once = {("app.things_bucket", "le=0.5"): 1, ("app.things_bucket", "le=1"): 3, ("app.things_bucket", "le=+Inf"): 7,
            ("app.things_sum",): 9.5, ("app.things_count",): 7}  # fmt: skip
    assert series(found) == {name: [value, again * value] for name, value in once.items()}


def test_exponential_buckets_are_bounds():
    """At scale 0 the bounds are powers of two, on both sides of zero."""
    told = {
        "scale": 0,
        "zeroCount": "1",
        "positive": {"offset": 1, "bucketCounts": ["2", "0", "3"]},
        "negative": {"offset": 0, "bucketCounts": ["1"]},
        "count": "7",
    }
    found = series(read(export("exponentialHistogram", point(**told), aggregationTemporality=CUMULATIVE)))
    buckets = {name[1]: values[0] for name, values in found.items() if name[0].endswith("_bucket")}
    assert buckets == {"le=-1": 1, "le=0": 2, "le=4": 4, "le=16": 7, "le=+Inf": 7}


def test_a_summary_is_its_quantiles():
    """Gauges, because they rise and fall; its sum and count rise."""
    told = {"quantileValues": [{"quantile": 0.5, "value": 2.5}, {"quantile": 1, "value": 9}], "sum": 20.0, "count": "4"}
    found = read(export("summary", point(**told)))
    assert series(found) == {
        ("app.things", "quantile=0.5"): [2.5],
        ("app.things", "quantile=1"): [9],
        ("app.things_sum",): [20],
        ("app.things_count",): [4],
    }
    assert [sample.kind for sample in found] == ["gauge", "gauge", "counter", "counter"]


@pytest.mark.parametrize("fields", [
    pytest.param({"asDouble": "NaN"}, id="no number"),
    pytest.param({"asDouble": "Infinity"}, id="infinite"),
    pytest.param({"flags": 1, "asInt": "1"}, id="marked as without a value"),
    pytest.param({}, id="absent"),
])  # fmt: skip
def test_a_point_without_a_value_says_nothing(fields):
    """It is neither a sample nor a fault."""
    assert read(export("gauge", point(**fields))) == []


NO_TIME = "a data point without a time between 2000 and 2100"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(export("gauge", 7), "no data point", id="no point"),
        pytest.param(export("gauge", {"asInt": "1"}), NO_TIME, id="no time"),
        pytest.param(export("gauge", point(asInt="1"), name=""), "a metric without a name", id="no name"),
        pytest.param(line({"resourceMetrics": [{"scopeMetrics": [{"metrics": [7]}]}]}), "no metric", id="no metric"),
    ],
)
def test_what_is_no_metric_is_a_reject(data, reason):
    """With its place."""
    (found,) = read(data)
    assert (found.position, found.reason) == ("line 1, metric 1", reason)


VALUES = [0.0, 0.003, 0.4, 0.4, 1.0, 7.5, 80.0, 2_000.0]


@pytest.mark.parametrize("temporality", [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA])
@pytest.mark.parametrize("aggregation", [ExplicitBucketHistogramAggregation(), ExponentialBucketHistogramAggregation()])
def test_what_the_sdk_measures_is_read(temporality, aggregation):
    """A second program cuts the buckets and writes them: each bound has as many values at or below it."""
    reader = InMemoryMetricReader(preferred_temporality={Histogram: temporality})
    provider = MeterProvider(
        [reader],
        Resource.create({"service.name": "shop"}),
        views=[View(instrument_name="took", aggregation=aggregation)],
    )
    histogram = provider.get_meter("app").create_histogram("took")
    found = []
    for part in (VALUES[:4], VALUES[4:]):
        for value in part:
            histogram.record(value, {"model": "m"})
        data = encode_metrics(reader.get_metrics_data()).SerializeToString()
        found.append(len(data).to_bytes(4, "big") + data)
    samples = list(otlp_proto.read(found))
    last = {sample.labels: sample.value for sample in samples if sample.name == "took_bucket"}
    assert {dict(labels)["model"] for labels in last} == {"m"}
    ordered = sorted(VALUES)
    for labels, count in last.items():
        bound = float(dict(labels)["le"])
        assert count == bisect.bisect_right(ordered, bound * (1 + 1e-9))  # the bounds are rounded
    totals = series(samples)
    assert totals["took_count", "model=m"] == [4, 8]
    assert totals["took_sum", "model=m"][-1] == pytest.approx(sum(VALUES))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
FIELDS = ["timeUnixNano", "attributes", "asInt", "asDouble", "flags", "count", "sum", "bucketCounts", "explicitBounds",
    "scale", "zeroCount", "zeroThreshold", "positive", "negative", "quantileValues", "offset"]  # fmt: skip
ANY = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4)
KINDS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"]


@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4),
    JSON,
)
def test_any_field_gives_samples_or_rejects(kind, fields, inner, odd):
    """Whatever stands in a point, or in its place."""
    data = export(kind, {**point(**fields), "positive": inner}, odd, aggregationTemporality=DELTA)
    assert all(isinstance(one, Sample | Reject) for one in read(data))
