"""What GET /metrics answers, as promtool and Prometheus' own parsers read it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from metabot_instrument import exposition, failures
from metabot_instrument.metrics.agent import AgentMeter
from metabot_instrument.metrics.exposition import OPENMETRICS, TEXT

_PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


def filled() -> AgentMeter:
    """Every metric of an agent, with a value in each."""
    meter = AgentMeter()
    for series in meter._series.values():
        labels = dict.fromkeys(series.definition.labels, 'a "label"\\')
        told = {"counter": "inc", "gauge": "set", "histogram": "observe"}[series.definition.kind]
        getattr(series, told)(0.25, **labels)
    return meter


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        pytest.param(None, TEXT, id="no header"),
        pytest.param("", TEXT, id="an empty one"),
        pytest.param("*/*", TEXT, id="anything"),
        pytest.param(_PROMETHEUS, OPENMETRICS, id="what Prometheus sends"),
        pytest.param("application/openmetrics-text", OPENMETRICS, id="no version"),
        pytest.param("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS, id="capitals"),
        pytest.param("application/openmetrics-text;version=0.0.1", TEXT, id="an older version"),
        pytest.param("application/openmetrics-text;version=2.0.0", TEXT, id="a newer version"),
        pytest.param("application/openmetrics-text;q=0", TEXT, id="not wanted"),
        pytest.param("text/plain;q=0.9,application/openmetrics-text;q=0.5", TEXT, id="text rather"),
        pytest.param("application/openmetrics-text;q=many", TEXT, id="no weight"),
        pytest.param("application/openmetrics-text;version=1.0.0\r\nX: y", TEXT, id="a header within the header"),
        pytest.param(";;,,=;q", TEXT, id="no header at all"),
    ],
)
def test_the_asking_side_gets_what_it_takes(accept: str | None, kind: str) -> None:
    """And nothing of its own words comes back."""
    assert exposition(accept, shown=filled())[1] == kind


def test_promtool_takes_every_metric() -> None:
    """Names, types, help and units are as Prometheus' own linter wants them."""
    if not shutil.which("promtool"):
        pytest.skip("promtool is not on this machine")
    text, _ = exposition(shown=filled())
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_openmetrics_is_read_back_whole() -> None:
    """By the strict parser of the format, with names, types, units and values as they are in the text."""
    meter = filled()
    families = list(openmetrics_families(exposition("application/openmetrics-text", shown=meter)[0].decode()))
    assert {(one.name, one.type) for one in families} == {(one.family, one.kind) for one in meter.definitions}
    assert {one.unit for one in families} == {"", "seconds"}
    plain = text_string_to_metric_families(exposition(shown=meter)[0].decode())
    assert [one.samples for one in families] == [one.samples for one in plain]


def test_an_application_may_show_ours_with_its_own() -> None:
    """In its registry; what the process and the platform tell stands there once, or not at all."""
    registry, meter = CollectorRegistry(), AgentMeter()
    Counter("visits", "Visits.", registry=registry).inc()
    registry.register(meter)
    meter.ticks.inc()
    text = exposition(shown=registry)[0].decode()
    assert "visits_total 1.0" in text
    assert "pforge_ticks_total 1.0" in text
    assert "process_" not in text
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(AgentMeter())


class Broken:
    def collect(self) -> list[Metric]:
        raise OSError("no such file")


def test_a_broken_collector_of_the_application_leaves_ours() -> None:
    """It is counted; an empty scrape would hide everything."""
    registry = CollectorRegistry()
    registry.register(Broken())  # type: ignore[arg-type]
    before = failures().get("metrics", 0)
    assert b"pforge_ticks_total" in exposition(shown=registry)[0]
    assert failures()["metrics"] == before + 1
