"""Thresholds raise alerts, and switch tools off."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from metabot_instrument.current import configure
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.thresholds import Thresholds, ToolLimits
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.counted import counted
from tests.instrument.monitor.told import T0


@pytest.fixture
def log(tmp_path: Path, settings_kept: None) -> Path:
    path = tmp_path / "events.jsonl"
    configure(events_path=str(path))
    return path


def events(log: Path) -> list[tuple[str, dict[str, Any]]]:
    with suppress(FileNotFoundError):
        return [(one["event"], one["payload"]) for one in map(json.loads, log.read_text().splitlines())]
    return []


def call(bus: Bus, ms: float = 1, name: str = "search", *, failed: bool = False) -> None:
    bus.emit("tool:start", tool_name=name, timestamp=T0)
    bus.emit("tool:error" if failed else "tool:end", tool_name=name, timestamp=T0 + ms)


def test_a_slow_call_raises_an_alert_once_until_it_is_resolved(bus: Bus, log: Path) -> None:
    """By enough calls within the limit in a row. Each is a signal and an event."""
    heard: list[Signal] = []
    bus.on("alert:*", heard.append)
    monitor = PerformanceMonitor(bus, thresholds={"tool": {"max_ms": 100, "calls": 3}}, session_id="s-1")
    for ms in (50, 50, 50, 150, 300, 20, 20, 99):
        call(bus, ms)
    call(bus, 500)
    monitor.close()
    assert [(signal.name, signal.data["value"]) for signal in heard] == [
        ("alert:raised", 150),
        ("alert:resolved", 150),
        ("alert:raised", 500),
    ]
    assert monitor.alerts() == [dict(signal.data) for signal in heard]
    assert [alert["kind"] for alert in monitor.alerts()] == ["raised", "resolved", "raised"]
    told = events(log)
    assert [kind for kind, _ in told] == ["alert_triggered", "alert_resolved", "alert_triggered"]
    payload = told[0][1]
    assert {**payload, "value": 150, "threshold": 100, "alert": "tool_slow", "subject": "search"} == payload
    assert payload["message"] == "search took 150 ms, over 100"
    assert (told[1][1]["severity"], told[1][1]["message"]) == ("info", "over: search took 150 ms, over 100")
    assert told[1][1]["duration_ms"] >= 0


def test_a_tool_that_fails_every_second_time_is_told_once(bus: Bus) -> None:
    """Its share goes to and fro over the limit; it is over only when half of that share is left."""
    heard: list[str] = []
    bus.on("alert:*", lambda signal: heard.append(signal.name))
    monitor = PerformanceMonitor(bus, thresholds={"tool": {"error_share": 0.5, "calls": 5, "window": 8}})
    for number in range(24):
        call(bus, failed=number % 2 == 0)
    assert heard == ["alert:raised"]
    for _ in range(4):
        call(bus)
    monitor.close()
    assert heard == ["alert:raised", "alert:resolved"]


def test_a_tool_that_fails_too_often_is_switched_off(bus: Bus, log: Path) -> None:
    """Once, by its last calls alone; switched on again, it is judged by those that follow."""
    off: list[tuple[str, str]] = []
    limits = ToolLimits(error_share=0.5, calls=4, window=6)
    monitor = PerformanceMonitor(
        bus, thresholds=Thresholds(tool=limits), switch_off=lambda tool, why: off.append((tool, why))
    )
    for _ in range(100):
        call(bus)
    for _ in range(3):
        call(bus, failed=True)
    assert (off, monitor.is_switched_off("search")) == ([], False)
    call(bus, failed=True)
    call(bus, failed=True)
    assert off == [("search", "failing: 4 of the last 6 calls failed")]
    assert monitor.is_switched_off("search")
    assert monitor.export()["switched_off"][0]["tool"] == "search"
    monitor.switch_on("search")
    assert not monitor.is_switched_off("search")
    for _ in range(3):
        call(bus, failed=True)
    assert len(off) == 1
    call(bus, failed=True)
    assert len(off) == 2
    monitor.close()
    assert [kind for kind, _ in events(log)] == [
        "alert_triggered",
        "tool_switched_off",
        "tool_switched_on",
        "tool_switched_off",
    ]
    assert events(log)[1][1] == {"tool": "search", "reason": off[0][1]}


def test_a_tool_that_is_not_switched_off_can_be_switched_on(bus: Bus) -> None:
    """Nothing is told of it, whether or not it was ever called."""
    monitor = PerformanceMonitor(bus)
    heard: list[Signal] = []
    bus.on("tool:switched_on", heard.append)
    with counted("monitor", 0):
        monitor.switch_on("search")
    monitor.close()
    assert heard == []


def test_a_tool_that_became_slow_is_switched_off(bus: Bus, log: Path) -> None:
    """When more than half of its last calls were; a single slow one does not do it. Others have limits of their own."""
    off: list[str] = []
    thresholds = {"tool": {"max_ms": 100, "window": 10}, "tools": {"crawl": {"max_ms": 10_000}}}
    monitor = PerformanceMonitor(bus, thresholds=thresholds, switch_off=lambda tool, _: off.append(tool))
    for ms in (10, 10, 10, 10, 10, 500, 500, 500, 500):
        call(bus, ms)
        call(bus, ms, "crawl")
    assert off == []
    for _ in range(2):
        call(bus, 500)
    assert off == ["search"]
    monitor.close()


def test_a_failure_that_is_told_after_the_end_counts(bus: Bus, log: Path) -> None:
    """Of the same call: it is not another one."""
    monitor = PerformanceMonitor(bus, thresholds={"tool": {"calls": 2, "error_share": 0.9}})
    with counted("switch_off", 0):  # there is no hook to call
        for _ in range(2):
            call(bus)
            bus.emit("tool:error", tool_name="search")
    assert monitor.is_switched_off("search")
    assert (monitor.tool_stats("search") or {})["errors"] == 2
    monitor.close()


def test_the_tokens_of_a_session_have_a_limit(bus: Bus, log: Path) -> None:
    """Raised once, and resolved when the next session begins."""
    heard: list[str] = []
    bus.on("alert:*", lambda signal: heard.append(f"{signal.name} {signal.data['name']}"))
    monitor = PerformanceMonitor(bus, thresholds={"tokens": 1000})
    for number in range(4):
        bus.emit("api:request:end", request_id=number, tokens={"input": 400, "output": 0})
    assert heard == ["alert:raised tokens"]
    bus.emit("session:start", session_id="s-2")
    assert heard == ["alert:raised tokens", "alert:resolved tokens"]
    assert monitor.alerts() == []
    monitor.close()


def test_calls_of_the_session_before_do_not_count(bus: Bus, log: Path) -> None:
    """What is switched off stays so until it is switched on."""
    monitor = PerformanceMonitor(bus, thresholds={"tool": {"calls": 3}})
    for name in ("search", "crawl", "crawl"):
        call(bus, name=name, failed=True)
        call(bus, name=name, failed=True)
    monitor.reset()
    call(bus, failed=True)
    assert (monitor.is_switched_off("search"), monitor.is_switched_off("crawl")) == (False, True)
    monitor.close()


def test_a_hook_that_raises_is_counted(bus: Bus, log: Path) -> None:
    """And the tool is switched off all the same."""
    monitor = PerformanceMonitor(bus, thresholds={"tool": {"calls": 1}}, switch_off=lambda tool, why: 1 / 0)
    with counted("switch_off", 1):
        call(bus, failed=True)
    assert monitor.is_switched_off("search")
    monitor.close()


def test_a_hook_may_be_asynchronous_and_ask_the_monitor(bus: Bus, log: Path) -> None:
    """It runs outside every lock."""
    off: list[bool] = []

    async def switch_off(tool: str, why: str) -> None:
        await asyncio.sleep(0)
        off.append(await asyncio.to_thread(monitor.is_switched_off, tool))

    monitor = PerformanceMonitor(bus, thresholds={"tool": {"calls": 1}}, switch_off=switch_off)
    call(bus, failed=True)
    bus.close()
    monitor.close()
    assert off == [True]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"memory_procent": 90}, "did you mean 'memory_percent'"),
        ({"tool": {"max": 5}}, "max_ms"),
        ({"tools": {"search": {"error_share": 50}}}, "between 0 and 1"),
        ({"tool": {"calls": 0}}, "between 1 and"),
        ({"tool": {"calls": None}}, "a whole number between 1 and"),
        ({"tool": {"calls": 30, "window": 20}}, "fewer"),
        ({"tool": 5}, "no table"),
        ({"tokens": "many"}, "at least 0"),
        ([("tokens", 5)], "no table"),
    ],
)
def test_a_threshold_that_is_none_is_refused(bus: Bus, wrong: Any, said: str) -> None:
    """With the nearest that is, when the monitor is made."""
    with pytest.raises(ValueError, match=said):
        PerformanceMonitor(bus, thresholds=wrong)
