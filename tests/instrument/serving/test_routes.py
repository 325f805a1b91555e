"""What the routes answer."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from metabot_instrument import failures
from metabot_instrument.metrics.agent import meter
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.serving import router
from metabot_instrument.serving.snapshot import as_json
from metabot_instrument.signals.bus import Bus

PROTECTED = [
    ("GET", "/ops/metrics"),
    ("GET", "/ops/monitor"),
    ("GET", "/ops/monitor/export"),
    ("POST", "/ops/monitor/reset"),
]


@pytest.fixture
def client(application: FastAPI, token: str) -> TestClient:
    return TestClient(application, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_what_holds_data_is_closed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str, monitor: PerformanceMonitor
) -> None:
    """Without the token 401, where the server has none 503; nothing is kept by caches, and nothing was done."""
    refused = client.request(method, path, headers={"Authorization": "Bearer no"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    monkeypatch.delenv("METABOT_METRICS_TOKEN")
    closed = client.request(method, path)
    assert closed.status_code == 503
    assert "METABOT_METRICS_TOKEN" in closed.json()["detail"]
    assert {answer.headers["cache-control"] for answer in (refused, closed)} == {"no-store"}
    assert monitor.metrics()["tools"]


def test_open_on_purpose(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a variable everybody may read, and the own page may reset; another site's may not."""
    monkeypatch.delenv("METABOT_METRICS_TOKEN", raising=False)
    monitor = PerformanceMonitor(bus)
    application = FastAPI()
    application.include_router(router(monitor, token_variable=None))
    client = TestClient(application, base_url="http://127.0.0.1:8000")
    assert client.get("/metrics").status_code == 200
    assert client.get("/monitor").status_code == 200
    assert client.post("/monitor/reset", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/monitor/reset", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 204
    monitor.close()


@pytest.mark.parametrize("seconds", [0, -1, 6, float("nan")])
def test_a_live_view_has_a_pace(seconds: float) -> None:
    """What is no pace is refused when the router is made."""
    with pytest.raises(ValueError, match="refresh_seconds"):
        router(refresh_seconds=seconds)


def test_without_a_monitor_there_are_metrics_only(token: str) -> None:
    """An application that only counts mounts the same router."""
    application = FastAPI()
    application.include_router(router())
    client = TestClient(application, headers={"Authorization": f"Bearer {token}"})
    assert client.get("/metrics").status_code == 200
    assert client.get("/monitor/page").status_code == 404


@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        ("*/*", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_metrics_are_in_the_format_that_is_asked_for(client: TestClient, accept: str, begins: str) -> None:
    """Prometheus' text, or OpenMetrics with its end."""
    meter.efficiency.set(0.75)
    answer = client.get("/ops/metrics", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(begins)
    assert "pforge_efficiency 0.75" in answer.text
    assert answer.text.endswith("# EOF\n") is ("openmetrics" in begins)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("identity", False), ("gzip;q=0", False), ("gzip; q=0.00", False)],
)
def test_metrics_are_packed_where_that_is_taken(client: TestClient, accepted: str, packed: bool) -> None:
    """By the request's header, as Prometheus sends it."""
    with client.stream("GET", "/ops/metrics", headers={"Accept-Encoding": accepted}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
    assert b"pforge_ticks_total" in (gzip.decompress(body) if packed else body)


def test_the_monitor_as_one_snapshot(client: TestClient) -> None:
    """Status, tools, states, model calls, memory, session and alerts."""
    answer = client.get("/ops/monitor")
    snapshot = answer.json()
    assert (snapshot["format"], snapshot["version"]) == ("metabot-monitor-snapshot", 1)
    assert snapshot["status"].keys() == {"state", "primary_metric", "secondary_metric", "last_activity", "message"}
    assert snapshot["tools"]["search_docs"]["calls"] == 1
    assert snapshot["llm"]["tokens"]["input"] == 1200
    assert snapshot["memory"]["limit_bytes"] == 2**40
    assert snapshot["session"]["artifacts"]["created"] == 1
    assert {"states", "alerts", "uptime_seconds", "service"} <= snapshot.keys()
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_snapshot_is_bounded(bus: Bus, monitor: PerformanceMonitor, client: TestClient) -> None:
    """However many model calls there were: the last twenty are in it, and all that are kept in the export."""
    for number in range(60):
        bus.emit("api:request:start", {"request_id": f"n-{number}", "model": "m"})
        bus.emit("api:request:end", {"request_id": f"n-{number}"})
    recent = client.get("/ops/monitor").json()["llm"]["recent"]
    assert [one["request_id"] for one in recent] == [f"n-{number}" for number in range(40, 60)]
    assert len(client.get("/ops/monitor/export").json()["llm"]["recent"]) > 20


def test_the_export_is_a_file(client: TestClient) -> None:
    """What a browser saves is what `PerformanceMonitor.export` writes."""
    answer = client.get("/ops/monitor/export")
    assert answer.headers["content-disposition"].startswith('attachment; filename="metabot-monitor-')
    assert (answer.json()["format"], answer.json()["session_id"]) == ("metabot-monitor", "s-1")


def test_reset_counts_from_zero(client: TestClient, monitor: PerformanceMonitor) -> None:
    """For one who bears the token, by POST alone, and not from a page of another site that knows it."""
    assert client.get("/ops/monitor/reset").status_code == 405
    assert client.post("/ops/monitor/reset", headers={"Origin": "https://evil.example"}).status_code == 403
    assert monitor.metrics()["tools"]
    assert client.post("/ops/monitor/reset").status_code == 204
    assert monitor.metrics()["tools"] == {}


def test_the_widget_and_its_page_hold_no_data(client: TestClient, token: str) -> None:
    """So they need no token; the page runs no script but the widget's, and no other page frames it."""
    page = client.get("/ops/monitor/page", headers={"Authorization": ""})
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    script = client.get("/ops/monitor/widget.js", headers={"Authorization": ""})
    assert script.headers["content-type"].startswith("text/javascript")
    for answer in (page, script):
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
        assert token not in answer.text
        assert "search_docs" not in answer.text
    assert not {"innerHTML", "outerHTML", "insertAdjacentHTML", "eval", "localStorage"} & set(_words(script.text))


def _words(script: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in script).split()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"a": [float("-inf"), "ö"]}])
def test_whatever_was_measured_is_json(value: Any) -> None:
    """Strict readers, a browser's among them, take neither infinite numbers nor half a surrogate pair in UTF-8."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(as_json({"value": value}).encode("utf-8"), parse_constant=refuse)


class _Broken(PerformanceMonitor):
    def metrics(self) -> dict[str, Any]:
        raise RuntimeError("what a subclass does wrong")


def test_a_monitor_that_cannot_be_read_is_said(bus: Bus, token: str) -> None:
    """With 503 and where to look; the application goes on, and it is counted."""
    monitor = _Broken(bus)
    application = FastAPI()
    application.include_router(router(monitor))
    client = TestClient(application, headers={"Authorization": f"Bearer {token}"})
    before = failures().get("serving", 0)
    answers = [client.get("/monitor"), client.get("/monitor/export")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "failures()" in answers[0].json()["detail"]
    assert failures()["serving"] == before + 2
    monitor.close()
