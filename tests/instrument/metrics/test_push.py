"""The push over OTLP: the numbers that are shown, and an application that never notices."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE
from prometheus_client.parser import text_string_to_metric_families

from metabot_instrument import Meter, configure, exposition, failures, flush
from metabot_instrument.current import settings
from tests.instrument.otlp_collector import closed_port, over_grpc, over_http, that_hangs

_AGENT = """
from metabot_instrument import meter
meter.agent_actions.inc(action="search", outcome="ok")
meter.agent_latency.observe(0.2, action="search")
"""
_READY = """
import sys
while "metabot_instrument.otlp" not in sys.modules:  # importing the exporter may take a busy machine seconds
    time.sleep(0.01)
from metabot_instrument.forks import setting_up
with setting_up:
    pass
from metabot_instrument import flush
assert any(flush() for _ in range(10))
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The settings are as before afterwards."""
    before = asdict(settings())
    yield
    configure(**before)


def _filled() -> Meter:
    meter = Meter()
    actions = meter.counter("desk.actions", "Actions.", unit="{action}", labels=("action", "outcome"))
    actions.inc(3, action="search", outcome="ok")
    actions.inc(action="search", outcome="error")
    meter.gauge("desk.load", "Efficiency.").set(0.75)
    latency = meter.histogram("desk.latency", "Latency.", labels=("action",), bounds=(0.1, 1.0))
    for seconds in (0.1, 0.2, 0.3, 7):
        latency.observe(seconds, action="search")
    latency.observe(0.4, action="write")
    return meter


def _shown(meter: Meter) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    text, _ = exposition(shown=meter)
    return {
        name: {tuple(sorted(one.labels.items())): one.value for one in family.samples if one.name == name}
        for family in text_string_to_metric_families(text.decode())
        for name in {one.name for one in family.samples}
    }


def _points(data: Any) -> dict[tuple[tuple[str, str], ...], Any]:
    return {tuple(sorted((a.key, a.value.string_value) for a in point.attributes)): point for point in data.data_points}


def test_what_is_pushed_is_what_is_shown() -> None:
    """Names with their dots and units, and each number of the exposition, by its labels."""
    meter = _filled()
    with over_http() as collector:
        configure(endpoint=collector.endpoint, service_name="desk")
        assert flush()
        configure(endpoint="")
        pushed = collector.metrics()
    shown = _shown(meter)
    actions, latency = pushed["desk.actions"], pushed["desk.latency"]
    assert (actions.unit, latency.unit, pushed["desk.load"].unit) == ("{action}", "s", "1")
    assert actions.sum.is_monotonic
    assert actions.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    sums = {labels: point.as_double for labels, point in _points(actions.sum).items()}
    assert sums == shown["desk_actions_total"] != {}
    levels = {labels: point.as_double for labels, point in _points(pushed["desk.load"].gauge).items()}
    assert levels == shown["desk_load"] == {(): 0.75}
    counts = {labels: point.count for labels, point in _points(latency.histogram).items()}
    assert counts == shown["desk_latency_seconds_count"]
    totals = {labels: point.sum for labels, point in _points(latency.histogram).items()}
    assert totals == shown["desk_latency_seconds_sum"]
    point = _points(latency.histogram)[("action", "search"),]
    assert (list(point.bucket_counts), list(point.explicit_bounds)) == ([1, 2, 1], [0.1, 1.0])
    assert not point.HasField("min")
    assert point.start_time_unix_nano == meter.since_ns < point.time_unix_nano
    assert collector.resource()["service.name"] == "desk"
    assert len(collector.resource()["service.instance.id"]) == 36


def test_the_same_over_grpc() -> None:
    """With the protocol named in the settings."""
    meter = _filled()
    with over_grpc() as collector:
        configure(endpoint=collector.endpoint, protocol="grpc")
        assert flush()
        configure(endpoint="", protocol="http")
    assert {name: bool(collector.metrics()[name].unit) for name in ("desk.actions", "desk.latency")}
    assert meter.definitions


@pytest.mark.parametrize("given", ["", "/v1/traces", "/v1/metrics", "/prefix/"])
def test_the_endpoint_may_name_all_signals_or_one(given: str) -> None:
    """The path of metrics stands where another signal's stood."""
    meter = _filled()
    with over_http() as collector:
        configure(endpoint=collector.endpoint + given)
        flush()
        configure(endpoint="")
    assert meter.definitions
    assert set(collector.paths) == {"/prefix/v1/metrics" if "prefix" in given else "/v1/metrics"}


def test_it_is_pushed_every_so_many_seconds() -> None:
    """Nobody asks for it; sums are those since the beginning each time."""
    meter = _filled()
    with over_http() as collector:
        configure(endpoint=collector.endpoint, metrics_interval_seconds=0.05)
        end = time.monotonic() + 10
        while len(collector.requests) < 3 and time.monotonic() < end:
            time.sleep(0.02)
        configure(endpoint="")
    assert meter.definitions
    assert len(collector.requests) >= 3
    assert len(_points(collector.metrics()["desk.actions"].sum)) == 2


def test_an_interval_of_zero_pushes_nothing() -> None:
    """Though an endpoint is set, for traces."""
    meter = _filled()
    with over_http() as collector:
        configure(endpoint=collector.endpoint, metrics_interval_seconds=0)
        assert flush()
    assert meter.definitions
    assert collector.requests == []


@pytest.mark.parametrize("status", [400, 401])
def test_a_collector_that_refuses_is_counted(status: int) -> None:
    """And asked again at the next push: sums lose nothing by it."""
    meter = _filled()
    before = failures().get("export", 0)
    with over_http(status) as collector:
        configure(endpoint=collector.endpoint)
        assert flush()
        assert flush()
        configure(endpoint="")
    assert meter.definitions
    assert len(collector.requests) >= 2
    assert failures()["export"] >= before + 2


def _agent(code: str, **environment: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """What it prints last are the seconds until its code was done; beside it those until its end."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", f"import time; began = time.monotonic()\n{code}\nprint(time.monotonic() - began)"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done, time.monotonic() - began


def test_the_last_count_is_told(tmp_path: Path) -> None:
    """What a process counted since the last push is pushed when it ends."""
    with over_http() as collector:
        done, _ = _agent(
            f"{_AGENT}{_READY}meter.ticks.inc()",
            METABOT_OTLP_ENDPOINT=collector.endpoint,
            OTEL_RESOURCE_ATTRIBUTES="service.version=1.2",
        )
    assert done.stderr == ""
    assert set(collector.metrics()) >= {"agent.actions", "agent.latency"}
    assert [point.as_double for point in collector.metrics()["pforge_ticks"].sum.data_points] == [1]
    told = collector.resource()
    assert (told["service.name"], told["service.version"]) == ("unknown_service", "1.2")


@pytest.mark.slow
@pytest.mark.parametrize("away", ["hangs", "closed"])
def test_a_collector_that_is_away_costs_nothing(away: str) -> None:
    """The calls return at once, and the process ends two seconds later at most; the loss is said once."""
    with that_hangs() as hanging:
        endpoint = hanging if away == "hangs" else closed_port()
        alone, without = _agent(_AGENT)
        done, took = _agent(_AGENT, METABOT_OTLP_ENDPOINT=endpoint)
    assert float(done.stdout) < float(alone.stdout) + 2
    assert took < without + 2 + 3  # three for importing the exporter on a busy machine
    assert done.stderr.count("export: the collector did not take") == 1


def test_a_child_pushes_what_it_counted_itself() -> None:
    """As an instance of its own; what its parent counted is the parent's."""
    code = f"""
import os
{_AGENT}
child = os.fork()
if not child:
    meter.agent_actions.inc(10, action="search", outcome="ok")
    from metabot_instrument import flush
    os._exit(not any(flush() for _ in range(10)))
{_READY}
assert os.waitpid(child, 0)[1] == 0
"""
    with over_http() as collector:
        _agent(code, METABOT_OTLP_ENDPOINT=collector.endpoint)
    by_instance = {}
    for request in collector.requests:
        (of,) = request.resource_metrics
        (instance,) = (a.value.string_value for a in of.resource.attributes if a.key == "service.instance.id")
        (metric,) = (m for m in of.scope_metrics[0].metrics if m.name == "agent.actions")
        by_instance[instance] = [point.as_double for point in metric.sum.data_points]
    assert sorted(by_instance.values()) == [[1.0], [10.0]]
