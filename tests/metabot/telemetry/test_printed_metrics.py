import io

import pytest
from hypothesis import given
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from metabot.telemetry import otel_console, otlp_json
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Reject, Sample
from tests.metabot.telemetry import mutated
from tests.metabot.telemetry.exports import BEGIN_NS, line

COLLECTED = {
    "resource_metrics": [
        {
            "resource": {"attributes": {"service.name": "bakery"}},
            "scope_metrics": [
                {
                    "scope": {"name": "acme", "attributes": None},
                    "metrics": [
                        {
                            "name": "loaves",
                            "data": {
                                "data_points": [
                                    {"attributes": {"kind": "rye"}, "time_unix_nano": BEGIN_NS, "value": 3}
                                ],
                                "aggregation_temporality": 2,
                                "is_monotonic": True,
                            },
                        }
                    ],
                }
            ],
        }
    ]
}


def printed():
    """What a real meter with a real exporter prints."""
    out = io.StringIO()
    reader = PeriodicExportingMetricReader(ConsoleMetricExporter(out=out), export_interval_millis=3_600_000)
    views = [View(instrument_name="fine", aggregation=ExponentialBucketHistogramAggregation())]
    provider = MeterProvider([reader], Resource.create({"service.name": "bakery"}), views=views)
    meter = provider.get_meter("acme")
    meter.create_counter("loaves").add(3, {"kind": "rye"})
    meter.create_up_down_counter("ovens").add(-2)
    meter.create_gauge("heat").set(220.5)
    meter.create_histogram("baking", explicit_bucket_boundaries_advisory=[10.0]).record(7)
    meter.create_histogram("fine").record(3)
    provider.shutdown()
    return out.getvalue().encode()


def test_what_the_sdk_prints_is_read():
    """Counters, gauges and both kinds of histograms, with their labels."""
    data = printed()
    found = list(otel_console.read([data]))
    assert otel_console.recognises(Opening(data))
    assert not otlp_json.recognises(Opening(data))
    assert all(isinstance(one, Sample) and one.service == "bakery" for one in found)
    told = {(one.name, one.labels): (one.kind, one.value) for one in found}
    assert told["loaves", (("kind", "rye"),)] == ("counter", 3.0)
    assert told["ovens", ()] == ("gauge", -2.0)
    assert told["heat", ()] == ("gauge", 220.5)
    assert told["baking_bucket", (("le", "10"),)] == ("counter", 1)
    assert (told["baking_sum", ()], told["fine_count", ()]) == (("counter", 7.0), ("counter", 1.0))


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        pytest.param(7, "no metric", id="no object"),
        pytest.param({"data": {"data_points": [{"value": 1}]}}, "a metric without a name", id="no name"),
        pytest.param(
            {"name": "m", "data": {"data_points": [{"value": 1}]}},
            "a data point without a time between 2000 and 2100",
            id="no time",
        ),
        pytest.param({"name": "m", "data": {"data_points": [7]}}, "no data point", id="no point"),
    ],
)
def test_what_cannot_be_read_is_a_reject(metric, reason):
    """With its place in what was printed."""
    collected = {"resource_metrics": [{"scope_metrics": [{"metrics": [metric]}]}]}
    (refused,) = otel_console.read([line(collected)])
    assert isinstance(refused, Reject)
    assert (refused.reason, refused.position) == (reason, "line 1, metric 1")


@given(chunks=mutated.files([COLLECTED], lambda values: b"".join(map(line, values))))
def test_never_raises_on_content(chunks):
    """Whatever is missing, of another type or torn: records only."""
    assert all(isinstance(one, (Sample, Reject)) for one in otel_console.read(chunks))
