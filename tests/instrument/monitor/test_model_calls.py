"""Model calls that the application's signals tell of."""

from __future__ import annotations

from typing import Any

import pytest

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.counted import counted
from tests.instrument.monitor.told import T0


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"tokens": {"input": 7, "output": 5}}, (7, 5, 0, 12)),
        ({"tokens": {"input": 7.0, "output": 5, "total": 20}}, (7, 5, 0, 20)),
        ({"usage": {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 3}}, (7, 5, 3, 12)),
        (
            {"usage": {"prompt_tokens": 7, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}},
            (7, 5, 4, 12),
        ),
        ({"inputTokens": 7, "outputTokens": 5, "cachedTokens": 1}, (7, 5, 1, 12)),
        ({"usage": {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 30}}, (7, 5, 0, 30)),
        ({"tokens": {"input": -1, "output": "5"}}, (0, 0, 0, 0)),
        ({"tokens": {"input": float("nan"), "output": True}}, (0, 0, 0, 0)),
        ({"tokens": 12}, (0, 0, 0, 12)),
        ({"tokens": True}, (0, 0, 0, 0)),
        ({"usage": {"total_tokens": 99}}, (0, 0, 0, 99)),
        ({"tokens": {"input": 10**30, "output": 5}}, (0, 5, 0, 5)),
    ],
)
def test_tokens_are_the_providers(
    bus: Bus, monitor: PerformanceMonitor, usage: dict[str, Any], expected: tuple[int, ...]
) -> None:
    """As each of them counts, matched by request id; what is no count is none."""
    bus.emit("api:request:start", requestId="r", model="m", timestamp=T0)
    bus.emit("api:request:end", {"requestId": "r", **usage}, timestamp=T0 + 800)
    found = monitor.llm_stats()
    assert tuple(found["tokens"].values()) == expected
    assert found["latency_ms"] == {"mean": 800, "p50": 800, "p95": 800}
    assert found["models"]["m"]["input"] == expected[0]


class Fails(dict[str, Any]):
    """A usage of a client package that cannot be read."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)

    def __contains__(self, key: object) -> bool:
        raise RuntimeError(key)

    def get(self, key: str, default: Any = None) -> Any:
        raise RuntimeError(key)


class Dumps:
    def model_dump(self) -> dict[str, Any]:
        raise RuntimeError("not now")


@pytest.mark.parametrize("usage", [Dumps(), Fails(), {"input": 1, "prompt_tokens_details": Dumps()}])
def test_a_usage_that_cannot_be_read_loses_no_call(bus: Bus, monitor: PerformanceMonitor, usage: Any) -> None:
    """It ends as every other, without its tokens, and what was wrong is counted."""
    with counted("monitor", 1):
        bus.emit("api:request:start", request_id="r", model="m")
        bus.emit("api:request:end", request_id="r", usage=usage)
        found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]["total"]) == (1, 0)
    assert monitor.status()["state"] == "idle"


def test_a_failure_that_is_told_after_the_end_is_of_the_same_call(bus: Bus, monitor: PerformanceMonitor) -> None:
    """It makes that a failed one, once."""
    bus.emit("api:request:start", request_id="r", model="m")
    for name in ("end", "error", "error"):
        bus.emit(f"api:request:{name}", request_id="r")
    found = monitor.llm_stats()
    assert (found["calls"], found["errors"], found["recent"][0]["error"]) == (1, 1, True)
    assert (found["models"]["m"]["calls"], found["models"]["m"]["errors"]) == (1, 1)


def test_a_model_may_be_told_by_the_end_alone(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As where the provider chooses it; what the start told holds."""
    for began in ({}, {"model": "m"}):
        bus.emit("api:request:start", began, request_id="r")
        bus.emit("api:request:end", request_id="r", model="m-2026")
    assert {name: model["calls"] for name, model in monitor.llm_stats()["models"].items()} == {"m-2026": 1, "m": 1}


def test_ends_that_nothing_began_are_calls_of_their_own_without_an_id(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Nothing tells that they would be one."""
    for _ in range(2):
        bus.emit("api:request:end", tokens={"input": 1})
    found = monitor.llm_stats()
    assert (found["calls"], found["tokens"]["input"]) == (2, 2)


def test_model_calls_overlap_and_fail(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Each end goes to its request; a failed one is a call, and an end after the failure is not another."""
    for stamp, name, call in (
        (0, "start", "a"),
        (10, "start", "b"),
        (200, "error", "b"),
        (201, "end", "b"),
        (300, "end", "a"),
        (400, "end", "never began"),
        (401, "end", "never began"),
    ):
        bus.emit(f"api:request:{name}", request_id=call, timestamp=T0 + stamp, tokens={"input": 1})
    found = monitor.llm_stats()
    assert (found["calls"], found["errors"], found["tokens"]["input"]) == (3, 1, 2 + 1)
    assert found["models"] == {"unknown": {"calls": 3, "errors": 1, "input": 3, "output": 0}}
    assert [(one["request_id"], one["latency_ms"]) for one in found["recent"]] == [
        ("b", 190),
        ("a", 300),
        ("never began", None),
    ]
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 2}
